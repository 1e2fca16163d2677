"""The whole site as values: lists from what every run is summarized by, and each run's and comparison's own part.

Rules: nothing here depends on the clock, the disk or the order of a dictionary somebody else filled. A run or
comparison enters only through the templates; the guide is text written by hand. What a part shows of other runs is in
its `RunPlace` and says nothing of newer ones: a new run changes no page of a run. What does change, the newer run and
the comparisons, its script takes from the catalogue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from pipeline import units
from pipeline.model import archive
from pipeline.model.config import Config
from pipeline.model.decision import Decision
from pipeline.model.finding import Finding
from pipeline.model.history import History, OverTime
from pipeline.model.matrix import Matrix
from pipeline.model.metric import Metric
from pipeline.model.page import SearchEntry, SharedFiles, SiteContent, SitePart
from pipeline.model.record import RunRecord
from pipeline.model.summary import RunSummary, column
from pipeline.model.verdict import Comparison
from pipeline.render import encode, headline_picture, history_data, links, overview
from pipeline.render.compare_page import compare_page, title_of
from pipeline.render.decision_page import CHOICES, decision_page, decisions_page
from pipeline.render.decision_page import title_of as decision_title
from pipeline.render.env import Compiled, Environment, environment, render
from pipeline.render.explore_page import CATALOGUE, explore_page, run_catalogue, runs_catalogue
from pipeline.render.flame_page import flame_page
from pipeline.render.functions_page import functions_page
from pipeline.render.late import SCRIPT, late_script
from pipeline.render.matrix_page import matrix_page
from pipeline.render.pair_links import Profiles
from pipeline.render.payload import ENDINGS
from pipeline.render.profile_groups import shown_order
from pipeline.render.profile_section import SectionRules
from pipeline.render.run_list import PLACE, newest_first, run_listing
from pipeline.render.run_page import run_page
from pipeline.render.settings_page import setting_sections
from pipeline.render.spread import earlier_runs
from pipeline.render.state import OUTCOMES, state_of_key
from pipeline.render.trends_page import trends_page

_SETTINGS: Final = "pages/guide/settings.md.j2"
_EPOCH: Final = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all pages of a site are made with.

    ``metrics`` is the registry, ``headline`` the metrics verdicts rest on; ``charts`` keeps drawn charts between
    builds.
    """

    env: Environment
    templates: Mapping[str, str]
    config: Config
    metrics: Sequence[Metric] = ()
    headline: Sequence[str] = ()
    charts: MutableMapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunPlace:
    """What a run's page says of others: the id of the ``older`` run (empty at the end), and the runs of its label just
    before it.
    """

    older: str
    earlier: tuple[RunSummary, ...]


def workshop(
    templates: Mapping[str, str],
    config: Config,
    *,
    metrics: Sequence[Metric] = (),
    headline: Sequence[str] = (),
    charts: MutableMapping[str, str] | None = None,
    compiled: Compiled | None = None,
) -> Workshop:
    """Set up what pages are made with; ``templates`` are texts by path under site_templates."""
    env = environment(templates, compiled)
    return Workshop(env, templates, config, metrics, headline, {} if charts is None else charts)


# --- lists -------------------------------------------------------------------------------------------------------


def render_lists(
    shop: Workshop,
    summaries: Sequence[RunSummary],
    comparisons: Sequence[Comparison],
    *,
    decisions: Sequence[Decision] = (),
    matrices: Sequence[Matrix] = (),
    history: History | None = None,
    over_time: OverTime | None = None,
    noted: Sequence[Finding] = (),
) -> SiteContent:
    """Render all but the parts of runs and comparisons; ``noted`` tells about the choice of comparisons.

    Raises SiteError when a template asks for what it is not given.
    """
    env, headline = shop.env, shop.headline
    ordered = newest_first(summaries)
    history, over_time = history or History(), over_time or OverTime()
    listing, known = run_listing(ordered), frozenset(one.id for one in ordered)
    registry = {metric.name: metric for metric in shop.metrics}
    front = overview.overview_page(
        env, ordered, listing, comparisons, headline=headline, decisions=decisions, matrices=matrices, history=history
    )
    listed = overview.comparisons_page(env, comparisons, headline=headline, matrices=matrices, noted=noted)
    return SiteContent(
        documents=_documents(env, shop.templates),
        stamped={
            "overview": (front,),
            "runs": (overview.runs_page(env, listing),),
            "comparisons": (listed,),
            "explore": (explore_page(env),),
            "trends": (trends_page(env, ordered, over_time, history, metrics=registry, headline=headline),),
            "functions": (functions_page(env, ordered, over_time, history),),
            "matrix": tuple(matrix_page(env, one, decisions) for one in matrices),
            "decisions": (decisions_page(env, decisions),) if decisions else (),
            "decision": tuple(decision_page(env, one, known_runs=known) for one in decisions),
        },
        data={CATALOGUE: runs_catalogue(ordered, comparisons), PLACE: listing.data},
        copies={},
        search=_search(ordered, comparisons, decisions, matrices),
        site_name=shop.config.site.name,
        extra={
            "mkdocs.yml": _engine_settings(env, shop.config),
            "newest": _newest(summaries),
            "url": shop.config.site.url,
        },
        shared=_payloads(summaries) | history_data.shared(over_time.stretches),
    )


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


