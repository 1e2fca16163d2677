"""Benchmark tables as benchstat writes them: text for people, CSV for programs. Pure.

Rules: scale, digits, signs and spacing are golang.org/x/perf's: three significant digits or more, one prefix for a row,
the delta in percent with its sign, ``~`` where a difference is not significant, ``?`` where it has no percentage.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from pipeline import units
from pipeline.model.benchtable import BenchCell, BenchTable, BenchTotal
from pipeline.model.sample import Significance, Summary
from pipeline.render.text_table import TextCell, cell, layout

_LABEL_COLUMNS: Final = 1
_CENTER_COLUMNS: Final = 3
_DELTA_COLUMNS: Final = 3
_BAR: Final = " │ "
_EDGE: Final = " │"
_SUPERSCRIPTS: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_DECIMAL: Final = tuple((10.0**power, prefix) for power, prefix in zip(range(12, -12, -3), "TGMk mµn", strict=True))
_BINARY: Final = tuple((2.0**power, prefix) for power, prefix in zip(range(40, -10, -10), "TGMK ", strict=True))
_UNIT_PART: Final = re.compile(r"[*/]|[^*/\s-]+")
_BYTES: Final = frozenset({"B", "MB", "bytes"})
_SMALLEST_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class Scale:
    """How the values of a row are written: digits after the point, the value of one prefix, the prefix."""

    digits: int
    factor: float
    prefix: str

    def show(self, value: float) -> str:
        """Write a value."""
        return f"{value / self.factor:.{self.digits}f}{self.prefix}"


def is_binary(unit: str) -> bool:
    """Tell whether a unit counts bytes above its ``/``: these go by 1,024."""
    below = False
    for part in _UNIT_PART.findall(unit):
        below = part == "/" or (below and part != "*")
        if part in _BYTES and not below:
            return True
    return False


def common_scale(values: Iterable[float], *, binary: bool) -> Scale:
    """Choose one scale for the values of a row: the one nearest to zero gets three significant digits or more."""
    least = min((abs(value) for value in values if value), default=0.0)
    if least == 0:
        return Scale(3, 1.0, "")
    for factor, prefix in _BINARY if binary else _DECIMAL:
        sign = prefix.strip() + ("i" if binary and prefix.strip() else "")
        for digits, edge in ((1, 99.995), (2, 9.9995), (3, 0.99995)):
            # Read from text, so that the edge is where printing rounds up.
            if least >= (edge * factor if binary else float(f"{edge!r}e{round(math.log10(factor))}")):
                return Scale(digits, factor, sign)
    factor, sign = (1.0, "") if binary else (_DECIMAL[-1][0], "n")
    digits = 3
    while digits < _SMALLEST_DIGITS and least / factor < float(f"9.9995e{2 - digits}"):
        digits += 1
    return Scale(digits, factor, sign)


def range_text(summary: Summary) -> str:
    """Write how wide a confidence interval is, relative to its center: ``2%``, ``∞``, ``?`` where signs differ."""
    if not summary.is_bounded:
        return "∞"
    center, lo, hi = summary.center, summary.lo, summary.hi
    if not _sign(center) == _sign(lo) == _sign(hi):
        return "?"
    return "0%" if center == 0 else f"{100 * max(hi / center - 1, 1 - lo / center):.0f}%"


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def delta_text(test: Significance, base: float, head: float) -> str:
    """Write a difference: ``-17.20%``, ``~`` where it is not significant, ``?`` from zero."""
    if test.p > test.alpha:
        return "~"
    if base == head:
        return "0.00%"
    return "?" if base == 0 else _percent(head / base)


def _percent(ratio: float) -> str:
    return f"{(ratio - 1) * 100:+.2f}%"


def significance_text(test: Significance) -> str:
    """Write what a difference rests on: ``p=0.008 n=5``, ``n=5+6``."""
    p = f"p={test.p:.3f} " if test.p else ""
    same = test.base_count == test.head_count
    return f"{p}n={test.base_count}" if same else f"{p}n={test.base_count}+{test.head_count}"


def render_text(tables: Sequence[BenchTable]) -> str:
    """Write tables as text."""
    parts: list[str] = []
    for header, table in _headed(tables):
        parts += [f"{line}\n" for line in header]
        parts.append(_TextTable(table).render())
    return "".join(parts)


def _headed(tables: Sequence[BenchTable]) -> Iterable[tuple[list[str], BenchTable]]:
    """Give each table the lines before it: an empty one between tables, and what changed in the configuration."""
    before: dict[str, str] = {}
    for place, table in enumerate(tables):
        changed = [f"{name}: {value}" for name, value in table.header if place == 0 or before.get(name) != value]
        yield ["", *changed] if place else changed, table
        before = dict(table.header)


class _TextTable:
    """The cells of one table, while they are laid out."""

    def __init__(self, table: BenchTable) -> None:
        self._table = table
        self._cells: list[TextCell] = []
        self._notes: dict[str, int] = {}
        self._binary = is_binary(table.unit)

    def render(self) -> str:
        """Write the table and its notes."""
        row = self._head()
        for label, cells in zip(self._table.rows, self._table.cells, strict=True):
            self._row(row, label, cells)
            row += 1
        if len(self._table.rows) > 1:
            self._totals(row)
        tight = {
            column
            for place in range(len(self._table.columns))
            for column in range(_start(place) + 1, _start(place + 1))
        }
        notes = "".join(f"{_superscript(number)} {note}\n" for note, number in self._notes.items())
        return layout(self._cells, tight) + notes

    def _head(self) -> int:
        """Lay out the lines above the values; gives the number of lines."""
        columns, edge = self._table.columns, _start(len(self._table.columns) + 1)
        lines = len(self._table.fields)
        for line in range(lines):
            for _, same in groupby(range(len(columns)), key=lambda place: columns[place][: line + 1]):
                places = list(same)
                start, end = _start(places[0]), _start(places[-1] + 1)
                text = columns[places[0]][line]
                self._cells.append(TextCell(line, start, text, "center", _BAR, end - start))
            self._cells.append(cell(line, edge, "", margin=_EDGE))
        for place in range(len(columns)):
            start = _start(place)
            self._cells.append(TextCell(lines, start, self._table.unit, "center", _BAR, _CENTER_COLUMNS))
            if place:
                after = start + _CENTER_COLUMNS
                self._cells.append(TextCell(lines, after, "vs base", "left", "  ", _DELTA_COLUMNS))
        self._cells.append(cell(lines, edge, "", margin=_EDGE))
        return lines + 1

    def _row(self, row: int, label: str, cells: Sequence[BenchCell | None]) -> None:
        self._cells.append(cell(row, 0, label))
        scale = common_scale([one.summary.center for one in cells if one], binary=self._binary)
        for place, one in enumerate(cells):
            if one is None:
                continue
            start = _start(place)
            self._cells += [
                cell(row, start, scale.show(one.summary.center), "right"),
                cell(row, start + 1, range_text(one.summary), "right", " ± "),
                self._noted(row, start + 2, (*one.warnings, *one.summary.warnings)),
            ]
            if one.test is not None and one.baseline is not None:
                self._cells += [
                    cell(row, start + 3, delta_text(one.test, one.baseline, one.summary.center), "right"),
                    cell(row, start + 4, f"({significance_text(one.test)})"),
                    self._noted(row, start + 5, one.test.warnings),
                ]

    def _totals(self, row: int) -> None:
        self._cells.append(cell(row, 0, "geomean"))
        for place, total in enumerate(self._table.totals):
            start = _start(place)
            if total.geomean is not None:
                scale = common_scale([total.geomean], binary=self._binary)
                self._cells.append(cell(row, start, scale.show(total.geomean), "right"))
            if place:
                known = total.ratio is not None
                text = "?" if total.ratio is None else _percent(total.ratio)
                self._cells.append(cell(row, start + _CENTER_COLUMNS, text, "right" if known else "left"))
            self._cells.append(self._noted(row, _start(place + 1) - 1, total.warnings))

    def _noted(self, row: int, column: int, warnings: Iterable[str]) -> TextCell:
        numbers = [self._notes.setdefault(warning, len(self._notes) + 1) for warning in warnings]
        return cell(row, column, " ".join(_superscript(number) for number in numbers))


def _start(place: int) -> int:
    """Find the first text column of a table's column; only the first has no delta."""
    return _LABEL_COLUMNS if place == 0 else _LABEL_COLUMNS + _CENTER_COLUMNS + (place - 1) * 6


