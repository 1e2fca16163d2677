"""The corridor: every stage reads, calls pure functions, and writes. Nothing is computed here.

Rules: a stage is a plain function of the project folder and the settings, used by the task graph and by anyone else. It
holds the lock of what it writes and looks again, once it has it, whether the work is still to be done; it tells whether
it worked. Keys decide (`store.fingerprint`), never times. What is wrong with one file becomes a Finding of its run.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline import history
from pipeline.analysis.redact import Redactor
from pipeline.compare import pairs as pairing
from pipeline.derive import derive
from pipeline.errors import ConfigError
from pipeline.model.config import CompareConfig, Config
from pipeline.model.finding import Finding
from pipeline.model.record import RunRecord
from pipeline.model.run import Run
from pipeline.model.verdict import Comparison
from pipeline.store import atomic, fingerprint, locks, records, runs
from pipeline.store.rules import rules_of
from pipeline.units import counted

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
            redact=config.redact.rules,
            publish=config.site.raw_profiles,
        )
        records.write(path, record, kind="run", key=key, files=files)
    return True


# --- compare -----------------------------------------------------------------------------------------------------


def pairs(config: Config, found: Sequence[Run] = ()) -> tuple[CompareConfig, ...]:
    """List the comparisons to make: those of the settings, or what suits the runs ``found``; then those that decisions
    rest on.
    """
    made = pairing.plan(config.compare, found, config.comparison).pairs
    asked = (*made, *(CompareConfig(base=one.base, head=one.head) for one in config.decisions))
    return tuple({slug(pair): pair for pair in asked}.values())


def slug(pair: CompareConfig) -> str:
    """Name a comparison as its URL does; raises ConfigError when its labels cannot be part of one."""
    for side in (pair.base, pair.head):
        if not pairing.is_side(side):
            raise ConfigError(
                f"compare: the label {side!r} cannot be part of an address",
                cure="Use letters, digits, '.', '-' and '_' in labels; LABEL@COMMIT for the runs of one commit.",
            )
    return pairing.slug(pair)


def _sides(
    stored: Sequence[runs.StoredRun], pair: CompareConfig, config: Config
) -> tuple[dict[str, str], dict[str, str]]:
    """Find the runs of both sides: run id -> key of its record."""
    keys, found = record_keys(stored, config), [one.run for one in stored]
    base, head = ({name: keys[name] for name in pairing.runs_of(side, found)} for side in (pair.base, pair.head))
    return base, head


def record_keys(stored: Sequence[runs.StoredRun], config: Config) -> dict[str, str]:
    """Key of each run's record, by run."""
    return {one.run.id: fingerprint.derive_key(one.digest, config) for one in stored}


def is_compared(root: Path, pair: CompareConfig, config: Config, stored: Sequence[runs.StoredRun]) -> bool:
    """Tell whether a comparison is current; one without a run on either side is never made, so it always is."""
    base, head = _sides(stored, pair, config)
    path = records.comparison(build_folder(root), slug(pair))
    key = fingerprint.compare_key(pair, list(base.values()), list(head.values()), config)
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
        key = fingerprint.compare_key(pair, list(base.values()), list(head.values()), config)
        base_records, head_records = (
            [record_of(root, run_id, key, config) for run_id, key in side.items()] for side in (base, head)
        )
        result = compare(
            base_records,
            head_records,
            labels=(pair.base, pair.head),
            metrics=METRICS,
            headline=HEADLINE,
            trees=partial(records.call_tree, build),
            limits=config.comparison,
            rules=rules_of(config),
        )
        records.write(records.comparison(build, slug(pair)), result, kind="comparison", key=key)
    return True


def record_of(root: Path, run_id: str, key: str, config: Config) -> RunRecord:
    """Read a run's record, deriving it first if it is not current: another process may have brought the run."""
    path = records.run_record(build_folder(root), run_id)
    if not records.is_current(path, kind="run", key=key):
        derive_run(root, run_id, config)
    return records.read(path, RunRecord, kind="run")


# --- site --------------------------------------------------------------------------------------------------------


def _site_key(config: Config, stored: Sequence[runs.StoredRun]) -> str:
    from pipeline.site.templates import templates_dir

    compared = {}
    for pair in pairs(config, [one.run for one in stored]):
        base, head = _sides(stored, pair, config)
        compared[slug(pair)] = fingerprint.compare_key(pair, list(base.values()), list(head.values()), config)
    return fingerprint.site_key(record_keys(stored, config), compared, config, templates_dir())


