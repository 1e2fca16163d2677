"""The page of one decision: what the criteria say, what follows, and who signed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.model.decision import Choice, Criterion, Decision, Side
from pipeline.model.page import StampedPage
from pipeline.render import encode, links
from pipeline.render.env import Environment, render
from pipeline.render.permalinks import linked_headings
from pipeline.render.state import State
from pipeline.render.verdict_section import Link, links_of, state_of

CHOICES: Final[Mapping[Choice, State]] = {
    "keep": State("keep", "✓", "good", "The measured criteria speak for keeping the change."),
    "remove": State("remove", "✕", "plain", "The measured criteria speak for removing the change."),
    "undecided": State("undecided", "?", "doubt", "The criteria do not decide it."),
}
_TITLES: Final[tuple[tuple[Side, str], ...]] = (("keep", "For keeping it"), ("remove", "For removing it"))


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """One criterion, ready to print."""

    criterion: Criterion
    state: State
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class DecisionCard:
    """A decision in short, for lists."""

    name: str
    url: str
    state: State
    reason: str
    sign_off: str


def decision_cards(decisions: Sequence[Decision]) -> tuple[DecisionCard, ...]:
    """Prepare the decisions for lists, in the order of the settings."""
    return tuple(
        DecisionCard(
            one.name,
            links.decision_page(one.name),
            CHOICES[one.choice],
            one.reasons[0] if one.reasons else "",
            one.sign_off,
        )
        for one in decisions
    )


def decision_page(env: Environment, decision: Decision, *, known_runs: frozenset[str]) -> StampedPage:
    """Make the page of one decision; ``known_runs`` have pages to link to."""
    url = links.decision_page(decision.name)
    root = links.root_of(url)
    rows = {
        side: tuple(
            CriterionRow(one, _state(one), links_of(one.evidence, root, known_runs))
            for one in decision.criteria
            if one.side == side
        )
        for side, _ in _TITLES
    }
    compared = f"compare/{encode.safe_name(decision.base_label)}..{encode.safe_name(decision.head_label)}/"
    body = render(
        env,
        "pages/decision.html.j2",
        root=root,
        decision=decision,
        state=CHOICES[decision.choice],
        tables=[(f"for-{side}", title, rows[side]) for side, title in _TITLES],
        comparison=links.to_page(compared, root=root) if decision.compared else "",
    )
    toc = (("verdict", "Decision"), ("for-keep", "For keeping it"), ("for-remove", "For removing it"))
    return StampedPage(url, title_of(decision), linked_headings(body), (*toc, ("sign-off", "Sign-off")))


def decisions_page(env: Environment, decisions: Sequence[Decision]) -> StampedPage:
    """Make the list of all decisions."""
    url = links.DECISIONS
    body = render(env, "pages/decisions.html.j2", root=links.root_of(url), cards=decision_cards(decisions))
    return StampedPage(url, "Decisions", linked_headings(body), (("decisions", "All decisions"),))


def title_of(decision: Decision) -> str:
    """Name a decision in words."""
    return f"Decision: {decision.name}"


def _state(one: Criterion) -> State:
    if one.manual and one.state == "unknown":
        return State("open", "?", "doubt", "")
    return state_of(one.side, one.state, one.value)
