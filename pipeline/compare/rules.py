"""Rules held against a comparison: which goals are met, which red flags fired, what a gate or decision may rest on.

Rules of the house: what was not measured is unknown and never counts as met; nor does a difference that is not
significant, where a rule asks for proof. Runs that must not be compared leave every comparing rule unknown; what one
side shows by itself still counts. On its threshold a value is held to be equal to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.compare import court_load, hotspots, rule_words
from pipeline.compare.thresholds import holds, is_at_least
from pipeline.model.metric import Measurement
from pipeline.model.record import RunRecord
from pipeline.model.rules import COMPARING, Evidence, Measure, Rule, RuleResult, RuleState
from pipeline.model.verdict import MetricComparison

_MUST_NOT: Final = "not judged: these runs must not be compared"


@dataclass(frozen=True, slots=True)
class Case:
    """What rules are held against: the runs of both sides, their metrics compared, and whether they may be."""

    base: Sequence[RunRecord]
    head: Sequence[RunRecord]
    metrics: Sequence[MetricComparison]
    comparable: bool = True


def evaluate(rules: Sequence[Rule], case: Case) -> tuple[RuleResult, ...]:
    """Hold every rule that is enabled against a case: one result for each component it was measured for, or one
    unknown.
    """
    results: list[RuleResult] = []
    for rule in rules:
        if rule.enabled:
            results += list(_MEASURES[rule.measure](rule, case)) or [_unknown(rule, _unmeasured(rule))]
    return tuple(results)


def _unknown(rule: Rule, sentence: str, **facts: object) -> RuleResult:
    plain = RuleResult(
        rule=rule.name,
        kind=rule.kind,
        title=rule.title,
        state="unknown",
        sentence=sentence,
        op=rule.op,
        threshold=rule.threshold,
        unit=rule_words.UNITS.get(rule.measure, "count"),
        measure=rule.measure,
        gate=rule.gate or rule.kind == "gate",
        source=rule.source,
    )
    return replace(plain, **facts)  # type: ignore[arg-type] # by name, from this module alone


def _unmeasured(rule: Rule) -> str:
    what = ", ".join(rule.metrics)
    return f"not measured on both sides: {what}" if what and rule.measure in COMPARING else "not measured"


def _judged(rule: Rule, value: float, sentence: str, **facts: object) -> RuleResult:
    state = "met" if holds(rule.op, value, rule.threshold) else "not_met"
    return _unknown(rule, sentence, **{"state": state, "value": value, **facts})


# --- medians of both sides ------------------------------------------------------------------------------------------


def _median_rule(rule: Rule, case: Case) -> Iterator[RuleResult]:
    for one in _chosen(rule, case.metrics):
        facts = {
            "metric": one.metric.name,
            "subject": one.metric.title,
            "component": one.component,
            "evidence": (Evidence(what=one.metric.title),),
        }
        if not case.comparable:
            yield _unknown(rule, _MUST_NOT, **facts)
        else:
            yield _compared(rule, one, facts)


def _chosen(rule: Rule, metrics: Sequence[MetricComparison]) -> Iterator[MetricComparison]:
    """Choose for each component the first metric of the rule that both sides have, or each of them."""
    for component in dict.fromkeys(one.component for one in metrics):
        both = {one.metric.name: one for one in metrics if one.component == component and one.base and one.head}
        mine = [both[name] for name in rule.metrics if name in both]
        yield from mine if rule.each else mine[:1]


def _compared(rule: Rule, one: MetricComparison, facts: Mapping[str, object]) -> RuleResult:
    value = _from_medians(rule.measure, one)
    seen = rule_words.seen(rule, one, value)
    if value is None:
        return _unknown(rule, seen, **facts)
    if rule.proof == "significant" and one.outcome not in {"improved", "regressed"}:
        if one.outcome == "inconclusive":
            why = one.warnings[0] if one.warnings else "too few runs"
            return _unknown(rule, f"{seen}, not proved: {why}", **facts, value=value)
        if rule.measure == "gain":
            return _unknown(rule, f"{seen}, not significant", **facts, value=value, state="not_met")
        if rule.measure == "loss":
            return _judged(rule, 0.0, f"not significantly worse ({seen})", **facts)
    result = _judged(rule, value, seen, **facts)
    if rule.measure != "ratio" or is_at_least((one.head_center or 0.0) - (one.base_center or 0.0), rule.at_least):
        return result
    return replace(result, state=_too_small(rule))


def _too_small(rule: Rule) -> RuleState:
    """Say what a change that is too small to count means: it does not fire, and breaks no limit."""
    return "met" if rule.op in {"<=", "<"} else "not_met"


def _from_medians(measure: Measure, one: MetricComparison) -> float | None:
    """Calculate a measure from the two medians; None where it is not defined, infinite for a growth from nothing."""
    base, head = one.base_center, one.head_center
    if base is None or head is None:
        return None
    if measure == "ratio":
        return head / base if base else 1.0 if head == base else float("inf")
    change = (head - base) / abs(base) if base else 0.0 if head == base else float("inf")
    if measure == "difference":
        return abs(change)
    if one.metric.better == "none":
        return None
    gain = change if one.metric.better == "higher" else -change
    return gain if measure == "gain" else max(0.0, -gain)


# --- what the runs of the head show by themselves -------------------------------------------------------------------


def _largest(rule: Rule, case: Case) -> Iterator[RuleResult]:
    for component in _components(case.head):
        for name in rule.metrics:
            found = _measured(case.head, component, name)
            if not found:
                continue
            run, one = max(found, key=lambda pair: pair[1].value)
            unit = next((known.metric.unit for known in case.metrics if known.metric.name == name), "count")
            title = next((known.metric.title for known in case.metrics if known.metric.name == name), name)
            yield _judged(
                rule,
                one.value,
                rule_words.largest(title, one.value, unit, run, len(found)),
                unit=unit,
                metric=name,
                subject=title,
                component=component,
                evidence=(_file(run, one),),
            )
            if not rule.each:
                break


def _growth(rule: Rule, case: Case) -> Iterator[RuleResult]:
    after_name = rule.metrics[1]
    for component in _components(case.head):
        before, after = (dict(_measured(case.head, component, name)) for name in rule.metrics)
        grown = [(*_growth_of(before[run].value, after[run].value), run) for run in after if run in before]
        if not grown:
            continue
        enough = [one for one in grown if is_at_least(one[1], rule.at_least)]
        ratio, _, run = max(enough or grown)
        unit = next((known.metric.unit for known in case.metrics if known.metric.name == after_name), "count")
        result = _judged(
            rule,
            ratio,
            rule_words.growth(before[run].value, after[run].value, unit, run),
            metric=after_name,
            subject=after_name,
            component=component,
            evidence=(_file(run, before[run]), _file(run, after[run])),
        )
        yield result if enough else replace(result, state=_too_small(rule))


def _growth_of(before: float, after: float) -> tuple[float, float]:
    return (after / before if before else 1.0 if after == before else float("inf"), after - before)


def _failed_runs(rule: Rule, case: Case) -> Iterator[RuleResult]:
    told = [run for run in case.head if run.run.manifest and (run.run.manifest.load or run.run.manifest.programs)]
    failed = [(run.run.id, why) for run in case.head if (why := court_load.failure(run)) is not None]
    if told:
        sentence = "; ".join(why for _, why in failed[:3]) or f"all {len(told)} runs ended well"
        evidence = tuple(Evidence(run, "run.json") for run, _ in failed[:3])
        yield _judged(rule, float(len(failed)), sentence, evidence=evidence)


def _findings(rule: Rule, case: Case) -> Iterator[RuleResult]:
    if not case.head:
        return
    found = [(run.run.id, one) for run in case.head for one in run.all_findings if one.code in rule.findings]
    gaps = {f"{code.partition('_')[0]}_unmeasured" for code in rule.findings}
    gap = next((one for run in case.head for one in run.all_findings if one.code in gaps), None)
    if not found and gap is not None:
        yield _unknown(rule, gap.message)
        return
    sentence = "; ".join(f"{run}: {one.message} ({one.evidence})" for run, one in found[:3]) or "not seen in any run"
    evidence = tuple(Evidence(run, one.subject) for run, one in found[:3])
    count = len({run for run, _ in found})
    yield _judged(rule, float(count), sentence, evidence=evidence)


def _components(runs: Sequence[RunRecord]) -> list[str]:
    return sorted({one.component for run in runs for one in run.measurements})


def _measured(runs: Sequence[RunRecord], component: str, name: str) -> list[tuple[str, Measurement]]:
    """List (run, measurement) of a metric, in run order."""
    return [
        (run.run.id, one)
        for run in runs
        for one in run.measurements
        if one.metric == name and one.component == component
    ]


def _file(run: str, one: Measurement) -> Evidence:
    return Evidence(run, one.evidence[0] if one.evidence else "")


# --- functions ------------------------------------------------------------------------------------------------------


def _hotspot(rule: Rule, case: Case) -> Iterator[RuleResult]:
    new = rule.measure == "new_hotspot"
    side = case.base if rule.side == "base" else case.head
    for component in sorted({profile.component for run in side for profile in run.profiles}):
        mine = hotspots.shares(side, component, rule.sample_type)
        before = hotspots.shares(case.base, component, rule.sample_type) if new else {}
        if mine is None or before is None:
            continue
        if new and not case.comparable:
            yield _unknown(rule, _MUST_NOT, component=component)
            continue
        hot = [
            one
            for one in hotspots.risen(mine, before, rule.times)
            if not (new and holds(rule.op, one.before, rule.threshold))
        ]
        over = [one for one in hot if holds(rule.op, one.share, rule.threshold)]
        share, name = (hot[0].share, hot[0].name) if hot else (0.0, "")
        yield _judged(
            rule,
            share,
            rule_words.hotspot(over or hot[:1], new=new),
            subject=name,
            component=component,
            evidence=tuple(Evidence(run, path) for run, path in hotspots.files(side, component, rule.sample_type)[:1]),
        )


_MEASURES: Final[Mapping[Measure, Callable[[Rule, Case], Iterator[RuleResult]]]] = {
    "gain": _median_rule,
    "loss": _median_rule,
    "difference": _median_rule,
    "ratio": _median_rule,
    "largest": _largest,
    "growth": _growth,
    "failed_runs": _failed_runs,
    "findings": _findings,
    "new_hotspot": _hotspot,
    "hotspot": _hotspot,
}
