"""Results of wrk and wrk2 (text).

Rules: wrk is a closed loop. wrk2 sends at a fixed rate and counts latency from when a request was due; when it also
prints uncorrected latencies, those are passed over. Answers with a status of 400 or more and socket errors are errors.
wrk2's detailed spectrum becomes the histogram.
"""

from __future__ import annotations

import re
from typing import Any, Final

from pipeline.decode.load_form import NEVER_CONNECTED, Pairs, cut_short, normal_form, percent, time_text
from pipeline.model.metric import LoadResult

_STARTED: Final = re.compile(r"^Running \S+ test @ ", re.MULTILINE)
_NO_SERVER: Final = re.compile(r"\Aunable to connect to \S+ ")
_TOTAL: Final = re.compile(r"^ +([0-9]{1,15}) requests in ([0-9.]{1,30}[a-z]{1,2}),", re.MULTILINE)
_RATE: Final = re.compile(r"^Requests/sec: +([0-9]{1,15}(?:\.[0-9]{1,15})?)", re.MULTILINE)
_BAD_STATUS: Final = re.compile(r"^ +Non-2xx or 3xx responses: ([0-9]{1,15})", re.MULTILINE)
_SOCKET: Final = re.compile(
    r"^ +Socket errors: connect ([0-9]{1,15}), read ([0-9]{1,15}), write ([0-9]{1,15}), timeout ([0-9]{1,15})",
    re.MULTILINE,
)
_ROWS: Final = re.compile(
    r"Thread Stats +Avg +Stdev +(\S+) .*\n +Latency +([0-9.]{1,30}[a-z]{1,2}) +\S+ +([0-9.]{1,30}[a-z]{1,2})"
)
_PERCENTILE: Final = re.compile(
    r"^ *(100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]{1,9})?)% +([0-9.]{1,30}[a-z]{1,2}) *$", re.MULTILINE
)
_SPECTRUM: Final = re.compile(
    r"^ +([0-9]{1,15}(?:\.[0-9]{1,15})?) +[01]\.[0-9]+ +([0-9]{1,15}) +(?:[0-9.]+|inf) *$", re.MULTILINE
)
_HDR_MEAN: Final = re.compile(r"^#\[Mean +=\s+([0-9]{1,15}(?:\.[0-9]{1,15})?),", re.MULTILINE)
_UNCORRECTED: Final = "Uncorrected Latency"
_WRK2_MARKS: Final = ("Thread calibration:", "HdrHistogram - Recorded Latency")
_CLOSED: Final = "Mode: closed loop"


def is_wrk(text: str) -> bool:
    """Tell whether this is output of wrk or wrk2."""
    return bool(_NO_SERVER.match(text) or (_STARTED.search(text) and "Thread Stats" in text))


def decode_wrk(text: str) -> LoadResult:
    """Read the text. Raises DecodeError `not_a_load_result` when it is cut."""
    if _NO_SERVER.match(text):
        return normal_form("wrk", operations=0, errors=1, duration=0.0, warnings=(NEVER_CONNECTED,))
    total, rate = _TOTAL.search(text), _RATE.search(text)
    seconds = time_text(total[2]) if total else None
    if total is None or seconds is None or rate is None:
        raise cut_short("wrk", "its total or its rate")
    corrected = any(mark in text for mark in _WRK2_MARKS) and _CLOSED not in text
    refused = _BAD_STATUS.search(text)
    lost = _SOCKET.search(text)
    bad = int(refused[1]) if refused else 0
    answers = int(total[1])
    errors = bad + sum(int(count) for count in lost.groups()) if lost else bad
    return normal_form(
        "wrk2" if corrected else "wrk",
        operations=max(answers - bad, 0),
        errors=errors,
        duration=seconds,
        rate=float(rate[1]),
        rated=answers,
        open_loop=corrected,
        omission_corrected=corrected,
        **_latency(text.partition(_UNCORRECTED)[0], answers),
    )


def _latency(text: str, answers: int) -> dict[str, Any]:
    """Read mean, quantiles and histogram; nothing when there was no answer."""
    row = _ROWS.search(text)
    if not answers or row is None:
        return {}
    hdr = _HDR_MEAN.search(text)
    found: dict[float, float] = {}
    for digits, value in _PERCENTILE.findall(text):
        seconds = time_text(value)
        if seconds is not None:
            found[percent(digits)] = seconds
    largest = time_text(row[3])
    if row[1] == "Max" and largest is not None:
        found[1.0] = largest
    quantiles: Pairs = tuple(sorted(found.items()))
    mean = float(hdr[1]) / 1000 if hdr else time_text(row[2])
    return {"mean_latency_seconds": mean, "quantiles": quantiles, "histogram": _histogram(text)}


def _histogram(text: str) -> tuple[tuple[float, int], ...]:
    """Turn the cumulative spectrum (milliseconds) into buckets; rows of the same value are one bucket."""
    upto: dict[float, int] = {}
    for value, count in _SPECTRUM.findall(text):
        upto[float(value) / 1000] = int(count)
    buckets, before = [], 0
    for bound, count in sorted(upto.items()):
        if count > before:
            buckets.append((bound, count - before))
        before = max(before, count)
    return tuple(buckets)
