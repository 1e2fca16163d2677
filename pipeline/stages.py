"""The corridor: every stage reads, calls pure functions, and writes. Nothing is computed here.

Rules: a stage is a plain function of the project folder and the settings, used by the task graph and by anyone else. It
holds the lock of what it writes and looks again, once it has it, whether the work is still to be done; it tells whether
it worked. Keys decide (`store.fingerprint`), never times. What is wrong with one file becomes a Finding of its run.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.derive import derive
from pipeline.errors import CollectError, ConfigError, UsageError
from pipeline.model import layout
from pipeline.model.config import CompareConfig, Config
from pipeline.model.finding import Finding
from pipeline.model.record import RunRecord
from pipeline.model.verdict import Comparison
from pipeline.store import atomic, fingerprint, locks, records, runs
from pipeline.store.config import has_shared_settings, load_config

if TYPE_CHECKING:
    from pipeline.site.build import BuildReport

PARTIAL: Final = 3
"""Exit code when data is missing."""

_SHOWN_ERRORS: Final = 10
_NOTES_BYTES: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """What a finished site holds, kept beside it so that a look at it costs nothing."""

    runs: int
    comparisons: int
    warnings: int
    errors: tuple[tuple[str, Finding], ...]


def build_folder(root: Path) -> Path:
    """Say where derived files go."""
    return root / "build"


def profiles_folder(root: Path, config: Config) -> Path:
    """Say where the runs are."""
    return root / config.collect.profiles_dir


# --- collect -----------------------------------------------------------------------------------------------------


def collect_runs(
    root: Path,
    config: Config,
    *,
    label: str = "",
    variant: str = "",
    repeat: int = 1,
    notes: str = "",
    args: Sequence[str] = (),
) -> int:
    """Build the service once and take ``repeat`` runs of it; the exit code is 3 when one of them is partial.

    ``args`` are extra words for the service. An interrupted run is the last one.
    """
    from pipeline.collect import services, session

    session.check_request(config, variant)
    prepared = services.prepare(config, root, build_folder(root) / "bin")
    worst = 0
    for _ in range(repeat):
        manifest = session.collect_run(
            config, root=root, prepared=prepared, label=label, variant=variant, args=args, notes=notes
        ).manifest
        worst = max(worst, session.exit_code(manifest))
        if manifest.status == "interrupted":
            break
    return worst


# --- A/B of two commits -------------------------------------------------------------------------------------------


def compare_refs(  # noqa: PLR0913 - all by keyword: the words of one command
    root: Path,
    config: Config,
    *,
    base: str,
    head: str,
    rounds: int = 4,
    labels: str = "",
    variant: str = "",
    notes: str = "",
    say: Callable[[str], None] = locks.tell,
) -> int:
    """Collect runs of two commits in interleaved rounds; the exit code is 3 when one of them is missing or partial."""
    from pipeline.collect import rounds as ab

    build = build_folder(root)
    with locks.hold(build / "locks", "ab"):
        return ab.compare_refs(
            config,
            base,
            head,
            root=root,
            folder=build / "worktrees",
            rounds=rounds,
            labels=labels,
            variant=variant,
            notes=notes,
            say=say,
        )


# --- import ------------------------------------------------------------------------------------------------------


def import_paths(
    root: Path, config: Config, *, paths: Sequence[str], label: str = "", say: Callable[[str], None] = print
) -> int:
    """Make runs of folders, archives and files that others collected; the exit code is 3 when something is missing."""
    from pipeline.collect.adopt import import_paths as adopt
    from pipeline.collect.archive import ImportLimits

    build = build_folder(root)
    with locks.hold(build / "locks", "import"):
        return adopt(
            [root / path for path in paths],
            profiles=profiles_folder(root, config),
            staging=build / "import",
            label=label,
            limits=ImportLimits(config.limits.import_files, config.limits.import_bytes),
            max_bytes=config.limits.max_decoded_bytes,
            say=say,
        )[1]


# --- init --------------------------------------------------------------------------------------------------------


def init(root: Path, *, force: bool = False, say: Callable[[str], None] = print) -> int:
    """Write profbook.toml for the project in ``root``. Raises UsageError when there are settings already."""
    from pipeline.collect.project import look, settings, told

    place = root / "profbook.toml"
    if place.exists() and not force:
        raise UsageError("there is a profbook.toml already", cure="Edit it, or write over it with --force.")
    if not force and has_shared_settings(root):
        raise UsageError("pyproject.toml has a [tool.profbook] table already", cure="Edit that one.")
    project = look(root)
    for line in told(project):
        say(line)
    atomic.write_bytes(place, settings(project).encode())
    say("wrote profbook.toml; next: `profbook doctor`, then `profbook collect --label baseline`")
    return 0


# --- doctor ------------------------------------------------------------------------------------------------------

_SIGNS: Final = {"info": "✓", "warning": "!", "error": "✕"}


def doctor(root: Path, environ: Mapping[str, str], *, say: Callable[[str], None] = print) -> int:
    """Check settings, services, tools and leftovers, a line each; the exit code is 3 when a collect would lose data.

    Raises ConfigError when the settings themselves are wrong.
    """
    from pipeline.collect.doctor import examine

    config = load_config(root, environ)
    say(f"{_SIGNS['info']} settings: valid")
    errors = 0
    for found in examine(config, root, profiles=profiles_folder(root, config)):
        errors += found.severity == "error"
        evidence = f" ({found.evidence})" if found.evidence else ""
        say(f"{_SIGNS[found.severity]} {found.subject}: {found.message}{evidence}")
        if found.cure:
            say(f"    {found.cure}")
    return PARTIAL if errors else 0


# --- collections in the background -------------------------------------------------------------------------------


def start_collection(root: Path, config: Config, words: Sequence[str], *, say: Callable[[str], None] = print) -> int:
    """Start ``collect WORDS`` in the background, and say which run it writes."""
    from pipeline.collect import daemon

    one = daemon.start(words, root=root, profiles=profiles_folder(root, config))
    say(f"{one.id}: collecting, process {one.pid}; `profbook collect stop {one.id}` ends it")
    return 0


def list_collections(root: Path, config: Config, *, say: Callable[[str], None] = print) -> int:
    """Say which collections are running."""
    from pipeline.collect import daemon

    found = daemon.running(profiles_folder(root, config))
    for one in found:
        say(f"{one.id}: since {one.since}, {_count(one.profiles, 'profile')}, process {one.pid} on {one.host}")
    if not found:
        say("no collection is running")
    return 0


def stop_collection(root: Path, config: Config, wanted: str = "", *, say: Callable[[str], None] = print) -> int:
    """End a collection in good order and say what became of its run; the exit code is 3 when it is partial."""
    from pipeline.collect import daemon

    profiles = profiles_folder(root, config)
    ended = daemon.stop(profiles, daemon.choose(daemon.running(profiles), wanted))
    if ended.path is None:
        raise CollectError(f"{ended.id} ended without a profile", cure=f"See its logs in {profiles.name}/.")
    say(f"{ended.id}: {ended.status}, {_count(ended.profiles, 'profile')}")
    return PARTIAL if ended.status == "partial" else 0


# --- derive ------------------------------------------------------------------------------------------------------


def is_derived(root: Path, stored: runs.StoredRun, config: Config) -> bool:
    """Tell whether a run's record is current and whole."""
    path = records.run_record(build_folder(root), stored.run.id)
    return records.is_current(path, kind="run", key=fingerprint.derive_key(stored.digest, config))


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the garbage collector still: what a run is made into has no cycles, and it would walk all of it often."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@_no_collector()
def derive_run(root: Path, run_id: str, config: Config) -> bool:
    """Read, measure and doubt one run, and write its record; nothing is done for a run that is gone."""
    run_dir, build = profiles_folder(root, config) / run_id, build_folder(root)
    path = records.run_record(build, run_id)
    with locks.hold(build / "locks", f"derive-{run_id}"):
        if not run_dir.is_dir():
            return False
        stored = runs.read_run(run_dir)
        key = fingerprint.derive_key(stored.digest, config)
        if records.is_current(path, kind="run", key=key):
            return False
        reader = partial(runs.read_file, run_dir)
        record, files = derive(
            stored.run,
            stored.findings,
            reader,
            key=key,
            max_bytes=config.limits.max_decoded_bytes,
            budgets=config.budgets,
            leak=config.leak.rules,
            cost=config.cost,
        )
        records.write(path, record, kind="run", key=key, files=files)
    return True


