"""The data scripts of the pages over time: a folder ``data/history/<key>/`` for each stretch of runs. Pure.

``trends.js``: ``profbook.data("history/<key>/trends", {format, runs: [[run, label, started, branch, commit, dirty,
failed]], series: [[component, metric, [value…]]], profiles: [[component, kind, type, unit, perOperation, [total…],
[operations…], [path…]]]})``, one value for each run, null where there is none; one path where all are the same.

``functions.js``, or ``functions-0.js`` to ``functions-3.js`` by CRC-32 of the name where no more runs are to come:
``{format, tables: [[component, kind, type, [[name, [flat…], [cum…]]]]]}``, in thousandths of a percent of the profile's
total, null where the run has no such profile; without cum where it is flat. A function is in a stretch where it holds
`LEAST_FLAT` or `LEAST_CUM` of a profile.
``names.js``, of those alone: ``{format, tables: [[component, kind, type, [name…]]]}``.

Rules: values of metrics have five significant digits, so a picture of a thousand runs stays small; what verdicts and
searches rest on is never read from here. Classic scripts with packed values (`payload.packed`), because ``fetch`` does
not work from ``file://``.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from pipeline.model.difference import Float
from pipeline.model.history import PER_OPERATION, FunctionTable, RunHistory, Stretch
from pipeline.model.page import SharedFiles
from pipeline.render import encode, payload

FORMAT: Final = 1
UNIT: Final = "data/history"
KEPT: Final = "build/history/site"
"""Folder, from the project's root, where the scripts of each stretch are kept between builds."""
SHARDS: Final = 4
LEAST_FLAT: Final = 0.005
LEAST_CUM: Final = 0.05
SCALE: Final = 100_000
_DIGITS: Final = 5

Which = tuple[str, str, str]
"""(component, kind, sample type)."""

_Rows = dict[str, tuple[list[int | None], list[int | None]]]


def folder(key: str) -> str:
    """Place of a stretch's scripts under the site."""
    return f"{UNIT}/{key}/"


def script_names(*, closed: bool) -> tuple[str, ...]:
    """Name the scripts of a stretch."""
    functions = tuple(f"functions-{shard}.js" for shard in range(SHARDS)) if closed else ("functions.js",)
    return ("trends.js", *functions, *(("names.js",) if closed else ()))


def shared(stretches: Sequence[Stretch]) -> dict[str, SharedFiles]:
    """Say which scripts of these stretches the site has; the key of a stretch tells what is in them."""
    keys = [one.key for one in stretches]
    return {UNIT: SharedFiles(keys, partial(_places, stretches))} if keys else {}


def _places(stretches: Iterable[Stretch]) -> dict[str, str]:
    return {
        f"{folder(one.key)}{name}": f"{KEPT}/{one.key}/{name}"
        for one in stretches
        for name in script_names(closed=one.closed)
    }


def scripts(key: str, runs: Sequence[RunHistory], *, closed: bool) -> dict[str, bytes]:
    """Write the scripts of a stretch of runs, which are in the order they started."""
    followed = _followed(runs)
    tables = {which: _functions(by_run, len(runs)) for which, by_run in followed.items()}
    made = {"trends": _trends(runs, followed)}
    if closed:
        made |= {f"functions-{shard}": _weights(tables, shard) for shard in range(SHARDS)}
        names = [[*_shown(which), [encode.visible(name) for name in rows]] for which, rows in tables.items()]
        made["names"] = {"tables": names}
    else:
        made["functions"] = _weights(tables)
    return {
        f"{name}.js": payload.packed("data", f"history/{key}/{name}", {"format": FORMAT, **value})
        for name, value in made.items()
    }


def shard_of(name: str) -> int:
    """Say in which of the scripts of a closed stretch a function is, by its name as shown."""
    return zlib.crc32(encode.visible(name).encode("utf-8", "backslashreplace")) % SHARDS


def _followed(runs: Sequence[RunHistory]) -> dict[Which, dict[int, FunctionTable]]:
    found: dict[Which, dict[int, FunctionTable]] = {}
    for place, run in enumerate(runs):
        for table in run.tables:
            found.setdefault((table.component, table.kind, table.sample_type), {})[place] = table
    return dict(sorted(found.items()))


def _trends(runs: Sequence[RunHistory], followed: Mapping[Which, Mapping[int, FunctionTable]]) -> dict[str, Any]:
    series: dict[tuple[str, str], list[float | None]] = {}
    for place, run in enumerate(runs):
        for component, metric, value in run.metrics:
            series.setdefault((component, metric), [None] * len(runs))[place] = short(value)
    facts = [one.facts for one in runs]
    return {
        "runs": [
            [encode.safe_name(one.id), encode.visible(one.label), one.started, encode.visible(one.branch),
             encode.visible(one.commit), one.dirty, one.failed]
            for one in facts
        ],
        "series": [[encode.visible(component), metric, values] for (component, metric), values in
                   sorted(series.items())],
        "profiles": [[*_shown(which), *_totals(tables, len(runs))] for which, tables in followed.items()],
    }  # fmt: skip


def _totals(tables: Mapping[int, FunctionTable], count: int) -> list[Any]:
    some = next(iter(tables.values()))
    totals: list[float | None] = [None] * count
    operations: list[float | None] = [None] * count
    paths: list[str | None] = [None] * count
    for place, table in tables.items():
        paths[place] = table.path
        totals[place] = short(table.total, 9)
        operations[place] = short(table.operations, 9)
    return [
        encode.visible(some.unit),
        some.kind in PER_OPERATION,
        totals,
        operations,
        paths if len(set(paths) - {None}) > 1 else some.path,
    ]


def _shown(which: Which) -> tuple[str, ...]:
    return tuple(encode.visible(part) for part in which)


def short(value: float, digits: int = _DIGITS) -> float | int | None:
    """Keep so many significant digits; None for what is not finite."""
    if not math.isfinite(value):
        return None
    kept = float(f"{value:.{digits}g}")
    return int(kept) if kept == int(kept) and abs(kept) < 1e15 else kept


def _functions(tables: Mapping[int, FunctionTable], count: int) -> _Rows:
    """Line up what the functions that matter weigh in each run; a function that is in no table of a run weighs 0."""
    names = sorted({name for table in tables.values() for name in _material(table)})
    rows: _Rows = {name: ([None] * count, [None] * count) for name in names}
    for place, table in tables.items():
        scale = SCALE / table.total if table.total else 0.0
        at = {name: index for index, name in enumerate(table.names)}
        flats, cums = (np.rint(column * scale).astype(np.int64).tolist() for column in (table.flat, table.cum))
        for name, (flat, cum) in rows.items():
            index = at.get(name, -1)
            flat[place], cum[place] = (flats[index], cums[index]) if index >= 0 else (0, 0)
    return rows


def _material(table: FunctionTable) -> Iterable[str]:
    if not table.total:
        return ()
    heavy: Float = np.abs(table.flat / table.total)
    wide: Float = np.abs(table.cum / table.total)
    return (table.names[at] for at in np.flatnonzero((heavy >= LEAST_FLAT) | (wide >= LEAST_CUM)))


def _weights(tables: Mapping[Which, _Rows], shard: int | None = None) -> dict[str, Any]:
    return {
        "tables": [
            [
                *_shown(which),
                [_row(name, *columns) for name, columns in rows.items() if shard in {None, shard_of(name)}],
            ]
            for which, rows in tables.items()
        ]
    }


def _row(name: str, flat: list[int | None], cum: list[int | None]) -> list[Any]:
    return [encode.visible(name), flat] if flat == cum else [encode.visible(name), flat, cum]
