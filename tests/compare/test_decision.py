"""The decision matrix: keep, remove or undecided, and what has to be there for each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.compare.decision import decide
from pipeline.compare.rules import Case, evaluate
from pipeline.model.decision import Decision, DecisionConfig, ManualCriterion
from pipeline.model.verdict import Comparison, MetricComparison
from pipeline.store.rules import default_rules
from tests.compare.judged import compared as made
from tests.compare.judged import every, metric

ASKED = DecisionConfig(name="pools", question="Keep the pools?", base="plain", head="pools")
RULES = tuple(rule for rule in default_rules() if rule.name != "keep_hotspots")


def compared(rss: float, elapsed: float, gc: float, outcome: str = "unchanged") -> Comparison:
    """Compare base values of 100 with these."""
    metrics: list[MetricComparison] = [metric("rss_max", 100, rss), metric("elapsed", 100, elapsed)]
    metrics.append(metric("gc_runs", 100, gc))
    results = evaluate(RULES, Case(every("base"), every(), metrics, comparable=outcome != "invalid"))
    return made("plain", "pools", outcome=outcome, metrics=tuple(metrics), rules=results, reasons=("why",))


def decided(rss: float, elapsed: float, gc: float, **facts: object) -> Decision:
    asked = ASKED.model_copy(update=facts)
    return decide(asked, compared(rss, elapsed, gc), RULES)


@pytest.mark.parametrize(
    ("values", "choice", "follows"),
    [
        ((70, 80, 60), "keep", ASKED.worst),
        ((79, 84, 71), "keep", ASKED.likely),
        ((79, 90, 100), "keep", ASKED.likely),
        ((80, 84.9, 70), "keep", ASKED.likely),
        ((80, 89, 70), "undecided", ""),
        ((100, 99, 100), "remove", ASKED.best),
        ((80, 90.1, 70), "remove", ASKED.best),
        ((80, 90, 70), "undecided", ""),
        ((60, 99, 100), "undecided", ""),
    ],
)
def test_what_follows_from_the_numbers(values: tuple[float, float, float], choice: str, follows: str) -> None:
    found = decided(*values)
    assert (found.choice, found.follows) == (choice, follows)
    assert found.reasons


def test_contradicting_criteria_are_both_named() -> None:
    found = decided(60, 99, 100)
    assert found.reasons[0] == "criteria contradict each other"
    assert any("less memory" in one for one in found.reasons)
    assert any("Less than 10 % difference" in one for one in found.reasons)


def test_what_was_not_measured_keeps_it_open() -> None:
    asked = ASKED.model_copy(update={"keep": ("keep_memory", "keep_gc", "keep_of_my_own")})
    found = decide(asked, compared(100, 99, 100), RULES)
    assert found.choice == "undecided"
    assert "open: keep_of_my_own: not measured" in found.reasons


def test_invalid_runs_and_missing_runs_decide_nothing() -> None:
    found = decide(ASKED, compared(10, 10, 10, "invalid"), RULES)
    assert (found.choice, found.reasons) == ("undecided", ("the runs must not be compared", "why"))
    never = decide(ASKED, None, RULES)
    assert (never.choice, never.compared) == ("undecided", "")
    assert {one.text for one in never.criteria if not one.manual and one.side == "keep"} == {
        rule.title for rule in RULES if rule.kind == "keep"
    }
    assert all(one.state == "unknown" for one in never.criteria)


def manual(*answers: str, side: str = "remove") -> tuple[ManualCriterion, ...]:
    plain = [{"text": f"m{place}", "side": side, "answer": answer} for place, answer in enumerate(answers)]
    return tuple(ManualCriterion.model_validate(one) for one in plain)


@pytest.mark.parametrize(
    ("values", "answers", "choice"),
    [
        ((100, 99, 100), ("", ""), "remove"),
        ((100, 99, 100), ("yes", ""), "remove"),
        ((100, 99, 100), ("no", ""), "undecided"),
        ((70, 80, 60), ("", "no"), "keep"),
        ((70, 80, 60), ("yes", ""), "undecided"),
        ((80, 90, 70), ("yes", "yes"), "undecided"),
    ],
)
def test_what_people_answer_counts_and_what_they_leave_open_does_not(
    values: tuple[float, float, float], answers: tuple[str, ...], choice: str
) -> None:
    assert decided(*values, manual=manual(*answers)).choice == choice


@pytest.mark.parametrize(("values", "choice"), [((100, 99, 100), "remove"), ((80, 90, 70), "undecided")])
def test_hotspots_support_a_decision_and_never_make_it(values: tuple[float, float, float], choice: str) -> None:
    made_of = compared(*values)
    hot = next(rule for rule in default_rules() if rule.name == "keep_hotspots")
    seen = replace(made_of.rules[0], rule=hot.name, measure=hot.measure, state="met", title=hot.title)
    found = decide(ASKED, replace(made_of, rules=(*made_of.rules, seen)), default_rules())
    assert found.choice == choice


def test_an_opinion_alone_does_not_keep_a_change() -> None:
    assert decided(100, 80.0 + 5, 100, manual=manual("yes", side="keep")).choice == "undecided"


def test_the_table_is_filled_and_signed() -> None:
    found = decided(70, 80, 60, sign_off="Ada, 2026-11-20")
    assert found.sign_off == "Ada, 2026-11-20"
    assert [one.side for one in found.criteria] == ["keep"] * 3 + ["remove"] * 4
    assert [one.manual for one in found.criteria].count(True) == 3
    assert found.criteria[0].sentence == "rss_max 30 % better: 100 → 70"
    assert found.criteria[0].evidence
