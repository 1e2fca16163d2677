"""A run: one directory of raw files, what is in it, and what collecting it was like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pipeline.model.finding import Finding
from pipeline.model.metric import ProcessUsage

FileStatus = Literal["ok", "missing", "refused"]
Phase = Literal["", "before", "during", "after", "series"]

MANIFEST_FORMAT = 1
DEFAULT_COMPONENT = "service"


@dataclass(frozen=True, slots=True)
class RawFile:
    """One raw file of a run, as found on disk.

    ``path`` is relative to the run directory, with ``/``; ``kind`` is the pprof endpoint it came from (``heap``,
    ``cpu``, …), or ``memstats``, ``trace``, ``load``, ``bench``, ``time``, ``log``, ``notes``, ``manifest``, ``other``;
    ``index`` is the place in an interval series.
    """

    path: str
    component: str
    kind: str
    phase: Phase
    sha256: str
    size_bytes: int
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a run was taken; empty where unknown. An allow-list: nothing else of the machine is ever recorded.

    ``git_merge_base`` is the commit at which the branch left the main branch.
    """

    git_sha: str = ""
    git_branch: str = ""
    git_dirty: bool | None = None
    go_version: str = ""
    goos: str = ""
    goarch: str = ""
    gomaxprocs: str = ""
    gogc: str = ""
    gomemlimit: str = ""
    cpu_model: str = ""
    cpu_count: int = 0
    kernel: str = ""
    git_merge_base: str = ""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What collect says of one file it wanted: times are RFC 3339 in UTC, ``code`` is empty when all went well.

    ``offset_seconds`` says how far into the load it was taken, ``window_seconds`` how long a window the profile itself
    says it covers.
    """

    path: str
    component: str
    kind: str
    phase: Phase
    status: FileStatus
    code: str = ""
    attempts: int = 1
    last_error: str = ""
    started: str = ""
    finished: str = ""
    offset_seconds: float | None = None
    window_seconds: float | None = None
    pod: str = ""
    pod_uid: str = ""
    pod_restarts: int = 0
    port: int = 0


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What collect says of the load or test command it ran; ``command`` has its secrets masked."""

    command: tuple[str, ...] = ()
    exit_code: int | None = None
    timed_out: bool = False
    started: str = ""
    finished: str = ""
    tail: str = ""


@dataclass(frozen=True, slots=True)
class ProgramReport:
    """What collect says of one program it ran from start to end, or of one pass of a benchmark.

    ``component`` names its folder, ``name`` the pass; ``command`` keeps its placeholders and has its secrets masked.
    ``tail`` is the end of its output, of a failed one only.
    """

    component: str
    name: str
    command: tuple[str, ...] = ()
    exit_code: int | None = None
    timed_out: bool = False
    started: str = ""
    finished: str = ""
    port: int = 0
    tail: str = ""


@dataclass(frozen=True, slots=True)
class ProgramUsage:
    """What one program of a run used: ``load``, or a component's service that we started."""

    name: str
    used: ProcessUsage


@dataclass(frozen=True, slots=True)
class PodReport:
    """One pod a component was profiled in, as it was when first used.

    ``component`` names the folder of its profiles, ``group`` the component of the settings it is a replica of;
    ``restarts`` counts restarts of its container until then; ``limits`` holds ("cpu" | "memory", text) pairs.
    """

    component: str
    group: str
    namespace: str
    pod: str
    uid: str
    restarts: int = 0
    images: tuple[str, ...] = ()
    limits: tuple[tuple[str, str], ...] = ()
    since: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """``run.json``: written by collect, optional for adopted directories.

    ``args`` are the extra words the services were started with, secrets masked.
    """

    id: str
    label: str = ""
    started: str = ""
    finished: str = ""
    plan: str = ""
    variant: str = ""
    components: tuple[str, ...] = ()
    files: tuple[FileReport, ...] = ()
    load: LoadReport | None = None
    environment: Environment = field(default_factory=Environment)
    notes: str = ""
    status: Literal["complete", "partial", "failed", "interrupted"] = "complete"
    tool_version: str = ""
    findings: tuple[Finding, ...] = ()
    pods: tuple[PodReport, ...] = ()
    usage: tuple[ProgramUsage, ...] = ()
    programs: tuple[ProgramReport, ...] = ()
    args: tuple[str, ...] = ()
    format: int = MANIFEST_FORMAT


@dataclass(frozen=True, slots=True)
class Run:
    """One run directory as the store sees it. Without a manifest, id and label come from the directory name."""

    id: str
    label: str
    started: str
    files: tuple[RawFile, ...]
    manifest: Manifest | None = None

    @property
    def components(self) -> tuple[str, ...]:
        """Name the components that have profiles, in order of name."""
        return tuple(sorted({file.component for file in self.files if file.component}))
