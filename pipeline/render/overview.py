"""The pages one arrives at: the overview, the list of runs, the list of comparisons. Pure.

Rules: the latest verdicts come first, then what changed since last time, then the runs. No page grows with the number
of runs: of lists they hold the beginning, and lead to the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.model.decision import Decision
from pipeline.model.finding import Finding
from pipeline.model.history import History
from pipeline.model.matrix import Matrix
from pipeline.model.page import StampedPage
from pipeline.model.summary import RunSummary
from pipeline.model.verdict import Comparison, MetricComparison
from pipeline.render import links
from pipeline.render.compare_page import title_of
from pipeline.render.decision_page import decision_cards
from pipeline.render.env import Environment, render
from pipeline.render.history_section import history_view
from pipeline.render.matrix_section import matrix_views
from pipeline.render.metric_section import MetricRow, metric_rows
from pipeline.render.permalinks import linked_headings
from pipeline.render.run_cells import COLUMNS
from pipeline.render.run_list import RunListing, newest_first
from pipeline.render.since import since_view
from pipeline.render.state import OUTCOMES, SEVERITIES, State

_CARDS: Final = 12


@dataclass(frozen=True, slots=True)
class Card:
    """One comparison in short: its verdict and the metrics that carry it."""

    url: str
    title: str
    comparison: Comparison
    state: State
    facts: tuple[MetricRow, ...]


def cards(comparisons: Sequence[Comparison], headline: Sequence[str]) -> tuple[Card, ...]:
    """Prepare the verdict cards, in the order the comparisons were asked for."""
    return tuple(_card(comparison, headline) for comparison in comparisons)


def _card(comparison: Comparison, headline: Sequence[str]) -> Card:
    rows = [row for row in metric_rows(comparison, headline) if row.headline and _both(row.compared)]
    state = OUTCOMES[comparison.outcome]
    return Card(links.compare_page(comparison), title_of(comparison), comparison, state, tuple(rows[:6]))


def _both(one: MetricComparison) -> bool:
    return bool(one.base and one.head)


def overview_page(
    env: Environment,
    summaries: Sequence[RunSummary],
    listing: RunListing,
    comparisons: Sequence[Comparison],
    *,
    headline: Sequence[str],
    decisions: Sequence[Decision] = (),
    matrices: Sequence[Matrix] = (),
    history: History | None = None,
) -> StampedPage:
    """Make the front page; ``listing`` is `run_listing` of the ``summaries``."""
    steps = history or History()
    changes = history_view(steps, {one.id for one in summaries})
    since = since_view(newest_first(summaries), steps)
    verdicts = _latest_first(comparisons, summaries)
    body = render(
        env,
        "pages/overview.html.j2",
        root="",
        listing=listing,
        columns=COLUMNS,
        cards=cards(verdicts[:_CARDS], headline),
        left_out=len(verdicts[_CARDS:]),
        decisions=decision_cards(decisions),
        matrices=matrix_views(matrices, root=""),
        since=since,
        changes=changes,
    )
    toc = [("verdicts", "Verdicts")]
    toc += [("decisions", "Decisions")] if decisions else []
    toc += [("since", "Since last time")] if since else []
    toc += [("changes", "Changes over time")] if changes else []
    return StampedPage("", "Overview", linked_headings(body), (*toc, ("runs", "Runs")))


def _latest_first(comparisons: Sequence[Comparison], summaries: Sequence[RunSummary]) -> list[Comparison]:
    """Put the comparisons with the newest head runs first; those alike stay in the order they were asked for."""
    started = {one.id: one.started for one in summaries}
    return sorted(
        comparisons, key=lambda one: max((started.get(run, "") for run in one.head_runs), default=""), reverse=True
    )


def runs_page(env: Environment, listing: RunListing) -> StampedPage:
    """Make the list of all runs."""
    body = render(env, "pages/runs.html.j2", root="../", listing=listing, columns=COLUMNS)
    return StampedPage("runs/", "Runs", linked_headings(body), (("runs", "All runs"),))


def comparisons_page(
    env: Environment,
    comparisons: Sequence[Comparison],
    *,
    headline: Sequence[str],
    matrices: Sequence[Matrix] = (),
    noted: Sequence[Finding] = (),
) -> StampedPage:
    """Make the list of all comparisons, with the matrices; ``noted`` is what to know about their choice."""
    views = matrix_views(matrices, root="../")
    body = render(
        env,
        "pages/comparisons.html.j2",
        root="../",
        cards=cards(comparisons, headline),
        matrices=views,
        noted=tuple(noted),
        severities=SEVERITIES,
    )
    found = ((view.id, f"All against {view.base}") for view in views)
    return StampedPage("compare/", "Comparisons", linked_headings(body), (*found, ("verdicts", "All comparisons")))
