"""Comparisons for other programs: JSON, and SARIF for code scanning. Pure.

The JSON holds ``{"format", "comparisons": [{…}]}``, each with the fields of `model.verdict.Comparison`: labels and runs
of both sides, ``outcome`` and ``reasons``, ``metrics`` with medians, intervals, ``p``, ``q`` and ``delta``,
``functions`` with their changes and culprits, ``rules``, ``findings`` and ``objections``.

SARIF 2.1.0 has a result for each metric and function that got worse for certain and for each gate rule that is not met.
A function is put at its line where the run stores source, else it has only its name.

Rules: a value that is not finite is the text ``inf``; text from a run is made visible; at most `MAX_RESULTS` results.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from pipeline import units
from pipeline.model.gate import GateResult
from pipeline.model.record import RunRecord
from pipeline.model.verdict import Comparison
from pipeline.render import encode

FORMAT: Final = 1
MAX_RESULTS: Final = 5000
"""GitHub takes 25,000 results and keeps 5,000."""
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME: Final = "https://pypi.org/project/profbook/"
_RULES: Final[Mapping[str, str]] = {
    "metric_regressed": "A metric got worse, and chance does not explain it.",
    "function_regressed": "A function costs more, and chance does not explain it.",
    "gate_failed": "A rule of the gate is not met.",
}
Places = Mapping[str, tuple[str, int]]
"""Where functions begin: name -> path from the repository's root, line."""


def compare_json(comparisons: Sequence[Comparison]) -> bytes:
    """Write comparisons as JSON in ASCII, keys sorted."""
    plain = {"format": FORMAT, "comparisons": [_plain(asdict(one)) for one in comparisons]}
    return (json.dumps(plain, sort_keys=True, indent=1, allow_nan=False) + "\n").encode("ascii")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return encode.visible(value)
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def function_places(records: Sequence[RunRecord]) -> dict[str, tuple[str, int]]:
    """Find where functions begin in the source that runs store; the newest run decides."""
    return {
        function.name: (file.path, function.first)
        for record in sorted(records, key=lambda one: one.run.started)
        if record.source
        for file in record.source.files
        for function in file.functions
    }


def sarif(comparisons: Sequence[Comparison], gate: GateResult, places: Places, *, version: str) -> bytes:
    """Write what got worse as SARIF 2.1.0."""
    results = [result for one in comparisons for result in _results(one, places)]
    results += _failures(gate)
    driver = {
        "name": "profbook",
        "version": version,
        "informationUri": _HOME,
        "rules": [{"id": name, "shortDescription": {"text": text}} for name, text in _RULES.items()],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results[:MAX_RESULTS]}
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode("ascii")


def _results(comparison: Comparison, places: Places) -> Iterator[dict[str, Any]]:
    for metric in comparison.metrics:
        if metric.outcome == "regressed":
            where = f"{metric.component}: " if metric.component else ""
            change = units.show_delta(metric.base_center, metric.head_center)
            base, head = (units.show(value, metric.metric.unit) for value in (metric.base_center, metric.head_center))
            text = f"{comparison.slug}: {where}{metric.metric.title} {change} ({base} to {head}, p = {metric.p:.3f})"
            yield _result("metric_regressed", "warning", text, f"{metric.component}/{metric.metric.name}", {})
    for part in comparison.functions:
        for function in part.functions:
            if function.outcome == "regressed":
                name = function.head_name or function.name
                weights = function.cum if function.measure == "cum" else function.flat
                change = units.show_delta(weights.judged.base, weights.judged.head)
                text = (
                    f"{comparison.slug}: {name} {change} {function.measure or 'flat'} {part.sample_type.type} "
                    f"(q = {function.q:.3f})"
                )
                yield _result("function_regressed", "warning", text, name, places)


def _failures(gate: GateResult) -> Iterator[dict[str, Any]]:
    for one in gate.comparisons:
        for check in one.checks:
            if check.state == "failed":
                text = f"{one.slug}: {check.result.title}: {check.result.sentence}"
                yield _result("gate_failed", "error", text, f"{check.result.component}/{check.result.rule}", {})


def _result(rule: str, level: str, text: str, subject: str, places: Places) -> dict[str, Any]:
    name = encode.visible(subject)
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": name}]}
    if subject in places:
        path, line = places[subject]
        artifact = {"uri": encode.url_path(encode.visible(path)), "uriBaseId": "%SRCROOT%"}
        location["physicalLocation"] = {"artifactLocation": artifact, "region": {"startLine": max(line, 1)}}
    digest = hashlib.sha256(f"{rule}\0{name}".encode("utf-8", "replace")).hexdigest()
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": encode.visible(text)},
        "locations": [location],
        "partialFingerprints": {"profbook/v1": digest},
    }
