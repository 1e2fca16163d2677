"""The corridor: every stage reads, calls pure functions, and writes. Nothing is computed here.

Rules: a stage is a plain function of the project folder and the settings, used by the task graph and by anyone else. It
holds the lock of what it writes and looks again, once it has it, whether the work is still to be done; it tells whether
it worked. Keys decide (`store.fingerprint`), never times. What is wrong with one file becomes a Finding of its run.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from pipeline.analysis.redact import Redactor
from pipeline.compare import pairs as pairing
from pipeline.derive import derive
from pipeline.errors import ConfigError, SiteError, StoreError
from pipeline.model import archive
from pipeline.model.config import CompareConfig, Config
from pipeline.model.record import RunRecord
from pipeline.model.run import Run
from pipeline.model.summary import RunSummary
from pipeline.model.verdict import Comparison
from pipeline.store import fingerprint, locks, records, runs, scout, seen, summaries
from pipeline.store.rules import rules_of

PARTIAL: Final = 3
"""Exit code when data is missing."""

_NOTES_BYTES: Final = 64 << 10


def build_folder(root: Path) -> Path:
    """Say where derived files go."""
    return root / "build"


def profiles_folder(root: Path, config: Config) -> Path:
    """Say where the runs are."""
    return root / config.collect.profiles_dir


def memory(root: Path, name: str) -> seen.Memory:
    """Open what is remembered of the files of ``runs``, of ``derived``, of ``compare`` or of the ``site``."""
    return seen.memory(scout.memory_file(root, name))


def known_runs(root: Path, config: Config, sent: scout.Scout = scout.NONE) -> tuple[runs.KnownRun, ...]:
    """List all runs, reading those that changed since the last look."""
    early = sent.told("runs") if config.collect.profiles_dir == scout.PROFILES else {}
    return runs.known_runs(profiles_folder(root, config), memory(root, "runs"), early)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the project found, for all steps of a command: the runs, the key of each run's record and one
    digest of these, what was ``derived`` of each (for `summaries.taken`), which of them to compare, and the state the
    site had before (`site_state`), and the ``sent`` scout that knows more of the site in that state.
    """

    runs: tuple[runs.KnownRun, ...]
    keys: Mapping[str, str]
    digest: str
    derived: Mapping[str, str]
    plan: pairing.Plan
    site: str
    sent: scout.Scout = scout.NONE

    def is_derived(self, run_id: str) -> bool:
        """Tell whether a run's record was current and whole."""
        return summaries.has_key(self.derived[run_id], self.keys[run_id])


def look(root: Path, config: Config) -> Look:
    """Look at all runs, and at all that was derived from them, once: what takes time with many runs."""
    sent = scout.taken(root)
    sent.wait_with(_preparations())
    site = _site_state(sent.state or scout.marks(root))
    found = known_runs(root, config, sent)
    keys = record_keys(found, config)
    plan = pairing.plan(config.compare, [one.run for one in found], config.comparison)
    derived = summaries.look(build_folder(root), keys, memory(root, "derived"), sent.told("derived"))
    return Look(found, keys, fingerprint.of_records(keys), derived, plan, site, sent)


def _preparations() -> Iterator[Callable[[], object]]:
    """Give, piece by piece, what a build has to load; not what begins threads (Polars), for it may fork yet."""
    yield _load_build
    yield _load_pages

    from pipeline.render import env
    from pipeline.site import templates

    with suppress(SiteError, OSError, ValueError):  # whoever builds meets it again
        texts = templates.read_templates(templates.templates_dir())
        kept = templates.compiled(fingerprint.template_key())
        yield from env.compilations(env.environment(texts, kept), texts)


def _load_build() -> None:
    from pipeline.site import build  # noqa: F401


def _load_pages() -> None:
    from pipeline.render import pages  # noqa: F401


def site_document(root: Path) -> Path:
    """Say where the document is that vouches for the site."""
    return build_folder(root) / "site.json"


def site_state(root: Path) -> str:
    """Say which site is there, so that a `Look` from before another one is known for it; empty without one."""
    return _site_state(scout.marks(root))


def _site_state(marks: Mapping[str, str]) -> str:
    return " ".join(filter(None, marks.values()))


# --- derive ------------------------------------------------------------------------------------------------------


def is_derived(root: Path, run_id: str, key: str) -> bool:
    """Tell whether a run's record has this key and is whole."""
    return summaries.key_of(build_folder(root), run_id, memory(root, "derived")) == key


def record_keys(stored: Sequence[runs.Listed], config: Config) -> dict[str, str]:
    """Key of each run's record, by run."""
    key = fingerprint.derive_keys(config)
    return {one.run.id: key(one.digest) for one in stored}


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
    """Read, measure and doubt one run, and write its record and summary; nothing is done for a run that is gone."""
    from pipeline.render.summary import summarize

    run_dir, build = profiles_folder(root, config) / run_id, build_folder(root)
    path = records.run_record(build, run_id)
    with locks.hold(build / "locks", f"derive-{run_id}"):
        if not run_dir.is_dir():
            return False
        stored = runs.read_run(run_dir)
        key = fingerprint.derive_key(stored.digest, config)
        if is_derived(root, run_id, key):
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
        files[summaries.SUMMARY] = summaries.dump(summarize(record))
        records.write(path, record, kind="run", key=key, files={archive.NAME: archive.pack(files)})
    return True