# --- compare -----------------------------------------------------------------------------------------------------


def slug(pair: CompareConfig) -> str:
    """Name a comparison as its URL does; raises ConfigError when its labels cannot be part of one."""
    for label in (pair.base, pair.head):
        if not layout.is_run_name(label):
            raise ConfigError(
                f"compare: the label {label!r} cannot be part of an address",
                cure="Use letters, digits, '.', '-' and '_' in labels.",
            )
    return f"{pair.base}..{pair.head}"


def _sides(
    stored: Sequence[runs.StoredRun], pair: CompareConfig, config: Config
) -> tuple[dict[str, str], dict[str, str]]:
    """Find the runs of both labels: run id -> key of its record."""
    keys = {one.run.id: (one.run.label, fingerprint.derive_key(one.digest, config)) for one in stored}
    base, head = (
        {run_id: key for run_id, (label, key) in keys.items() if label == wanted} for wanted in (pair.base, pair.head)
    )
    return base, head


def is_compared(root: Path, pair: CompareConfig, config: Config, stored: Sequence[runs.StoredRun]) -> bool:
    """Tell whether a comparison is current; one without a run on either side is never made, so it always is."""
    base, head = _sides(stored, pair, config)
    path = records.comparison(build_folder(root), slug(pair))
    key = fingerprint.compare_key(pair, list(base.values()), list(head.values()))
    return not (base or head) or records.is_current(path, kind="comparison", key=key)


