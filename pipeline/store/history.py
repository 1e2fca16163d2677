"""The history store, and the one door to Polars: what trends and searches read of many runs, as columns in Parquet.

``build/history/<table>/<key>.parquet`` with the tables ``runs`` (one row a run), ``metrics`` (run, component, metric,
value), ``profiles`` (what the functions of a kind add up to, and the operations they are divided by) and ``functions``
(flat and cum). Runs are kept in stretches, in the order they started, and a stretch ends where the digest of a run's
name says so: a new run writes the last stretch anew, one that goes or changes its own, whatever the number of runs and
the order in which they came. What holds a run is looked up by the run's name and the key of its record, so no record is
read twice. Parts that do not have their digest are made again. Anything that reads Parquet may read them.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pipeline.model.history import FunctionTable, RunFacts, RunHistory, Stretch
from pipeline.store import atomic, fingerprint, records, seen

if TYPE_CHECKING:
    import polars as pl

FORMAT: Final = 1
_KIND: Final = "history-parts"
_CODE: Final = ("compare/followed.py", "compare/replicates.py", "model/history.py", "store/history.py")
_PARTS_READ: Final = 4
_MOST: Final = 64
"""Runs of a stretch at the most; a run whose digest is a multiple of it ends one too."""

_RUN: Final = {"run": "String"}
_TABLE: Final = {**_RUN, "component": "String", "kind": "String", "sample_type": "String"}
TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "runs": {**_RUN, "key": "String", "label": "String", "started": "String", "branch": "String", "commit": "String",
             "dirty": "Boolean", "failed": "Boolean"},
    "metrics": {**_RUN, "component": "String", "metric": "String", "value": "Float64"},
    "profiles": {**_TABLE, "unit": "String", "path": "String", "total": "Float64", "operations": "Float64",
                 "functions": "Int64"},
    "functions": {**_TABLE, "function": "String", "flat": "Float64", "cum": "Float64"},
}  # fmt: skip
"""Columns of each table. The rows of ``functions`` follow those of ``profiles``, as many for each as it says."""

Make = Callable[[str], RunHistory]
"""Makes what is kept of a run, by its name, from its record."""

_Columns = dict[str, dict[str, list[Any]]]


class Placed(NamedTuple):
    """A run to be kept: its name, the key of its record, its start (never empty), its label."""

    id: str
    key: str
    started: str
    label: str


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch on disk: runs by (name, key of the record), and the SHA-256 of each table's file."""

    key: str
    runs: tuple[tuple[str, str], ...]
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """``build/history/parts.json``."""

    parts: tuple[Part, ...] = ()


def stretches(runs: Collection[Placed]) -> tuple[Stretch, ...]:
    """Part runs into stretches, the oldest first; the same runs give the same stretches in whatever order they come."""
    found: list[Stretch] = []
    taken: list[Placed] = []
    for run in sorted(runs, key=lambda one: (one.started, one.id)):
        taken.append(run)
        if _ends(run.id) or len(taken) == _MOST:
            found.append(_stretch(taken, closed=True))
            taken = []
    return (*found, _stretch(taken, closed=False)) if taken else tuple(found)


@cache
def _ends(run: str) -> bool:
    return int.from_bytes(hashlib.sha256(run.encode("utf-8", "surrogatepass")).digest()[:4]) % _MOST == 0


def _stretch(runs: Sequence[Placed], *, closed: bool) -> Stretch:
    code = (fingerprint.of_code(_CODE), fingerprint.of_libraries(("polars",)))
    key = fingerprint.digest("stretch", FORMAT, [(one.id, one.key) for one in runs], code)[:16]
    return Stretch(key, tuple(one.id for one in runs), tuple(dict.fromkeys(one.label for one in runs)), closed)


def keep(folder: Path, wanted: Sequence[Stretch], keys: Mapping[str, str], make: Make) -> None:
    """Bring the store to these stretches of runs, whose records have these ``keys``; ``make`` is asked only for runs it
    does not hold. Files of other runs are removed. Only under the lock of the history.
    """
    whole = {part.key: part for part in _whole_parts(folder)}
    if [one.key for one in wanted] == list(whole) == [part.key for part in _told(folder)]:
        return
    parts = []
    for stretch in wanted:
        part = whole.get(stretch.key)
        parts.append(part or _write(folder, stretch, keys, _taken(folder, stretch, keys, whole.values(), make)))
    records.write(folder / "parts.json", Parts(tuple(parts)), kind=_KIND, key=str(FORMAT))
    _remove_others(folder, {part.key for part in parts})


def read(folder: Path, wanted: Sequence[Stretch], runs: Collection[str]) -> dict[str, RunHistory]:
    """Read some runs of the stretches the store was brought to, by name. Raises StoreError for a file that is gone."""
    found: dict[str, RunHistory] = {}
    for stretch in wanted:
        if not set(runs).isdisjoint(stretch.runs):
            found |= {name: one for name, one in _read_part(folder, stretch.key).items() if name in runs}
    return found


def _told(folder: Path) -> tuple[Part, ...]:
    path = folder / "parts.json"
    if not records.is_current(path, kind=_KIND, key=str(FORMAT)):
        return ()
    return records.read(path, Parts, kind=_KIND).parts


