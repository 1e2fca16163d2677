"""The page of one comparison: the verdict and its reasons, every metric, culprits and functions. Pure.

Rules: what stands in a section is made by that section's module; here they are put together.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from pipeline.model.gate import AcceptConfig
from pipeline.model.page import StampedPage
from pipeline.model.verdict import Comparison
from pipeline.render import links
from pipeline.render.env import Environment, render
from pipeline.render.figures import Cache, strip_figures
from pipeline.render.functions_section import FunctionView, function_views
from pipeline.render.metric_section import MetricRow, mean_rows, metric_rows
from pipeline.render.pair_links import PairFlame, Profiles, difference_links, lead_flame, side_views
from pipeline.render.permalinks import linked_headings
from pipeline.render.state import OUTCOMES, SEVERITIES
from pipeline.render.verdict_section import verdict_view


def compare_page(
    env: Environment,
    comparison: Comparison,
    cache: Cache,
    *,
    headline: Sequence[str],
    known_runs: frozenset[str],
    accepted: Sequence[AcceptConfig] = (),
    decisions: Sequence[str] = (),
    profiles: Profiles = MappingProxyType({}),
) -> StampedPage:
    """Make the page of one comparison; ``known_runs`` have pages to link to, ``decisions`` rest on it, ``profiles`` are
    those of its runs, for links to the flame graphs of the difference.
    """
    url = links.compare_page(comparison)
    rows = metric_rows(comparison, headline)
    functions = function_views(comparison)
    flame = lead_flame(comparison, profiles, root=links.root_of(url))
    body = render(
        env,
        "pages/compare.html.j2",
        root=links.root_of(url),
        comparison=comparison,
        state=OUTCOMES[comparison.outcome],
        rows=rows,
        means=mean_rows(comparison),
        many_components=len({row.compared.component for row in rows}) > 1,
        functions=functions,
        figures=strip_figures(comparison, headline, cache),
        sides=side_views(comparison, known_runs, root=links.root_of(url)),
        differences=difference_links(comparison, profiles, root=links.root_of(url)),
        flame=flame,
        explore=_explore(comparison, links.root_of(url), known_runs),
        severities=SEVERITIES,
        verdict=verdict_view(
            comparison, root=links.root_of(url), known_runs=known_runs, accepted=accepted, decisions=decisions
        ),
    )
    return StampedPage(url, title_of(comparison), linked_headings(body), _toc(comparison, functions, rows, flame))


def title_of(comparison: Comparison) -> str:
    """Name a comparison in words."""
    return f"{comparison.head_label} against {comparison.base_label}"


def _explore(comparison: Comparison, root: str, known: frozenset[str]) -> str:
    """Link the last run of each side as a pair in the explorer; empty when a side has no run with a page."""
    heads, bases = ([run for run in runs if run in known] for runs in (comparison.head_runs, comparison.base_runs))
    return links.explore(heads[-1], root=root, base=(bases[-1], "")) if heads and bases else ""


def _toc(
    comparison: Comparison, functions: Sequence[FunctionView], rows: Sequence[MetricRow], flame: PairFlame | None
) -> tuple[tuple[str, str], ...]:
    entries = [("verdict", "Verdict"), ("validity", "May they be compared?"), ("metrics", "Metrics")]
    entries += [("culprits", "What changed the totals")] if any(view.culprits for view in functions) else []
    entries += [("flame-difference", "Flame graph of the difference")] if flame else []
    entries += [("rules", "Rules")] if any(one.kind in {"goal", "red_flag", "gate"} for one in comparison.rules) else []
    if any(row.headline and row.compared.base and row.compared.head for row in rows):
        entries.append(("runs-drawn", "Every run"))
    entries += [("functions", "Functions"), *((view.id, view.title) for view in functions)] if functions else []
    if comparison.findings:
        entries.append(("findings", "Findings"))
    entries.append(("sides", "Runs"))
    return tuple(entries)
