"""Top tables as pages show them: pprof's columns, cut to what a reader reads, with what was cut said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from pipeline.model.calltree import TopTable
from pipeline.render.encode import visible
from pipeline.render.env import Html, trusted
from pipeline.render.heaviest import heaviest
from pipeline.units import show


@dataclass(frozen=True, slots=True)
class TopLine:
    """One row: values in the sample type's unit, shares of the total (None where the total is 0)."""

    name: str
    flat: int
    flat_share: float | None
    cum: int
    cum_share: float | None


@dataclass(frozen=True, slots=True)
class TopPanel:
    """One sample type of one profile: the heaviest functions of ``count``; the largest shares scale the bars."""

    type: str
    unit: str
    total: int
    lines: tuple[TopLine, ...]
    count: int
    largest_flat: float
    largest_cum: float

    @property
    def left_out(self) -> int:
        """How many functions are not shown."""
        return max(self.count - len(self.lines), 0)


def top_panel(table: TopTable) -> TopPanel:
    """Prepare the top table of one sample type of a profile."""
    lines = [
        TopLine(row.name, row.flat, _share(row.flat, table.total), row.cum, _share(row.cum, table.total))
        for row in heaviest(table)
    ]
    kind = table.sample_type
    largest = [
        max((abs(share) for share in shares if share is not None), default=0.0)
        for shares in ([line.flat_share for line in lines], [line.cum_share for line in lines])
    ]
    return TopPanel(kind.type, kind.unit, table.total, tuple(lines), table.count, *largest)


def top_rows(panel: TopPanel, identity: str, leads: Mapping[str, str]) -> Html:
    """Write the rows; their ids begin with ``identity``, and a name in ``leads`` is a link to that id of the page.

    Written here and not in a template: it is most of what a run's page costs.
    """
    rows = []
    for place, line in enumerate(panel.lines, 1):
        name = escape(visible(line.name))
        if line.name in leads:
            name = f'<a href="#{escape(leads[line.name])}">{name}</a>'
        flat, cum = (escape(visible(show(value, panel.unit))) for value in (line.flat, line.cum))
        rows.append(
            f'<tr id="{identity}-row-{place}"><td>{flat}</td>{_bar(line.flat_share, panel.largest_flat)}'
            f'<td>{cum}</td>{_bar(line.cum_share, panel.largest_cum)}<th scope="row">{name}</th></tr>\n'
        )
    return trusted("".join(rows))


def _bar(share: float | None, largest: float) -> str:
    """Write a share as a cell with a bar: the largest fills the cell."""
    if share is None:
        return "<td>–</td>"
    width = round(min(abs(share) / largest, 1.0) * 100) if largest else 0
    style = f' style="--pb-share:{width}%"' if width else ""
    return f"<td{style}>{share * 100:.1f} %</td>"


def _share(value: float, total: float) -> float | None:
    return value / total if total else None
