"""A decoded profile: profile.proto as columns.

Rules: indices are 0-based positions in the tables here, never the ids of the file; -1 means "none". Stacks and inlined
lines keep the order of the format: leaf first, innermost inlined call first. Text has been cleaned on the way in
(valid Unicode, control characters visible). Arrays are read-only by convention: analysis derives, it does not write.

Format: github.com/google/pprof/proto/profile.proto.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.model.finding import Finding

Int = NDArray[np.int64]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SampleType:
    """What one value of a sample means: ``inuse_space`` in ``bytes``."""

    type: str
    unit: str

    def __str__(self) -> str:
        return f"{self.type}/{self.unit}"


@dataclass(frozen=True, slots=True, eq=False)
class Functions:
    """F functions; ``start_line`` is int64[F]."""

    name: tuple[str, ...]
    system_name: tuple[str, ...]
    filename: tuple[str, ...]
    start_line: Int

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapped object file (few per profile, so an object each)."""

    start: int = 0
    limit: int = 0
    offset: int = 0
    file: str = ""
    build_id: str = ""
    has_functions: bool = False
    has_filenames: bool = False
    has_line_numbers: bool = False
    has_inline_frames: bool = False
    kernel_relocation_symbol: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Locations:
    """L locations with Q lines in all; location i owns lines ``line_offset[i]:line_offset[i+1]``, innermost call first.

    ``address`` uint64[L]; ``mapping`` int64[L] into the profile's mappings; ``is_folded`` bool[L]; ``line_offset``
    int64[L+1]; ``line_function`` int64[Q] into Functions; ``line_number``, ``line_column`` int64[Q].
    """

    address: NDArray[np.uint64]
    mapping: Index
    is_folded: NDArray[np.bool_]
    line_offset: Index
    line_function: Index
    line_number: Int
    line_column: Int

    def __len__(self) -> int:
        return len(self.address)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """M samples with R stack entries in all; sample i owns ``stack[stack_offset[i]:stack_offset[i+1]]``, leaf first.

    ``stack_offset`` int64[M+1]; ``stack`` int64[R] into Locations; ``values`` int64[M, S].
    """

    stack_offset: Index
    stack: Index
    values: Int

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Y labels over all samples, in file order; ``sample`` int64[Y] is sorted.

    A text label has ``is_number`` False and its value in ``text``; a number has it in ``number`` (int64[Y]) and its
    unit in ``unit`` (empty when the file gave none).
    """

    sample: Index
    key: tuple[str, ...]
    is_number: NDArray[np.bool_]
    text: tuple[str, ...]
    number: Int
    unit: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.key)


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One profile with S sample types; ``total(i)`` is exact even past int64.

    ``time_nanos`` is the UTC start (0: unknown), ``duration_nanos`` the window (0: a point in time).
    ``format`` names what was read (``pprof``, ``go heap text``, …) and ``findings`` what the reader doubted.
    """

    sample_types: tuple[SampleType, ...]
    functions: Functions
    mappings: tuple[Mapping, ...]
    locations: Locations
    samples: Samples
    labels: Labels
    default_sample_type: str = ""
    comments: tuple[str, ...] = ()
    doc_url: str = ""
    drop_frames: str = ""
    keep_frames: str = ""
    time_nanos: int = 0
    duration_nanos: int = 0
    period_type: SampleType | None = None
    period: int = 0
    format: str = "pprof"
    findings: tuple[Finding, ...] = field(default=())

    def sample_index(self, name: str = "") -> int:
        """Find a sample type by name; no name gives the default one (the last, when the file names none)."""
        wanted = name or self.default_sample_type
        names = [kind.type for kind in self.sample_types]
        return names.index(wanted) if wanted in names else len(names) - 1

    @property
    def is_difference(self) -> bool:
        """Tell whether it holds negative values: it is no state of a program, but what changed between two."""
        return bool((self.samples.values < 0).any())

    def total(self, index: int) -> int:
        """Add up the absolute values of one sample type, in exact integers."""
        column = self.samples.values[:, index]
        if len(column) == 0:
            return 0
        largest = max(abs(int(column.max())), abs(int(column.min())))
        if largest * len(column) < 2**63:
            return int(np.abs(column).sum())
        return sum(abs(int(value)) for value in column)
