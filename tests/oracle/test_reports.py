"""Every report of `profbook pprof` says what `go tool pprof` says, for random options over real profiles.

Left out, because pprof itself is not certain or means something else: rows, nodes and edges of equal weight and equal
name (compared as sets); ids of locations and mappings in `-raw` (pprof keeps those of the file); which tying row a
limit cuts (granularity `files`, or `-dot -call_tree`, with a `-nodecount`); legacy binary CPU profiles before other
files (taken for a program); symbols read from binaries of this machine (pprof looks for them when a source is empty,
or with `-symbolize=force`); `-source_path` whose last element is twice in a file name (pprof shortens the name again
each time it rebuilds its graph, and loses the nodes).
Where pprof gives several answers to one question (weights of opposite sign tie), ours must hold what all of them say,
and nothing that none says.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.oracle.commands import CORPUS_FILES, REPORTS, SMALL, decoded, own_profiles, random_command
from tests.oracle.conftest import Oracle, ours
from tests.oracle.settle import difference, within

pytestmark = [pytest.mark.oracle, pytest.mark.usefixtures("utc")]

SETS = int(os.environ.get("PROFBOOK_ORACLE_SETS", "500"))
BINARY = ("-proto", "-topproto")


@pytest.mark.parametrize("seed", range(SETS))
def test_random_options(
    pprof: Oracle, go_profiles: list[Path], drawn_profiles: list[Path], tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    files = drawn_profiles if chance.random() < 0.3 else sources(pprof, tuple(go_profiles))
    argv = random_command(chance, files)
    if told := compare(pprof, argv, tmp_path):
        smallest = shrink(argv, lambda fewer: bool(compare(pprof, fewer, tmp_path)))
        pytest.fail(f"{told}\nsmallest: {' '.join(smallest)}\n{compare(pprof, smallest, tmp_path)}")


@pytest.mark.parametrize("path", [*own_profiles(), *CORPUS_FILES], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_report_of_real_profiles(pprof: Oracle, tmp_path: Path, path: Path) -> None:
    readable = pprof(["-top", str(path)])[0] == 0
    options = ["-symbolize=none"] if readable and not len(decoded(path).locations) else []
    for report in sorted({*REPORTS, "-peek=main"} - {"-peek"}) if readable else ():
        argv = [report, *options, str(path)]
        assert not compare(pprof, argv, tmp_path), argv


def compare(pprof: Oracle, argv: list[str], folder: Path) -> str:
    """Say how our report differs from pprof's; where pprof gives several answers, ours may lie between them."""
    kind = argv[0].partition("=")[0]
    found = answer(ours, argv, folder / "ours", pprof)
    told, seen = "", list[str]()
    for attempt in range(16):
        expected = answer(pprof, argv, folder / "pprof", pprof)
        if found[0] != expected[0]:
            return f"exit code {found[0]}, not {expected[0]}"
        told = difference(kind, found[1], expected[1])
        if not told or ("-files" in argv and not difference("-files", found[1], expected[1])):
            return ""
        seen.append(expected[1])
        if attempt > 2 and not any(difference(kind, one, seen[0]) for one in seen):
            return told
    return "" if within(kind, found[1], seen) else told


def answer(
    tool: Callable[[list[str]], tuple[int, str]], argv: list[str], output: Path, pprof: Oracle
) -> tuple[int, str]:
    """Run a tool; a profile it writes is read back with pprof."""
    if argv[0] not in BINARY:
        return tool(argv)
    output.unlink(missing_ok=True)
    code, _ = tool([argv[0], f"-output={output}", *argv[1:]])
    return pprof(["-raw", str(output)]) if code == 0 else (code, "")


def shrink(argv: list[str], fails: Callable[[list[str]], bool]) -> list[str]:
    """Leave out words of a failing command while it still fails."""
    for place in range(len(argv) - 1, 0, -1):
        fewer = argv[:place] + argv[place + 1 :]
        if not fewer[-1].startswith("-") and fails(fewer):
            argv = fewer
    return argv


def test_shrinking_keeps_what_matters() -> None:
    assert shrink(["-top", "-cum", "-lines", "-mean", "x", "y"], lambda argv: "-lines" in argv) == [
        "-top",
        "-lines",
        "x",
    ]


@cache
def sources(pprof: Oracle, go_profiles: tuple[Path, ...]) -> list[Path]:
    small = [path for path in CORPUS_FILES if path.stat().st_size < SMALL]
    return [path for path in (*go_profiles, *own_profiles(), *small) if pprof(["-top", str(path)])[0] == 0]
