"""What may be concluded of one metric; the verdict over all of them is `compare.court`'s.

Rules: no claim without evidence. A difference is called one only when the test is significant, and sameness only where
the interval of the change leaves out a doubling and a halving; too few replicates, and too much noise, end in
*inconclusive*. Every outcome comes with its reasons in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline import units
from pipeline.compare import stats
from pipeline.model.metric import Metric
from pipeline.model.verdict import Outcome

_HALVED: Final = -0.5
_DOUBLED: Final = 1.0
"""Changes nobody takes for none: where both sides may well lie one of them apart, they are not called alike."""


def judge_metric(
    metric: Metric,
    base: Sequence[float],
    head: Sequence[float],
    *,
    p: float,
    q: float | None = None,
    tests: int = 1,
    interval: tuple[float, float] | None = None,
) -> tuple[Outcome, tuple[str, ...]]:
    """Judge one metric over replicates: (outcome, warnings).

    ``q`` is ``p`` adjusted for the ``tests`` made together with this one; without it, ``p`` stands alone. ``interval``
    is that of the relative change, where there is one.
    """
    q = p if q is None else q
    if not base or not head:
        return "inconclusive", ("measured on one side only",)
    if metric.better == "none":
        return "inconclusive", ("for information: no direction is better",)
    if q < stats.ALPHA:
        before, after = stats.center(base) or 0.0, stats.center(head) or 0.0
        if before == after:
            return "inconclusive", ("the runs differ in spread, but their medians are equal",)
        return "improved" if (after > before) == (metric.better == "higher") else "regressed", ()
    if stats.smallest_p(len(base), len(head)) >= stats.ALPHA:
        apart = max(base) < min(head) or max(head) < min(base)
        seen = "; every run of one side is beyond every run of the other" if apart else ""
        needed = stats.runs_needed()
        return "inconclusive", (f"needs {needed} runs a side to be significant at p < {stats.ALPHA}{seen}",)
    if p < stats.ALPHA:
        needed = stats.runs_needed(stats.ALPHA / tests)
        more = f"; {needed} runs a side could decide it" if needed > min(len(base), len(head)) else ""
        return "inconclusive", (f"p = {p:.3f} alone, but {q:.3f} as one of {tests} tests made together{more}",)
    lowest, highest = interval or (0.0, 0.0)
    possible = {"halved": lowest <= _HALVED, "doubled": highest >= _DOUBLED}
    if any(possible.values()):
        extremes = " or ".join(word for word, is_possible in possible.items() if is_possible)
        between = f"{units.show_delta(1, 1 + lowest)} to {units.show_delta(1, 1 + highest)}"
        return "inconclusive", (f"{metric.title} may have {extremes}: {between}",)
    return "unchanged", ()