def compare_labels(root: Path, pair: CompareConfig, config: Config) -> bool:
    """Compare the runs of two labels and write the comparison; nothing is done when neither label has a run."""
    from pipeline.analysis.metrics import HEADLINE, METRICS
    from pipeline.compare.pair import compare_labels as compare

    build = build_folder(root)
    with locks.hold(build / "locks", f"compare-{slug(pair)}"):
        stored = runs.list_runs(profiles_folder(root, config))
        if is_compared(root, pair, config, stored):
            return False
        base, head = _sides(stored, pair, config)
        key = fingerprint.compare_key(pair, list(base.values()), list(head.values()))
        base_records, head_records = (
            [_record(root, run_id, key, config) for run_id, key in side.items()] for side in (base, head)
        )
        result = compare(base_records, head_records, labels=(pair.base, pair.head), metrics=METRICS, headline=HEADLINE)
        records.write(records.comparison(build, slug(pair)), result, kind="comparison", key=key)
    return True


def _record(root: Path, run_id: str, key: str, config: Config) -> RunRecord:
    """Read a run's record, deriving it first if it is not current: another process may have brought the run."""
    path = records.run_record(build_folder(root), run_id)
    if not records.is_current(path, kind="run", key=key):
        derive_run(root, run_id, config)
    return records.read(path, RunRecord, kind="run")


# --- site --------------------------------------------------------------------------------------------------------


def _site_key(config: Config, stored: Sequence[runs.StoredRun]) -> str:
    from pipeline.site.templates import templates_dir

    keys = {one.run.id: fingerprint.derive_key(one.digest, config) for one in stored}
    compared = {}
    for pair in config.compare:
        base, head = _sides(stored, pair, config)
        compared[slug(pair)] = fingerprint.compare_key(pair, list(base.values()), list(head.values()))
    return fingerprint.site_key(keys, compared, config, templates_dir())


def is_built(root: Path, config: Config, stored: Sequence[runs.StoredRun]) -> bool:
    """Tell whether the site is current, whole and holds nothing else."""
    key, build = _site_key(config, stored), build_folder(root)
    return records.is_current(build / "site.json", kind="site", key=key, folder=build / "site", only=True)


def build_site(root: Path, config: Config, *, say: Callable[[str], None] = locks.tell) -> bool:
    """Render all pages and swap the new site in; leftovers of runs that are gone are removed."""
    build = build_folder(root)
    with locks.hold(build / "locks", "site"):
        stored = runs.list_runs(profiles_folder(root, config))
        if is_built(root, config, stored):
            return False
        say(f"building the site of {_count(len(stored), 'run')} …")
        found = [_record(root, one.run.id, fingerprint.derive_key(one.digest, config), config) for one in stored]
        compared = _comparisons(root, config, stored)
        _prune(root, config)
        for place in _render(root, config, found, compared).skipped:
            say(f"not copied into the site: {place}")
        summary, digests = _summarize(found, compared), records.tree_digests(build / "site")
        records.seal(build / "site.json", summary, kind="site", key=_site_key(config, stored), files=digests)
    return True


