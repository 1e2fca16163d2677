"""Top tables as pages show them: pprof's columns, cut to what a reader reads, with what was cut said. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.model.calltree import TopTable

TOP_ROWS: Final = 15


@dataclass(frozen=True, slots=True)
class TopLine:
    """One row: values in the sample type's unit, shares of the total (None where the total is 0)."""

    name: str
    file: str
    package: str
    flat: int
    flat_share: float | None
    sum_share: float | None
    cum: int
    cum_share: float | None


@dataclass(frozen=True, slots=True)
class TopPanel:
    """One sample type of one profile: the heaviest functions of ``count``; the largest shares scale the bars."""

    index: int
    type: str
    unit: str
    total: int
    lines: tuple[TopLine, ...]
    count: int
    chosen: bool
    largest_flat: float
    largest_cum: float

    @property
    def left_out(self) -> int:
        """How many functions are not shown."""
        return max(self.count - len(self.lines), 0)


def top_panels(tables: Sequence[TopTable], chosen: int, *, limit: int = TOP_ROWS) -> tuple[TopPanel, ...]:
    """Prepare the top tables of a profile, one for each sample type; ``chosen`` is shown first."""
    return tuple(_panel(table, index, index == chosen, limit) for index, table in enumerate(tables))


def _panel(table: TopTable, index: int, chosen: bool, limit: int) -> TopPanel:
    lines: list[TopLine] = []
    running = 0
    for row in table.rows[:limit]:
        running += row.flat
        lines.append(
            TopLine(
                row.name,
                row.file,
                row.package,
                row.flat,
                _share(row.flat, table.total),
                _share(running, table.total),
                row.cum,
                _share(row.cum, table.total),
            )
        )
    kind = table.sample_type
    largest = [
        max((abs(share) for share in shares if share is not None), default=0.0)
        for shares in ([line.flat_share for line in lines], [line.cum_share for line in lines])
    ]
    return TopPanel(index, kind.type, kind.unit, table.total, tuple(lines), table.count, chosen, *largest)


def _share(value: float, total: float) -> float | None:
    return value / total if total else None
