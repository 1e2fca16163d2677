"""Doubts: each is said when it is true, and only then."""

from __future__ import annotations

import gzip

import pytest

from pipeline.decode import decode_profile
from pipeline.model.finding import Finding
from tests.builders import pprof_message

STACKS = [(("main", "work"), (1, 10))]


def findings(message: object) -> dict[str, Finding]:
    data = gzip.compress(message.SerializeToString())  # type: ignore[attr-defined]
    return {finding.code: finding for finding in decode_profile(data).findings}


def test_an_honest_profile_has_none() -> None:
    assert findings(pprof_message(STACKS, duration_nanos=10**10)) == {}


@pytest.mark.parametrize(
    ("kind", "hint"), [("contentions", "SetMutexProfileFraction"), ("samples", "under load"), ("goroutine", "idle")]
)
def test_no_samples_says_what_to_switch_on(kind: str, hint: str) -> None:
    found = findings(pprof_message([], [(kind, "count")]))
    assert hint in found["no_samples"].cure


def test_a_total_past_64_bits_is_exact_and_doubted() -> None:
    message = pprof_message([(("a",), (2**62, 1)), (("b",), (2**62, 1)), (("c",), (-(2**63), 1))])
    assert "samples/count" in findings(message)["overflow"].message
    assert decode_profile(message.SerializeToString()).total(0) == 2**64


def test_a_large_total_that_fits_is_not_doubted() -> None:
    assert "overflow" not in findings(pprof_message([(("a",), (2**63 - 1, 1))]))


@pytest.mark.parametrize(
    "facts",
    [
        {"time_nanos": 0},
        {"time_nanos": -5},
        {"time_nanos": 2**63 - 1},
        {"duration_nanos": -1},
        {"duration_nanos": 2**63 - 1},
    ],
)
def test_a_clock_nobody_can_believe(facts: dict[str, int]) -> None:
    assert set(findings(pprof_message(STACKS, **facts))) == {"clock"}


def test_addresses_without_names_are_counted() -> None:
    message = pprof_message(STACKS)
    message.location[0].ClearField("line")
    found = findings(message)["unsymbolized"]
    assert found.message.startswith("1 of 2 ")
    assert found.severity == "info"
    message.location[1].ClearField("line")
    assert findings(message)["unsymbolized"].severity == "warning"


def test_locations_no_sample_uses_are_not_counted() -> None:
    message = pprof_message(STACKS)
    message.location.add(id=77, address=5)
    assert findings(message) == {}


def test_samples_without_any_stack() -> None:
    assert "no sample has a stack" in findings(pprof_message([((), (1, 1))]))["unsymbolized"].message


def test_a_bad_drop_expression_is_named() -> None:
    message = pprof_message(STACKS)
    message.string_table.append(b"runtime\\.(")
    message.drop_frames = len(message.string_table) - 1
    assert findings(message)["bad_regex"].evidence == "runtime\\.("


def test_expressions_only_go_knows_raise_no_warning() -> None:
    message = pprof_message(STACKS)
    message.string_table.append(b"[[:alpha:]]+")
    message.keep_frames = len(message.string_table) - 1
    assert findings(message) == {}
