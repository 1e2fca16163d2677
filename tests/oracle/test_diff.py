"""The diff tree has the flat and cum of `go tool pprof -base` and `-diff_base`, function by function.

pprof prints type arguments as ``[...]``, so functions that differ only in them are added up on both sides.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from pipeline.analysis.calltree import build_call_tree
from pipeline.compare.diff import Replicate, align, diff_tree, mean_flat
from pipeline.decode import decode_profile
from pipeline.model.difference import DiffTree
from tests.oracle.conftest import Oracle

PROFILES = Path(__file__).parent.parent.parent / "profiles"
PAIRS = [
    (f"20261120_213245-baseline/eventstore/{name}", f"20261120_213256-optimized/eventstore/{name}", kind)
    for name, kinds in {
        "cpu.prof": ("samples", "cpu"),
        "allocs-after.prof": ("alloc_space", "alloc_objects", "inuse_space"),
        "mutex.prof": ("contentions", "delay"),
        "block.prof": ("delay",),
        "goroutine-after.prof": ("goroutine",),
    }.items()
    for kind in kinds
] + [
    ("20261120_213245-baseline/eventstore/allocs-before.prof", "20261120_213245-baseline/eventstore/allocs-after.prof",
     "alloc_space"),
    ("20261120_213402-heap-leak/eventstore/heap0.pprof", "20261120_213402-heap-leak/eventstore/heap5.pprof",
     "inuse_space"),
]  # fmt: skip

pytestmark = pytest.mark.oracle


def diff(base: Path, head: Path, sample_type: str) -> DiffTree:
    trees = [
        build_call_tree(decode_profile(path.read_bytes(), max_bytes=1 << 30, symbolize=True)) for path in (base, head)
    ]
    alignment = align([Replicate(((tree, 1),)) for tree in trees], {})
    return diff_tree(alignment, *(mean_flat(alignment, [row], sample_type, per_op=False) for row in (0, 1)))


def answer(pprof: Oracle, base: Path, head: Path, sample_type: str, option: str) -> dict[str, tuple[int, int]]:
    """Read flat and cum of every function from pprof's report, in the smallest unit."""
    unit = {"cpu": "ns", "delay": "ns"}.get(sample_type, "B" if sample_type.endswith("space") else "count")
    words = ["-top", "-nodefraction=0", "-edgefraction=0", "-nodecount=100000", "-symbolize=none"]
    code, text = pprof([*words, f"-sample_index={sample_type}", f"-unit={unit}", f"{option}={base}", str(head)])
    assert code == 0
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for flat, cum, name in re.findall(r"^ *(-?\d+)\w* +\S+% +\S+% +(-?\d+)\w* +\S+% +(\S.*)$", text, re.MULTILINE):
        short = shortened(name.removesuffix(" (inline)").removesuffix(" (partial-inline)"))
        found[short][0] += int(flat)
        found[short][1] += int(cum)
    return {name: (flat, cum) for name, (flat, cum) in found.items() if flat or cum}


def shortened(name: str) -> str:
    depth, kept = 0, ""
    for letter in name:
        depth -= letter == "]"
        kept += letter if depth == 0 else ""
        depth += letter == "["
    return kept


@pytest.mark.parametrize(("base", "head", "sample_type"), PAIRS, ids=lambda value: str(value).rpartition("/")[2])
@pytest.mark.parametrize("option", ["-base", "-diff_base"])
def test_every_function_changes_as_pprof_says(
    pprof: Oracle, base: str, head: str, sample_type: str, option: str
) -> None:
    if not (PROFILES / base).exists():
        pytest.skip("the demo runs are not here")
    ours: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for name, (flat, cum) in diff(PROFILES / base, PROFILES / head, sample_type).functions().items():
        ours[shortened(name)][0] += flat.delta
        ours[shortened(name)][1] += cum.delta
    told = {name: (round(flat), round(cum)) for name, (flat, cum) in ours.items() if flat or cum}
    assert len(told) > 3
    assert told == answer(pprof, PROFILES / base, PROFILES / head, sample_type, option)