def is_built(root: Path, config: Config, stored: Sequence[runs.StoredRun]) -> bool:
    """Tell whether the site is current, whole and holds nothing else."""
    key, build = _site_key(config, stored), build_folder(root)
    whole = records.is_current(build / "site.json", kind="site", key=key, folder=build / "site", only=True)
    return whole and history.is_current(build, record_keys(stored, config), config)


def build_site(root: Path, config: Config, *, say: Callable[[str], None] = locks.tell) -> bool:
    """Render all pages and swap the new site in; leftovers of runs that are gone are removed."""
    build = build_folder(root)
    with locks.hold(build / "locks", "site"):
        stored = runs.list_runs(profiles_folder(root, config))
        if is_built(root, config, stored):
            return False
        say(f"building the site of {counted(len(stored), 'run')} …")
        found = [record_of(root, one.run.id, fingerprint.derive_key(one.digest, config), config) for one in stored]
        compared = _comparisons(root, config, stored)
        _prune(root, config, {one.slug for one in compared})
        for place in _render(root, config, found, compared).skipped:
            say(f"not copied into the site: {place}")
        summary, digests = _summarize(found, compared), records.tree_digests(build / "site")
        records.seal(build / "site.json", summary, kind="site", key=_site_key(config, stored), files=digests)
    return True


def _comparisons(root: Path, config: Config, stored: Sequence[runs.StoredRun]) -> list[Comparison]:
    found = [comparison_of(root, config, pair, stored) for pair in pairs(config, [one.run for one in stored])]
    return [one for one in found if one is not None]


def comparison_of(
    root: Path, config: Config, pair: CompareConfig, stored: Sequence[runs.StoredRun]
) -> Comparison | None:
    """Read the comparison of two labels, made first if it is not current; None when neither label has a run."""
    if not any(_sides(stored, pair, config)):
        return None
    if not is_compared(root, pair, config, stored):
        compare_labels(root, pair, config)
    return records.read(records.comparison(build_folder(root), slug(pair)), Comparison, kind="comparison")


def _prune(root: Path, config: Config, compared: AbstractSet[str]) -> None:
    """Remove what was derived from runs and comparisons that are no more."""
    build = build_folder(root)
    for folder in (build / "derived").glob("*"):
        if not (profiles_folder(root, config) / folder.name).is_dir():
            atomic.remove(folder)
    for path in (build / "compare").glob("*.json"):
        if path.stem not in compared:
            atomic.remove(path)


def _render(root: Path, config: Config, found: Sequence[RunRecord], compared: Sequence[Comparison]) -> BuildReport:
    from pipeline.analysis.metrics import HEADLINE, METRICS
    from pipeline.compare.decision import decide
    from pipeline.compare.matrix import matrices
    from pipeline.render.pages import render_site
    from pipeline.site import build, cache, templates

    folder, output = templates.templates_dir(), build_folder(root)
    made = {one.slug: one for one in compared}
    content = render_site(
        found,
        compared,
        config=config,
        templates=templates.read_templates(folder),
        metrics=METRICS,
        headline=HEADLINE,
        flames=_flames(root, found),
        notes=notes(root, config, found),
        charts=cache.FileCache(output / "cache" / "charts"),
        decisions=[decide(one, made.get(f"{one.base}..{one.head}"), rules_of(config)) for one in config.decisions],
        matrices=matrices(compared, HEADLINE),
        history=history.find(output, found, config),
        noted=pairing.plan(config.compare, [record.run for record in found], config.comparison).findings,
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


def notes(root: Path, config: Config, found: Sequence[RunRecord]) -> dict[tuple[str, str], str]:
    """Read the notes people put beside their runs, as plain text without what is to be kept out."""
    folder, redactor = profiles_folder(root, config), Redactor(config.redact.rules)
    return {
        (record.run.id, file.path): redactor.text(
            runs.read_file(folder / record.run.id, file)[:_NOTES_BYTES].decode(errors="replace")
        )
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
    counts = [counted(summary.runs, "run"), counted(summary.comparisons, "comparison")]
    counts += [counted(summary.warnings, "warning")] if summary.warnings else []
    counts += [counted(len(summary.errors), "error")] if summary.errors else []
    for name in runs.skipped_names(profiles_folder(root, config)):
        say(f"skipped {config.collect.profiles_dir}/{name}: a link, or not a safe name for an address")
    for run_id, doubt in summary.errors[:_SHOWN_ERRORS]:
        say(f"error in {run_id}: {doubt.subject}: {doubt.code}: {doubt.message}")
    if len(summary.errors) > _SHOWN_ERRORS:
        say(f"… and {len(summary.errors) - _SHOWN_ERRORS} more, shown on the pages of their runs")
    say(f"{(build / 'site' / 'index.html').relative_to(root)}: {', '.join(counts)}")
    return PARTIAL if summary.errors else 0
