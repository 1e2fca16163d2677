"""`profbook pprof -top` prints what `go tool pprof -top` prints, character for character.

Known to differ, and left out: goroutine dumps (debug=2) and other files pprof refuses; a legacy binary CPU profile as
the first of several files, which pprof takes for a program; names with control characters or broken UTF-8, which we
make visible; rows pprof itself orders at random (equal weight, equal name), compared as sets.
"""

from __future__ import annotations

import os
import random
import re
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

from pipeline.decode import decode_profile
from pipeline.model.profile import Profile
from tests.analysis.drawing import inlined_message
from tests.builders import pprof_bytes, pprof_message
from tests.oracle.conftest import CORPUS, Oracle, ours

pytestmark = [pytest.mark.oracle, pytest.mark.usefixtures("utc")]

SETS = int(os.environ.get("PROFBOOK_ORACLE_SETS", "150"))
CORPUS_FILES = sorted(path for path in (CORPUS / "profiles").rglob("*") if path.is_file()) if CORPUS.is_dir() else []
ROW = re.compile(r"^ *(\S+) +\S+ +\S+ +(\S+) +\S+  (.*)$")

# Mangled C++ and Rust, then names that look like it; what they mean is in tests/analysis/test_itanium.py.
SYMBOLS = re.findall(
    r"\S+",
    """
    _ZN2ns3Bar3bazERKS0_ _ZN2ns3BarC1Ev _ZN2ns3BarD0Ev _ZNSsC1Ev _ZNKSt3mapIiSt4pairIKiS0_EE2atERS1_
    _ZN2nsplERKNS_1AES2_ _ZNK2ns3BarcvbEv _Zli3_kmy _ZN12_GLOBAL__N_13runEv _ZZ4mainE1x _ZZNK1A3runEiE5count
    _ZZN1A3runEvENKUliPKcE0_clEiS1_ _ZZ4mainvENKUlT_E_clIiEEDaS_ _ZN1AUt_D1Ev _ZTVN2ns3BarE _ZTIPFvPKiA4_cE
    _ZGVZ4mainvE1x _ZThn16_N1A3runEi _Z3foov.isra.0 _ZN1A3getB5cxx11Ev _ZN1XIXadL_Z3foovEEE3runEv
    _ZSt4moveIRiEONSt16remove_referenceIT_E4typeEOS2_ __ZN2ns3BarC1Ev _Znonsense
    _ZN3std2rt10lang_start17h0123456789abcdefE
    _ZN40_$LT$T$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE
    main.(*T).Run main.(*T[...]).Run slices.Sort[go.shape.func(int)] Foo.<init>(int) a::b(c operator<
    ns::f<int(*)(char)>::g(int)
    """,
)


def settle(text: str) -> list[str]:
    """Put rows that tie in one order: of a run with equal name and weight, only the last running sum is certain."""
    rows = [(found.groups(), line) if (found := ROW.match(line)) else (None, line) for line in text.splitlines()]
    settled: list[str] = []
    for key, run in groupby(rows, lambda row: row[0] and (row[0][0].lstrip("-"), row[0][2].partition(" (")[0])):
        lines = list(run)
        settled += (
            sorted(map(str, (row for row, _ in lines))) if key and len(lines) > 1 else [line for _, line in lines]
        )
    return settled


def settle_cum(text: str) -> list[str]:
    """Put tying rows in one order without looking at sums at all."""
    return sorted(str(found.groups()) if (found := ROW.match(line)) else line for line in text.splitlines())


def check(pprof: Oracle, argv: list[str]) -> None:
    expected, found = pprof(argv), ours(argv)
    assert found[0] == expected[0], argv
    if found[1] == expected[1] or settle(found[1]) == settle(expected[1]):
        return
    if "-files" in argv and settle_cum(found[1]) == settle_cum(expected[1]):
        return
    assert found[1] == expected[1], argv


def test_drawn_profiles(pprof: Oracle, tmp_path: Path) -> None:
    drawings = {
        "recursion": pprof_bytes([(["f", "g", "f"], [1, 10]), (["f"], [2, 25]), ([], [4, 40])], duration_nanos=10**9),
        "negative": pprof_bytes([(["a", "b"], [1, -10]), (["a"], [2, 10]), (["c"], [0, 0])]),
        "inlined": inlined_message().SerializeToString(),
        "empty": pprof_bytes([]),
        "bytes": pprof_bytes([(["a"], [1, 3]), (["b"], [1, 3 << 40])], [("objects", "count"), ("space", "bytes")]),
        "default": pprof_bytes([(["a"], [1, 3]), (["b"], [5, 3])], default_type="samples"),
        "overflow": pprof_bytes([(["a"], [1, 2**63 - 1]), (["b"], [1, 2**63 - 1])]),
        "units": pprof_bytes([(["a"], [1, 3]), (["b"], [5, 3])], [("x", "widgets"), ("y", "GCU")]),
    }
    for name, data in drawings.items():
        path = tmp_path / name
        path.write_bytes(data)
        for options in ([], ["-cum"], ["-sample_index=0"], ["-lines"], ["-mean"], ["-unit=ms"], ["-nodefraction=0"]):
            check(pprof, ["-top", *options, str(path)])


