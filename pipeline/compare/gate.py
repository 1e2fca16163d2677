"""The gate: may this pass? Rules of kind gate must hold, red flags that gate must not have fired.

Rules: a gate that measured nothing has failed. What is accepted passes until its last day and is told; after it, it
counts again. Missing data and what cannot be concluded have exit codes of their own. A significant change within what
the rules allow passes and is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from pipeline.compare.thresholds import holds
from pipeline.model.gate import EXIT_CODES, AcceptConfig, GateCheck, GateComparison, GateOutcome, GateResult
from pipeline.model.rules import RuleResult
from pipeline.model.verdict import Comparison

_UNSURE: Final = frozenset({"inconclusive", "invalid"})


def judge_gate(
    comparisons: Sequence[Comparison], accepted: Sequence[AcceptConfig] = (), *, today: date, strict: bool = False
) -> GateResult:
    """Judge all comparisons together; ``strict`` lets what is inconclusive or invalid count."""
    seen = tuple(_examine(one, accepted, today) for one in comparisons)
    failed = tuple(_failures(seen))
    partial = tuple(f"{one.slug}: {missing}" for one in seen for missing in one.missing)
    unsure = tuple(_unsure(seen))
    outcome: GateOutcome = (
        "failed" if failed else "partial" if partial else "inconclusive" if strict and unsure else "passed"
    )
    reasons = {"failed": failed, "partial": partial, "inconclusive": unsure, "passed": _passed(seen)}[outcome]
    told = [line for group in (failed, partial, unsure) if group is not reasons for line in group]
    notes = (*told, *_notes(comparisons, seen), *_unused(accepted, seen))
    return GateResult(outcome, EXIT_CODES[outcome], reasons, tuple(dict.fromkeys(notes)), seen)


def _examine(one: Comparison, accepted: Sequence[AcceptConfig], today: date) -> GateComparison:
    checks = tuple(_check(result, accepted, today) for result in one.rules if result.gate)
    missing = tuple(
        f"data is missing: {found.subject}: {found.message}" for found in one.findings if found.severity == "error"
    )
    measured = sum(bool(metric.base and metric.head) for metric in one.metrics)
    return GateComparison(one.slug, one.outcome, one.reasons, measured, checks, one.objections, missing)


def _check(result: RuleResult, accepted: Sequence[AcceptConfig], today: date) -> GateCheck:
    if result.state == "unknown":
        return GateCheck("unmeasured" if result.value is None else "unproved", result)
    if result.state == ("not_met" if result.kind == "red_flag" else "met"):
        return GateCheck("passed", result)
    mine = [one for one in accepted if one.covers(result)]
    valid = next((one for one in mine if today <= one.until), None)
    if valid is not None:
        return GateCheck("accepted", result, accepted=f"accepted until {valid.until.isoformat()}: {valid.reason}")
    expired = max(mine, key=lambda one: one.until, default=None)
    told = f"its acceptance ended on {expired.until.isoformat()}: {expired.reason}" if expired else ""
    return GateCheck("failed", result, expired=told)


def _failures(seen: Sequence[GateComparison]) -> Iterator[str]:
    for one in seen:
        if not one.measured:
            why = f" ({one.reasons[0]})" if one.reasons else ""
            yield f"{one.slug}: nothing was measured on both sides{why}"
        for check in one.checks:
            if check.state == "failed":
                yield f"{one.slug}: {told(check)}"


def told(check: GateCheck) -> str:
    """Say what a check is about and what it saw."""
    result = check.result
    where = f"{result.component}: " if result.component else ""
    tail = check.accepted or check.expired
    return f"{where}{result.title}: {result.sentence}" + (f" ({tail})" if tail else "")


def _unsure(seen: Iterable[GateComparison]) -> Iterator[str]:
    for one in seen:
        if one.outcome in _UNSURE:
            yield f"{one.slug} is {one.outcome}: {'; '.join(one.reasons[:3]) or 'nothing can be concluded'}"
        unproved = [check for check in one.checks if check.state == "unproved"]
        beyond = [check for check in unproved if not _would_pass(check.result)]
        yield from (f"{one.slug}: {told(check)}" for check in beyond)
        within = [check.result.subject for check in unproved if check not in beyond]
        if within:
            yield f"{one.slug}: within the limits as seen, but not proved: {', '.join(dict.fromkeys(within))}"


def _would_pass(result: RuleResult) -> bool:
    """Tell whether what was seen would pass, if it were proved."""
    return result.value is not None and holds(result.op, result.value, result.threshold) != (result.kind == "red_flag")


def _passed(seen: Sequence[GateComparison]) -> tuple[str, ...]:
    counts = [(one.slug, sum(check.state in {"passed", "accepted"} for check in one.checks)) for one in seen]
    return tuple(
        f"{slug}: {count} checks passed" if count != 1 else f"{slug}: 1 check passed" for slug, count in counts
    )


def _notes(comparisons: Sequence[Comparison], seen: Sequence[GateComparison]) -> Iterator[str]:
    for comparison, one in zip(comparisons, seen, strict=True):
        yield from (f"{one.slug}: {told(check)}" for check in one.checks if check.state == "accepted")
        unmeasured = sorted({check.result.rule for check in one.checks if check.state == "unmeasured"})
        if unmeasured:
            yield f"{one.slug}: not {'judged' if one.outcome == 'invalid' else 'measured'}: {', '.join(unmeasured)}"
        if one.outcome == "regressed" and not any(check.state == "failed" for check in one.checks):
            yield f"{one.slug}: worse, but within what the rules allow: {'; '.join(one.reasons[:3])}"
        for flag in comparison.rules:
            if flag.fired and not flag.gate:
                yield f"{one.slug}: red flag: {flag.title}: {flag.sentence}"
        for objection in one.objections:
            if objection.severity == "doubt":
                yield f"{one.slug}: doubt: {objection.sentence}"


def _unused(accepted: Sequence[AcceptConfig], seen: Sequence[GateComparison]) -> Iterator[str]:
    for one in accepted:
        checks = [check for comparison in seen for check in comparison.checks if one.covers(check.result)]
        name = one.metric or one.rule or one.function
        if not any(check.state in {"accepted", "failed"} for check in checks):
            yield f"accepted but not needed: {name} (until {one.until.isoformat()})"
