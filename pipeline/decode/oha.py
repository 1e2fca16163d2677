"""Results of oha (``--output-format json``). Times are seconds; figures that do not exist are null.

Rules: requests still running at the deadline of a timed test are no errors. oha's histogram bounds leave out the
smallest latency and its last bucket takes all the rest, so the histogram is not read. Whether latencies were corrected
(``--latency-correction``) is not in the file.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline.decode.load_form import Counts, Pairs, by_status, normal_form, percent
from pipeline.decode.strict_json import Node
from pipeline.model.metric import LoadResult

_DEADLINE: Final = "aborted due to deadline"
_QUANTILE: Final = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,6})?)")


def is_oha(tree: Node) -> bool:
    """Tell whether this is a result of oha."""
    return tree.has("summary", "latencyPercentiles", "statusCodeDistribution") and tree.need("summary").has("total")


def decode_oha(tree: Node) -> LoadResult:
    """Read the result. Raises DecodeError `bad_json`."""
    summary = tree.need("summary")
    status = tree.need("statusCodeDistribution").counts()
    operations, refused = by_status(status)
    errors = sum(count for name, count in _errors(tree) if name != _DEADLINE)
    rate = summary.get("requestsPerSec")
    aborted = sum(count for name, count in _errors(tree) if name == _DEADLINE)
    mean = summary.get("average")
    return normal_form(
        "oha",
        operations=operations,
        errors=refused + errors,
        duration=summary.need("total").number(),
        rate=rate.number() if rate else None,
        rated=operations + refused + errors + aborted,
        mean_latency_seconds=mean.number() if mean and status else None,
        quantiles=_quantiles(tree) if status else (),
        status_codes=status,
    )


def _errors(tree: Node) -> Counts:
    errors = tree.get("errorDistribution")
    return errors.counts() if errors else ()


def _quantiles(tree: Node) -> Pairs:
    found: dict[float, float] = {}
    for key, node in tree.need("latencyPercentiles").members():
        match = _QUANTILE.fullmatch(key)
        if match and node.value is not None:
            found[percent(match[1])] = node.number()
    slowest = tree.need("summary").get("slowest")
    if slowest:
        found[1.0] = slowest.number()
    return tuple(sorted(found.items()))
