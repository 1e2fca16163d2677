"""The whole site as values: runs and comparisons in, pages, data and files to copy out. Pure.

Rules: nothing here depends on the clock, the disk or the order of a dictionary somebody else filled. A run or
comparison enters only through the templates; the guide is text written by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from functools import partial
from typing import Final

from pipeline.model.config import Config
from pipeline.model.decision import Decision
from pipeline.model.finding import Finding
from pipeline.model.history import History
from pipeline.model.matrix import Matrix
from pipeline.model.metric import Metric
from pipeline.model.page import SearchEntry, SiteContent, StampedPage
from pipeline.model.record import RunRecord
from pipeline.model.verdict import Comparison
from pipeline.render import encode, links, overview
from pipeline.render.compare_page import compare_page, title_of
from pipeline.render.decision_page import CHOICES, decision_page
from pipeline.render.decision_page import title_of as decision_title
from pipeline.render.env import Environment, environment, render
from pipeline.render.explore_page import catalogue, explore_page
from pipeline.render.profile_section import SectionRules, taken_order
from pipeline.render.run_page import run_page
from pipeline.render.settings_page import setting_sections
from pipeline.render.state import OUTCOMES, run_state

_SEARCH_FUNCTIONS: Final = 12
_SETTINGS: Final = "pages/guide/settings.md.j2"
_EPOCH: Final = "1970-01-01T00:00:00Z"


def render_site(  # noqa: PLR0913 - the corridor hands over everything it has read, by name
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
    decisions: Sequence[Decision] = (),
    matrices: Sequence[Matrix] = (),
    history: History | None = None,
    noted: Sequence[Finding] = (),
) -> SiteContent:
    """Render everything.

    ``templates`` are texts by path under site_templates; ``metrics`` the registry and ``headline`` the metrics verdicts
    rest on; ``flames`` the SVG of each tree; ``notes`` maps (run, path) to text; ``charts`` keeps drawn charts
    between builds; ``decisions`` are filled; ``noted`` tells about the choice of comparisons. Raises SiteError when a
    template asks for what it is not given.
    """
    env = environment(templates)
    rules = SectionRules(
        flames=flames or {},
        charts={} if charts is None else charts,
        profiles_dir=config.collect.profiles_dir,
        site_url=config.site.url,
        raw=config.site.raw_profiles,
    )
    ordered = overview.newest_first(records)
    registry = {metric.name: metric for metric in metrics}
    known = frozenset(record.run.id for record in records)
    runs = _run_pages(env, ordered, comparisons, rules, registry, notes or {})
    resting = {one.slug: [asked.name for asked in decisions if asked.compared == one.slug] for one in comparisons}
    shown = partial(compare_page, env, cache=rules.charts, headline=headline, known_runs=known, accepted=config.accept)
    compared = tuple(shown(one, decisions=resting[one.slug]) for one in comparisons)
    front = overview.overview_page(
        env, records, comparisons, headline=headline, decisions=decisions, matrices=matrices, history=history
    )
    listed = overview.comparisons_page(env, comparisons, headline=headline, matrices=matrices, noted=noted)
    return SiteContent(
        documents=_documents(env, templates),
        stamped={
            "overview": (front,),
            "runs": (overview.runs_page(env, records),),
            "comparisons": (listed,),
            "explore": (explore_page(env),),
            "run": runs,
            "compare": compared,
            "decision": tuple(decision_page(env, one, known_runs=known) for one in decisions),
        },
        data=catalogue(ordered),
        copies=copies(records, config),
        search=_search(ordered, comparisons, decisions),
        site_name=config.site.name,
        extra={"mkdocs.yml": _engine_settings(env, config), "newest": _newest(records)},
    )


def _run_pages(
    env: Environment,
    ordered: Sequence[RunRecord],
    comparisons: Sequence[Comparison],
    rules: SectionRules,
    registry: Mapping[str, Metric],
    notes: Mapping[tuple[str, str], str],
) -> tuple[StampedPage, ...]:
    pages = []
    for place, record in enumerate(ordered):
        run_id = record.run.id
        mine = [one for one in comparisons if run_id in one.base_runs or run_id in one.head_runs]
        linked = [(links.to_page(links.compare_page(one), root="../../"), title_of(one), one.outcome) for one in mine]
        older = ordered[place + 1].run.id if place + 1 < len(ordered) else ""
        newer = ordered[place - 1].run.id if place else ""
        pages.append(
            run_page(env, record, rules, metrics=registry, notes=notes, comparisons=linked, neighbours=(older, newer))
        )
    return tuple(pages)


def copies(records: Sequence[RunRecord], config: Config) -> dict[str, str]:
    """Say which files go into the site as they are: place under the site -> path from the project's root."""
    found: dict[str, str] = {}
    for record in records:
        run = record.run
        for profile in record.profiles:
            if profile.tree:
                for place in links.data_files(profile.tree):
                    found[place] = f"build/derived/{run.id}/{place.rpartition('/')[2]}"
        if config.site.raw_profiles:
            places = _raw_places(record, config)
            for path, source in places.items():
                if place := links.raw_file(run.id, path):
                    found[place] = source
            for profile in sorted(record.profiles, key=taken_order):
                place = links.endpoint(run.id, profile)
                if place and links.is_safe_path(profile.path) and profile.path in places:
                    found[place] = places[profile.path]
    return found