def summary_of(root: Path, run_id: str, key: str, config: Config, looked: str = "") -> RunSummary:
    """Read a run's summary, deriving the run first if it is not current. Raises StoreError when it is gone.

    ``looked`` is what a look at it has found already.
    """
    if found := summaries.taken(looked, key):
        return found
    find = partial(summaries.find, build_folder(root), run_id, memory=memory(root, "derived"))
    found = find(key)
    if found is None:
        derive_run(root, run_id, config)
        # What was just derived may be of a run that has changed since its key was made.
        found = find(records.head(records.run_record(build_folder(root), run_id), kind="run")[0])
    if found is None:
        raise StoreError(f"the run {run_id} went while it was read", cure="Run it again.")
    return found


def record_of(root: Path, run_id: str, key: str, config: Config) -> RunRecord:
    """Read a run's record, deriving it first if it is not current: another process may have brought the run."""
    if not is_derived(root, run_id, key):
        derive_run(root, run_id, config)
    return records.read(records.run_record(build_folder(root), run_id), RunRecord, kind="run")


def pictures(root: Path, record: RunRecord) -> dict[str, str]:
    """Read the still flame graphs of a run: name of the tree -> picture of its default sample type."""
    names = {f"{one.tree}.svg": one.tree for one in record.profiles if one.tree}
    found = records.data_files(build_folder(root), record.run.id, names)
    return {names[file]: data.decode() for file, data in found.items()}


# --- compare -----------------------------------------------------------------------------------------------------


def pairs(config: Config, found: Sequence[Run] = ()) -> tuple[CompareConfig, ...]:
    """List the comparisons to make: those of the settings, or what suits the runs ``found``; then those that decisions
    rest on.
    """
    return tuple(asked(pairing.plan(config.compare, found, config.comparison), config).values())


def asked(plan: pairing.Plan, config: Config) -> dict[str, CompareConfig]:
    """List the comparisons of a plan and those that decisions rest on, by slug. Raises ConfigError as `slug` does."""
    wanted = (*plan.pairs, *(CompareConfig(base=one.base, head=one.head) for one in config.decisions))
    return {slug(pair): pair for pair in wanted}


def slug(pair: CompareConfig) -> str:
    """Name a comparison as its URL does; raises ConfigError when its labels cannot be part of one."""
    for side in (pair.base, pair.head):
        if not pairing.is_side(side):
            raise ConfigError(
                f"compare: the label {side!r} cannot be part of an address",
                cure="Use letters, digits, '.', '-' and '_' in labels; LABEL@COMMIT for the runs of one commit.",
            )
    return pairing.slug(pair)


def _sides(stored: Sequence[runs.Listed], pair: CompareConfig, config: Config) -> tuple[dict[str, str], dict[str, str]]:
    """Find the runs of both sides: run id -> key of its record."""
    found, key = [one.run for one in stored], fingerprint.derive_keys(config)
    digests = {one.run.id: one for one in stored}
    base, head = (
        {name: key(digests[name].digest) for name in pairing.runs_of(side, found)} for side in (pair.base, pair.head)
    )
    return base, head


def compare_key(pair: CompareConfig, config: Config, stored: Sequence[runs.Listed]) -> str:
    """Make the key of a comparison; empty when neither side has a run."""
    base, head = _sides(stored, pair, config)
    both = list(base.values()), list(head.values())
    return fingerprint.compare_key(pair, *both, config) if base or head else ""


def is_compared(root: Path, pair: CompareConfig, config: Config, stored: Sequence[runs.Listed]) -> bool:
    """Tell whether a comparison is current; one without a run on either side is never made, so it always is."""
    key = compare_key(pair, config, stored)
    return not key or records.is_current(records.comparison(build_folder(root), slug(pair)), kind="comparison", key=key)


def compare_labels(
    root: Path, pair: CompareConfig, config: Config, stored: Sequence[runs.Listed] | None = None
) -> bool:
    """Compare the runs of two labels and write the comparison; nothing is done when neither label has a run.

    ``stored`` are the runs where they are known already.
    """
    from pipeline.analysis.metrics import HEADLINE, METRICS
    from pipeline.compare.pair import compare_labels as compare

    build = build_folder(root)
    with locks.hold(build / "locks", f"compare-{slug(pair)}"):
        stored = known_runs(root, config) if stored is None else stored
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


def comparison_of(root: Path, config: Config, pair: CompareConfig, stored: Sequence[runs.Listed]) -> Comparison | None:
    """Read the comparison of two labels, made first if it is not current; None when neither label has a run."""
    if not compare_key(pair, config, stored):
        return None
    if not is_compared(root, pair, config, stored):
        compare_labels(root, pair, config)
    return records.read(records.comparison(build_folder(root), slug(pair)), Comparison, kind="comparison")


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
