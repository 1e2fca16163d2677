"""The history of labels as a step of the corridor: what was searched once is read again until a run or setting changes.

Rules: like `derive`, it decides nothing about when it is wanted; the caller holds the records of all runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.model.config import Config
from pipeline.model.history import History
from pipeline.model.record import RunRecord
from pipeline.store import fingerprint, locks, records

_KIND = "history"


def is_current(build: Path, keys: Mapping[str, str], config: Config) -> bool:
    """Tell whether the history of the runs with these record keys is there and whole."""
    return records.is_current(records.history(build), kind=_KIND, key=fingerprint.history_key(keys, config))


def find(build: Path, found: Sequence[RunRecord], config: Config) -> History:
    """Read the history of these runs, searched first if it is not current."""
    from pipeline.analysis.metrics import METRICS
    from pipeline.compare.history import find_history

    keys = {record.run.id: record.key for record in found}
    with locks.hold(build / "locks", "history"):
        if not is_current(build, keys, config):
            made = find_history(found, METRICS, config.history)
            records.write(records.history(build), made, kind=_KIND, key=fingerprint.history_key(keys, config))
    return records.read(records.history(build), History, kind=_KIND)
