"""Load results of the EventoDB family of load generators (``load-test-results.json``); milliseconds become seconds.

Rules: quantiles and histogram bounds rise, or the file is refused. Unknown fields are passed over.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from pipeline.decode.load_form import Counts, Pairs, no_load_result, percent, rate_warning
from pipeline.decode.strict_json import Node
from pipeline.model.metric import LoadResult

_MEAN: Final = "avg_latency_ms"
REQUIRED: Final = (
    "timestamp",
    "duration_s",
    "total_ops",
    "writes",
    "reads",
    "errors",
    "ops_per_sec",
    _MEAN,
)
OUR_GENERATOR: Final = "profbook-loadgen"
_MS_PER_SECOND: Final = 1000
_QUANTILE: Final = re.compile(r"p(?:([0-9]{1,2})(?:\.([0-9]{1,4}))?|(99)([0-9]{1,4}))")


def is_eventodb(tree: Node) -> bool:
    """Tell whether an object has a field of this format at all."""
    return any(tree.has(name) for name in REQUIRED)


def decode_eventodb(tree: Node) -> LoadResult:
    """Read a load result. Raises DecodeError `bad_json` and `not_a_load_result`."""
    missing = tuple(name for name in REQUIRED if not tree.has(name))
    if missing == (_MEAN,) and tree.need("total_ops").whole() == 0:
        missing = ()  # a mean of no operation is left out
    if missing:
        raise no_load_result(f"The load test result lacks {', '.join(missing)}.", cure_fields(missing))
    operations = tree.need("total_ops").whole()
    mean = tree.need(_MEAN).number() / _MS_PER_SECOND if tree.has(_MEAN) else None
    tool = tree.value.get("tool", "") and tree.need("tool").text()
    duration = tree.need("duration_s").number()
    rate = tree.need("ops_per_sec").number()
    open_loop = tree.need("rate").number() > 0 if tool == OUR_GENERATOR and tree.has("rate") else None
    return LoadResult(
        tool=tool,
        started=tree.need("timestamp").timestamp(),
        duration_seconds=duration,
        operations=operations,
        errors=tree.need("errors").whole(),
        operations_per_second=rate,
        mean_latency_seconds=mean if operations else None,
        writes=tree.need("writes").whole(),
        reads=tree.need("reads").whole(),
        quantiles=_quantiles(tree),
        histogram=_histogram(tree),
        status_codes=_status(tree),
        open_loop=open_loop,
        omission_corrected=open_loop,
        warnings=rate_warning(operations, duration, rate),
    )


def cure_fields(names: tuple[str, ...]) -> str:
    """Say what a load result of this family has."""
    return f"A load test result is a JSON object with {', '.join(names)}."


def _status(tree: Node) -> Counts:
    status = tree.get("status")
    return status.counts() if status else ()


def _quantiles(tree: Node) -> Pairs:
    """Read ``{"p50": …, "p999": …, "max": …}``: p and the percentage, digits after the second being decimals."""
    if not tree.has("latency_ms"):
        return ()
    found: list[tuple[float, float, Node]] = []
    for key, node in tree.need("latency_ms").members():
        quantile = _quantile(key)
        if quantile is not None:
            found.append((quantile, node.number() / _MS_PER_SECOND, node))
    found.sort(key=lambda entry: entry[:2])
    for (lower, below, _), (upper, above, node) in pairwise(found):
        if lower == upper:
            raise node.refuse("this quantile stands twice")
        if above < below:
            raise node.refuse("is less than a lower quantile")
    return tuple((quantile, seconds) for quantile, seconds, _ in found)


def _quantile(key: str) -> float | None:
    """Tell which quantile a key names: ``p50`` 0.5, ``p999`` and ``p99.9`` 0.999, ``max`` 1; None for other keys."""
    if key == "max":
        return 1.0
    match = _QUANTILE.fullmatch(key)
    return None if match is None else percent(f"{match[1] or match[3]}.{match[2] or match[4] or ''}")


def _histogram(tree: Node) -> tuple[tuple[float, int], ...]:
    """Read ``[{"le": …, "count": …}, …]``: each count is of its own bucket alone."""
    if not tree.has("histogram_ms"):
        return ()
    buckets: list[tuple[float, int]] = []
    for bucket in tree.need("histogram_ms").items():
        if not bucket.has("le", "count"):
            raise bucket.refuse("must be an object with le and count")
        bound = bucket.need("le").number() / _MS_PER_SECOND
        if buckets and bound <= buckets[-1][0]:
            raise bucket.need("le").refuse("must be more than the bound before it")
        buckets.append((bound, bucket.need("count").whole()))
    return tuple(buckets)
