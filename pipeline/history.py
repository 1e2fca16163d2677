"""The history of runs as a step of the corridor: the store, what was searched, and the scripts of the pages over time.

Rules: like `derive`, it decides nothing about when it is wanted. It is given what every run is summarized by, and reads
a record only of a run the store does not hold yet. A label is searched again only when one of its runs or a setting
changed; what one stretch of runs becomes on the site is made once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pipeline.model.config import Config
from pipeline.model.history import History, LabelHistory, LabelSearch, OverTime, RunFacts, RunHistory, Stretch
from pipeline.model.record import RunRecord
from pipeline.model.summary import RunSummary
from pipeline.store import atomic, fingerprint, locks, records
from pipeline.store import history as store

_KIND: Final = "history"
_LABEL_KIND: Final = "label-history"
_SCRIPTS_KIND: Final = "history-scripts"
_FAILED: Final = frozenset({"failed", "load_failed"})
_SCRIPTS_CODE: Final = ("model/history.py", "render/encode.py", "render/history_data.py", "render/payload.py")
_NEWEST_LABELS: Final = 4
_ORDERS: Final = 200

Read = Callable[[str], RunRecord]
"""Reads the record of a run, by its name."""


def is_current(build: Path, digest: str, config: Config) -> bool:
    """Tell whether the history of the runs whose records have this digest is there and whole."""
    return records.is_current(records.history(build), kind=_KIND, key=fingerprint.history_key(digest, config))


def find(build: Path, found: Sequence[RunSummary], config: Config, read: Read) -> History:
    """Read the history of these runs, searched first if it is not current."""
    digest = fingerprint.of_records({run.id: run.key for run in found})
    with locks.hold(build / "locks", "history"):
        if not is_current(build, digest, config):
            _keep(build, found, read)
            made = _search(build, found, config)
            records.write(records.history(build), made, kind=_KIND, key=fingerprint.history_key(digest, config))
    return records.read(records.history(build), History, kind=_KIND)


def over_time(build: Path, found: Sequence[RunSummary], read: Read) -> OverTime:
    """Bring the store and the scripts of the pages over time up to date, and say what they hold."""
    from pipeline.compare.intervals import CONFIDENCE, median_orders

    with locks.hold(build / "locks", "history"):
        stretches = _keep(build, found, read)
        for stretch in stretches:
            _write_scripts(build, stretch)
        for other in (build / "history" / "site").glob("*"):
            if other.name not in {one.key for one in stretches}:
                atomic.remove(other)
        newest = _newest(found)
        held = store.read(build / "history", stretches, newest)
    orders = (median_orders(count, CONFIDENCE)[:2] for count in range(1, _ORDERS + 1))
    return OverTime(
        stretches,
        tuple(held[run] for run in newest),
        sum(not run.started for run in found),
        tuple((low, high) if low > 0 and high <= count else (0, 0) for count, (low, high) in enumerate(orders, 1)),
    )


def _keep(build: Path, found: Sequence[RunSummary], read: Read) -> tuple[Stretch, ...]:
    from pipeline.compare.followed import history_of

    stretches = _stretches(found)
    store.keep(build / "history", stretches, {run.id: run.key for run in found}, lambda run: history_of(read(run)))
    return stretches


def _stretches(found: Sequence[RunSummary]) -> tuple[Stretch, ...]:
    return store.stretches([store.Placed(run.id, run.key, run.started, run.label) for run in found if run.started])


def _newest(found: Sequence[RunSummary]) -> list[str]:
    """Name the newest run of each of the labels that had a run last, the newest first."""
    newest: dict[str, str] = {}
    for run in sorted(found, key=lambda one: (one.started, one.id), reverse=True):
        if run.started and run.state not in _FAILED:
            newest.setdefault(run.label, run.id)
    return list(newest.values())[:_NEWEST_LABELS]


# --- searching ---------------------------------------------------------------------------------------------------


def _search(build: Path, found: Sequence[RunSummary], config: Config) -> History:
    from pipeline.compare.history import judge, runs_by_label

    keys = {run.id: run.key for run in found}
    facts = [
        RunFacts(run.id, run.label, run.started, run.branch, run.commit, run.dirty, run.state in _FAILED)
        for run in found
    ]
    searches = []
    for label, runs in runs_by_label(facts, config.history):
        names = [run.id for run in runs]
        key = fingerprint.label_key(label.older, [(name, keys[name]) for name in names], config)
        path = _label_file(build, label.label)
        if not records.is_current(path, kind=_LABEL_KIND, key=key):
            made = _search_label(build, found, label, names, config)
            records.write(path, made, kind=_LABEL_KIND, key=key)
        searches.append(records.read(path, LabelSearch, kind=_LABEL_KIND))
    kept = {_label_file(build, one.label.label) for one in searches}
    for other in (build / "history" / "labels").glob("*"):
        if other not in kept:
            atomic.remove(other)
    return judge(searches)


def _label_file(build: Path, label: str) -> Path:
    return build / "history" / "labels" / f"{fingerprint.digest(label)[:16]}.json"


def _search_label(
    build: Path, found: Sequence[RunSummary], label: LabelHistory, names: Sequence[str], config: Config
) -> LabelSearch:
    from pipeline.analysis.metrics import METRICS
    from pipeline.compare.history import search_label

    held = store.read(build / "history", _stretches(found), names)
    return search_label(label, [held[name] for name in names], METRICS, config.history)


# --- scripts of the site -----------------------------------------------------------------------------------------


def scripts_key() -> str:
    """Make the key of the code that writes the scripts: those of one stretch are the same as long as it is."""
    return fingerprint.of_code(_SCRIPTS_CODE)


def _write_scripts(build: Path, stretch: Stretch) -> None:
    """Make the scripts of a stretch, unless they are there and whole."""
    from pipeline.render import history_data

    path = build / "history" / "site" / stretch.key / "stretch.json"
    key = fingerprint.digest(stretch.key, stretch.closed, scripts_key())
    if records.is_current(path, kind=_SCRIPTS_KIND, key=key):
        return
    held = store.read(build / "history", (stretch,), stretch.runs)
    runs: list[RunHistory] = [held[run] for run in stretch.runs]
    files = history_data.scripts(stretch.key, runs, closed=stretch.closed)
    records.write(path, stretch, kind=_SCRIPTS_KIND, key=key, files=files)
