"""The corridor's stretch to the site: what is new is derived, compared, rendered, and the site brought up to date.

Rules: as in `stages`. A build reads summaries of all runs and the records of new ones only; what a page is made of is
in its key. The site's document (``build/site.json``) vouches for every file of the site, unit by unit.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline import history, stages
from pipeline.errors import StoreError
from pipeline.model.config import Config
from pipeline.model.decision import Decision
from pipeline.model.finding import Finding
from pipeline.model.page import PlannedPart, SiteContent, SitePart
from pipeline.model.record import RunRecord
from pipeline.model.summary import RunSummary
from pipeline.model.verdict import Comparison
from pipeline.stages import PARTIAL, build_folder, profiles_folder
from pipeline.store import atomic, codec, fingerprint, locks, records, runs, scout
from pipeline.store.rules import rules_of
from pipeline.store.tree import SiteTree, weigh
from pipeline.units import counted

if TYPE_CHECKING:
    from pipeline.render.pages import RunPlace, Workshop
    from pipeline.render.pair_links import Profiles
    from pipeline.render.site_size import SiteSize
    from pipeline.site.build import BuildReport

_SHOWN_ERRORS: Final = 10
_RECORDS: Final = 8
_PAGE_TEMPLATES: Final = ("pages", "partials", "overrides/partials")


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """What a finished site holds, kept beside it so that a look at it costs nothing.

    ``errors`` are the first findings of severity error, by run, ``error_count`` is how many there are; ``units`` are
    (unit, key of what it was made of).
    """

    runs: int
    comparisons: int
    warnings: int
    error_count: int
    errors: tuple[tuple[str, Finding], ...]
    units: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Compared:
    """A comparison as lists need it, without the functions of its differences, and the key of the whole of it."""

    brief: Comparison
    key: str


# --- is there anything to do? ------------------------------------------------------------------------------------


def _compare_keys(config: Config, look: stages.Look) -> dict[str, str]:
    asked = stages.asked(look.plan, config)
    return {slug: stages.compare_key(pair, config, look.runs) for slug, pair in asked.items()}


def _site_key(config: Config, look: stages.Look) -> str:
    from pipeline.site.templates import templates_dir

    return fingerprint.site_key(look.digest, _compare_keys(config, look), config, templates_dir())


def _live(root: Path, look: stages.Look) -> SiteTree:
    """Open the site that is there, with what its document says of it."""
    try:
        summary, contents = records.read_whole(stages.site_document(root), SiteSummary, kind="site")
    except StoreError:  # without one, or with that of another version, nothing is vouched for
        return _tree(root, look, {})
    keys = dict(summary.units)
    return _tree(root, look, {unit: (keys.get(unit, ""), content) for unit, content in contents.items()})


def _tree(root: Path, look: stages.Look, known: Mapping[str, tuple[str, str]]) -> SiteTree:
    return SiteTree(build_folder(root) / "site", stages.memory(root, "site"), known, partial(look.sent.told, "site"))


def is_built(root: Path, config: Config, look: stages.Look) -> bool:
    """Tell whether the site is current, whole and holds nothing else."""
    key, contents = records.head(stages.site_document(root), kind="site")
    if not key or key != _site_key(config, look):
        return False
    tree = _tree(root, look, {})
    found = {unit: content for unit in tree.units() if (content := tree.content(unit))}
    return found == contents and history.is_current(build_folder(root), look.digest, config)


# --- building it -------------------------------------------------------------------------------------------------


def build_site(
    root: Path, config: Config, *, look: stages.Look | None = None, say: Callable[[str], None] = locks.tell
) -> bool:
    """Render what is new and bring the site up to date; leftovers of runs that are gone are removed.

    ``look`` is what the command has seen already; it is not used when another one has built the site since.
    """
    build = build_folder(root)
    with locks.hold(build / "locks", "site"):
        if look is None or look.site != stages.site_state(root):
            look = stages.look(root, config)
        if is_built(root, config, look):
            return False
        scout.begin(root)
        say(f"building the site of {counted(len(look.runs), 'run')} …")
        found = [stages.summary_of(root, name, key, config, look.derived[name]) for name, key in look.keys.items()]
        compared = _comparisons(root, config, look)
        _prune(root, config, look.keys.keys(), {one.brief.slug for one in compared})
        made = _render(root, config, look, found, compared)
        for place in made.skipped:
            say(f"not copied into the site: {place}")
        _seal(root, found, compared, made, key=_site_key(config, look))
    return True


def _comparisons(root: Path, config: Config, look: stages.Look) -> list[_Compared]:
    """Bring all comparisons up to date; those without a run are left out."""
    asked, found = stages.asked(look.plan, config), []
    for slug, key in _compare_keys(config, look).items():
        if not key:
            continue
        if not records.is_current(records.comparison(build_folder(root), slug), kind="comparison", key=key):
            stages.compare_labels(root, asked[slug], config, look.runs)
        known = stages.memory(root, "compare").recall(slug, key)
        if known is None:
            known = codec.dump(_brief(_read_comparison(root, slug))).decode()
            stages.memory(root, "compare").keep(slug, key, known)
        found.append(_Compared(codec.load(known.encode(), Comparison), key))
    return found


def _read_comparison(root: Path, slug: str) -> Comparison:
    return records.read(records.comparison(build_folder(root), slug), Comparison, kind="comparison")


def _brief(comparison: Comparison) -> Comparison:
    shown = tuple(replace(one, functions=(), matches=(), shifted=()) for one in comparison.functions)
    return replace(comparison, functions=shown)


def _prune(root: Path, config: Config, known: AbstractSet[str], compared: AbstractSet[str]) -> None:
    """Remove what was derived from runs and comparisons that are no more."""
    build, derived = build_folder(root), records.derived(build_folder(root))
    for name in {place.name for place in derived.glob("*")} - known:
        if not (profiles_folder(root, config) / name).is_dir():
            atomic.remove(derived / name)
    for path in (build / "compare").glob("*.json"):
        if path.stem not in compared:
            atomic.remove(path)


def _render(
    root: Path,
    config: Config,
    look: stages.Look,
    found: Sequence[RunSummary],
    compared: Sequence[_Compared],
) -> BuildReport:
    from pipeline.render import run_list
    from pipeline.site import build, templates, workers
    from pipeline.site.parts import kept_parts

    output, folder = build_folder(root), templates.templates_dir()
    shop = _workshop(root, config)
    decisions = _decisions(config, [one.brief for one in compared])
    live, read = _live(root, look), _reader(root, config, found)
    shown = run_list.newest_first(found)[: config.site.keep_runs or None]
    parts = [
        *_run_parts(root, shop, shown, read),
        *_comparison_parts(root, shop, shown, compared, decisions),
    ]
    # A folder of its own for each build: the engine of a killed build may still be writing into the old one.
    for leftover in output.glob("staging-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    lists = partial(_lists, root, shop, found, compared, decisions, look.plan.findings, read)
    # Many parts are begun at once. With few, lists come before the look at the site: the scout may still be at it.
    is_small = sum(not build.is_known(part, live) for part in parts) < workers.MANY
    content = lists() if is_small and (output / "site").is_dir() else None
    with workers.making([part for part in parts if not build.is_made(part, live)], kept_parts(root)) as crews:
        return build.build_site(
            replace(content or lists(), parts=tuple(parts)),
            templates_dir=folder,
            root=root,
            staging=output / f"staging-{os.getpid()}",
            site_dir=output / "site",
            live=live,
            engine=config.site.engine,
            crews=crews,
        )


def _workshop(root: Path, config: Config) -> Workshop:
    from pipeline.analysis.metrics import HEADLINE, METRICS
    from pipeline.render import pages
    from pipeline.site import cache, templates

    kept = cache.FileCache(build_folder(root) / "cache" / "charts")
    kept.open()
    texts = templates.read_templates(templates.templates_dir())
    compiled = templates.compiled(fingerprint.template_key())
    return pages.workshop(texts, config, metrics=METRICS, headline=HEADLINE, charts=kept, compiled=compiled)


def _decisions(config: Config, briefs: Sequence[Comparison]) -> list[Decision]:
    from pipeline.compare.decision import decide

    by_slug = {one.slug: one for one in briefs}
    return [decide(one, by_slug.get(f"{one.base}..{one.head}"), rules_of(config)) for one in config.decisions]


def _lists(
    root: Path,
    shop: Workshop,
    found: Sequence[RunSummary],
    compared: Sequence[_Compared],
    decisions: Sequence[Decision],
    noted: Sequence[Finding],
    read: Callable[[str], RunRecord],
) -> SiteContent:
    from pipeline.compare.matrix import matrices
    from pipeline.render import pages, run_list

    output, briefs, config = build_folder(root), [one.brief for one in compared], shop.config
    lists = pages.render_lists(
        shop,
        run_list.newest_first(found)[: config.site.keep_runs or None],
        briefs,
        decisions=decisions,
        matrices=matrices(briefs, shop.headline),
        history=history.find(output, found, config, read),
        over_time=history.over_time(output, found, read),
        noted=noted,
    )
    written_by = fingerprint.digest(fingerprint.of_code(fingerprint.DERIVE_CODE), history.scripts_key())
    return replace(lists, shared_key=written_by)


def _reader(root: Path, config: Config, found: Sequence[RunSummary]) -> Callable[[str], RunRecord]:
    """Read records by id; the last few are kept, since the history and the page of a new run both want it."""
    keys = {one.id: one.key for one in found}
    return lru_cache(_RECORDS)(lambda run_id: stages.record_of(root, run_id, keys[run_id], config))


# --- parts -------------------------------------------------------------------------------------------------------


def _page_key(*parts: object) -> str:
    from pipeline.site.templates import templates_dir

    return fingerprint.page_key(*parts, templates=[templates_dir() / name for name in _PAGE_TEMPLATES])


def _run_parts(
    root: Path, shop: Workshop, shown: Sequence[RunSummary], read: Callable[[str], RunRecord]
) -> Iterator[PlannedPart]:
    from pipeline.render import links, pages

    site, folder = shop.config.site, shop.config.collect.profiles_dir
    common = _page_key("run", site.url, site.raw_profiles, folder)
    places = pages.run_places(shown)
    for one in shown:
        place = places[one.id]
        about = " ".join([place.older, *(earlier.key for earlier in place.earlier)])
        key = hashlib.sha256(f"{common} {one.key} {about}".encode()).hexdigest()
        yield PlannedPart("run", links.run_page(one.id), key, partial(_run_part, root, shop, one.id, place, read))


def _run_part(root: Path, shop: Workshop, run_id: str, place: RunPlace, read: Callable[[str], RunRecord]) -> SitePart:
    from pipeline.render import pages

    record = read(run_id)
    notes = stages.notes(root, shop.config, [record])
    return pages.run_part(shop, record, place, flames=stages.pictures(root, record), notes=notes)


def _comparison_parts(
    root: Path,
    shop: Workshop,
    shown: Sequence[RunSummary],
    compared: Sequence[_Compared],
    decisions: Sequence[Decision],
) -> Iterator[PlannedPart]:
    from pipeline.render import links, pages

    accepted = [one.model_dump(mode="json") for one in shop.config.accept]
    common = _page_key("compare", accepted, pages.has_pictures(shop))
    every = {one.id: one.profiles for one in shown}
    for one in compared:
        brief = one.brief
        mine = {run: every[run] for run in (*brief.base_runs, *brief.head_runs) if run in every}
        resting = [asked.name for asked in decisions if asked.compared == brief.slug]
        key = fingerprint.digest(common, one.key, sorted(mine), resting)
        make = partial(_comparison_part, root, shop, brief.slug, mine, resting)
        yield PlannedPart("compare", links.compare_page(brief), key, make)


def _comparison_part(root: Path, shop: Workshop, slug: str, known: Profiles, decisions: Sequence[str]) -> SitePart:
    from pipeline.render.pages import comparison_part

    return comparison_part(shop, _read_comparison(root, slug), known=known, decisions=decisions)


# --- what it holds -----------------------------------------------------------------------------------------------


def _seal(
    root: Path, found: Sequence[RunSummary], compared: Sequence[_Compared], made: BuildReport, *, key: str
) -> None:
    """Write down what the site holds, and beside the caches what this build changed, for whoever publishes it."""
    errors = [(one.id, doubt) for one in found for doubt in one.failures]
    summary = SiteSummary(
        runs=len(found),
        comparisons=len(compared),
        warnings=sum(one.warnings for one in found),
        error_count=sum(one.errors for one in found),
        errors=tuple(errors[:_SHOWN_ERRORS]),
        units=tuple((unit, made_of) for unit, (made_of, _) in sorted(made.units.items())),
    )
    contents = {unit: content for unit, (_, content) in sorted(made.units.items())}
    changes = codec.dump(_Changes(made.changed, made.removed))
    atomic.write_bytes(changes_file(root), changes + b"\n", flush=False)
    records.seal(stages.site_document(root), summary, kind="site", key=key, files=contents)


@dataclass(frozen=True, slots=True)
class _Changes:
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    format: int = 1


def changes_file(root: Path) -> Path:
    """Say where the list of files is that the last build changed: ``{format, changed, removed}``, paths of the site."""
    return build_folder(root) / "cache" / "site-changes.json"


def report(root: Path, config: Config, *, say: Callable[[str], None] = print) -> int:
    """Say where the site is, what it holds and what is missing; the exit code is 3 when data is missing."""
    summary = records.read(stages.site_document(root), SiteSummary, kind="site")
    counts = [counted(summary.runs, "run"), counted(summary.comparisons, "comparison")]
    counts += [counted(summary.warnings, "warning")] if summary.warnings else []
    counts += [counted(summary.error_count, "error")] if summary.error_count else []
    for name in runs.skipped_names(profiles_folder(root, config)):
        say(f"skipped {config.collect.profiles_dir}/{name}: a link, or not a safe name for an address")
    for run_id, doubt in summary.errors:
        say(f"error in {run_id}: {doubt.subject}: {doubt.code}: {doubt.message}")
    if summary.error_count > len(summary.errors):
        say(f"… and {summary.error_count - len(summary.errors)} more, shown on the pages of their runs")
    say(f"{(build_folder(root) / 'site' / 'index.html').relative_to(root)}: {', '.join(counts)}")
    return PARTIAL if summary.error_count else 0


def size(root: Path, config: Config) -> SiteSize | None:
    """Weigh the site that is there; None without one."""
    from pipeline.render.site_size import SiteSize

    found = weigh(build_folder(root) / "site")
    return SiteSize(found, config.publish.max_site_bytes) if found else None
