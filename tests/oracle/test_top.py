"""`profbook pprof -top` prints what `go tool pprof -top` prints, character for character.

Known to differ, and left out: goroutine dumps (debug=2) and other files pprof refuses; a legacy binary CPU profile as
the first of several files, which pprof takes for a program; names with control characters or broken UTF-8, which we
make visible; rows pprof itself orders at random (equal weight, equal name), compared as sets.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.analysis.drawing import inlined_message
from tests.builders import pprof_bytes, pprof_message
from tests.oracle.conftest import Oracle, ours
from tests.oracle.settle import difference

pytestmark = [pytest.mark.oracle, pytest.mark.usefixtures("utc")]


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


def check(pprof: Oracle, argv: list[str]) -> None:
    expected, found = pprof(argv), ours(argv)
    assert found[0] == expected[0], argv
    assert not difference("-top", found[1], expected[1]), argv


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
