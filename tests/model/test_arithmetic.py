"""int64 as Go counts."""

from __future__ import annotations

import pytest

from pipeline.model.arithmetic import divide, wrap


@pytest.mark.parametrize(
    ("value", "kept"), [(5, 5), (2**63 - 1, 2**63 - 1), (2**63, -(2**63)), (-(2**63) - 1, 2**63 - 1), (2**64 + 7, 7)]
)
def test_sums_wrap_around(value: int, kept: int) -> None:
    assert wrap(value) == kept


@pytest.mark.parametrize(
    ("value", "divisor", "result"), [(7, 2, 3), (-7, 2, -3), (7, -2, -3), (-7, -2, 3), (7, 0, 7), (0, 3, 0)]
)
def test_divisions_go_towards_zero(value: int, divisor: int, result: int) -> None:
    assert divide(value, divisor) == result
