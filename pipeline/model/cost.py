"""What a run cost and whose code it was: weights by origin, package and topic, churn, contention.

Rules: ``flat`` counts a sample where its leaf is, so flats of groups that do not overlap add up to the total. ``cum``
counts a sample once in every group it touches. Values are in the unit of their sample type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pipeline.model.calltree import TopRow
from pipeline.model.origin import Origin
from pipeline.model.profile import SampleType

Since = Literal["before", "start", "window"]
"""What cumulative values count from: the profile before the load, the start of the service, a window of their own."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A group of code by a pattern in Go's syntax; ``sample_types`` restricts where it is weighed, empty is all."""

    name: str
    pattern: str
    sample_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CostRules:
    """What the settings say about cost: the path of the own module (empty: found by file names), and topics."""

    module: str = ""
    topics: tuple[Topic, ...] = ()


NO_RULES: Final = CostRules()

TOPIC_PRESETS: Final[dict[str, tuple[Topic, ...]]] = {
    "kubernetes": (
        Topic("OpenAPI", "(?i)openapi"),
        Topic("JSON", "(?i)json|unmarshal|decode|marshal|encode"),
        Topic("Dynamic client", "(?i)dynamic|client-go"),
        Topic("Informer and cache", "(?i)informer|cache"),
        Topic("Reconcile", "(?i)Reconcile|sync|watch|cache|list"),
    )
}


@dataclass(frozen=True, slots=True)
class OriginWeight:
    """What the code of one origin weighs."""

    origin: Origin
    flat: int
    cum: int


@dataclass(frozen=True, slots=True)
class PackageWeight:
    """What one package weighs; ``name`` is its import path, empty for code without a package."""

    name: str
    origin: Origin
    flat: int
    cum: int


@dataclass(frozen=True, slots=True)
class FunctionWeight:
    """What one function of the own module weighs: ``near`` counts the samples in which no own function is nearer the
    leaf, so it holds the foreign code it called.
    """

    name: str
    file: str
    near: int
    flat: int
    cum: int


@dataclass(frozen=True, slots=True)
class TopicWeight:
    """What one topic weighs: ``cum`` is the total of ``go tool pprof -focus=PATTERN``; its heaviest functions."""

    name: str
    pattern: str
    flat: int
    cum: int
    functions: tuple[TopRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Rollup:
    """One sample type of a profile by whose code it is; ``total`` is what shares are of.

    ``packages`` may be cut, ``package_count`` says how many there were; ``functions`` are the own ones of largest
    ``near``. ``topic_union`` counts each sample of any topic once. ``collecting`` and ``allocating`` are the samples
    with a function of the garbage collector, and with ``runtime.mallocgc``; both only for ``cpu``.
    """

    sample_type: SampleType
    total: int
    origins: tuple[OriginWeight, ...]
    packages: tuple[PackageWeight, ...]
    package_count: int
    functions: tuple[FunctionWeight, ...] = ()
    topics: tuple[TopicWeight, ...] = ()
    topic_union: int = 0
    collecting: int = 0
    allocating: int = 0


@dataclass(frozen=True, slots=True)
class ChurnRow:
    """What one function allocated itself."""

    name: str
    origin: Origin
    objects: int
    size_bytes: int

    @property
    def mean_bytes(self) -> float | None:
        """Mean size of an object in bytes."""
        return self.size_bytes / self.objects if self.objects else None


@dataclass(frozen=True, slots=True)
class Churn:
    """What one component allocated, ``since`` when, against what stayed in use.

    ``operations`` are those of the load test in that time, 0 where unknown. ``functions`` may be cut, most objects
    first; ``count`` says how many there were.
    """

    component: str
    since: Since
    objects: int
    size_bytes: int
    inuse_objects: int
    inuse_bytes: int
    operations: int
    functions: tuple[ChurnRow, ...]
    count: int
    evidence: tuple[str, ...]

    @property
    def mean_bytes(self) -> float | None:
        """Mean size of an allocated object in bytes."""
        return self.size_bytes / self.objects if self.objects else None

    @property
    def inuse_mean_bytes(self) -> float | None:
        """Mean size of an object in use, in bytes."""
        return self.inuse_bytes / self.inuse_objects if self.inuse_objects else None

    @property
    def turnover(self) -> float | None:
        """How many times what is in use was allocated; None where nothing was in use."""
        return self.size_bytes / self.inuse_bytes if self.inuse_bytes else None


@dataclass(frozen=True, slots=True)
class Contention:
    """What one component waited for locks (``mutex``) or for locks, channels and conditions (``block``).

    ``operations`` are those of the load test in that time, 0 where unknown or where the profile covers another time.
    """

    component: str
    kind: str
    since: Since
    contentions: int
    delay_seconds: float
    operations: int
    evidence: tuple[str, ...]

    @property
    def mean_seconds(self) -> float | None:
        """Mean delay of one contention in seconds."""
        return self.delay_seconds / self.contentions if self.contentions else None
