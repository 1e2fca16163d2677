"""Results of k6, in its three JSON shapes: ``--summary-export``, ``handleSummary`` data, the machine-readable summary.

Rules: the shapes differ in where a metric's values stand, not in what they mean: times are milliseconds, the "true"
events of http_req_failed are the failures. Without HTTP requests the operations are iterations, whose duration is no
latency (it holds the script's pauses). k6 does not tell whether its scenario was an open or a closed loop.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pipeline.decode.load_form import Pairs, normal_form, percent
from pipeline.decode.strict_json import Node
from pipeline.model.metric import LoadResult

_MS_PER_SECOND: Final = 1000
_TREND: Final = re.compile(r"p\(([0-9]{1,2}(?:\.[0-9]{1,6})?)\)")
_OWN_METRICS: Final = ("http_reqs", "iterations", "vus", "data_sent")

Metrics = Mapping[str, Node]


def is_k6(tree: Node) -> bool:
    """Tell whether this is a summary of k6."""
    if tree.has("results", "config", "metadata"):
        return tree.need("metadata").has("k6Version") and tree.need("results").has("metrics")
    if not tree.has("metrics"):
        return False
    return tree.has("root_group") or any(tree.need("metrics").has(name) for name in _OWN_METRICS)


def decode_k6(tree: Node) -> LoadResult:
    """Read a summary. Raises DecodeError `bad_json`."""
    metrics = _metrics(tree)
    name = "http_reqs" if "http_reqs" in metrics else "iterations"
    total, rate = _count(metrics, name), _rate(metrics, name)
    failed, warnings = _failed(metrics, name)
    trend = metrics.get("http_req_duration")
    if failed > total:
        raise metrics["http_req_failed"].refuse("more requests failed than were made")
    mean = trend.get("avg") if trend and total else None
    return normal_form(
        "k6",
        operations=total - failed,
        errors=failed,
        duration=_duration(tree, total, rate),
        rate=rate,
        mean_latency_seconds=mean.number() / _MS_PER_SECOND if mean else None,
        quantiles=_quantiles(trend) if trend and total else (),
        warnings=warnings,
    )


def _metrics(tree: Node) -> Metrics:
    """Find the values of each metric."""
    if tree.has("results", "config"):
        listed = tree.need("results").need("metrics").items()
        return {metric.need("name").text(): metric.need("values") for metric in listed}
    return {
        name: metric.need("values") if metric.has("type", "values") else metric
        for name, metric in tree.need("metrics").members()
    }


def _count(metrics: Metrics, name: str) -> int:
    return metrics[name].need("count").whole() if name in metrics else 0


def _rate(metrics: Metrics, name: str) -> float | None:
    node = metrics[name].get("rate") if name in metrics else None
    return node.number() if node else None


def _failed(metrics: Metrics, name: str) -> tuple[int, tuple[str, ...]]:
    """Count the failed requests; say so when that cannot be known."""
    if name not in metrics:
        return 0, ("k6 made no request and ended no iteration",)
    if name == "iterations":
        return 0, ("k6 made no HTTP request: its operations are iterations, and it does not tell which failed",)
    failures = metrics.get("http_req_failed")
    count = failures and (failures.get("matches") or failures.get("passes"))
    return (count.whole(), ()) if count else (0, ("k6 does not tell how many requests failed",))


def _duration(tree: Node, total: int, rate: float | None) -> float:
    """Read how long the test took; the legacy shape says it only as count over rate. Seconds."""
    if tree.has("results", "config"):
        return tree.need("config").need("duration").number()
    if tree.has("state"):
        return tree.need("state").need("testRunDurationMs").number() / _MS_PER_SECOND
    return total / rate if rate else 0.0


def _quantiles(trend: Node) -> Pairs:
    """Read ``med``, ``p(95)`` and ``max``; ``min`` and ``avg`` are none."""
    names = {"med": 0.5, "max": 1.0}
    found: dict[float, float] = {}
    for key, node in trend.members():
        match = _TREND.fullmatch(key)
        quantile = percent(match[1]) if match else names.get(key)
        if quantile is not None:
            found[quantile] = node.number() / _MS_PER_SECOND
    return tuple(sorted(found.items()))
