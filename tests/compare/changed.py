"""Runs with call trees for tests of functions and culprits: drawn as stacks, one list of samples a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.model.calltree import CallTree
from pipeline.model.metric import LoadResult
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.run import Run
from tests.trees import CPU, call_tree

Samples = Sequence[tuple[Sequence[str], Sequence[int]]]
ALLOCS = (("alloc_objects", "count"), ("alloc_space", "bytes"))


class Bench:
    """Runs made by hand, and the trees they name."""

    def __init__(self) -> None:
        self.trees: dict[tuple[str, str], CallTree] = {}

    def read(self, run: str, name: str) -> CallTree:
        return self.trees[run, name]

    def run(
        self,
        run_id: str,
        samples: Samples,
        *,
        kind: str = "cpu",
        types: Sequence[tuple[str, str]] = CPU,
        before: Samples | None = None,
        operations: int = 1000,
        build: str = "",
    ) -> RunRecord:
        """Make one run of one profile (and one taken before it); a CPU window is 10 s, the load 1 s."""
        profiles = []
        phased = [("before", before), ("after", samples)] if before is not None else [("during", samples)]
        for phase, drawn in phased:
            tree = call_tree(drawn, types)
            self.trees[run_id, phase] = tree
            profiles.append(
                ProfileRecord(
                    f"{kind}-{phase}.prof", "app", kind, phase, None, "", "pprof", tree.sample_types, 1, tree.totals,
                    (), phase if len(tree) else "", len(tree), 0, 10_000_000_000, "app", build,
                )
            )  # fmt: skip
        load = LoadResult("", "", 1.0, operations, 0, float(operations)) if operations else None
        return RunRecord(run_id, Run(run_id, "x", "", ()), tuple(profiles), load, (), ())


def noisy(
    cost: Callable[[int], Sequence[tuple[Sequence[str], float]]], count: int, seed: int
) -> list[list[tuple[Sequence[str], list[int]]]]:
    """Draw ``count`` runs whose sample counts are Poisson around the costs given for each run."""
    chance = np.random.default_rng(seed)
    runs = []
    for at in range(count):
        drawn = [(stack, int(chance.poisson(mean))) for stack, mean in cost(at)]
        runs.append([(stack, [hits, hits * 10_000_000]) for stack, hits in drawn if hits])
    return runs