def _comparisons(root: Path, config: Config, stored: Sequence[runs.StoredRun]) -> list[Comparison]:
    build, found = build_folder(root), []
    for pair in config.compare:
        if not any(_sides(stored, pair, config)):
            continue
        if not is_compared(root, pair, config, stored):
            compare_labels(root, pair, config)
        found.append(records.read(records.comparison(build, slug(pair)), Comparison, kind="comparison"))
    return found


def _prune(root: Path, config: Config) -> None:
    """Remove what was derived from runs and comparisons that are no more."""
    build = build_folder(root)
    for folder in (build / "derived").glob("*"):
        if not (profiles_folder(root, config) / folder.name).is_dir():
            atomic.remove(folder)
    wanted = {records.comparison(build, slug(pair)) for pair in config.compare}
    for path in (build / "compare").glob("*.json"):
        if path not in wanted:
            atomic.remove(path)


def _render(root: Path, config: Config, found: Sequence[RunRecord], compared: Sequence[Comparison]) -> BuildReport:
    from pipeline.analysis.metrics import HEADLINE, METRICS
    from pipeline.render.pages import render_site
    from pipeline.site import build, cache, templates

    folder, output = templates.templates_dir(), build_folder(root)
    content = render_site(
        found,
        compared,
        config=config,
        templates=templates.read_templates(folder),
        metrics=METRICS,
        headline=HEADLINE,
        flames=_flames(root, found),
        notes=_notes(root, config, found),
        charts=cache.FileCache(output / "cache" / "charts"),
    )
    # A folder of its own for each build: the engine of a killed build may still be writing into the old one.
    for leftover in output.glob("staging-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    staging = output / f"staging-{os.getpid()}"
    return build.build_site(content, templates_dir=folder, root=root, staging=staging, site_dir=output / "site")


def _flames(root: Path, found: Sequence[RunRecord]) -> dict[str, str]:
    """Read the static flame graphs: tree name -> the picture of its default sample type."""
    flames = {}
    for record in found:
        folder = records.run_record(build_folder(root), record.run.id).parent
        for profile in record.profiles:
            if profile.tree:
                flames[profile.tree] = (folder / f"{profile.tree}.svg").read_text(encoding="utf-8")
    return flames


def _notes(root: Path, config: Config, found: Sequence[RunRecord]) -> dict[tuple[str, str], str]:
    """Read the notes people put beside their runs, as plain text."""
    folder = profiles_folder(root, config)
    return {
        (record.run.id, file.path): runs.read_file(folder / record.run.id, file)[:_NOTES_BYTES].decode(errors="replace")
        for record in found
        for file in record.run.files
        if file.kind == "notes"
    }


def _summarize(found: Sequence[RunRecord], compared: Sequence[Comparison]) -> SiteSummary:
    doubts = [(record.run.id, doubt) for record in found for doubt in record.all_findings]
    return SiteSummary(
        runs=len(found),
        comparisons=len(compared),
        warnings=sum(doubt.severity == "warning" for _, doubt in doubts),
        errors=tuple((run_id, doubt) for run_id, doubt in doubts if doubt.severity == "error"),
    )


def report(root: Path, config: Config, *, say: Callable[[str], None] = print) -> int:
    """Say where the site is, what it holds and what is missing; the exit code is 3 when data is missing."""
    build = build_folder(root)
    summary = records.read(build / "site.json", SiteSummary, kind="site")
    counts = [_count(summary.runs, "run"), _count(summary.comparisons, "comparison")]
    counts += [_count(summary.warnings, "warning")] if summary.warnings else []
    counts += [_count(len(summary.errors), "error")] if summary.errors else []
    for name in runs.skipped_names(profiles_folder(root, config)):
        say(f"skipped {config.collect.profiles_dir}/{name}: a link, or not a safe name for an address")
    for run_id, doubt in summary.errors[:_SHOWN_ERRORS]:
        say(f"error in {run_id}: {doubt.subject}: {doubt.code}: {doubt.message}")
    if len(summary.errors) > _SHOWN_ERRORS:
        say(f"… and {len(summary.errors) - _SHOWN_ERRORS} more, shown on the pages of their runs")
    say(f"{(build / 'site' / 'index.html').relative_to(root)}: {', '.join(counts)}")
    return PARTIAL if summary.errors else 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
