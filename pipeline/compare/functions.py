"""Which functions changed between two groups of runs: every function's weights, and a verdict over the replicates.

Rules: a run is one observation; its samples are not. A function is tested on its flat and on its cum (once where they
are the same numbers), by Mann-Whitney over the runs, if it holds `MATERIAL` of the total on average over *all* runs:
a filter that does not look at the groups cannot favour a finding. Functions with the same numbers in every run are one
test. The probabilities of all tests of a comparison are adjusted together (Benjamini & Hochberg 1995).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from pipeline.compare import stats
from pipeline.compare.culprits import Blame, blame
from pipeline.compare.measured import Measured, measure
from pipeline.compare.replicates import Trees
from pipeline.model.difference import Difference, Float, FunctionChange, FunctionOutcome, Presence, Sides, Weights
from pipeline.model.record import RunRecord

MATERIAL: Final = 0.005
"""A function below this share of the total, over all runs, is not tested."""
_SHOWN: Final = 40

_Measure = Literal["flat", "cum"]
_Key = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class _Test:
    """One test of one function; ``key`` is the same where the numbers are."""

    function: int
    measure: _Measure
    key: _Key
    p: float


def differences(base: Sequence[RunRecord], head: Sequence[RunRecord], trees: Trees) -> tuple[Difference, ...]:
    """Compare each sample type that both groups have, component by component."""
    tables = measure(base, head, trees)
    tests = [_tests(at, table) for at, table in enumerate(tables)]
    p_values = {test.key: test.p for some in tests for test in some}
    adjusted = dict(zip(p_values, stats.adjust(list(p_values.values())), strict=True))
    totals = [_split_p(table, table.judged(table.totals)) for table in tables]
    together = zip(tables, tests, totals, stats.adjust(totals), strict=True)
    return tuple(_difference(table, some, adjusted, (p, q)) for table, some, p, q in together)


def _split_p(table: Measured, values: Float) -> float:
    return stats.mann_whitney_p(values[: table.runs[0]].tolist(), values[table.runs[0] :].tolist())


def _tests(at: int, table: Measured) -> list[_Test]:
    total = np.abs(table.judged(table.totals).sum())
    if not total:
        return []
    found: list[_Test] = []
    measures: tuple[tuple[_Measure, Float], ...] = (("flat", table.flat), ("cum", table.cum))
    for measure_name, values in measures:
        judged = table.judged(values)
        material = np.abs(judged.sum(axis=0)) >= MATERIAL * total
        for function in np.flatnonzero(material).tolist():
            column = judged[:, function]
            found.append(_Test(function, measure_name, (at, column.tobytes()), _split_p(table, column)))
    return found


def _difference(
    table: Measured, tests: Sequence[_Test], adjusted: Mapping[_Key, float], of_total: tuple[float, float]
) -> Difference:
    total = _weights(table, table.totals)
    outcome, _ = _outcome(total.judged, of_total[1], table.runs, 1)
    by_function: dict[int, list[_Test]] = {}
    for test in tests:
        by_function.setdefault(test.function, []).append(test)
    rows = [
        _change(table, at, by_function.get(at, []), adjusted)
        for at in np.flatnonzero(table.flat.any(axis=0) | table.cum.any(axis=0)).tolist()
    ]
    rows.sort(key=_most_telling)
    claimed = sum(row.outcome not in {"unchanged", "inconclusive"} for row in rows)
    blamed = blame(table, total) if claimed or outcome != "unchanged" else Blame()
    return Difference(
        component=table.component,
        kind=table.kind,
        sample_type=table.sample_type,
        count_type=table.count_type,
        runs=table.runs,
        total=total,
        p=of_total[0],
        q=of_total[1],
        outcome=outcome,
        functions=tuple(rows[: max(_SHOWN, min(claimed, 5 * _SHOWN))]),
        function_count=len(rows),
        tested=len({test.key for test in tests}),
        culprits=blamed.culprits,
        explained=blamed.explained,
        against=blamed.against,
        matches=table.matches,
        shifted=table.shifted,
    )


def _most_telling(row: FunctionChange) -> tuple[bool, float, float, float, str]:
    """Order what is claimed by change of flat, then of cum; then the rest, the least probable by chance first."""
    open_ = row.outcome in {"unchanged", "inconclusive"}
    changes = -abs(row.flat.judged.delta), -abs(row.cum.judged.delta)
    return open_, row.p if open_ else 0.0, *changes, row.name


def _change(table: Measured, at: int, tests: Sequence[_Test], adjusted: Mapping[_Key, float]) -> FunctionChange:
    flat, cum = (_weights(table, values[:, at]) for values in (table.flat, table.cum))
    name, presence = table.names[at], _presence(table, at)
    head_name = table.head_names.get(name, "")
    if not tests:
        reason = f"holds less than {MATERIAL:.1%} of the total".replace("%", " %")
        return FunctionChange(name, flat, cum, "inconclusive", presence, head_name=head_name, reason=reason)
    # The most certain measure decides, and cum where both are equally so: it holds what the calls below cost.
    best = min(tests, key=lambda test: (adjusted[test.key], test.measure))
    q = adjusted[best.key]
    sides = (flat if best.measure == "flat" else cum).judged
    outcome, reason = _outcome(sides, q, table.runs, len(adjusted))
    if outcome in {"regressed", "improved"} and presence in {"base", "head"}:
        outcome = "new" if presence == "head" else "gone"
    return FunctionChange(name, flat, cum, outcome, presence, best.measure, best.p, q, head_name, reason)


def _outcome(sides: Sides, q: float, runs: tuple[int, int], tests: int) -> tuple[FunctionOutcome, str]:
    if q < stats.ALPHA:
        return ("regressed" if sides.delta > 0 else "improved"), ""
    smallest = stats.smallest_p(*runs)
    if smallest >= stats.ALPHA:
        return "inconclusive", f"needs {stats.runs_needed()} runs a side"
    if smallest * tests >= stats.ALPHA:
        return "inconclusive", f"needs {stats.runs_needed(stats.ALPHA / tests)} runs a side among {tests} tests"
    return "unchanged", ""


def _presence(table: Measured, at: int) -> Presence:
    seen = (table.flat[:, at] != 0) | (table.cum[:, at] != 0)
    base, head = seen[: table.runs[0]], seen[table.runs[0] :]
    if base.any() and head.any():
        return "both"
    if base.all() or head.all():
        return "base" if base.all() else "head"
    return "some"


def _weights(table: Measured, values: Float) -> Weights:
    """Average one weight (float64[R]) over the runs of each side, on every scale."""
    base = table.runs[0]

    def sides(scaled: Float) -> Sides:
        return Sides(float(scaled[:base].mean()), float(scaled[base:].mean()))

    share = np.divide(values, table.totals, out=np.zeros(len(values)), where=table.totals != 0)
    per_op = sides(values / table.operations) if table.operations is not None else None
    return Weights(sides(values), sides(share), per_op)
