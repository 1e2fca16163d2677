"""Runs as Go benchmark results, so that benchstat and benchseries read them: one result for each run and component.

    goos: linux
    Unit ops/s better=higher
    Benchmark/component=eventstore 48210 1520 ns/op 12400 B/op 96 allocs/op 4821 ops/s …

Rules: what the format has a unit for is written in it (``ns/op``, ``B/op``, ``allocs/op``); other metrics keep their
name, with a unit where benchstat knows one (``heap_inuse_after-bytes``). A metric that neither gets better nor worse is
left out. The label is written only where there are several, for ``benchstat -col label``: two files of one label each
are compared as they are. The count is the run's operations, or 1. Benchmarks a run holds are written as they were read.
Pure.

Format: golang.org/design/14313-benchmark-format, and the unit metadata of golang.org/x/perf/benchfmt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pipeline import units
from pipeline.model.benchmark import BenchmarkFile
from pipeline.model.metric import Measurement, Metric
from pipeline.model.record import RunRecord
from pipeline.render import encode

_STANDARD: Final[Mapping[str, tuple[str, float]]] = {
    "latency_mean": ("ns/op", 1e9),
    "alloc_bytes_per_op": ("B/op", 1.0),
    "alloc_objects_per_op": ("allocs/op", 1.0),
    "ops_per_sec": ("ops/s", 1.0),
}
"""Metrics that mean what a unit of the format means: its name, and the factor."""
_SCALED: Final[Mapping[str, tuple[str, float]]] = {
    "seconds": ("ns", 1e9),
    "seconds/op": ("ns/op", 1e9),
    "bytes": ("bytes", 1.0),
}
_KEY: Final = re.compile(r"[a-z][^\sA-Z:]*")


def benchfmt(records: Sequence[RunRecord], metrics: Mapping[str, Metric]) -> bytes:
    """Write runs in the benchmark format."""
    higher = sorted({_unit(metric)[0] for metric in metrics.values() if metric.better == "higher"})
    lines = [f"Unit {unit} better=higher" for unit in higher]
    seen: dict[str, str] = {}
    many = len({record.run.label for record in records}) > 1
    for record in records:
        lines += _changed(seen, _config(record) | ({"label": record.run.label} if many else {}))
        for component in sorted({one.component for one in record.measurements}):
            own = [one for one in record.measurements if one.component == component]
            if line := _result(record, component, own, metrics):
                lines.append(line)
        for one in record.benchmarks:
            lines += _benchmarks(one.file, seen)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _config(record: RunRecord) -> dict[str, str]:
    env = record.run.manifest.environment if record.run.manifest else None
    facts = {"goos": env.goos, "goarch": env.goarch, "cpu": env.cpu_model, "go": env.go_version} if env else {}
    return facts | {"pkg": ""}


def _changed(seen: dict[str, str], config: Mapping[str, str]) -> Iterator[str]:
    """Write the ``key: value`` lines that are not in force yet; an empty value takes one back."""
    for key, text in config.items():
        value = " ".join(encode.visible(text).split())
        if seen.get(key, "") != value and _KEY.fullmatch(key):
            seen[key] = value
            yield f"{key}: {value}" if value else f"{key}:"


def _result(record: RunRecord, component: str, own: Sequence[Measurement], metrics: Mapping[str, Metric]) -> str:
    values = []
    for one in own:
        metric = metrics.get(one.metric)
        if metric is not None and metric.better != "none":
            unit, factor = _unit(metric)
            # Twelve digits: the factor must not leave a tail that looks like more.
            values.append(f"{units.shortest(float(f'{one.value * factor:.12g}'))} {unit}")
    if not values:
        return ""
    name = re.sub(r"\s", "_", encode.visible(component)) or "run"
    count = record.load.operations if record.load and record.load.operations > 0 else 1
    return f"Benchmark/component={name} {count} {' '.join(values)}"


def _unit(metric: Metric) -> tuple[str, float]:
    """Name a metric's unit in the format, and the factor to it."""
    if metric.name in _STANDARD:
        return _STANDARD[metric.name]
    unit, factor = _SCALED.get(metric.unit, ("", 1.0))
    return (f"{metric.name}-{unit}" if unit else metric.name), factor


def _benchmarks(file: BenchmarkFile, seen: dict[str, str]) -> Iterator[str]:
    for entry in file.units:
        yield f"Unit {entry.raw_unit} {entry.key}={entry.value}"
    for result in file.results:
        yield from _changed(seen, dict(result.config))
        values = " ".join(f"{units.shortest(one.raw_value)} {one.raw_unit}" for one in result.values)
        yield f"Benchmark{result.name} {result.iterations} {values}"
