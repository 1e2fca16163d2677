"""A gate's result as JUnit XML: a suite for each comparison, a test case for each check. Pure.

Rules: what failed is a ``failure``, what was not measured or proved is ``skipped``, missing data an ``error``; text is
escaped by the XML writer, and characters XML has no form for are spelt out before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree as ET

from pipeline.model.gate import GateCheck, GateComparison, GateResult
from pipeline.render import encode

_NO_CHARACTER: Final = re.compile("[\ufffe\uffff]")


def gate_junit(result: GateResult) -> bytes:
    """Write a result as a JUnit document in UTF-8."""
    root = ET.Element("testsuites", name="profbook gate")
    for comparison in result.comparisons:
        root.append(_suite(comparison))
    _count(root, root.iter("testcase"))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _suite(comparison: GateComparison) -> ET.Element:
    suite = ET.Element("testsuite", name=_text(comparison.slug))
    # A gate that measured nothing must not look like an empty, green suite.
    measured = _case(suite, comparison, "something was measured on both sides")
    if not comparison.measured:
        _say(measured, "failure", "; ".join(comparison.reasons) or "no metric was measured on both sides")
    comparable = _case(suite, comparison, "the runs may be compared and allow a conclusion")
    if comparison.outcome in {"invalid", "inconclusive"}:
        _say(comparable, "skipped", f"{comparison.outcome}: {'; '.join(comparison.reasons)}")
    whole = _case(suite, comparison, "no data is missing")
    if comparison.missing:
        _say(whole, "error", "; ".join(comparison.missing))
    for check in comparison.checks:
        _add(_case(suite, comparison, _name(check)), check)
    _count(suite, suite)
    return suite


def _name(check: GateCheck) -> str:
    result = check.result
    parts = (result.component, result.title, result.subject)
    return ": ".join(part for part in parts if part)


def _case(suite: ET.Element, comparison: GateComparison, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=_text(comparison.slug), name=_text(name))


def _add(case: ET.Element, check: GateCheck) -> None:
    sentence = check.result.sentence
    if check.state == "failed":
        _say(case, "failure", f"{sentence} ({check.expired})" if check.expired else sentence)
    elif check.state in {"unproved", "unmeasured"}:
        _say(case, "skipped", sentence)
    else:
        out = ET.SubElement(case, "system-out")
        out.text = _text(f"{sentence} ({check.accepted})" if check.accepted else sentence)


def _say(case: ET.Element, tag: str, message: str) -> None:
    ET.SubElement(case, tag, message=_text(message))


def _count(element: ET.Element, cases: Iterable[ET.Element]) -> None:
    found = list(cases)
    element.set("tests", str(len(found)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(case.find(tag) is not None for case in found)))


def _text(text: str) -> str:
    """Spell out what XML has no form for."""
    return _NO_CHARACTER.sub(lambda match: f"\\u{ord(match[0]):04x}", encode.visible(text))
