"""What is known of a run so far: file reports and findings, gathered from several threads, and the manifest of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, Final, Literal

from pipeline.collect.secrets import hide_paths
from pipeline.model.finding import Finding
from pipeline.model.metric import ProcessUsage
from pipeline.model.run import Environment, FileReport, LoadReport, Manifest, PodReport, ProgramReport, ProgramUsage

Status = Literal["complete", "partial", "failed", "interrupted"]

_OPTIONAL: Final = frozenset({("goroutineleak", "http_404"), ("memstats", "http_404"), ("memstats", "not_memstats")})
"""What an older Go, or another language, does not have: its absence leaves a run complete."""


class Record:
    """The manifest while it grows; safe to use from several threads."""

    def __init__(self, draft: Manifest, names: Mapping[str, str] | None = None) -> None:
        self._draft = draft
        self._names = names or {}
        self._files: list[FileReport] = []
        self._findings: list[Finding] = []
        self._pods: Callable[[], tuple[PodReport, ...]] = tuple
        self._lock = threading.Lock()

    def file(self, report: FileReport) -> None:
        """Add the outcome of one file."""
        clean = replace(report, last_error=hide_paths(report.last_error, self._names))
        with self._lock:
            self._files.append(clean)

    def finding(self, finding: Finding) -> None:
        """Add a doubt, once; paths of this machine in it are written by name."""
        message, evidence = (hide_paths(text, self._names) for text in (finding.message, finding.evidence))
        finding = replace(finding, message=message, evidence=evidence)
        with self._lock:
            if finding not in self._findings:
                self._findings.append(finding)

    def watch_pods(self, seen: Callable[[], tuple[PodReport, ...]]) -> None:
        """Let the manifest list the pods seen by the time it is written."""
        self._pods = seen

    @property
    def good(self) -> int:
        """Count the profiles that came."""
        with self._lock:
            return sum(report.status == "ok" for report in self._files)

    def describe(self, environment: Environment) -> None:
        """Add where the run is taken."""
        with self._lock:
            self._draft = replace(self._draft, environment=environment)

    def use(self, name: str, used: ProcessUsage | None) -> None:
        """Add what a program of the run used, when it is known."""
        if used is not None:
            with self._lock:
                self._draft = replace(self._draft, usage=(*self._draft.usage, ProgramUsage(name, used)))

    def program(self, report: ProgramReport) -> None:
        """Add what became of a program that was run from start to end."""
        clean = replace(report, tail=hide_paths(report.tail, self._names))
        with self._lock:
            self._draft = replace(self._draft, programs=(*self._draft.programs, clean))

    def first_error(self) -> str:
        """Give the first thing that went wrong, for a run in which nothing went right."""
        with self._lock:
            errors = [finding.message for finding in self._findings if finding.severity == "error"]
            others = [finding.message for finding in self._findings if finding.severity != "error"]
            faults = [report.last_error for report in self._files if report.last_error]
            return next(iter((*errors, *faults, *others)), "")

    def manifest(self, *, finished: str = "", load: LoadReport | None = None, interrupted: bool = False) -> Manifest:
        """Write the manifest of what is known now."""
        with self._lock:
            files = tuple(sorted(self._files, key=lambda report: (report.started, report.path)))
            findings = tuple(self._findings)
        return replace(
            self._draft,
            finished=finished,
            files=files,
            load=load,
            findings=findings,
            pods=self._pods(),
            status="interrupted" if interrupted else _status(files, findings),
        )


def _status(files: tuple[FileReport, ...], findings: tuple[Finding, ...]) -> Status:
    lost = any(report.status != "ok" and not _is_dispensable(report) for report in files)
    # Nothing is missing when the load failed, but what was taken does not show the load that was meant.
    spoilt = any(finding.severity == "error" or finding.code == "load_failed" for finding in findings)
    return "partial" if lost or spoilt else "complete"


def _is_dispensable(report: FileReport) -> bool:
    """Tell whether a run is complete without a file; a series ends with its load."""
    return (report.kind, report.code) in _OPTIONAL or (report.phase == "series" and report.code == "load_ended")


def as_json(manifest: Manifest) -> dict[str, Any]:
    """Turn a manifest into plain values for JSON."""
    return asdict(manifest)
