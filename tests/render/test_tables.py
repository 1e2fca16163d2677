from __future__ import annotations

from pipeline.model.calltree import TopRow, TopTable
from pipeline.render.tables import top_panels
from tests.records import SPACE


def test_columns_are_pprofs() -> None:
    table = TopTable(SPACE, 200, (TopRow("a", 100, 150), TopRow("b", 50, 50), TopRow("c", -10, 0)), 9)
    (panel,) = top_panels([table], 0, limit=3)
    assert [(line.flat_share, line.sum_share, line.cum_share) for line in panel.lines] == [
        (0.5, 0.5, 0.75),
        (0.25, 0.75, 0.25),
        (-0.05, 0.7, 0.0),
    ]
    assert (panel.left_out, panel.chosen, panel.largest_flat) == (6, True, 0.5)


def test_no_share_of_nothing() -> None:
    (panel,) = top_panels([TopTable(SPACE, 0, (TopRow("a", 0, 0),), 1)], 1)
    assert panel.lines[0].flat_share is None
    assert not panel.chosen