def _newest(summaries: Sequence[RunSummary]) -> str:
    """Date the site by its newest run, so that building twice gives the same bytes."""
    return max((one.started for one in summaries if one.started), default=_EPOCH)


def _payloads(summaries: Sequence[RunSummary]) -> dict[str, SharedFiles]:
    """Say where the data files of all profiles come from, unit by unit.

    Their names tell their content, so one that several runs hold is there once.
    """
    runs: dict[str, str] = {}
    for one in sorted(summaries, key=lambda one: one.id):
        runs.update(dict.fromkeys(column(one.profiles, "tree"), one.id))
    runs.pop("", None)
    units_of: dict[str, list[str]] = {}
    for tree in runs:
        units_of.setdefault(links.data_unit(tree), []).append(tree)
    return {unit: SharedFiles(trees, partial(_data_files, trees, runs)) for unit, trees in units_of.items()}


def _data_files(trees: Sequence[str], runs: Mapping[str, str]) -> dict[str, str]:
    return {
        place: f"{_data_folder(runs[tree])}/{tree}{ending}"
        for tree in trees
        for place, ending in zip(links.data_files(tree), ENDINGS, strict=True)
    }


def _data_folder(run_id: str) -> str:
    """Say where the data files of a run are, from the project's root: in an archive (`model.archive`)."""
    return f"build/derived/{run_id}/{archive.NAME}"


# --- parts -------------------------------------------------------------------------------------------------------


def run_places(summaries: Sequence[RunSummary]) -> dict[str, RunPlace]:
    """Find the place of each run among the others, by id."""
    ordered = newest_first(summaries)
    earlier, older = earlier_runs(ordered), (*(one.id for one in ordered[1:]), "")
    return {one.id: RunPlace(before, earlier[one.id]) for one, before in zip(ordered, older, strict=False)}


def run_part(
    shop: Workshop,
    record: RunRecord,
    place: RunPlace,
    *,
    flames: Mapping[str, str] | None = None,
    notes: Mapping[tuple[str, str], str] | None = None,
) -> SitePart:
    """Make the part of one run; ``flames`` are the SVG of each tree, ``notes`` maps (run, path) to text."""
    config = shop.config
    rules = SectionRules(
        flames=flames or {},
        charts=shop.charts,
        profiles_dir=config.collect.profiles_dir,
        site_url=config.site.url,
        raw=config.site.raw_profiles,
        budgets=config.budgets,
    )
    page, late = run_page(
        shop.env,
        record,
        rules,
        metrics={metric.name: metric for metric in shop.metrics},
        notes=notes or {},
        older=place.older,
        earlier=place.earlier,
    )
    data = run_catalogue(record) | {f"{page.url}{SCRIPT}": late_script(record.run.id, late)}
    data |= flame_page(shop.env, record, rules)
    return SitePart(page, data, run_copies(record, config))


def run_copies(record: RunRecord, config: Config) -> dict[str, str]:
    """Say which files of a run go into its part as they are: place under the site -> path from the project's root."""
    if not config.site.raw_profiles:
        return {}
    run, found, places = record.run, dict[str, str](), _raw_places(record, config)
    for path, source in places.items():
        if place := links.raw_file(run.id, path):
            found[place] = source
    for profile in sorted(record.profiles, key=shown_order):
        place = links.endpoint(run.id, profile)
        if place and links.is_safe_path(profile.path) and profile.path in places:
            found[place] = places[profile.path]
    return found


