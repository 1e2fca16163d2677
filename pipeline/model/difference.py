"""What changed between two groups of runs inside a sample type: the diff tree, its functions and the culprits.

Rules: values are means per run of a side. They come on up to three scales: per run, as a share of the run's total, and
per operation where every run's load test counted them. Head minus base is positive where head costs more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.model.profile import Index, SampleType

FunctionOutcome = Literal["regressed", "improved", "unchanged", "inconclusive", "new", "gone"]
Presence = Literal["both", "base", "head", "some"]
Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sides:
    """One value on either side."""

    base: float
    head: float

    @property
    def delta(self) -> float:
        """Head minus base."""
        return self.head - self.base


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight on three scales; ``per_op`` is None where operations are not known for every run."""

    run: Sides
    share: Sides
    per_op: Sides | None = None

    @property
    def judged(self) -> Sides:
        """The scale that is compared: per operation where it is known."""
        return self.per_op or self.run


@dataclass(frozen=True, slots=True)
class SymbolMatch:
    """Two names taken for one function; ``rule`` says why: ``generic``, ``version``, ``wrapper`` or ``closure``."""

    base: str
    head: str
    rule: str


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """One function: its flat and cum, and what the test over the runs says.

    ``measure`` is what decided, ``flat`` or ``cum`` (empty: too small to be tested); ``p`` is its Mann-Whitney
    probability and ``q`` the same adjusted for all functions of the comparison. ``presence`` says where it was seen:
    in every run of one side and none of the other (``base``, ``head``), in runs of both, or in ``some`` of one side.
    ``head_name`` is set where head knows it by another name.
    """

    name: str
    flat: Weights
    cum: Weights
    outcome: FunctionOutcome
    presence: Presence
    measure: Literal["", "flat", "cum"] = ""
    p: float = 1.0
    q: float = 1.0
    head_name: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Culprit:
    """One function on the call paths that explain a change.

    ``function`` is where the change stands out most, ``under`` the caller that tells it apart; ``path`` leads from the
    root to it, ``chain`` from it down as long as one call holds nearly all of the change. ``cost`` and
    ``count`` (None where the profile counts nothing) are of all its ``paths`` subtrees; ``explains`` is its share of
    the net change (negative: against it) and ``how`` tells the change in words.
    """

    function: str
    under: str
    path: tuple[str, ...]
    chain: tuple[str, ...]
    paths: int
    cost: Sides
    count: Sides | None
    explains: float
    how: str

    @property
    def sentence(self) -> str:
        """Tell it in one line."""
        return f"{self.function}{f' under {self.under}' if self.under else ''}: {self.how}"


@dataclass(frozen=True, slots=True)
class Difference:
    """One sample type of one kind of profile of one component, base group against head group.

    ``p``, ``q`` (adjusted for all totals of the comparison) and ``outcome`` are of the total. ``tested`` functions of
    ``function_count`` were large enough to be tested, ``functions`` are the ones to show. ``culprits`` explain the
    share ``explained`` of the net change and ``against`` are the largest changes the other way; there are none where
    neither the total nor a function has changed. ``shifted`` names functions whose closures differ in number.
    """

    component: str
    kind: str
    sample_type: SampleType
    count_type: SampleType | None
    runs: tuple[int, int]
    total: Weights
    p: float
    q: float
    outcome: FunctionOutcome
    functions: tuple[FunctionChange, ...]
    function_count: int
    tested: int
    culprits: tuple[Culprit, ...] = ()
    explained: float = 0.0
    against: tuple[Culprit, ...] = ()
    matches: tuple[SymbolMatch, ...] = ()
    shifted: tuple[str, ...] = ()

    @property
    def per_op(self) -> bool:
        """Tell whether values are compared per operation."""
        return self.total.per_op is not None


@dataclass(frozen=True, slots=True, eq=False)
class DiffTree:
    """The call trees of both sides on one tree of N nodes, callers before callees; new and gone nodes are kept.

    ``parent`` int64[N] (-1: a root), ``frame`` int64[N] into ``names`` (base's names where the sides differ);
    ``outermost`` bool[N] is False below a node of the same function. The weights are float64[N], means per run of a
    side on one scale.
    """

    names: tuple[str, ...]
    parent: Index
    frame: Index
    outermost: NDArray[np.bool_]
    base_flat: Float
    head_flat: Float
    base_cum: Float
    head_cum: Float

    def __len__(self) -> int:
        return len(self.parent)

    def functions(self) -> dict[str, tuple[Sides, Sides]]:
        """Add up flat and cum by function; a function counts once a path in cum, however often it recurs."""
        count = len(self.names)
        flat = [np.bincount(self.frame, column, count).tolist() for column in (self.base_flat, self.head_flat)]
        once = self.frame[self.outermost]
        cum = [np.bincount(once, column[self.outermost], count).tolist() for column in (self.base_cum, self.head_cum)]
        return {
            name: (Sides(flat[0][at], flat[1][at]), Sides(cum[0][at], cum[1][at])) for at, name in enumerate(self.names)
        }
