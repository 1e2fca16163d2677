"""Random command lines over real profiles: every report, every option that changes one."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pipeline.decode import decode_profile
from pipeline.model.profile import Profile
from tests.oracle.conftest import CORPUS

OWN_RUNS = Path(__file__).parent.parent.parent / "profiles"
CORPUS_FILES = sorted(path for path in (CORPUS / "profiles").rglob("*") if path.is_file()) if CORPUS.is_dir() else []
REPORTS = re.findall(
    "-[a-z]+", "-top -text -tree -tree -peek -traces -tags -tags -raw -comments -proto -topproto -dot -dot -callgrind"
)
SMALL = 400_000


@cache
def decoded(path: Path) -> Profile:
    return decode_profile(path.read_bytes())


def own_profiles() -> list[Path]:
    """List profiles of the demo runs that come with the repository: of each file name the first and the last."""
    every = [path for path in sorted(OWN_RUNS.rglob("*")) if path.suffix in {".pprof", ".prof"}]
    first, last = {path.name: path for path in every[::-1]}, {path.name: path for path in every}
    found = sorted({*first.values(), *last.values()})
    return [path for path in found if path.stat().st_size < SMALL and path.read_bytes()[:9] != b"goroutine"]


def random_command(chance: random.Random, files: Sequence[Path]) -> list[str]:
    """Draw a report, a profile and options; the profiles stand at the end."""
    path = chance.choice(files)
    profile = decoded(path)
    kind = chance.choice(REPORTS)
    argv = [kind if kind != "-peek" else f"-peek={random_name(chance, profile)}"]
    argv += [*random_display(chance, profile, kind), *random_filters(chance, profile), *random_labels(chance, profile)]
    kinds = {measured.type for measured in profile.sample_types}
    used = [path]
    if chance.random() < 0.25:
        alike = [other for other in files if decoded(other).sample_types == profile.sample_types]
        used.append(chance.choice(alike))
        argv.append(f"{chance.choice(('-base', '-diff_base'))}={used[-1]}")
        argv += ["-normalize"] if chance.random() < 0.3 else []
    sources = [path]
    # pprof takes a legacy binary CPU profile before others for a program.
    if chance.random() < 0.12 and not profile.format.startswith("legacy cpu") and path.suffix != ".cpu":
        others = [other for other in files if kinds & {measured.type for measured in decoded(other).sample_types}]
        sources += chance.choices(others, k=chance.choice((1, 2)))
    # Where a source has no locations, pprof reads symbols from binaries that happen to be on this machine.
    if not all(len(decoded(source).locations) for source in (*used, *sources)):
        argv.append("-symbolize=none")
    return [*argv, *map(str, sources)]


def random_display(chance: random.Random, profile: Profile, kind: str) -> list[str]:
    """Draw options that change how much is shown, and how."""
    grain = chance.choice(("", "", "-functions", "-filefunctions", "-files", "-lines", "-addresses"))
    options = [
        "-cum",
        # Which of several tying rows a limit cuts is random in pprof, and files tie often.
        "" if grain == "-files" else f"-nodecount={chance.choice((0, 1, 3, 10, 50, -1))}",
        f"-nodefraction={chance.choice((0, 0.001, 0.05, 0.3, 1))}",
        f"-edgefraction={chance.choice((0, 0.01, 0.2))}",
        f"-sample_index={chance.choice([*(measured.type for measured in profile.sample_types), '0'])}",
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
        f"-add_comment={chance.choice(('# note', 'checked'))}",
        f"-trim_path={chance.choice(('/src', '/usr/local/go/src:net', '/nothing'))}",
        f"-source_path={chance.choice(('/home/x/app', '/x/http:/y/nothing'))}",
        "-symbolize=none",
        f"-buildid={chance.choice(('abc', 'cafe01'))}",
    ]
    drawn = [option for option in (grain, *(one for one in options if chance.random() < 0.17)) if option]
    if kind in {"-dot", "-callgrind"} and chance.random() < 0.3:
        # Which of the paths that tell equally much a limit cuts is random in pprof.
        drawn += ["-call_tree", "-nodecount=0"]
    return drawn


def random_name(chance: random.Random, profile: Profile) -> str:
    """Draw a pattern that matches a function of the profile, or many, or none."""
    name = chance.choice([name for name in profile.functions.name if name] or ["x"])
    wild = chance.choice(("runtime|net", "^main", ".*", "sys.*call", r"[A-Z]\w+$", r"\.go", "(?i)GC", "zzz"))
    return chance.choice((re.escape(name), name.split(".")[0] or "x", re.escape(name), wild))


def random_filters(chance: random.Random, profile: Profile) -> list[str]:
    """Draw filters by name."""
    names = ("focus", "ignore", "hide", "show", "show_from", "prune_from")
    return [f"-{name}={random_name(chance, profile)}" for name in names if chance.random() < 0.13]


def random_labels(chance: random.Random, profile: Profile) -> list[str]:
    """Draw filters by label, and labels as frames."""
    labels = profile.labels
    if not len(labels):
        return ["-tagroot=nothing"] if chance.random() < 0.03 else []
    argv = []
    row = chance.randrange(len(labels))
    key, number = labels.key[row], abs(int(labels.number[row]))
    if chance.random() < 0.4:
        value = labels.text[row] or str(number)
        wanted = chance.choice((f"{key}={value}", value, f":{number}", f"{number}:", "16b:64kb", key))
        argv.append(f"-{chance.choice(('tagfocus', 'tagignore'))}={wanted}")
    if chance.random() < 0.2:
        argv.append(f"-{chance.choice(('tagshow', 'taghide'))}={chance.choice((key, '.', 'zzz'))}")
    if chance.random() < 0.25:
        argv.append(f"-{chance.choice(('tagroot', 'tagleaf'))}={chance.choice((key, f'{key},missing', 'missing'))}")
    return argv
