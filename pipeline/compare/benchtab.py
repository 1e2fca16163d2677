"""Benchmarks compared as benchstat does: results grouped into tables, rows and columns, summarized and tested.

Rules: the numbers, their order and the words of warnings are those of golang.org/x/perf/cmd/benchstat; how they are
written is `render.benchstat_text`'s. The first column is the baseline of the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.compare import stats
from pipeline.compare.benchkeys import Key, Projected, Result, filtered, in_fixed_orders, project, residue
from pipeline.compare.benchsyntax import parse_filter, parse_projection
from pipeline.model.benchmark import BenchmarkFile
from pipeline.model.benchtable import BenchCell, BenchTable, BenchTotal
from pipeline.model.sample import Assumption

_DIFFERENT_SETS: Final = "benchmark set differs from baseline; geomeans may not be comparable"


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How results are grouped and judged: benchstat's options and their defaults."""

    table: str = ".config"
    row: str = ".fullname"
    col: str = ".file"
    ignore: str = ""
    filter: str = "*"
    alpha: float = stats.ALPHA
    confidence: float = stats.CONFIDENCE


@dataclass(slots=True)
class _Group:
    """The results of one cell, while they are gathered."""

    values: list[float] = field(default_factory=list)
    residues: dict[Key, None] = field(default_factory=dict)


_Cells = dict[tuple[Key, Key], _Group]


@dataclass(frozen=True, slots=True)
class _Grouping:
    """What the options say about each result, by its place."""

    tables: Projected
    rows: Projected
    columns: Projected
    residues: Projected


def build_tables(files: Sequence[tuple[str, BenchmarkFile]], options: TableOptions) -> tuple[BenchTable, ...]:
    """Make the tables of labelled files. Raises UsageError for an option that cannot be read."""
    wanted = parse_filter(options.filter)
    fields = [
        parse_projection(text, option)
        for option, text in (
            ("-table", options.table),
            ("-row", options.row),
            ("-col", options.col),
            ("-ignore", options.ignore),
        )
    ]
    named = [one for part in fields for one in part]
    results = [
        kept
        for label, file in files
        for benchmark in file.results
        if (kept := filtered(Result(label, benchmark, benchmark.values), wanted)) and in_fixed_orders(kept, named)
    ]
    table, row, col, _ = fields
    grouping = _Grouping(*(project(results, part, named) for part in (table, row, col, residue(named))))
    assumptions = _assumptions([file for _, file in files])
    gathered = _gather(results, grouping)
    units = {unit: place for place, unit in enumerate(dict.fromkeys(unit for _, unit in gathered))}
    ordered = sorted(gathered, key=lambda one: (grouping.tables.rank(one[0]), units[one[1]]))
    return tuple(
        _table(key, unit, gathered[key, unit], grouping, options, assumptions.get(unit, "nothing"))
        for key, unit in ordered
    )


def _assumptions(files: Sequence[BenchmarkFile]) -> Mapping[str, Assumption]:
    """Read what may be assumed of each unit; the first file that says so is right."""
    found: dict[str, Assumption] = {}
    for file in files:
        for entry in file.units:
            if entry.key == "assume":
                found.setdefault(entry.unit, "exact" if entry.value == "exact" else "nothing")
    return found


def _gather(results: Sequence[Result], grouping: _Grouping) -> dict[tuple[Key, str], _Cells]:
    gathered: dict[tuple[Key, str], _Cells] = {}
    places = zip(
        results, grouping.tables.keys, grouping.rows.keys, grouping.columns.keys, grouping.residues.keys, strict=True
    )
    for result, table, row, column, rest in places:
        for value in result.values:
            group = gathered.setdefault((table, value.unit), {}).setdefault((row, column), _Group())
            group.values.append(value.value)
            group.residues[rest] = None
    return gathered


def _table(
    key: Key, unit: str, groups: _Cells, grouping: _Grouping, options: TableOptions, assume: Assumption
) -> BenchTable:
    rows = sorted({row for row, _ in groups}, key=grouping.rows.rank)
    columns = sorted({column for _, column in groups}, key=grouping.columns.rank)

    def cell(row: Key, column: Key) -> BenchCell | None:
        group, base = groups.get((row, column)), groups.get((row, columns[0]))
        if group is None:
            return None
        baseline = base if column != columns[0] else None
        return _cell(group, baseline, _differing(grouping.residues.fields, group), options, assume)

    cells = tuple(tuple(cell(row, column) for column in columns) for row in rows)
    return BenchTable(
        header=tuple(zip(grouping.tables.fields, key, strict=True)),
        unit=unit,
        fields=grouping.columns.fields,
        columns=tuple(columns),
        rows=tuple(" ".join(part for part in row if part) for row in rows),
        cells=cells,
        totals=_totals(cells),
    )


def _cell(
    group: _Group, baseline: _Group | None, warnings: tuple[str, ...], options: TableOptions, assume: Assumption
) -> BenchCell:
    summary = stats.summarize(group.values, assume, options.confidence)
    if baseline is None:
        return BenchCell(summary, warnings)
    test = stats.compare(baseline.values, group.values, assume, options.alpha)
    return BenchCell(summary, warnings, test, stats.summarize(baseline.values, assume, options.confidence).center)


def _differing(fields: Sequence[str], group: _Group) -> tuple[str, ...]:
    names = [name for name, values in zip(fields, zip(*group.residues, strict=True), strict=True) if len({*values}) > 1]
    return (f"benchmarks vary in {', '.join(names)}",) if names else ()


def _totals(cells: Sequence[Sequence[BenchCell | None]]) -> tuple[BenchTotal, ...]:
    columns = list(zip(*cells, strict=True))
    baselines = sum(cell is not None for cell in columns[0])
    return tuple(_total(column, None if place == 0 else baselines) for place, column in enumerate(columns))


def _total(column: Sequence[BenchCell | None], baselines: int | None) -> BenchTotal:
    """Sum up a column; ``baselines`` is how many benchmarks the first one has, None for itself.

    The ratio is the mean of the ratios, not the ratio of the means, so that it still means something when the sets of
    benchmarks differ.
    """
    found = [cell for cell in column if cell is not None]
    compared = [(cell.summary.center, cell.baseline) for cell in found if cell.baseline is not None]
    warnings = [_DIFFERENT_SETS] if baselines is not None and len(compared) != baselines else []
    geomean = stats.geomean([cell.summary.center for cell in found])
    if geomean is None:
        warnings.append("summaries must be >0 to compute geomean")
    ratio = None
    if baselines is not None and all(base != 0 or head == base for head, base in compared):
        ratio = stats.geomean([1.0 if head == base else head / base for head, base in compared])
        if ratio is None:
            warnings.append("ratios must be >0 to compute geomean")
    return BenchTotal(geomean, ratio, tuple(warnings))
