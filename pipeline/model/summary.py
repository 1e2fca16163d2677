"""What the site needs to know of every run, whichever page it makes: small, and kept beside the run's record.

Rules: lists, search, neighbours and trends are made of these alone, so that one run more costs the reading of one
record and not of all. Nothing here is shown without passing through render.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar, overload

from pipeline.model.finding import Finding

SHOWN_FAILURES = 10
"""How many findings of severity error a summary keeps; `RunSummary.errors` counts all."""


class SummaryMeasurement(NamedTuple):
    """One value of one metric for one component, as `model.metric.Measurement`, without its evidence."""

    metric: str
    value: float
    component: str


class SummaryProfile(NamedTuple):
    """One profile of a run: where it is, what it is, its data file (``tree``, empty without samples).

    ``sample_type`` is the type shown first, ``total`` what it adds up to; empty and 0 when the profile has none.
    """

    path: str
    component: str
    kind: str
    phase: str
    index: int | None  # type: ignore[assignment] # nobody looks for a place in this tuple
    tree: str
    sample_type: str
    total: int


class Cell(NamedTuple):
    """A number of the run table, as shown and as sorted by (``key`` is empty: no value)."""

    text: str
    key: str


Row = TypeVar("Row", SummaryMeasurement, SummaryProfile, Cell)


class Rows(Sequence[Row], Generic[Row]):
    """Rows as they are stored, in columns of one length: of thousands of runs a site wants a few columns, and of a few
    runs the rows. Equal to a tuple of the same rows.
    """

    __slots__ = ("_columns", "_kind")

    def __init__(self, kind: type[Row], columns: Sequence[Sequence[Any]]) -> None:
        self._kind: type[Row] = kind
        self._columns = columns

    def column(self, name: str) -> Sequence[Any]:
        """Give one field of every row."""
        return self._columns[self._kind._fields.index(name)]

    def __len__(self) -> int:
        return len(self._columns[0])

    def __iter__(self) -> Iterator[Row]:
        return map(self._kind, *self._columns)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, place: int | slice) -> Row | tuple[Row, ...]:
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, (tuple, Rows)) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))


def column(rows: Sequence[Row], name: str) -> Sequence[Any]:
    """Give one field of every row, without making the rows where they are stored in columns."""
    return rows.column(name) if isinstance(rows, Rows) else [getattr(row, name) for row in rows]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What lists, search, neighbours and trends need of a run.

    ``key`` is that of the record it was made from, ``started`` in UTC (RFC 3339) or empty, ``dirty`` None when unknown,
    ``state`` a key of `render.state.STATES`; ``measurements`` are all, without their evidence, ``functions`` the names
    search finds the run by, ``cells`` the numbers of the run table in its order, ``failures`` the first findings of
    severity error.
    """

    id: str
    key: str
    label: str
    started: str
    branch: str
    commit: str
    dirty: bool | None
    components: tuple[str, ...]
    state: str
    errors: int
    warnings: int
    measurements: Sequence[SummaryMeasurement]
    functions: tuple[str, ...]
    profiles: Sequence[SummaryProfile]
    cells: Sequence[Cell]
    failures: tuple[Finding, ...] = ()
