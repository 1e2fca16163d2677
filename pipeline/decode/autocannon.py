"""Results of autocannon (``--json``). Latencies are milliseconds.

Rules: answers of 200 to 399 are operations; other answers and connection errors (timeouts among them) are errors.
autocannon corrects latencies when it is given a rate, which its result does not tell.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline.decode.load_form import Pairs, normal_form, percent
from pipeline.decode.strict_json import Node
from pipeline.model.metric import LoadResult

_MS_PER_SECOND: Final = 1000
_QUANTILE: Final = re.compile(r"p([0-9]{1,2})(?:_([0-9]{1,3}))?")
_CLASSES: Final = ("1xx", "2xx", "3xx", "4xx", "5xx")


def is_autocannon(tree: Node) -> bool:
    """Tell whether this is a result of autocannon."""
    return tree.has("requests", "latency", "throughput", "connections", "non2xx", "2xx")


def decode_autocannon(tree: Node) -> LoadResult:
    """Read the result. Raises DecodeError `bad_json`."""
    classes = {name: tree.need(name).whole() for name in _CLASSES if tree.has(name)}
    operations = classes.get("2xx", 0) + classes.get("3xx", 0)
    answers = sum(classes.values())
    latency = tree.need("latency")
    mean = latency.get("mean") or latency.get("average")
    rate = tree.need("requests").get("average")
    errors = tree.need("errors").whole()
    return normal_form(
        "autocannon",
        started=tree.need("start").timestamp() if tree.has("start") else "",
        operations=operations,
        errors=answers - operations + errors,
        duration=tree.need("duration").number(),
        rate=rate.number() if rate else None,
        rated=answers,
        mean_latency_seconds=mean.number() / _MS_PER_SECOND if mean and answers else None,
        quantiles=_quantiles(latency) if answers else (),
        status_codes=_status(tree, classes),
    )


def _status(tree: Node, classes: dict[str, int]) -> tuple[tuple[str, int], ...]:
    stats = tree.get("statusCodeStats")
    if stats is None:
        return tuple((name, count) for name, count in classes.items() if count)
    return tuple(sorted((code, node.need("count").whole()) for code, node in stats.members()))


def _quantiles(latency: Node) -> Pairs:
    """Read ``p97_5`` and ``max``."""
    found: dict[float, float] = {}
    for key, node in latency.members():
        match = _QUANTILE.fullmatch(key)
        if match:
            found[percent(f"{match[1]}.{match[2] or ''}")] = node.number() / _MS_PER_SECOND
    return tuple(sorted({**found, 1.0: latency.need("max").number() / _MS_PER_SECOND}.items()))
