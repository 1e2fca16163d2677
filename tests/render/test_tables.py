from __future__ import annotations

from pipeline.model.calltree import TopRow, TopTable
from pipeline.render.tables import top_panel, top_rows
from tests.records import SPACE


def test_columns_are_pprofs() -> None:
    table = TopTable(SPACE, 200, (TopRow("a", 100, 150), TopRow("b", 50, 50), TopRow("c", -10, 0)), 9)
    panel = top_panel(table)
    assert [(line.flat_share, line.cum_share) for line in panel.lines] == [(0.5, 0.75), (0.25, 0.25), (-0.05, 0.0)]
    assert (panel.left_out, panel.largest_flat, panel.largest_cum) == (6, 0.5, 0.75)
    rows = top_rows(panel, "profile-heap", {"b": "source-b"}).splitlines()
    assert rows[0] == (
        '<tr id="profile-heap-row-1"><td>100 B</td><td style="--pb-share:100%">50.0 %</td>'
        '<td>150 B</td><td style="--pb-share:100%">75.0 %</td><th scope="row">a</th></tr>'
    )
    assert '<th scope="row"><a href="#source-b">b</a></th>' in rows[1]
    assert '<td style="--pb-share:10%">-5.0 %</td>' in rows[2]


def test_callers_with_nothing_of_their_own_end_a_table() -> None:
    own, callers = [TopRow(f"own{at}", 9 - at, 9) for at in range(3)], [TopRow(f"caller{at}", 0, 9) for at in range(9)]
    shown = top_panel(TopTable(SPACE, 9, (*own, *callers), 40))
    assert [line.name for line in shown.lines] == ["own0", "own1", "own2", "caller0", "caller1"]
    assert shown.left_out == 35
    heavy = top_panel(TopTable(SPACE, 99, tuple(TopRow(str(at), 20 - at, 20) for at in range(20)), 20))
    assert len(heavy.lines) == 10


def test_no_share_of_nothing() -> None:
    panel = top_panel(TopTable(SPACE, 0, (TopRow("<a>", 0, 0),), 1))
    assert panel.lines[0].flat_share is None
    assert "<td>0 B</td><td>–</td>" in top_rows(panel, "x", {})
    assert "&lt;a&gt;" in top_rows(panel, "x", {})
