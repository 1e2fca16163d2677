"""A decision matrix, filled: which criteria for keeping and for removing a change are met, and what follows.

Rules: a criterion decides when it measured a change; others support. Keep when a deciding criterion for keeping is met
and nothing that was answered speaks for removing. Remove when every criterion for keeping was measured, no deciding one
is met, and every answered criterion for removing is met, at least one of them a deciding one. Anything else is
undecided, with what is open or contradicts. Runs that must not be compared decide nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline.model.decision import Choice, Criterion, Decision, DecisionConfig, ManualCriterion, Side
from pipeline.model.rules import COMPARING, Rule, RuleResult, RuleState
from pipeline.model.verdict import Comparison

_ANSWERS: Final[dict[str, RuleState]] = {"yes": "met", "no": "not_met", "": "unknown"}


def decide(asked: DecisionConfig, comparison: Comparison | None, rules: Sequence[Rule] = ()) -> Decision:
    """Fill the matrix of a decision from the comparison of its two labels; None when that was never made.

    ``rules`` say which criteria there are when nothing was compared.
    """
    results = comparison.rules if comparison is not None else ()
    criteria = (
        *_measured("keep", asked.keep, results, rules),
        *(_manual(one) for one in asked.manual if one.side == "keep"),
        *_measured("remove", asked.remove, results, rules),
        *(_manual(one) for one in asked.manual if one.side == "remove"),
    )
    choice, reasons = _choose(criteria, comparison)
    return Decision(
        name=asked.name,
        question=asked.question,
        base_label=asked.base,
        head_label=asked.head,
        choice=choice,
        reasons=reasons,
        follows=_follows(choice, criteria, asked),
        criteria=criteria,
        sign_off=asked.sign_off,
        compared=comparison.slug if comparison is not None else "",
    )


def _measured(
    side: Side, wanted: Sequence[str], results: Sequence[RuleResult], rules: Sequence[Rule]
) -> list[Criterion]:
    found = [
        Criterion(
            text=one.title,
            side=side,
            state=one.state,
            sentence=one.sentence,
            component=one.component,
            decides=one.measure in COMPARING,
            value=one.value,
            evidence=one.evidence,
            source=one.source,
        )
        for one in results
        if (one.rule in wanted if wanted else one.kind == side)
    ]
    told = {one.rule for one in results}
    names = wanted or [rule.name for rule in rules if rule.kind == side and rule.enabled]
    titles = {rule.name: rule.title for rule in rules}
    missing = [name for name in names if name not in told]
    return found + [Criterion(titles.get(name, name), side, "unknown", "not measured") for name in missing]


def _manual(one: ManualCriterion) -> Criterion:
    answered = {"yes": "yes", "no": "no", "": "to be answered by a person"}[one.answer]
    sentence = f"{answered}: {one.why}" if one.why else answered
    return Criterion(one.text, one.side, _ANSWERS[one.answer], sentence, manual=True, source="answered by a person")


def _choose(criteria: Sequence[Criterion], comparison: Comparison | None) -> tuple[Choice, tuple[str, ...]]:
    if comparison is None:
        return "undecided", ("the two labels were never compared: neither has a run",)
    if comparison.outcome == "invalid":
        return "undecided", ("the runs must not be compared", *comparison.reasons)
    kept = [one for one in criteria if one.side == "keep"]
    removed = [one for one in criteria if one.side == "remove" and one.state != "unknown"]
    benefits = [one for one in kept if one.state == "met"]
    against = [one for one in removed if one.state == "met"]
    open_ = [one for one in kept if one.state == "unknown"]
    shown = any(one.decides for one in benefits)
    if shown and not against:
        return "keep", tuple(_told(one) for one in benefits)
    if shown and against:
        return "undecided", ("criteria contradict each other", *(_told(one) for one in (*benefits, *against)))
    if open_ or any(one.manual for one in benefits):
        told = tuple(f"open: {_told(one)}" for one in open_)
        return "undecided", ("no measured change speaks for keeping it yet", *told)
    if removed and len(against) == len(removed) and any(one.decides for one in against):
        return "remove", ("no measured change speaks for keeping it", *(_told(one) for one in against))
    unmet = tuple(f"not met: {_told(one)}" for one in removed if one.state == "not_met")
    return "undecided", ("neither the criteria for keeping it nor those for removing it are met", *unmet)


def _told(one: Criterion) -> str:
    where = f" ({one.component})" if one.component else ""
    return f"{one.text}{where}: {one.sentence}"


def _follows(choice: Choice, criteria: Sequence[Criterion], asked: DecisionConfig) -> str:
    if choice == "remove":
        return asked.best
    if choice == "keep":
        every = all(one.state == "met" for one in criteria if one.side == "keep")
        return asked.worst if every else asked.likely
    return ""