def _raw_places(record: RunRecord, config: Config) -> dict[str, str]:
    """Say where each raw file of a run is as it may be published; those that may not are left out."""
    folder = f"{config.collect.profiles_dir}/{record.run.id}"
    scrubbed = {path: f"{_data_folder(record.run.id)}/{name}" if name else "" for path, name in record.scrubbed}
    places = {file.path: scrubbed.get(file.path, f"{folder}/{file.path}") for file in record.run.files}
    return {path: source for path, source in places.items() if source}


def comparison_part(
    shop: Workshop, comparison: Comparison, *, known: Profiles, decisions: Sequence[str] = ()
) -> SitePart:
    """Make the part of one comparison; the runs in ``known`` have pages to link to and these profiles, ``decisions``
    rest on it.
    """
    page = compare_page(
        shop.env,
        comparison,
        shop.charts,
        headline=shop.headline,
        known_runs=frozenset(known),
        accepted=shop.config.accept,
        decisions=decisions,
        profiles=known,
    )
    picture = headline_picture.headline_picture(comparison, shop.headline, shop.charts) if has_pictures(shop) else b""
    return SitePart(page, {f"{page.url}{headline_picture.FILE}": picture} if picture else {}, {})


def has_pictures(shop: Workshop) -> bool:
    """Tell whether comparisons get a picture beside their page: comments refer to it, so there must be an address."""
    return bool(shop.config.site.url) and shop.config.comment.picture


# --- search ------------------------------------------------------------------------------------------------------


def _search(
    ordered: Sequence[RunSummary],
    comparisons: Sequence[Comparison],
    decisions: Sequence[Decision],
    matrices: Sequence[Matrix],
) -> tuple[SearchEntry, ...]:
    return (
        *(_run_entry(one) for one in ordered),
        *_function_entries(ordered),
        *(_compare_entry(one) for one in comparisons),
        *(_decision_entry(one) for one in decisions),
        *(_matrix_entry(one) for one in matrices),
    )


def _run_entry(summary: RunSummary) -> SearchEntry:
    words = [summary.label, state_of_key(summary.state).word]
    url = encode.url_path(links.run_page(summary.id)) + "index.html"
    text = encode.search_text(", ".join(word for word in words if word))
    return SearchEntry(url, encode.search_text(f"Run {summary.id}"), text)


def _function_entries(ordered: Sequence[RunSummary]) -> Iterator[SearchEntry]:
    """Lead each function to its history, once: every page loads the index, and runs share most of theirs."""
    counts, newest = Counter[str](), dict[str, str]()
    for one in reversed(ordered):
        last = dict.fromkeys(one.functions, one.id)
        counts.update(last.keys())
        newest.update(last)
    for name in sorted(counts):
        url = f"{links.FUNCTIONS}index.html?f={encode.fragment_value(encode.visible(name))}"
        told = f"among the heaviest of {units.counted(counts[name], 'run')}, last of {newest[name]}"
        yield SearchEntry(url, encode.search_text(f"Function {name}"), encode.search_text(told))


def _compare_entry(comparison: Comparison) -> SearchEntry:
    reasons = "; ".join(comparison.reasons)
    text = f"{OUTCOMES[comparison.outcome].word}: {reasons}"
    url = encode.url_path(links.compare_page(comparison)) + "index.html"
    return SearchEntry(url, encode.search_text(f"Comparison: {title_of(comparison)}"), encode.search_text(text))


def _decision_entry(decision: Decision) -> SearchEntry:
    text = f"{CHOICES[decision.choice].word}: {'; '.join(decision.reasons)}"
    url = encode.url_path(links.decision_page(decision.name)) + "index.html"
    return SearchEntry(url, encode.search_text(decision_title(decision)), encode.search_text(text))


def _matrix_entry(matrix: Matrix) -> SearchEntry:
    text = ", ".join(f"{one.label}: {OUTCOMES[one.outcome].word}" for one in matrix.columns)
    url = encode.url_path(links.matrix_page(matrix.base_label)) + "index.html"
    title = f"Attempts against {matrix.base_label}"
    return SearchEntry(url, encode.search_text(title), encode.search_text(text))
