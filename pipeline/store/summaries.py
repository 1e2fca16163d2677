"""The summaries of runs on disk: one small data file of each record, and all of them together in a memory.

Rules: the record vouches for its data files; the memory holds, for each run's derived folder that was found whole, the
key of its record and the summary. What a memory does not know is read from the folder. A site reads thousands of them,
so the text is columns and not objects, and a column is one text where it can be: ``|a|b`` are the texts a and b (their
first character parts them), ``{"f8": …}`` is base64 of doubles, the low byte first; any other is a list.
"""

from __future__ import annotations

import base64
import json
import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pipeline.errors import StoreError
from pipeline.model.finding import Finding
from pipeline.model.summary import Cell, Row, Rows, RunSummary, SummaryMeasurement, SummaryProfile, column
from pipeline.store import codec, records, seen

SUMMARY: Final = "summary.json"
_PLAIN: Final = ("id", "key", "label", "started", "branch", "commit", "dirty", "state", "errors", "warnings")
_PARTING: Final = "|;~^"
_DOUBLES: Final = "f8"
_ALIKE: Final = 1 << 10
"""How many columns of texts are kept as they were read: most runs measure the same metrics of the same profiles."""


def dump(summary: RunSummary) -> bytes:
    """Write a summary, the same bytes for equal ones."""
    value = {name: getattr(summary, name) for name in _PLAIN}
    value["components"], value["functions"] = summary.components, _packed(summary.functions)
    value["measurements"] = _columns(summary.measurements, SummaryMeasurement)
    value["profiles"] = _columns(summary.profiles, SummaryProfile)
    value["cells"] = _columns(summary.cells, Cell)
    value["failures"] = codec.to_plain(summary.failures)
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def load(data: bytes | str) -> RunSummary:
    """Read what `dump` wrote; raises ValueError for anything else."""
    try:
        value = json.loads(data)
        return RunSummary(
            **{name: value[name] for name in _PLAIN},
            components=tuple(value["components"]),
            functions=tuple(_unpacked(value["functions"])),
            measurements=_rows(SummaryMeasurement, value["measurements"]),
            profiles=_rows(SummaryProfile, value["profiles"]),
            cells=_rows(Cell, value["cells"]),
            failures=tuple(codec.from_plain(one, Finding) for one in value["failures"]),
        )
    except (KeyError, TypeError, struct.error) as error:
        raise ValueError(f"it is no summary of a run: {error}") from error


def _columns(rows: Sequence[Row], kind: type[Row]) -> list[Any]:
    return [_packed(column(rows, name)) for name in kind._fields]


def _packed(values: Sequence[Any]) -> Any:
    """Write a column as one text if it can be."""
    kinds = set(map(type, values))
    if kinds == {float}:
        return {_DOUBLES: base64.b64encode(struct.pack(f"<{len(values)}d", *values)).decode("ascii")}
    parting = next((sign for sign in _PARTING if not any(sign in one for one in values)), "") if kinds == {str} else ""
    return "".join(parting + one for one in values) if parting else list(values)


def _rows(kind: type[Row], packed: list[Any]) -> Rows[Row]:
    columns = [_unpacked(one) for one in packed]
    if len(columns) != len(kind._fields) or len(set(map(len, columns))) != 1:
        raise TypeError("its columns do not belong together")
    return Rows(kind, columns)


def _unpacked(packed: Any) -> Sequence[Any]:
    """Read what `_packed` wrote; raises KeyError, TypeError or struct.error for anything else."""
    if isinstance(packed, str):
        return _texts(packed)
    if isinstance(packed, dict):
        data = base64.b64decode(packed[_DOUBLES])
        return struct.unpack(f"<{len(data) // 8}d", data)
    return list(packed)


@lru_cache(_ALIKE)
def _texts(packed: str) -> tuple[str, ...]:
    return tuple(packed[1:].split(packed[:1]))


def key_of(build: Path, run_id: str, memory: seen.Memory) -> str:
    """Key of a run's record; empty when it or its data files are missing or damaged."""
    return _look(os.fspath(records.derived(build)), run_id, memory).partition(" ")[0]


def find(build: Path, run_id: str, key: str, memory: seen.Memory) -> RunSummary | None:
    """Read the summary of a run whose record has this key and is whole, with its files; None when it is not."""
    return taken(_look(os.fspath(records.derived(build)), run_id, memory), key)


def look(
    build: Path, names: Iterable[str], memory: seen.Memory, early: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Look at the derived folders of many runs: what `taken` takes their summaries from, by run; empty texts for those
    that are not whole. ``early`` is what a scout has found in the memory already.
    """
    derived = os.fspath(records.derived(build))
    return {name: early.get(name) or _look(derived, name, memory) for name in names}


def has_key(looked: str, key: str) -> bool:
    """Tell whether what `look` gave for a run is of the record with this key."""
    return looked.startswith(key) and looked[len(key) : len(key) + 1] == " "


def taken(looked: str, key: str) -> RunSummary | None:
    """Take a summary from what `look` gave for its run, when the record has this key."""
    try:
        return load(looked[len(key) + 1 :]) if has_key(looked, key) else None
    except ValueError:
        return None


def _look(derived: str, run_id: str, memory: seen.Memory) -> str:
    """Give ``<key> <summary>`` of a folder that is whole, from the memory if nothing in it has changed."""
    place = f"{derived}/{run_id}"
    if known := memory.revisit(run_id, place):
        return known
    folder = seen.look(place)
    if folder is None:
        return ""
    state = folder.state
    found = memory.recall(run_id, state) or _read(Path(place), set(folder.paths))
    if found and folder.settled:
        memory.keep(run_id, state, found, folder.visit)
    return found


def _read(place: Path, names: set[str]) -> str:
    """Read a folder; one that holds what its record does not name was left by a writer that was killed."""
    path = place / records.RECORD
    key, files = records.head(path, kind="run")
    try:
        if not key or names != {*files, records.RECORD} or records.whole_key(path, kind="run") != key:
            return ""
        found = records.data_files(place.parent.parent, place.name, [SUMMARY])
        return f"{key} {found[SUMMARY].decode('ascii')}"
    except (StoreError, ValueError):
        return ""
