"""What a program used from its start to its end (``/usr/bin/time -v`` or our own count), as metrics of its component.

Rules: one report a component: that of the program or of the timing pass, never that of a pass that also took a profile.
A program that failed did not do the work that was meant, so it is not measured. How long a timing pass of benchmarks
took says nothing: its length is set by `-benchtime`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pipeline.model.finding import Finding
from pipeline.model.metric import Measurement, Metric, ProcessUsage
from pipeline.model.run import DEFAULT_COMPONENT

METRICS: Final = (
    Metric("elapsed", "Elapsed time", "seconds", "lower", "start to end of the program"),
    Metric("user_seconds", "CPU time, user", "seconds", "lower", "time of the program and the children it waited for"),
    Metric("system_seconds", "CPU time, system", "seconds", "lower", "time in the kernel, the same processes"),
    Metric("page_faults_major", "Page faults, major", "faults", "lower", "pages that had to be read from disk"),
    Metric("page_faults_minor", "Page faults, minor", "faults", "none", "pages that were given without reading"),
)
_PROFILED: Final = frozenset({"cpu", "heap", "allocs", "block", "mutex", "goroutine"})
_TIMING: Final = "timing"
_OURS: Final = frozenset({"program", _TIMING})


def measure_usage(reports: Mapping[str, ProcessUsage]) -> tuple[list[Measurement], list[Finding]]:
    """Measure every component that has a report; ``reports`` maps the paths of all there are to what they say."""
    measured: list[Measurement] = []
    doubts: list[Finding] = []
    for component, path in _components(reports).items():
        usage = reports[path]
        if usage.exit_code in {0, None}:
            measured += _measure(component, path, usage)
        else:
            doubts.append(_failed(path, usage))
    return measured, doubts


def _components(reports: Iterable[str]) -> dict[str, str]:
    """Choose one report a component. Several of one folder that nothing ranks are each a component of their own."""
    folders: dict[str, list[str]] = {}
    for path in sorted(reports):
        if _stem(path) not in _PROFILED:
            folders.setdefault(path.rpartition("/")[0], []).append(path)
    chosen: dict[str, str] = {}
    for folder, paths in folders.items():
        ours = [path for path in paths if _stem(path) in _OURS]
        if ours or len(paths) == 1:
            chosen[folder or DEFAULT_COMPONENT] = (ours or paths)[0]
        else:
            chosen |= {f"{folder}.{_stem(path)}".strip("."): path for path in paths}
    return chosen


def _measure(component: str, path: str, usage: ProcessUsage) -> Iterable[Measurement]:
    facts: list[tuple[str, float | None]] = [
        ("rss_max", usage.max_rss_bytes),
        ("page_faults_major", usage.major_faults),
        ("page_faults_minor", usage.minor_faults),
    ]
    if _stem(path) != _TIMING:
        facts += [
            ("elapsed", usage.elapsed_seconds),
            ("user_seconds", usage.user_seconds),
            ("system_seconds", usage.system_seconds),
        ]
    return [Measurement(name, float(value), component, (path,)) for name, value in facts if value is not None]


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _failed(path: str, usage: ProcessUsage) -> Finding:
    return Finding(
        "timed_program_failed",
        "warning",
        "The program that was timed failed, so what it used is not measured.",
        path,
        f"exit code {usage.exit_code}",
        "Look at its log, then run it again.",
    )
