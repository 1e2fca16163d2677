"""The upper part of a comparison's page: what speaks against it, and what became of every rule. Pure.

Rules: a state has a word and a sign; unknown is never shown like met. Whether an acceptance still holds depends on the
day, so the page tells until when and does not judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.model.court import Objection
from pipeline.model.gate import AcceptConfig
from pipeline.model.rules import Evidence, Kind, RuleResult, RuleState
from pipeline.model.verdict import Comparison
from pipeline.render import links
from pipeline.render.state import State

_UNKNOWN: Final = State("unknown", "?", "doubt", "")
_UNPROVED: Final = State("not proved", "?", "doubt", "")
_STATES: Final[Mapping[str, Mapping[RuleState, State]]] = {
    "goal": {"met": State("met", "✓", "good", ""), "not_met": State("not met", "–", "plain", "")},
    "red_flag": {"met": State("seen", "!", "bad", ""), "not_met": State("not seen", "✓", "plain", "")},
    "gate": {"met": State("holds", "✓", "good", ""), "not_met": State("fails", "✕", "bad", "")},
    "keep": {"met": State("met", "✓", "good", ""), "not_met": State("not met", "–", "plain", "")},
    "remove": {"met": State("met", "✓", "good", ""), "not_met": State("not met", "–", "plain", "")},
}
_WEIGHTS: Final = {"invalid": State("invalid", "∅", "bad", ""), "doubt": State("doubt", "?", "doubt", "")}
_KINDS: Final[tuple[tuple[Kind, str, str], ...]] = (
    ("goal", "Goals", "What a good optimisation reaches."),
    ("red_flag", "Red flags", "What the runs of the head show that should not be."),
    ("gate", "Gate", "What must hold for the gate to pass."),
)


@dataclass(frozen=True, slots=True)
class Link:
    """Where a claim can be checked; ``href`` is empty when the run has no page."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class ObjectionRow:
    """One objection, ready to print."""

    objection: Objection
    state: State
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """What became of a rule, ready to print; ``accepted`` tells of an acceptance in the settings."""

    result: RuleResult
    state: State
    links: tuple[Link, ...]
    accepted: str


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The rules of one kind: ``rows`` are what to look at, ``quiet`` those that ask for nothing."""

    id: str
    title: str
    about: str
    rows: tuple[RuleRow, ...]
    quiet: tuple[RuleRow, ...]


@dataclass(frozen=True, slots=True)
class VerdictView:
    """Objections and rules of a comparison; ``decisions`` rest on it: (name, address)."""

    objections: tuple[ObjectionRow, ...]
    tables: tuple[RuleTable, ...]
    decisions: tuple[Link, ...] = ()


def verdict_view(
    comparison: Comparison,
    *,
    root: str,
    known_runs: frozenset[str],
    accepted: Sequence[AcceptConfig] = (),
    decisions: Sequence[str] = (),
) -> VerdictView:
    """Prepare the verdict of a comparison; ``decisions`` names those that rest on it."""
    objections = tuple(
        ObjectionRow(one, _WEIGHTS[one.severity], _links([Evidence(one.run, one.file)], root, known_runs))
        for one in comparison.objections
    )
    tables = []
    for kind, title, about in _KINDS:
        rows = [
            RuleRow(
                one,
                state_of(one.kind, one.state, one.value),
                links_of(one.evidence, root, known_runs),
                _accepted(one, accepted),
            )
            for one in comparison.rules
            if one.kind == kind
        ]
        loud, quiet = (tuple(row for row in rows if _is_quiet(row.result) == still) for still in (False, True))
        tables.append(RuleTable(f"rules-{kind.replace('_', '-')}", title, about, loud, quiet))
    linked = tuple(Link(name, links.to_page(links.decision_page(name), root=root)) for name in decisions)
    return VerdictView(objections, tuple(table for table in tables if table.rows or table.quiet), linked)


def _is_quiet(result: RuleResult) -> bool:
    """Tell whether nothing has to be looked at: a flag that is not seen, a gate that does not fail."""
    return {"goal": False, "red_flag": not result.fired, "gate": result.state != "not_met"}.get(result.kind, True)


def state_of(kind: str, state: RuleState, value: float | None) -> State:
    """Word a rule's state; unknown is unproved where a value was seen."""
    if state == "unknown":
        return _UNKNOWN if value is None else _UNPROVED
    return _STATES[kind][state]


def links_of(evidence: Sequence[Evidence], root: str, known_runs: frozenset[str]) -> tuple[Link, ...]:
    """Link the runs a claim rests on."""
    return _links([one for one in evidence if one.run], root, known_runs)


def _links(evidence: Sequence[Evidence], root: str, known_runs: frozenset[str]) -> tuple[Link, ...]:
    return tuple(
        Link(
            f"{one.run}/{one.file}" if one.file else one.run,
            links.to_page(links.run_page(one.run), root=root) if one.run in known_runs else "",
        )
        for one in evidence
        if one.run
    )


def _accepted(result: RuleResult, accepted: Sequence[AcceptConfig]) -> str:
    if result.kind != "gate" or result.state != "not_met":
        return ""
    found = next((one for one in accepted if one.covers(result)), None)
    return f"accepted until {found.until.isoformat()}, then it counts again: {found.reason}" if found else ""
