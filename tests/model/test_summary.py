"""Rows in columns are the rows."""

from __future__ import annotations

import pytest

from pipeline.model.summary import Rows, SummaryMeasurement, column

COLUMNS = (["a", "b", "a"], [1.0, 2.0, 3.0], ["app", "app", "job"])
ROWS = (SummaryMeasurement("a", 1.0, "app"), SummaryMeasurement("b", 2.0, "app"), SummaryMeasurement("a", 3.0, "job"))


def test_rows_are_as_a_tuple_of_them() -> None:
    rows = Rows(SummaryMeasurement, COLUMNS)
    assert (tuple(rows), len(rows), rows[1], rows[-2:]) == (ROWS, 3, ROWS[1], ROWS[1:])
    assert rows == ROWS == rows == Rows(SummaryMeasurement, COLUMNS)
    assert rows != ROWS[1:]
    assert rows != 1
    assert hash(rows) == hash(ROWS)
    assert not Rows(SummaryMeasurement, ([], [], []))


@pytest.mark.parametrize("rows", [ROWS, Rows(SummaryMeasurement, COLUMNS)])
def test_a_column_is_one_field_of_every_row(rows: tuple[SummaryMeasurement, ...]) -> None:
    for name, values in zip(SummaryMeasurement._fields, COLUMNS, strict=True):
        assert column(rows, name) == values
