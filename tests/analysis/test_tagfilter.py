"""Ranges over numeric labels, and the units they are compared in."""

from __future__ import annotations

import pytest

from pipeline.analysis.tagfilter import number_label_units, parse_range
from tests.analysis.drawing import labelled


@pytest.mark.parametrize(
    ("text", "value", "unit", "expected"),
    [
        ("32kb", 32, "kilobytes", True),
        ("32kb", 32768, "bytes", True),
        ("32kb", 33, "kilobytes", False),
        ("4mb:", 5, "megabytes", True),
        (":4mb", 5, "megabytes", False),
        ("1s:2s", 1500, "milliseconds", True),
        ("1s:2s", 1500, "bytes", False),
        ("7", 7, "", True),
        ("-3:", -2, "", True),
    ],
)
def test_ranges(text: str, value: int, unit: str, expected: bool) -> None:
    test = parse_range(text)
    assert test is not None
    assert test(value, unit) is expected


@pytest.mark.parametrize("text", ["users", "12kb-14kb", "1s:2kb", "x32kb", ""])
def test_no_ranges(text: str) -> None:
    assert parse_range(text) is None


def test_units_are_the_first_given_or_guessed() -> None:
    profile = labelled(
        [(["a"], 1, {"bytes": (1, "kilobytes"), "request": (5, "")}), (["b"], 1, {"bytes": (1, "bytes"), "n": (2, "")})]
    )
    assert number_label_units(profile) == {"bytes": "kilobytes", "request": "bytes", "n": "n"}
