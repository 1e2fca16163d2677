from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model.finding import Finding
from pipeline.model.run import LoadReport
from pipeline.render.state import OUTCOMES, run_state
from tests.records import empty_record, failed_record, manifest, record


def _with(**facts: object) -> object:
    one = record()
    return replace(one, run=replace(one.run, manifest=manifest(one.run.id, **facts)))


@pytest.mark.parametrize(
    ("made", "word", "tone"),
    [
        (record(), "complete", "good"),
        (record(findings=(Finding("c", "info", "m"),)), "complete", "good"),
        (record(findings=(Finding("c", "warning", "m"),)), "complete", "plain"),
        (record(findings=(Finding("c", "error", "m"),)), "partial", "doubt"),
        (_with(status="partial"), "partial", "doubt"),
        (_with(status="interrupted"), "interrupted", "doubt"),
        (_with(status="failed"), "failed", "bad"),
        (_with(load=LoadReport((), 2)), "load failed", "bad"),
        (_with(load=LoadReport((), None, timed_out=True)), "load failed", "bad"),
        (failed_record(), "load failed", "bad"),
        (empty_record(), "empty", "bad"),
    ],
)
def test_run_state(made: object, word: str, tone: str) -> None:
    state = run_state(made)
    assert (state.word, state.tone) == (word, tone)
    assert state.sentence


def test_outcomes_are_told_apart_without_colour() -> None:
    assert len({state.sign for state in OUTCOMES.values()}) == len(OUTCOMES)
    assert len({state.word for state in OUTCOMES.values()}) == len(OUTCOMES)
