"""What two groups of runs weigh, function by function and run by run, in each sample type they share.

Rules: a table is per operation only where every run's operations are known: values of two scales are never mixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.compare.diff import Alignment, Replicate, align, mean_flat
from pipeline.compare.replicates import Trees, replicates
from pipeline.compare.symbols import Seen, match_symbols, shifted_closures
from pipeline.model.difference import Float, SymbolMatch
from pipeline.model.profile import SampleType
from pipeline.model.record import RunRecord

TYPES: Final = (
    ("cpu", (("cpu", ""),)),
    ("allocs", (("alloc_space", "alloc_objects"), ("alloc_objects", ""))),
    ("heap", (("inuse_space", "inuse_objects"),)),
    ("goroutine", (("goroutine", ""),)),
    ("mutex", (("delay", "contentions"),)),
    ("block", (("delay", "contentions"),)),
)
"""Kinds of profile, the sample types compared, and for each the one that counts what it measures."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One sample type over R runs (base first, then head; ``runs`` says how many of each) and F functions.

    ``flat`` and ``cum`` float64[R, F], ``totals`` float64[R], ``operations`` float64[R] or None. ``head_names`` gives
    head's name of a function where it differs; ``shifted`` names functions whose closures differ in number.
    """

    component: str
    kind: str
    sample_type: SampleType
    count_type: SampleType | None
    runs: tuple[int, int]
    alignment: Alignment
    totals: Float
    operations: Float | None
    flat: Float
    cum: Float
    head_names: Mapping[str, str]
    matches: tuple[SymbolMatch, ...]
    shifted: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the functions, base's where the sides differ."""
        return self.alignment.names

    def judged(self, values: Float) -> Float:
        """Bring values (float64[R] or [R, F]) to the scale that is compared."""
        if self.operations is None:
            return values
        scaled: Float = (values.T / self.operations).T
        return scaled

    def mean_flat(self, sample_type: str) -> tuple[Float, Float]:
        """Average the flat weights of the nodes over the runs of each side, on the scale that is compared."""
        rows, base = range(sum(self.runs)), self.runs[0]
        per_op = self.operations is not None
        return tuple(mean_flat(self.alignment, side, sample_type, per_op=per_op) for side in (rows[:base], rows[base:]))  # type: ignore[return-value]


def measure(base: Sequence[RunRecord], head: Sequence[RunRecord], trees: Trees) -> list[Measured]:
    """Measure each sample type that both groups have, component by component."""
    components = sorted({profile.component for run in (*base, *head) for profile in run.profiles})
    return [
        table
        for component in components
        for kind, types in TYPES
        if (sides := [replicates(runs, component, kind, trees) for runs in (base, head)]) and all(sides)
        for table in _measure_kind(component, kind, types, sides, other_build=_is_rebuilt(base, head, component))
    ]


def _is_rebuilt(base: Sequence[RunRecord], head: Sequence[RunRecord], component: str) -> bool:
    """Tell whether the sides ran different builds; one build has one name for each function."""
    builds = [
        {profile.build_id for run in side for profile in run.profiles if profile.component == component}
        for side in (base, head)
    ]
    return builds[0] != builds[1] or "" in builds[0]


def _measure_kind(
    component: str,
    kind: str,
    types: Sequence[tuple[str, str]],
    sides: Sequence[Sequence[Replicate]],
    *,
    other_build: bool,
) -> list[Measured]:
    seen = [_seen(side) for side in sides]
    matches = match_symbols(*seen) if other_build else ()
    alignment = align([*sides[0], *sides[1]], {match.head: match.base for match in matches})
    known = {one.type: one for side in sides for run in side for tree, _ in run.parts for one in tree.sample_types}
    operations = np.array([run.operations for side in sides for run in side])
    return [
        Measured(
            component,
            kind,
            known[name],
            known.get(counted),
            (len(sides[0]), len(sides[1])),
            alignment,
            np.array([run.total(name) for run in alignment.replicates]),
            operations if operations.all() else None,
            *_by_function(alignment, name),
            {match.base: match.head for match in matches},
            matches,
            shifted_closures(*seen) if other_build else (),
        )
        for name, counted in types
        if name in known
    ]


def _by_function(alignment: Alignment, sample_type: str) -> tuple[Float, Float]:
    rows = []
    for row in range(len(alignment.replicates)):
        flat = alignment.flat(row, sample_type)
        rows.append(alignment.by_function(flat, alignment.cum(flat)))
    return np.array([flat for flat, _ in rows]), np.array([cum for _, cum in rows])


def _seen(side: Sequence[Replicate]) -> Seen:
    """Weigh the functions of a side for matching: the mean share of each in the default sample type."""
    costs: dict[str, float] = {}
    for tree, _ in (part for run in side for part in run.parts):
        weights = np.bincount(tree.frame, np.abs(tree.cum[tree.default_index]), len(tree.frames))
        total = abs(tree.totals[tree.default_index]) or 1
        for name, weight in zip(tree.frames.name, weights.tolist(), strict=True):
            costs[name] = costs.get(name, 0.0) + weight / total / len(side)
    runs = ({name for tree, _ in run.parts for name in tree.frames.name} for run in side)
    return Seen(costs, frozenset(set.intersection(*runs)))
