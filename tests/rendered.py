"""A whole site as values, every part made: for tests that look at pages."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.model.config import Config
from pipeline.model.metric import Metric
from pipeline.model.page import SiteContent
from pipeline.model.record import RunRecord
from pipeline.model.verdict import Comparison
from pipeline.render import pages
from pipeline.render.summary import summarize


def render_site(
    records: Sequence[RunRecord],
    comparisons: Sequence[Comparison],
    *,
    config: Config,
    templates: Mapping[str, str],
    metrics: Sequence[Metric] = (),
    headline: Sequence[str] = (),
    flames: Mapping[str, str] | None = None,
    notes: Mapping[tuple[str, str], str] | None = None,
    charts: MutableMapping[str, str] | None = None,
    **lists: Any,
) -> SiteContent:
    """Render the lists, and each run and comparison, as the corridor does."""
    shop = pages.workshop(templates, config, metrics=metrics, headline=headline, charts=charts)
    summaries = {record.run.id: summarize(record) for record in records}
    content = pages.render_lists(shop, list(summaries.values()), comparisons, **lists)
    places, by_id = pages.run_places(list(summaries.values())), {one.run.id: one for one in records}
    runs = [pages.run_part(shop, by_id[run], place, flames=flames, notes=notes) for run, place in places.items()]
    resting = {
        one.slug: [asked.name for asked in lists.get("decisions", ()) if asked.compared == one.slug]
        for one in comparisons
    }
    known = {run: one.profiles for run, one in summaries.items()}
    compared = [pages.comparison_part(shop, one, known=known, decisions=resting[one.slug]) for one in comparisons]
    made = {"run": tuple(one.page for one in runs), "compare": tuple(one.page for one in compared)}
    return replace(
        content,
        stamped=content.stamped | made,
        data=content.data | {name: data for one in (*runs, *compared) for name, data in one.data.items()},
        copies=content.copies
        | {place: path for one in content.shared.values() for place, path in one.files().items()}
        | {place: path for one in runs for place, path in one.copies.items()},
        shared={},
    )
