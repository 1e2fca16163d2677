"""A run: one directory of raw files, what is in it, and what collecting it was like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pipeline.model.finding import Finding

FileStatus = Literal["ok", "missing", "refused"]
Phase = Literal["", "before", "during", "after", "series"]

MANIFEST_FORMAT = 1
DEFAULT_COMPONENT = "service"


@dataclass(frozen=True, slots=True)
class RawFile:
    """One raw file of a run, as found on disk.

    ``path`` is relative to the run directory, with ``/``; ``kind`` is the pprof endpoint it came from (``heap``,
    ``cpu``, …), or ``load``, ``bench``, ``time``, ``log``, ``notes``, ``manifest``, ``other``; ``index`` is the place
    in an interval series.
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
    """Where a run was taken; empty where unknown. An allow-list: nothing else of the machine is ever recorded."""

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


@dataclass(frozen=True, slots=True)
class FileReport:
    """What collect says of one file it wanted: times are RFC 3339 in UTC, ``code`` is empty when all went well."""

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
    pod: str = ""
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
class Manifest:
    """``run.json``: written by collect, optional for adopted directories."""

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