def _raw_places(record: RunRecord, config: Config) -> dict[str, str]:
    """Say where each raw file of a run is as it may be published; those that may not are left out."""
    folder = f"{config.collect.profiles_dir}/{record.run.id}"
    scrubbed = {path: f"build/derived/{record.run.id}/{name}" if name else "" for path, name in record.scrubbed}
    places = {file.path: scrubbed.get(file.path, f"{folder}/{file.path}") for file in record.run.files}
    return {path: source for path, source in places.items() if source}


def _documents(env: Environment, templates: Mapping[str, str]) -> dict[str, str]:
    """Take the guide as it is written, and fill the documents that get values."""
    documents = {name: text for name, text in templates.items() if name.startswith("guide/") and name.endswith(".md")}
    for name in templates:
        if name.startswith("pages/") and name.endswith(".md.j2"):
            values = {"sections": setting_sections()} if name == _SETTINGS else {}
            documents[name.removeprefix("pages/").removesuffix(".j2")] = render(env, name, **values)
    return dict(sorted(documents.items()))


def _engine_settings(env: Environment, config: Config) -> str:
    return render(env, "mkdocs.yml.j2", name=config.site.name, url=config.site.url)


def _newest(records: Sequence[RunRecord]) -> str:
    """Date the site by its newest run, so that building twice gives the same bytes."""
    return max((record.run.started for record in records if record.run.started), default=_EPOCH)


def _search(
    ordered: Sequence[RunRecord], comparisons: Sequence[Comparison], decisions: Sequence[Decision]
) -> tuple[SearchEntry, ...]:
    return (
        *(_run_entry(one) for one in ordered),
        *(_compare_entry(one) for one in comparisons),
        *(_decision_entry(one) for one in decisions),
    )


def _run_entry(record: RunRecord) -> SearchEntry:
    names: dict[str, None] = {}
    for profile in record.profiles:
        for table in profile.tables[profile.default_index : profile.default_index + 1]:
            names.update(dict.fromkeys(row.name for row in table.rows[:_SEARCH_FUNCTIONS]))
    words = [record.run.label, run_state(record).word, *list(names)[: 4 * _SEARCH_FUNCTIONS]]
    url = encode.url_path(links.run_page(record.run.id)) + "index.html"
    text = encode.search_text(", ".join(word for word in words if word))
    return SearchEntry(url, encode.search_text(f"Run {record.run.id}"), text)


def _compare_entry(comparison: Comparison) -> SearchEntry:
    reasons = "; ".join(comparison.reasons)
    text = f"{OUTCOMES[comparison.outcome].word}: {reasons}"
    url = encode.url_path(links.compare_page(comparison)) + "index.html"
    return SearchEntry(url, encode.search_text(f"Comparison: {title_of(comparison)}"), encode.search_text(text))


def _decision_entry(decision: Decision) -> SearchEntry:
    text = f"{CHOICES[decision.choice].word}: {'; '.join(decision.reasons)}"
    url = encode.url_path(links.decision_page(decision.name)) + "index.html"
    return SearchEntry(url, encode.search_text(decision_title(decision)), encode.search_text(text))