def _whole_parts(folder: Path) -> Iterator[Part]:
    for part in _told(folder):
        if tuple(_digest(_place(folder, table, part.key)) for table in TABLES) == part.digests:
            yield part


def _place(folder: Path, table: str, key: str) -> Path:
    return folder / table / f"{key}.parquet"


def _digest(path: Path) -> str:
    """Digest a file, or tell it again while the file is the same: one build asks for each several times."""
    try:
        return _digest_in(path, seen.state_of(path))
    except OSError:
        return ""


@lru_cache(4096)
def _digest_in(path: Path, _: str) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _taken(
    folder: Path, stretch: Stretch, keys: Mapping[str, str], parts: Collection[Part], make: Make
) -> list[RunHistory]:
    """Take each run from the part that holds it as it is, else have it made."""
    held = {run: part.key for part in parts for run in part.runs}
    opened: dict[str, dict[str, RunHistory]] = {}
    found = []
    for run in stretch.runs:
        place = held.get((run, keys[run]))
        if place is None:
            found.append(make(run))
            continue
        if place not in opened:
            opened[place] = _read_part(folder, place)
        found.append(opened[place][run])
    return found


def _write(folder: Path, stretch: Stretch, keys: Mapping[str, str], runs: Sequence[RunHistory]) -> Part:
    import polars as pl

    columns = _encode(runs, keys)
    digests = []
    for table, kinds in TABLES.items():
        schema = {name: getattr(pl, kind) for name, kind in kinds.items()}
        buffer = io.BytesIO()
        pl.DataFrame(columns[table], schema=schema).write_parquet(buffer, compression="zstd", statistics=False)
        # The digest vouches for it: a part that a crash of the machine lost is made again.
        atomic.write_bytes(_place(folder, table, stretch.key), buffer.getvalue(), flush=False)
        digests.append(hashlib.sha256(buffer.getvalue()).hexdigest())
    return Part(stretch.key, tuple((run, keys[run]) for run in stretch.runs), tuple(digests))


def _encode(runs: Sequence[RunHistory], keys: Mapping[str, str]) -> _Columns:
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
    for run in runs:
        told = run.facts
        name = told.id
        rows["runs"].append(
            (name, keys[name], told.label, told.started, told.branch, told.commit, told.dirty, told.failed)
        )
        rows["metrics"] += [(name, *one) for one in run.metrics]
        for table in run.tables:
            which = (name, table.component, table.kind, table.sample_type)
            rows["profiles"].append((*which, table.unit, table.path, table.total, table.operations, len(table.names)))
            weights = zip(table.names, table.flat.tolist(), table.cum.tolist(), strict=True)
            rows["functions"] += [(*which, *one) for one in weights]
    return {
        table: {name: [_text(row[at]) for row in rows[table]] for at, name in enumerate(kinds)}
        for table, kinds in TABLES.items()
    }


def _text(value: Any) -> Any:
    """Write what is no character (a lone surrogate) as a question mark: Parquet's texts are UTF-8."""
    return value.encode("utf-8", "replace").decode() if type(value) is str and not value.isascii() else value


def _read_part(folder: Path, key: str) -> dict[str, RunHistory]:
    """Read a part, or take it as it was read: one build asks for the last ones several times."""
    try:
        states = tuple(seen.state_of(_place(folder, table, key)) for table in TABLES)
    except OSError:
        states = ()
    return _read_tables(folder, key, states)


@lru_cache(_PARTS_READ)
def _read_tables(folder: Path, key: str, _: tuple[str, ...]) -> dict[str, RunHistory]:
    frames = {table: _frame(_place(folder, table, key)) for table in TABLES}
    metrics: dict[str, list[tuple[str, str, float]]] = {}
    for run, *told in frames["metrics"].iter_rows():
        metrics.setdefault(run, []).append((told[0], told[1], told[2]))
    tables = _tables(frames["profiles"], frames["functions"])
    found = {}
    for name, _key, label, started, branch, commit, dirty, failed in frames["runs"].iter_rows():
        facts = RunFacts(name, label, started, branch, commit, dirty, failed)
        found[name] = RunHistory(facts, tuple(metrics.get(name, ())), tuple(tables.get(name, ())))
    return found


def _tables(profiles: pl.DataFrame, functions: pl.DataFrame) -> dict[str, list[FunctionTable]]:
    names = functions["function"].to_list()
    flat, cum = functions["flat"].to_numpy(), functions["cum"].to_numpy()
    found: dict[str, list[FunctionTable]] = {}
    at = 0
    for run, component, kind, sample_type, unit, path, total, operations, count in profiles.iter_rows():
        to = at + count
        table = FunctionTable(
            component, kind, sample_type, unit, path, total, operations, tuple(names[at:to]), flat[at:to], cum[at:to]
        )
        found.setdefault(run, []).append(table)
        at = to
    return found


def _frame(path: Path) -> pl.DataFrame:
    import polars as pl

    from pipeline.errors import StoreError

    try:
        return pl.read_parquet(io.BytesIO(path.read_bytes()))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StoreError(f"{path} cannot be read: {error}", cure="Run it again: it is made again.") from error


def _remove_others(folder: Path, keys: Collection[str]) -> None:
    for table in TABLES:
        for path in (folder / table).iterdir():
            if path.stem not in keys:
                atomic.remove(path)
