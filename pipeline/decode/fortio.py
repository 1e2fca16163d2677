"""Results of fortio (JSON). Latencies are seconds, the duration nanoseconds.

Rules: an operation has an HTTP status of 200 to 399, or the answer ``OK`` or ``SERVING`` of the other protocols. With a
rate of ``max`` fortio is a closed loop; at a set rate it paces its connections and does not correct latencies.
"""

from __future__ import annotations

from typing import Final

from pipeline.decode.load_form import is_success, normal_form
from pipeline.decode.strict_json import Node
from pipeline.model.metric import LoadResult

_NANOS: Final = 1e9
_GOOD: Final = frozenset({"OK", "SERVING"})


def is_fortio(tree: Node) -> bool:
    """Tell whether this is a result of fortio."""
    return tree.has("RequestedQPS", "ActualQPS", "ActualDuration", "DurationHistogram")


def decode_fortio(tree: Node) -> LoadResult:
    """Read the result. Raises DecodeError `bad_json`."""
    codes = tree.get("RetCodes")
    status = codes.counts() if codes else ()
    operations = sum(count for code, count in status if code in _GOOD or is_success(code))
    histogram = tree.need("DurationHistogram")
    count = histogram.need("Count").whole()
    asked = tree.need("RequestedQPS").text()
    return normal_form(
        "fortio",
        started=tree.need("StartTime").timestamp() if tree.has("StartTime") else "",
        operations=operations,
        errors=sum(count for _, count in status) - operations,
        duration=tree.need("ActualDuration").number() / _NANOS,
        rate=tree.need("ActualQPS").number(),
        mean_latency_seconds=histogram.need("Avg").number() if count else None,
        quantiles=_quantiles(histogram) if count else (),
        histogram=_buckets(histogram) if count else (),
        status_codes=status,
        open_loop=False if asked == "max" else None,
        omission_corrected=False,
    )


def _quantiles(histogram: Node) -> tuple[tuple[float, float], ...]:
    rows = histogram.get("Percentiles")
    found = {
        round(row.need("Percentile").number() / 100, 6): row.need("Value").number()
        for row in (rows.items() if rows else [])
    }
    return tuple(sorted({**found, 1.0: histogram.need("Max").number()}.items()))


def _buckets(histogram: Node) -> tuple[tuple[float, int], ...]:
    rows = histogram.get("Data")
    found: dict[float, int] = {}
    for row in rows.items() if rows else []:
        end = row.need("End").number()
        found[end] = found.get(end, 0) + row.need("Count").whole()
    return tuple(sorted(found.items()))
