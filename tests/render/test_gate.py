"""A gate's result for people, scripts and CI systems; hostile names stay text."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from pipeline.model.gate import GateCheck, GateComparison, GateResult
from pipeline.model.rules import RuleResult
from pipeline.render.gate_json import gate_json
from pipeline.render.gate_junit import gate_junit
from pipeline.render.gate_text import gate_lines
from tests.records import HOSTILE

RESULT = RuleResult(
    "memory", "gate", "Memory", "not_met", "2 times", "<=", 1.1, "times", "ratio", 2.0, "rss_max", "RSS", "app"
)
STATES = ("passed", "failed", "accepted", "unproved", "unmeasured")


def gate(text: str = "RSS", **facts: object) -> GateResult:
    """Make a result with a check of every state."""
    result = replace(RESULT, sentence=text, subject=text, title=text)
    checks = tuple(GateCheck(state, result) for state in STATES)  # type: ignore[arg-type]
    plain = GateComparison(text, "regressed", (text,), 3, checks, (), (text,))
    return GateResult("failed", 1, (text,), (text,), (replace(plain, **facts),))


def suite(result: GateResult) -> ET.Element:
    (found,) = ET.fromstring(gate_junit(result))
    return found


def test_every_state_has_its_place_in_junit() -> None:
    found = suite(gate())
    assert {name: found.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "8",
        "failures": "1",
        "errors": "1",
        "skipped": "2",
    }


@pytest.mark.parametrize(
    ("facts", "tag"), [({"measured": 0}, "failure"), ({"outcome": "invalid"}, "skipped"), ({"missing": ()}, "")]
)
def test_what_concerns_the_whole_comparison_is_a_case_too(facts: dict[str, object], tag: str) -> None:
    count = {tag: len(list(suite(gate()).iter(tag))) for tag in ("failure", "skipped", "error")}
    found = {tag: len(list(suite(gate(**facts)).iter(tag))) for tag in ("failure", "skipped", "error")}
    assert {name: found[name] - count[name] for name in found if found[name] != count[name]} == (
        {tag: 1} if tag else {"error": -1}
    )


@pytest.mark.parametrize("text", [*HOSTILE, "\ufffe\uffff", "]]>", "::error::x\n::set-output"])
def test_hostile_names_stay_text(text: str) -> None:
    hostile = gate(text)
    assert suite(hostile).get("tests") == "8"
    assert json.loads(gate_json(hostile))["comparisons"][0]["slug"] == text
    for line in gate_lines(hostile, pages={}, strict=False):
        assert "\n" not in line
        assert "\x1b" not in line
        assert not line.startswith("::")


def test_json_has_no_number_that_is_none() -> None:
    endless = replace(RESULT, value=float("inf"))
    result = gate(checks=(GateCheck("failed", endless),))
    told = json.loads(gate_json(result), parse_constant=pytest.fail)
    assert told["comparisons"][0]["checks"][0]["result"]["value"] == "inf"


def test_lines_are_few_and_end_with_where_to_see_more() -> None:
    many = replace(gate(), reasons=tuple(f"reason {place}" for place in range(40)))
    lines = gate_lines(many, pages={"RSS": "build/site/compare/x/index.html"}, strict=False)
    assert lines[0] == "gate failed"
    assert "  … and 30 more; --json has them all" in lines
    assert lines[-1] == "more: build/site/compare/x/index.html"
    assert gate_lines(many, pages={}, strict=True)[-1].startswith("more: `profbook site`")


def test_a_pass_that_proves_little_says_so() -> None:
    weak = replace(gate(outcome="inconclusive"), outcome="passed", exit_code=0)
    assert gate_lines(weak, pages={}, strict=False)[0] == "gate did not fail, but proves little"
    strong = replace(gate(), outcome="passed", exit_code=0)
    assert gate_lines(strong, pages={}, strict=False)[0] == "gate passed"
