"""The questions people bring to a run, and the section that answers each. Pure.

Rules: a question is asked only where the page has its answer; one that has none because nothing was taken for it is
listed with what to take.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

_ASKED: Final[tuple[tuple[str, tuple[str, ...], str], ...]] = (
    ("Can it be trusted?", ("verdict",), ""),
    ("How fast is it?", ("load", "benchmarks", "metrics"), "a load test or benchmarks"),
    ("Was it profiled under load?", ("timeline",), ""),
    ("Where does the CPU time go?", ("profile:cpu",), "a CPU profile"),
    ("Whose code is it?", ("cost",), ""),
    ("What allocates?", ("profile:allocs", "churn"), "allocs profiles from before and after"),
    ("What is in memory?", ("profile:heap",), "a heap profile"),
    ("Does it grow or leak?", ("growth",), "a series of heap or goroutine profiles"),
    ("Do goroutines pile up?", ("profile:goroutine",), "goroutine profiles"),
    ("Who waits for whom?", ("contention", "profile:mutex", "profile:block"), "mutex and block profiles"),
    ("Is it within its budget?", ("budgets",), "a budget in the settings"),
    ("How do I look myself?", ("profiles",), ""),
    ("Where does it come from?", ("provenance",), ""),
)
"""Question, the sections that answer it (the first there is), and what would have to be taken."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question and the anchor of its answer."""

    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Questions:
    """What the page answers, and what it cannot: (question, what to take)."""

    answered: tuple[Question, ...]
    open: tuple[tuple[str, str], ...]


def questions(sections: Collection[str], kinds: Sequence[tuple[str, str]]) -> Questions:
    """Choose the questions for a page with these ``sections``; ``kinds`` are (kind of profile, anchor), in order."""
    anchors = {name: name for name in sections}
    for kind, anchor in kinds:
        anchors.setdefault(f"profile:{kind}", anchor)
    answered, unanswered = [], []
    for text, places, wanted in _ASKED:
        found = next((anchors[place] for place in places if place in anchors), "")
        if found:
            answered.append(Question(text, found))
        elif wanted:
            unanswered.append((text, wanted))
    return Questions(tuple(answered), tuple(unanswered))
