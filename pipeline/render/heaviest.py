"""Which functions of a profile its page lists: the still picture made with the profile links the same ones. Pure."""

from __future__ import annotations

from typing import Final

from pipeline.model.calltree import TopRow, TopTable

_ROWS: Final = 10
_CALLER_ROWS: Final = 5
"""Beyond so many rows those with nothing of their own are left out: they are callers, which the flame graph shows."""


def heaviest(table: TopTable) -> tuple[TopRow, ...]:
    """Choose the rows of a top table that a page shows."""
    return tuple(row for place, row in enumerate(table.rows[:_ROWS]) if place < _CALLER_ROWS or row.flat)