def _superscript(number: int) -> str:
    return str(number).translate(_SUPERSCRIPTS)


def render_csv(tables: Sequence[BenchTable]) -> tuple[str, str]:
    """Write tables as CSV: (the CSV, its warnings, each with the cell it belongs to)."""
    lines: list[list[str]] = []
    warnings: list[str] = []
    for header, table in _headed(tables):
        lines += [[line] for line in header]
        _CsvTable(table, lines, warnings).write()
    return "".join(f"{','.join(map(_field, line))}\n" for line in lines), "".join(f"{line}\n" for line in warnings)


class _CsvTable:
    """One table on its way into the lines of a CSV document."""

    def __init__(self, table: BenchTable, lines: list[list[str]], warnings: list[str]) -> None:
        self._table = table
        self._lines = lines
        self._warnings = warnings

    def write(self) -> None:
        """Append the table's lines and warnings."""
        table = self._table
        for line in range(len(table.fields)):
            self._line("", [[column[line]] for column in table.columns], filled=True)
        heads = [[table.unit, "CI"] + (["vs base", "P"] if place else []) for place in range(len(table.columns))]
        self._line("", heads)
        for label, cells in zip(table.rows, table.cells, strict=True):
            self._line(label, [self._cell(place, one) for place, one in enumerate(cells)])
        self._line("geomean", [self._total(place, total) for place, total in enumerate(table.totals)], filled=True)

    def _line(self, label: str, groups: Sequence[Sequence[str]], *, filled: bool = False) -> None:
        """Append a line; as benchstat does, only those of heads and totals are ``filled`` up to the last column."""
        line = [label]
        for place, group in enumerate(groups):
            if group:
                line += [""] * (self._column(place) - len(line))
                line += group
        line += [""] * (self._column(len(groups)) - len(line) if filled else 0)
        self._lines.append(line)

    def _column(self, place: int) -> int:
        return 1 if place == 0 else 3 + (place - 1) * 4

    def _cell(self, place: int, one: BenchCell | None) -> list[str]:
        if one is None:
            return []
        column = self._column(place)
        self._warn(column, (*one.warnings, *one.summary.warnings))
        texts = [units.shortest(one.summary.center), range_text(one.summary)]
        if one.test is not None and one.baseline is not None:
            self._warn(column + 2, one.test.warnings)
            texts += [delta_text(one.test, one.baseline, one.summary.center), significance_text(one.test)]
        return texts

    def _total(self, place: int, total: BenchTotal) -> list[str]:
        self._warn(self._column(place), total.warnings)
        mean = "" if total.geomean is None else units.shortest(total.geomean)
        if place == 0:
            return [mean] if mean else []
        return [mean, "", "?" if total.ratio is None else _percent(total.ratio)]

    def _warn(self, column: int, warnings: Iterable[str]) -> None:
        name = ""
        while column:
            name, column = chr(ord("A") + column % 26) + name, column // 26
        self._warnings += [f"{name or 'A'}{len(self._lines) + 1}: {warning}" for warning in warnings]


def _field(text: str) -> str:
    """Write one CSV field as Go does: quoted where it must be."""
    if text == r"\." or any(mark in text for mark in ',"\r\n') or text[:1].isspace():
        return '"' + text.replace('"', '""') + '"'
    return text
