"""The verdict on a comparison's page, and the page of a decision: states in words, evidence linked, text escaped."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from pipeline.model.court import Objection
from pipeline.model.decision import Criterion, Decision
from pipeline.model.gate import AcceptConfig
from pipeline.model.rules import Evidence, Kind, RuleResult, RuleState
from pipeline.render.compare_page import compare_page
from pipeline.render.decision_page import decision_cards, decision_page, decisions_page
from pipeline.render.env import environment
from pipeline.render.verdict_section import verdict_view
from pipeline.site.templates import read_templates, templates_dir
from tests.records import HOSTILE, comparison

ENV = environment(read_templates(templates_dir()))
RESULT = RuleResult(
    "memory", "gate", "Memory limit", "not_met", "2 times the base's", "<=", 1.1, "times", "ratio", 2.0, "rss_max",
    "RSS", "app", True, (Evidence("run-1", "heap.prof"),), "a guide",
)  # fmt: skip
ACCEPT = AcceptConfig(metric="rss_max", until=date(2026, 12, 31), reason="known")


def result(kind: Kind, state: RuleState, value: float | None = 2.0) -> RuleResult:
    return replace(RESULT, kind=kind, state=state, value=value)


def page(*rules: RuleResult, objections: tuple[Objection, ...] = (), accepted: tuple[AcceptConfig, ...] = ()) -> str:
    one = comparison(rules=rules, objections=objections)
    known = frozenset({"run-1"})
    return compare_page(ENV, one, {}, headline=(), known_runs=known, accepted=accepted, decisions=["pools"]).body


@pytest.mark.parametrize(
    ("kind", "state", "value", "word"),
    [
        ("goal", "met", 1.0, "met"),
        ("goal", "not_met", 1.0, "not met"),
        ("goal", "unknown", None, "unknown"),
        ("goal", "unknown", 1.0, "not proved"),
        ("red_flag", "met", 1.0, "seen"),
        ("red_flag", "not_met", 1.0, "not seen"),
        ("gate", "met", 1.0, "holds"),
        ("gate", "not_met", 1.0, "fails"),
        ("gate", "unknown", None, "unknown"),
    ],
)
def test_each_state_has_its_word(kind: Kind, state: RuleState, value: float | None, word: str) -> None:
    body = page(result(kind, state, value))
    found = re.search(r'id="rules".*?pb-badge__sign" aria-hidden="true">.</span>([\w ]+)</span>', body, re.DOTALL)
    assert found is not None
    assert found[1] == word


def test_what_asks_for_nothing_is_folded() -> None:
    view = verdict_view(
        comparison(rules=(result("red_flag", "not_met"), result("gate", "not_met"), result("gate", "met"))),
        root="",
        known_runs=frozenset(),
    )
    assert [(table.id, len(table.rows), len(table.quiet)) for table in view.tables] == [
        ("rules-red-flag", 0, 1),
        ("rules-gate", 1, 1),
    ]


def test_evidence_is_linked_where_the_run_has_a_page() -> None:
    body = page(RESULT)
    assert '<a href="../../runs/run-1/index.html">' in body
    assert "runs/run-2" not in page(replace(RESULT, evidence=(Evidence("run-2", "x"),)))


def test_an_objection_has_its_code_and_cure() -> None:
    body = page(objections=(Objection("same_build", "invalid", "one build", "run-1", "cpu.prof", "Deploy."),))
    assert "guide/findings/index.html#same_build" in body
    assert "Deploy." in body
    assert "May they be compared?" in body
    assert "Yes: the runs show" not in body
    assert "Yes: the runs show" in page()


def test_an_acceptance_is_told_with_its_last_day_and_not_judged() -> None:
    assert "accepted until 2026-12-31, then it counts again: known" in page(RESULT, accepted=(ACCEPT,))
    assert "accepted until" not in page(result("gate", "met"), result("red_flag", "not_met"), accepted=(ACCEPT,))


def test_decisions_that_rest_on_it_are_linked() -> None:
    assert '<a href="../../decisions/pools/index.html">Decision: pools</a>' in page()


def decision(text: str = "x", **facts: object) -> Decision:
    criteria = (
        Criterion(text, "keep", "met", text, text, evidence=(Evidence(text, text),), source=text),
        Criterion(text, "remove", "unknown", text, manual=True),
    )
    return replace(Decision("pools", text, "a", "b", "keep", (text,), text, criteria, text, "a..b"), **facts)


def test_all_decisions_are_listed_with_their_reason_and_signature() -> None:
    made = decisions_page(ENV, [decision("Ada"), decision("Ada", name="cache", sign_off="")])
    assert made.url == "decisions/"
    assert '<a href="../decisions/pools/index.html">pools</a>' in made.body
    assert '<a href="../decisions/cache/index.html">cache</a>' in made.body
    assert "Signed: Ada" in made.body
    assert made.body.count("Not signed.") == 1


def test_a_decision_is_shown_with_its_table_and_signature() -> None:
    made = decision_page(ENV, decision("Ada"), known_runs=frozenset({"Ada"}))
    assert made.url == "decisions/pools/"
    assert {anchor for anchor, _ in made.toc} == set(re.findall(r'<h2 id="([\w-]+)"', made.body))
    assert '<a href="../../compare/a..b/index.html">b against a</a>' in made.body
    assert '<a href="../../runs/Ada/index.html">' in made.body
    assert "judged by a person" in made.body
    assert "Not signed" not in made.body
    open_ = decision_page(
        ENV, decision(sign_off="", compared="", choice="undecided", follows=""), known_runs=frozenset()
    )
    assert "Not signed" in open_.body
    assert "compare/a..b" not in open_.body


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    made = decision_page(ENV, decision(text), known_runs=frozenset()).body
    hostile = replace(RESULT, title=text, sentence=text, component=text, source=text, evidence=(Evidence(text, text),))
    objection = Objection(text, "invalid", text, text, text, text)
    for body in (made, page(hostile, objections=(objection,))):
        assert "<script>alert" not in body
        assert "<img src=x" not in body
        assert "\u202e" not in body
        assert not re.search(r'href="[^"]*javascript:', body)
    assert decision_cards((decision(text),))[0].url == "decisions/pools/"
