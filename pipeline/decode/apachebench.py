"""Results of ab, ApacheBench (text). A closed loop; its percentiles are whole milliseconds.

Rules: answers other than 2xx, broken answers and exceptions are errors. ab also calls an answer failed when its length
differs from the first one; pages do that by nature, so those stay operations and a warning counts them.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline.decode.load_form import NEVER_CONNECTED, cut_short, normal_form, percent
from pipeline.model.metric import LoadResult

_BANNER: Final = "This is ApacheBench,"
_COMPLETE: Final = re.compile(r"^Complete requests: +([0-9]{1,15})", re.MULTILINE)
_DURATION: Final = re.compile(r"^Time taken for tests: +([0-9]{1,15}(?:\.[0-9]{1,15})?) seconds", re.MULTILINE)
_RATE: Final = re.compile(r"^Requests per second: +([0-9]{1,15}(?:\.[0-9]{1,15})?) \[#/sec\]", re.MULTILINE)
_MEAN: Final = re.compile(r"^Time per request: +([0-9]{1,15}(?:\.[0-9]{1,15})?) \[ms\] \(mean\)", re.MULTILINE)
_BAD_STATUS: Final = re.compile(r"^Non-2xx responses: +([0-9]{1,15})", re.MULTILINE)
_FAILED: Final = re.compile(
    r"^ +\(Connect: ([0-9]{1,15}), Receive: ([0-9]{1,15}), Length: ([0-9]{1,15}), Exceptions: ([0-9]{1,15})\)",
    re.MULTILINE,
)
_PERCENTILE: Final = re.compile(r"^ +(100|[0-9]{1,2})% +([0-9]{1,15})(?: \(longest request\))?$", re.MULTILINE)
_NO_SERVER: Final = re.compile(r"^apr_\w+(?:\(\))?: .*\([0-9]+\)", re.MULTILINE)


def is_ab(text: str) -> bool:
    """Tell whether this is output of ab."""
    return _BANNER in text[:200] or (bool(_COMPLETE.search(text)) and bool(_RATE.search(text)))


def decode_ab(text: str) -> LoadResult:
    """Read the text. Raises DecodeError `not_a_load_result` when it is cut."""
    complete, duration, rate = _COMPLETE.search(text), _DURATION.search(text), _RATE.search(text)
    if complete is None or duration is None or rate is None:
        if _NO_SERVER.search(text):
            return normal_form("ab", operations=0, errors=1, duration=0.0, warnings=(NEVER_CONNECTED,))
        raise cut_short("ab", "its totals")
    refused, failed, mean = _BAD_STATUS.search(text), _FAILED.search(text), _MEAN.search(text)
    connect, receive, length, exceptions = (int(count) for count in failed.groups()) if failed else (0, 0, 0, 0)
    answers = int(complete[1])
    errors = min(answers, connect + receive + exceptions + (int(refused[1]) if refused else 0))
    return normal_form(
        "ab",
        operations=answers - errors,
        errors=errors,
        duration=float(duration[1]),
        rate=float(rate[1]),
        mean_latency_seconds=float(mean[1]) / 1000 if mean and answers else None,
        quantiles=tuple(sorted((percent(rank), int(ms) / 1000) for rank, ms in _PERCENTILE.findall(text))),
        open_loop=False,
        omission_corrected=False,
        warnings=(f"ab found {length} answers of another length than the first",) if length else (),
    )
