"""The large tables of profile.proto as the file has them, by column: ids are its own, texts places in its strings.

Rules: nothing is checked or looked up here. This is the plain road from message objects, which reads everything that
``wire`` accepts; ``outline`` makes the same tables from bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from pipeline.model.profile import Index, Int
from pipeline.proto import profile_pb2

Ids = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class FunctionRows:
    """F functions; the three texts and the line are int64[F]."""

    id: Ids
    name: Int
    system_name: Int
    filename: Int
    start_line: Int


@dataclass(frozen=True, slots=True, eq=False)
class LocationRows:
    """L locations; location i owns lines ``line_offset[i]:line_offset[i+1]``."""

    id: Ids
    mapping_id: Ids
    address: Ids
    is_folded: NDArray[np.bool_]
    line_offset: Index
    line_function: Ids
    line_number: Int
    line_column: Int


@dataclass(frozen=True, slots=True, eq=False)
class SampleRows:
    """M samples; each owns a part of ``location`` and of ``value``; ``label`` int64[Y, 5] are sample, key, str, num,
    num_unit.
    """

    location_offset: Index
    location: Ids
    value_offset: Index
    value: Int
    label: Int


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The tables that grow with a profile."""

    functions: FunctionRows
    locations: LocationRows
    samples: SampleRows


def tables_of(message: profile_pb2.Profile) -> Tables:
    """Read the tables from message objects."""
    return Tables(_functions(message), _locations(message), _samples(message))


def _functions(message: profile_pb2.Profile) -> FunctionRows:
    rows = list(message.function)
    return FunctionRows(
        id=ids((row.id for row in rows), len(rows)),
        name=column((row.name for row in rows), len(rows)),
        system_name=column((row.system_name for row in rows), len(rows)),
        filename=column((row.filename for row in rows), len(rows)),
        start_line=column((row.start_line for row in rows), len(rows)),
    )


def _locations(message: profile_pb2.Profile) -> LocationRows:
    rows = list(message.location)
    lines = list(chain.from_iterable(row.line for row in rows))
    return LocationRows(
        id=ids((row.id for row in rows), len(rows)),
        mapping_id=ids((row.mapping_id for row in rows), len(rows)),
        address=ids((row.address for row in rows), len(rows)),
        is_folded=np.fromiter((row.is_folded for row in rows), np.bool_, len(rows)),
        line_offset=offsets(column((len(row.line) for row in rows), len(rows))),
        line_function=ids((line.function_id for line in lines), len(lines)),
        line_number=column((line.line for line in lines), len(lines)),
        line_column=column((line.column for line in lines), len(lines)),
    )


def _samples(message: profile_pb2.Profile) -> SampleRows:
    # Rows are asked again for each column: to keep the view of each stack would cost more memory than the stacks.
    rows = message.sample
    stacks = offsets(column((len(row.location_id) for row in rows), len(rows)))
    values = offsets(column((len(row.value) for row in rows), len(rows)))
    labels = (
        (sample, label.key, label.str, label.num, label.num_unit)
        for sample, row in enumerate(rows)
        for label in row.label
    )
    return SampleRows(
        location_offset=stacks,
        location=ids(chain.from_iterable(row.location_id for row in rows), int(stacks[-1])),
        value_offset=values,
        value=column(chain.from_iterable(row.value for row in rows), int(values[-1])),
        label=np.fromiter(labels, np.dtype((np.int64, 5)), sum(len(row.label) for row in rows)),
    )


def ids(values: Iterable[int], count: int) -> Ids:
    """Make a column of ids and addresses."""
    return np.fromiter(values, np.uint64, count)


def column(values: Iterable[int], count: int) -> Int:
    """Make a column of numbers."""
    return np.fromiter(values, np.int64, count)


def offsets(lengths: Int) -> Index:
    """Turn lengths into where each begins, then the end."""
    made = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=made[1:])
    return made
