"""What a run can be trusted for, in one word and one sentence; and the words and signs of every outcome.

Rules: a state is never told by colour alone, it always has a word and a sign. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from pipeline.model.metric import Direction
from pipeline.model.record import RunRecord
from pipeline.model.verdict import Outcome


@dataclass(frozen=True, slots=True)
class State:
    """A state as shown: ``tone`` chooses the colour (good, bad, doubt, plain), ``word`` and ``sign`` say it."""

    word: str
    sign: str
    tone: str
    sentence: str


OUTCOMES: Final[Mapping[Outcome, State]] = {
    "improved": State("improved", "▲", "good", "Significantly better in at least one headline metric, worse in none."),
    "regressed": State("regressed", "▼", "bad", "Significantly worse in at least one headline metric."),
    "unchanged": State("unchanged", "=", "plain", "No significant difference in any headline metric."),
    "inconclusive": State("inconclusive", "?", "doubt", "The runs at hand do not allow a conclusion."),
    "invalid": State("invalid", "∅", "doubt", "These runs must not be compared."),
}
DIRECTIONS: Final[Mapping[Direction, tuple[str, str]]] = {
    "higher": ("↑", "higher is better"),
    "lower": ("↓", "lower is better"),
    "none": ("·", "for information"),
}
SEVERITIES: Final[Mapping[str, State]] = {
    "error": State("error", "✕", "bad", "Data is missing because of it."),
    "warning": State("warning", "!", "doubt", "Know this before you trust a number."),
    "info": State("note", "i", "plain", "Good to know."),
}


STATES: Final[Mapping[str, State]] = {
    "failed": State("failed", "✕", "bad", "Collecting failed. What is here may help to see why; do not compare it."),
    "load_failed": State("load failed", "✕", "bad", "The load command failed. The profiles show what happened."),
    "empty": State("empty", "✕", "bad", "Nothing in this run could be read."),
    "interrupted": State("interrupted", "◐", "doubt", "Collecting was interrupted; what had been taken was kept."),
    "partial": State("partial", "◐", "doubt", "Some of the data is missing. What is shown was read without error."),
    "doubted": State("complete", "✓", "plain", "All data is there, with doubts to know before trusting a number."),
    "complete": State("complete", "✓", "good", "All data is there and nothing speaks against trusting it."),
}
"""States of a run by key, the gravest first; a key that is not known here is shown as partial."""

COMPARABLE: Final = frozenset({"complete", "doubted", "partial"})
"""Keys of the states in which a run's numbers may stand beside those of others."""


def state_key(record: RunRecord) -> str:
    """Judge one run: complete, partial, failed, interrupted, or a run whose load test failed; a key of `STATES`."""
    manifest = record.run.manifest
    if manifest is not None and manifest.status == "failed":
        return "failed"
    load = manifest.load if manifest is not None else None
    if load is not None and (load.timed_out or load.exit_code not in {0, None}):
        return "load_failed"
    if not record.profiles and record.load is None:
        return "empty"
    if manifest is not None and manifest.status == "interrupted":
        return "interrupted"
    severities = {finding.severity for finding in record.all_findings}
    if "error" in severities or (manifest is not None and manifest.status == "partial"):
        return "partial"
    return "doubted" if "warning" in severities else "complete"


def state_of_key(key: str) -> State:
    """Show a state that was kept by its key."""
    return STATES.get(key, STATES["partial"])


def run_state(record: RunRecord) -> State:
    """Show the state of a run; of a failed load also how it ended."""
    key = state_key(record)
    load = record.run.manifest.load if record.run.manifest is not None else None
    if key != "load_failed" or load is None:
        return STATES[key]
    ended = "was stopped at its deadline" if load.timed_out else f"ended with exit code {load.exit_code}"
    sentence = f"The load command {ended}. The profiles show what happened; do not compare it."
    return replace(STATES[key], sentence=sentence)
