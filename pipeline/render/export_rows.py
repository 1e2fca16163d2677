"""Metrics as a table for other programs: JSON, CSV, OpenMetrics, and the JSON of github-action-benchmark. Pure.

One row for each run, component and metric, and one for each total of a profile (``profile`` is then its path, the
metric ``total.<sample type>``). Columns, in this order, in every form:

    run label started commit component profile kind phase metric value unit better

Rules: columns are only added, at the end; ``FORMAT`` counts changes that break readers. Rows are in order of run,
component, profile and metric. Text from a run is made visible; in CSV a cell that a spreadsheet would calculate begins
with an apostrophe.
"""

from __future__ import annotations

import csv
import io
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from pipeline import units
from pipeline.errors import UsageError
from pipeline.model.metric import Direction, Metric
from pipeline.model.record import RunRecord
from pipeline.render import encode

FORMAT: Final = 1
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """One number and what it is of; a text that is not known is empty."""

    run: str
    label: str
    started: str
    commit: str
    component: str = ""
    profile: str = ""
    kind: str = ""
    phase: str = ""
    metric: str = ""
    value: float | int = 0
    unit: str = ""
    better: Direction = "none"


COLUMNS: Final = tuple(field.name for field in fields(Row))


def export_rows(records: Sequence[RunRecord], metrics: Mapping[str, Metric]) -> tuple[Row, ...]:
    """List the measurements and the profile totals of runs; values that are not finite are left out."""
    rows: list[Row] = []
    for record in records:
        run = record.run
        commit = run.manifest.environment.git_sha if run.manifest else ""
        run_id, label, started, commit = map(encode.visible, (run.id, run.label, run.started, commit))
        blank = Row(run_id, label, started, commit)
        for one in record.measurements:
            metric = metrics.get(one.metric)
            if metric is not None and math.isfinite(one.value):
                rows.append(
                    replace(
                        blank,
                        component=encode.visible(one.component),
                        metric=one.metric,
                        value=float(one.value),
                        unit=metric.unit,
                        better=metric.better,
                    )
                )
        for profile in record.profiles:
            of_profile = replace(
                blank,
                component=encode.visible(profile.component),
                profile=encode.visible(profile.path),
                kind=profile.kind,
                phase=profile.phase,
            )
            for kind, total in zip(profile.sample_types, profile.totals, strict=True):
                name, unit = f"total.{encode.visible(kind.type)}", encode.visible(kind.unit)
                rows.append(replace(of_profile, metric=name, value=total, unit=unit))
    return tuple(sorted(rows, key=lambda row: (row.run, row.component, row.profile, row.metric)))


def rows_json(rows: Sequence[Row]) -> bytes:
    """Write rows as one JSON document: ``{"format", "columns", "rows": [{…}]}``."""
    document = {"format": FORMAT, "columns": COLUMNS, "rows": [asdict(row) for row in rows]}
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode("ascii")


def rows_csv(rows: Sequence[Row]) -> bytes:
    """Write rows as CSV in UTF-8 with a heading."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(getattr(row, name)) for name in COLUMNS])
    return out.getvalue().encode("utf-8", "replace")


def _cell(value: float | str) -> str:
    if not isinstance(value, str):
        return repr(value)
    return f"'{value}" if value.startswith(_FORMULA) else value


def openmetrics(rows: Sequence[Row], metrics: Mapping[str, Metric]) -> bytes:
    """Write measurements as OpenMetrics text: a gauge for each metric, labelled by run, label and component."""
    lines: list[str] = []
    for name in sorted({row.metric for row in rows if not row.profile}):
        family, metric = f"profbook_{name}", metrics[name]
        lines += [f"# TYPE {family} gauge", f"# HELP {family} {_escaped(f'{metric.title}, {metric.unit}.')}"]
        for row in rows:
            if row.metric == name and not row.profile:
                labels = ",".join(
                    f'{key}="{_escaped(text)}"'
                    for key, text in (("run", row.run), ("label", row.label), ("component", row.component))
                )
                lines.append(f"{family}{{{labels}}} {float(row.value)!r}")
    return ("\n".join([*lines, "# EOF"]) + "\n").encode("utf-8", "replace")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def custom_benchmark(rows: Sequence[Row], metrics: Mapping[str, Metric], better: Direction) -> bytes:
    """Write the JSON of ``customSmallerIsBetter`` or ``customBiggerIsBetter``: the median of the runs of each label.

    Raises UsageError when the rows are of several labels: the format has no place for them.
    """
    labels = sorted({row.label for row in rows})
    if len(labels) > 1:
        raise UsageError(
            f"this format holds the runs of one label, not of {', '.join(labels[:5])}", cure="Name a label or runs."
        )
    groups: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        if row.better == better and not row.profile:
            groups.setdefault((row.component, row.metric), []).append(float(row.value))
    entries: list[dict[str, Any]] = []
    for (component, name), values in sorted(groups.items()):
        center = statistics.median(values)
        entry: dict[str, Any] = {
            "name": f"{component}: {metrics[name].title}" if component else metrics[name].title,
            "unit": metrics[name].unit,
            "value": center,
            "extra": f"median of {units.counted(len(values), 'run')}",
        }
        spread = max(abs(value - center) for value in values)
        entries.append(entry | ({"range": f"± {units.general(spread, 6)}"} if len(values) > 1 else {}))
    return (json.dumps(entries, indent=1, allow_nan=False) + "\n").encode("ascii")
