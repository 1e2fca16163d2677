"""What derive writes about one run: everything the site and comparisons need, without the raw bytes."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model.benchmark import RunBenchmarks
from pipeline.model.calltree import TopTable
from pipeline.model.cost import Churn, Contention, Rollup
from pipeline.model.finding import Finding
from pipeline.model.goroutine_group import GoroutineGroups
from pipeline.model.growth import Growth
from pipeline.model.metric import LoadResult, Measurement
from pipeline.model.profile import SampleType
from pipeline.model.run import Run
from pipeline.model.source import AnnotatedFunction, SourceStore

RECORD_FORMAT = 1


@dataclass(frozen=True, slots=True)
class ProfileRecord:
    """One profile of a run: what was read, its header facts, its top tables, and the name of its call-tree data file.

    ``tree`` is the file name (content-addressed) under the run's derived folder; empty when the profile has no samples.
    ``window`` facts are as in the file: ``time_nanos`` (UTC, 0 unknown), ``duration_nanos``. ``header`` is what pprof
    prints above a report. ``merged_of`` names the files a profile of several pods is the sum of; ``path`` is then no
    file of the run. ``source`` are the hottest functions whose text the run stores.
    """

    path: str
    component: str
    kind: str
    phase: str
    index: int | None
    sha256: str
    format: str
    sample_types: tuple[SampleType, ...]
    default_index: int
    totals: tuple[int, ...]
    tables: tuple[TopTable, ...]
    tree: str
    node_count: int
    time_nanos: int
    duration_nanos: int
    binary: str
    build_id: str
    findings: tuple[Finding, ...] = ()
    merged_of: tuple[str, ...] = ()
    source: tuple[AnnotatedFunction, ...] = ()
    rollups: tuple[Rollup, ...] = ()

    @property
    def total(self) -> int:
        """What it adds up to in the sample type shown first; 0 when it has none."""
        return self.totals[self.default_index] if self.totals else 0


@dataclass(frozen=True, slots=True)
class RunRecord:
    """``build/derived/<run>/record.json``: one run, read, measured and doubted. ``key`` is what it was computed
    from. ``scrubbed`` are (path, name of a data file) of the raw files that are only published redacted; an empty name
    means not at all.
    """

    key: str
    run: Run
    profiles: tuple[ProfileRecord, ...]
    load: LoadResult | None
    measurements: tuple[Measurement, ...]
    findings: tuple[Finding, ...]
    growth: tuple[Growth, ...] = ()
    goroutines: tuple[GoroutineGroups, ...] = ()
    format: int = RECORD_FORMAT
    source: SourceStore | None = None
    churn: tuple[Churn, ...] = ()
    contention: tuple[Contention, ...] = ()
    benchmarks: tuple[RunBenchmarks, ...] = ()
    scrubbed: tuple[tuple[str, str], ...] = ()

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Every doubt about this run: its own first, then those of its profiles."""
        return self.findings + tuple(doubt for profile in self.profiles for doubt in profile.findings)
