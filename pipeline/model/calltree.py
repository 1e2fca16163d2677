"""What analysis makes of a profile: call trees and top tables, every sample type at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.model.profile import Index, Int, SampleType


@dataclass(frozen=True, slots=True)
class Frames:
    """F distinct frames: function name, file and, for own/std/dependency colouring, the Go package of each.

    ``mapping`` is the mapped file (binary, library) of each; ``bare`` is 1 where there is no function at all
    and the name is that of the mapped file, 2 where the function has no name. Both may be left empty: nothing filters.
    """

    name: tuple[str, ...]
    file: tuple[str, ...]
    package: tuple[str, ...]
    mapping: tuple[str, ...] = ()
    bare: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True, eq=False)
class CallTree:
    """N nodes in depth-first order, heaviest child first (by the default sample type, then name).

    ``parent`` int64[N]: parent[i] < i, -1 for a root; ``frame`` int64[N] into ``frames``; ``inlined`` bool[N]: the
    frame was inlined into its parent; ``flat`` and ``cum`` int64[S, N]. Samples without a stack count in ``totals``
    (pprof's absolute totals, one per type) but in no node.
    """

    frames: Frames
    sample_types: tuple[SampleType, ...]
    default_index: int
    parent: Index
    frame: Index
    inlined: NDArray[np.bool_]
    flat: Int
    cum: Int
    totals: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.parent)


@dataclass(frozen=True, slots=True)
class TopRow:
    """One function of a top table, in the unit of the sample type."""

    name: str
    flat: int
    cum: int
    file: str = ""
    package: str = ""


@dataclass(frozen=True, slots=True)
class TopTable:
    """Functions of one sample type, heaviest first as pprof orders them; ``rows`` may be cut, ``count`` says how many
    there were.
    """

    sample_type: SampleType
    total: int
    rows: tuple[TopRow, ...]
    count: int
