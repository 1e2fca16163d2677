"""Plain-text tables: cells of one or more columns, aligned, with margins that line up.

Rules: a column is as wide as its widest cell; a cell over several columns widens the narrowest of them first, but not
those that are kept tight. Cells that show nothing are not written, so that no line ends in spaces. The layout is that
of benchstat's tables. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class TextCell:
    """One text in ``row``, from ``column`` over ``span`` columns; ``margin`` stands before it."""

    row: int
    column: int
    text: str
    align: Align = "left"
    margin: str = ""
    span: int = 1

    @property
    def shows(self) -> bool:
        """Tell whether there is anything to see."""
        return bool(self.text.strip() or self.margin.strip())


def cell(row: int, column: int, text: str, align: Align = "left", margin: str | None = None) -> TextCell:
    """Make a cell of one column, by default one space away from the column before."""
    usual = " " if column and text else ""
    return TextCell(row, column, text, align, usual if margin is None else margin)


def layout(cells: Sequence[TextCell], tight: Collection[int] = ()) -> str:
    """Write cells as lines; ``tight`` columns are not widened for cells that span them."""
    margins: dict[int, int] = defaultdict(int)
    for one in cells:
        margins[one.column] = max(margins[one.column], len(one.margin))
    widths = _widths(cells, margins, tight)
    starts = [0]
    for width in widths:
        starts.append(starts[-1] + width)
    lines: dict[int, str] = defaultdict(str)
    for one in sorted(cells, key=lambda one: (one.row, one.column)):
        if one.shows:
            before = lines[one.row].ljust(starts[one.column]) + one.margin.rjust(margins[one.column])
            room = starts[one.column + one.span] - starts[one.column] - margins[one.column]
            lines[one.row] = before + _aligned(one, room)
    return "".join(f"{lines[row]}\n" for row in range(max(lines, default=-1) + 1))


def _aligned(one: TextCell, room: int) -> str:
    if one.align == "right":
        return one.text.rjust(room)
    return " " * ((room - len(one.text)) // 2) + one.text if one.align == "center" else one.text


def _widths(cells: Sequence[TextCell], margins: dict[int, int], tight: Collection[int]) -> list[int]:
    widths = [0] * max((one.column + one.span for one in cells), default=0)
    for one in sorted(cells, key=lambda one: one.span):
        wanted = len(one.text) + margins[one.column]
        columns = range(one.column, one.column + one.span)
        if one.span == 1:
            widths[one.column] = max(widths[one.column], wanted)
        elif sum(widths[column] for column in columns) < wanted:
            _widen(widths, wanted, columns, tight)
    return widths


def _widen(widths: list[int], wanted: int, columns: range, tight: Collection[int]) -> None:
    """Share the missing width among the columns that may grow; those already wide enough give way to the others."""
    wanted -= sum(widths[column] for column in columns if column in tight)
    growing = sorted((column for column in columns if column not in tight), key=lambda column: -widths[column])
    for left, column in zip(range(len(growing), 0, -1), growing, strict=True):
        widths[column] = max(widths[column], -(-wanted // left))
        wanted -= widths[column]
