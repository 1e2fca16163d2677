"""Every metric of a comparison: both sides summarized, the difference tested, the tests adjusted together, and judged.

Rules: the metrics the verdict rests on are adjusted as one family, the others as a second one, so that a claim of
either is false in one of twenty at most, on average. Metrics without a better direction and metrics of one side only
are shown and not tested.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pipeline.compare import judge, power, stats
from pipeline.model.metric import Metric
from pipeline.model.rules import Rule
from pipeline.model.sample import Change
from pipeline.model.verdict import MetricComparison, MetricMean

Samples = tuple[Metric, str, tuple[float, ...], tuple[float, ...]]
"""One metric of one component: its values of the base runs and of the head runs."""


def compare_metrics(
    samples: Sequence[Samples], headline: Collection[str], effects: Mapping[str, float] | None = None
) -> tuple[MetricComparison, ...]:
    """Compare each of the metrics, in the order given; ``effects`` are the relative changes runs are planned for."""
    planned = effects or {}
    p_values = [stats.mann_whitney_p(base, head) for _, _, base, head in samples]
    tested = [index for index, sample in enumerate(samples) if _is_tested(sample)]
    adjusted: dict[int, tuple[float, int]] = {}
    for chosen in (True, False):
        family = [index for index in tested if (samples[index][0].name in headline) is chosen]
        q_values = stats.adjust([p_values[index] for index in family])
        adjusted |= {index: (q, len(family)) for index, q in zip(family, q_values, strict=True)}
    return tuple(
        _compare(sample, p_values[index], adjusted.get(index), planned.get(sample[0].name, power.EFFECT))
        for index, sample in enumerate(samples)
    )


def planned_effects(rules: Sequence[Rule]) -> Mapping[str, float]:
    """Tell for each metric the smallest relative change that a goal or gate asks about."""
    asked: dict[str, float] = {}
    for rule in rules:
        if rule.enabled and rule.kind in {"goal", "gate"} and rule.measure in {"gain", "loss"} and rule.threshold > 0:
            asked |= {name: min(rule.threshold, asked.get(name, rule.threshold)) for name in rule.metrics}
    return asked


def _is_tested(sample: Samples) -> bool:
    metric, _, base, head = sample
    return bool(base and head) and metric.better != "none"


def _compare(sample: Samples, p: float, adjusted: tuple[float, int] | None, effect: float) -> MetricComparison:
    metric, component, base, head = sample
    q, tests = adjusted or (None, 0)
    interval = _bounds(stats.delta_interval(base, head))
    outcome, warnings = judge.judge_metric(metric, base, head, p=p, q=q, tests=max(tests, 1), interval=interval)
    before, after = stats.center(base), stats.center(head)
    needed = power.runs_needed(base, head, effect) if adjusted else None
    return MetricComparison(
        metric,
        component,
        base,
        head,
        before,
        after,
        p,
        outcome,
        warnings,
        base_interval=_interval(base),
        head_interval=_interval(head),
        delta=after / before - 1 if before and after is not None else None,
        delta_interval=interval,
        q=q,
        tests=tests,
        detectable_effect=power.detectable_effect(base, head) if adjusted else None,
        planned_effect=None if needed is None else effect,
        runs_needed=needed,
    )


def _interval(values: Sequence[float]) -> tuple[float, float] | None:
    if not values:
        return None
    summary = stats.summarize(values)
    return (summary.lo, summary.hi) if summary.is_bounded else None


def _bounds(change: Change) -> tuple[float, float] | None:
    return None if change.lo is None or change.hi is None else (change.lo, change.hi)


def means(metrics: Sequence[MetricComparison]) -> tuple[MetricMean, ...]:
    """Take the geometric means of each metric that both sides measured in several components, where all are above 0."""
    found: list[MetricMean] = []
    for name in dict.fromkeys(one.metric.name for one in metrics):
        same = [one for one in metrics if one.metric.name == name and one.base and one.head]
        base = stats.geomean([one.base_center or 0.0 for one in same])
        head = stats.geomean([one.head_center or 0.0 for one in same])
        if len(same) > 1 and base and head:
            found.append(MetricMean(same[0].metric, len(same), base, head, head / base - 1))
    return tuple(found)
