"""What may be concluded: the outcome of one metric, whether a comparison is valid, and the verdict over all.

Rules: no claim without evidence. A difference is called one only when the test is significant; too few replicates end
in *inconclusive*, not comparable runs in *invalid*. Every outcome comes with its reasons in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pipeline import units
from pipeline.compare import stats
from pipeline.model.metric import Metric
from pipeline.model.record import RunRecord
from pipeline.model.verdict import MetricComparison, Outcome

ERROR_RATE_LIMIT: Final = 0.01
"""Runs whose load test failed more often than this are not comparable."""
DURATION_TOLERANCE: Final = 0.1
"""Load durations may differ by this share before runs stop being comparable."""


def judge_metric(
    metric: Metric, base: Sequence[float], head: Sequence[float]
) -> tuple[float, Outcome, tuple[str, ...]]:
    """Judge one metric over replicates: (p, outcome, warnings)."""
    p = stats.mann_whitney_p(base, head)
    if not base or not head:
        return p, "inconclusive", ("measured on one side only",)
    if metric.better == "none":
        return p, "inconclusive", ("for information: no direction is better",)
    if p < stats.ALPHA:
        higher = (stats.center(head) or 0.0) > (stats.center(base) or 0.0)
        return p, "improved" if higher == (metric.better == "higher") else "regressed", ()
    if stats.smallest_p(len(base), len(head)) >= stats.ALPHA:
        apart = max(base) < min(head) or max(head) < min(base)
        seen = "; every run of one side is beyond every run of the other" if apart else ""
        needed = stats.runs_needed()
        return p, "inconclusive", (f"needs {needed} runs a side to be significant at p < {stats.ALPHA}{seen}",)
    return p, "unchanged", ()


def invalid_reasons(base: Sequence[RunRecord], head: Sequence[RunRecord], labels: tuple[str, str]) -> tuple[str, ...]:
    """Say why two groups of runs must not be compared; empty when they may."""
    reasons = [f"no run is labelled {label!r}" for label, runs in zip(labels, (base, head), strict=True) if not runs]
    runs = [*base, *head]
    reasons += _load_failures(runs)
    reasons += _differing("Go versions", (_environment(run, "go_version") for run in runs))
    reasons += _differing("CPU models", (_environment(run, "cpu_model") for run in runs))
    durations = [run.load.duration_seconds for run in runs if run.load is not None]
    if durations and max(durations) > min(durations) * (1 + DURATION_TOLERANCE):
        reasons.append(f"load durations differ: {min(durations):g} s to {max(durations):g} s")
    return tuple(reasons)


def _load_failures(runs: Iterable[RunRecord]) -> Iterable[str]:
    for record in runs:
        manifest = record.run.manifest
        if manifest is not None and manifest.load is not None and manifest.load.exit_code not in {0, None}:
            yield f"the load command of {record.run.id} failed (exit code {manifest.load.exit_code})"
        elif manifest is not None and (failed := [one for one in manifest.programs if one.exit_code != 0]):
            names = ", ".join(f"{one.component} {one.name}" for one in failed[:3])
            yield f"programs of {record.run.id} failed: {names}" + (", …" if len(failed) > 3 else "")
        elif record.load is not None:
            attempts = record.load.operations + record.load.errors
            rate = record.load.errors / attempts if attempts else 1.0
            if rate > ERROR_RATE_LIMIT:
                yield f"{units.show(rate, 'ratio')} of the operations of {record.run.id} failed"


def _environment(record: RunRecord, fact: str) -> str:
    return str(getattr(record.run.manifest.environment, fact)) if record.run.manifest is not None else ""


def _differing(what: str, values: Iterable[str]) -> Iterable[str]:
    known = sorted({value for value in values if value})
    if len(known) > 1:
        yield f"{what} differ: {', '.join(known)}"


def conclude(
    metrics: Sequence[MetricComparison], headline: Sequence[str], invalid: Sequence[str]
) -> tuple[Outcome, tuple[str, ...]]:
    """Sum up a comparison: the outcome and its reasons, most important first."""
    if invalid:
        return "invalid", tuple(invalid)
    counted = [one for one in metrics if one.metric.name in headline]
    worse, better, open_ = (
        [one for one in counted if one.outcome == outcome] for outcome in ("regressed", "improved", "inconclusive")
    )
    if worse or better:
        return "regressed" if worse else "improved", tuple(_told(one) for one in (*worse, *better))
    if open_ or not counted:
        warnings = sorted({warning for one in open_ for warning in one.warnings})
        return "inconclusive", tuple(warnings) or ("no headline metric was measured on both sides",)
    return "unchanged", (f"no significant change in {len(counted)} headline metrics",)


def _told(one: MetricComparison) -> str:
    unit = one.metric.unit
    base, head = units.show(one.base_center, unit), units.show(one.head_center, unit)
    change = units.show_delta(one.base_center, one.head_center)
    return f"{one.metric.title} {one.outcome}: {base} → {head} ({change}, p = {one.p:.3f})"
