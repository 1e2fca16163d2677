"""Results of ghz, the gRPC load tool (``-O json``). Times are nanoseconds, histogram marks seconds.

Rules: an operation is a call that ended with OK. Each worker waits for its answer (a closed loop), unless ghz was told
to send ``async``. The file's date is when the report was made; the test began with its first call.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pipeline.decode.load_form import Pairs, normal_form
from pipeline.decode.strict_json import Node
from pipeline.model.metric import LoadResult

_NANOS: Final = 1e9


def is_ghz(tree: Node) -> bool:
    """Tell whether this is a result of ghz."""
    return tree.has("count", "total", "rps", "statusCodeDistribution", "latencyDistribution")


def decode_ghz(tree: Node) -> LoadResult:
    """Read the result. Raises DecodeError `bad_json`."""
    codes = tree.get("statusCodeDistribution")
    status = codes.counts() if codes else ()
    count = tree.need("count").whole()
    operations = dict(status).get("OK", 0)
    if operations > count:
        raise tree.need("statusCodeDistribution").refuse(f"counts more than the {count} calls")
    open_loop = _is_async(tree)
    return normal_form(
        "ghz",
        started=_started(tree),
        operations=operations,
        errors=count - operations,
        duration=tree.need("total").number() / _NANOS,
        rate=tree.need("rps").number(),
        mean_latency_seconds=tree.need("average").number() / _NANOS if operations else None,
        quantiles=_quantiles(tree) if operations else (),
        histogram=_histogram(tree),
        status_codes=status,
        open_loop=open_loop,
        omission_corrected=False,
    )


def _is_async(tree: Node) -> bool:
    options = tree.get("options")
    return bool(options and options.has("async") and options.value["async"] is True)


def _started(tree: Node) -> str:
    details = tree.get("details")
    calls = [call.need("timestamp").timestamp() for call in details.items()] if details else []
    try:
        return min(calls, key=datetime.fromisoformat, default="")
    except TypeError:  # some with a time zone, some without: not to be ordered
        return ""


def _quantiles(tree: Node) -> Pairs:
    rows = tree.get("latencyDistribution")
    found = {
        round(row.need("percentage").number() / 100, 6): row.need("latency").number() / _NANOS
        for row in (rows.items() if rows else [])
    }
    slowest = tree.get("slowest")
    if slowest:
        found[1.0] = slowest.number() / _NANOS
    return tuple(sorted(found.items()))


def _histogram(tree: Node) -> tuple[tuple[float, int], ...]:
    rows = tree.get("histogram")
    found: dict[float, int] = {}
    for row in rows.items() if rows else []:
        mark = row.need("mark").number()
        found[mark] = found.get(mark, 0) + row.need("count").whole()
    return tuple(sorted(found.items()))