def test_names(pprof: Oracle, tmp_path: Path) -> None:
    path = tmp_path / "names"
    path.write_bytes(pprof_message([([name], [1, 10 + row]) for row, name in enumerate(SYMBOLS)]).SerializeToString())
    for symbolize in ("", "none", "force"):
        check(pprof, ["-top", f"-symbolize={symbolize}", str(path)])


def test_go_profiles(pprof: Oracle, go_profiles: list[Path]) -> None:
    assert len(go_profiles) == 7
    for path in go_profiles:
        for options in ([], ["-cum", "-nodefraction=0"], ["-lines"], ["-addresses"], ["-noinlines"], ["-focus=fib"]):
            check(pprof, ["-top", *options, str(path)])


@pytest.mark.skipif(not CORPUS_FILES, reason="the corpus of real profiles is not beside this checkout")
@pytest.mark.parametrize("path", CORPUS_FILES, ids=lambda path: str(path.relative_to(CORPUS)))
def test_real_profiles(pprof: Oracle, path: Path) -> None:
    if pprof(["-top", str(path)])[0] == 0:
        assert ours(["-top", str(path)]) == pprof(["-top", str(path)])


@pytest.mark.parametrize("seed", range(SETS))
def test_random_options(pprof: Oracle, go_profiles: list[Path], seed: int) -> None:
    chance = random.Random(seed)
    argv = random_command(chance, sources(pprof, tuple(go_profiles)))
    check(pprof, argv)


@cache
def sources(pprof: Oracle, go_profiles: tuple[Path, ...]) -> list[Path]:
    small = [path for path in CORPUS_FILES if path.stat().st_size < 400_000]
    return [path for path in (*go_profiles, *small) if pprof(["-top", str(path)])[0] == 0]


@cache
def decoded(path: Path) -> Profile:
    return decode_profile(path.read_bytes())


def random_command(chance: random.Random, files: list[Path]) -> list[str]:
    path = chance.choice(files)
    profile = decoded(path)
    argv = ["-top", *random_display(chance, profile), *random_filters(chance, profile)]
    kinds = {kind.type for kind in profile.sample_types}
    alike = [other for other in files if decoded(other).sample_types == profile.sample_types]
    if chance.random() < 0.25:
        argv.append(f"{chance.choice(('-base', '-diff_base'))}={chance.choice(alike)}")
        argv += ["-normalize"] if chance.random() < 0.3 else []
    argv.append(str(path))
    if chance.random() < 0.1 and not decoded(path).format.startswith("legacy cpu") and path.suffix != ".cpu":
        argv.append(
            str(chance.choice([other for other in files if kinds & {k.type for k in decoded(other).sample_types}]))
        )
    return argv


def random_display(chance: random.Random, profile: Profile) -> list[str]:
    grain = chance.choice(("", "", "-functions", "-filefunctions", "-files", "-lines", "-addresses"))
    options = [
        "-cum",
        # Which of several tying rows a limit cuts is random in pprof, and files tie often.
        "" if grain == "-files" else f"-nodecount={chance.choice((0, 1, 3, 10, 50, -1))}",
        f"-nodefraction={chance.choice((0, 0.001, 0.05, 0.3, 1))}",
        f"-edgefraction={chance.choice((0, 0.01, 0.2))}",
        f"-sample_index={chance.choice([*(kind.type for kind in profile.sample_types), '0'])}",
        f"-unit={chance.choice(('ms', 's', 'auto', 'minimum', 'kb', 'MB', 'ns', 'count', 'hours', 'us'))}",
        f"-divide_by={chance.choice((2, 1000, 0.5, 3))}",
        "-mean",
        "-noinlines",
        "-showcolumns",
        "-trim=false",
        "-drop_negative",
        "-relative_percentages",
        "-compact_labels",
        "-all_frames",
    ]
    return [option for option in (grain, *(one for one in options if chance.random() < 0.17)) if option]


def random_filters(chance: random.Random, profile: Profile) -> list[str]:
    names = [name for name in profile.functions.name if name] or ["x"]
    argv = []
    for filter_name in ("focus", "ignore", "hide", "show", "show_from", "prune_from"):
        if chance.random() < 0.13:
            name = chance.choice(names)
            wild = chance.choice(("runtime|net", "^main", ".*", "sys.*call", r"[A-Z]\w+$", r"\.go", "(?i)GC", "zzz"))
            argv.append(f"-{filter_name}={chance.choice((name, name.split('.')[0], re.escape(name), wild))}")
    labels = profile.labels
    if len(labels) and chance.random() < 0.5:
        row = chance.randrange(len(labels))
        key, number = labels.key[row], abs(int(labels.number[row]))
        value = labels.text[row] or str(number)
        wanted = chance.choice((f"{key}={value}", value, f":{number}", f"{number}:", "16b:64kb", key))
        argv.append(f"-{chance.choice(('tagfocus', 'tagignore'))}={wanted}")
    return argv
