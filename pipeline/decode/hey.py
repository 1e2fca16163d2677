"""Results of hey: its CSV of single answers, and its text summary.

Rules: hey is a closed loop. Its CSV leaves out requests that got no answer; its text rounds the bounds of its histogram
away (three decimals), so no histogram is read from it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import numpy as np

from pipeline.decode.load_form import (
    Pairs,
    by_status,
    cut_short,
    no_load_result,
    normal_form,
    percent,
    sampled_latency,
)
from pipeline.model.metric import LoadResult

_CSV_HEADER: Final = b"response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset"
_NO_ANSWER: Final = "hey's CSV leaves out requests that got no answer, so there may be more errors"
_FIGURE: Final = re.compile(r"^  (Total|Average|Slowest|Requests/sec):\s+([0-9]{1,15}(?:\.[0-9]{1,15})?)", re.MULTILINE)
_PERCENTILE: Final = re.compile(r"^  ([0-9]{1,2})% in ([0-9]{1,15}(?:\.[0-9]{1,15})?) secs", re.MULTILINE)
_STATUS: Final = re.compile(r"^  \[([0-9]{1,15})\]\t([0-9]{1,15}) responses", re.MULTILINE)
_FAILURE: Final = re.compile(r"^  \[([0-9]{1,15})\]\t(?![0-9]+ responses)", re.MULTILINE)


def is_hey_csv(data: bytes) -> bool:
    """Tell whether this is hey's CSV (``-o csv``)."""
    return data.startswith(_CSV_HEADER)


def decode_hey_csv(data: bytes) -> LoadResult:
    """Read single answers. Raises DecodeError `not_a_load_result` with the line."""
    codes: Counter[str] = Counter()
    latencies, ends = [], [0.0]
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines()[1:], 2):
        cells = line.split(",")
        try:
            first, *_, code, start = cells
            latency, offset = _seconds(first), _seconds(start)
            codes[str(int(code))] += 1
        except ValueError as error:
            raise no_load_result(f"Line {number} is no answer of hey.", "Write the CSV again: hey -o csv.") from error
        latencies.append(latency)
        ends.append(offset + latency)
    status = tuple(sorted(codes.items()))
    operations, errors = by_status(status)
    mean, quantiles = sampled_latency(np.array(latencies, np.float64))
    return normal_form(
        "hey",
        operations=operations,
        errors=errors,
        duration=max(ends),
        mean_latency_seconds=mean,
        quantiles=quantiles,
        status_codes=status,
        open_loop=False,
        omission_corrected=False,
        warnings=(_NO_ANSWER,),
    )


def _seconds(cell: str) -> float:
    value = float(cell)
    if not 0 <= value < 1e9:
        raise ValueError(cell)
    return value


def is_hey_text(text: str) -> bool:
    """Tell whether this is hey's summary."""
    return text.lstrip().startswith("Summary:\n  Total:") and "Latency distribution:" in text


def decode_hey_text(text: str) -> LoadResult:
    """Read the summary. Raises DecodeError `not_a_load_result` when it is cut."""
    figures = {name: float(value) for name, value in _FIGURE.findall(text)}
    if not {"Total", "Requests/sec"} <= figures.keys() or "Status code distribution:" not in text:
        raise cut_short("hey", "its total, its rate or its status codes")
    status = tuple(sorted((code, int(count)) for code, count in _STATUS.findall(text)))
    operations, errors = by_status(status)
    answered = operations + errors
    return normal_form(
        "hey",
        operations=operations,
        errors=errors + sum(int(count) for count in _FAILURE.findall(text)),
        duration=figures["Total"],
        rate=figures["Requests/sec"],
        mean_latency_seconds=figures.get("Average") if answered else None,
        quantiles=_quantiles(text, figures.get("Slowest")) if answered else (),
        status_codes=status,
        open_loop=False,
        omission_corrected=False,
    )


def _quantiles(text: str, slowest: float | None) -> Pairs:
    """Read the percentiles; hey writes ``0% in 0.0000 secs`` for those it has too few answers for."""
    found = {percent(digits): float(seconds) for digits, seconds in _PERCENTILE.findall(text) if digits != "0"}
    if slowest is not None:
        found[1.0] = slowest
    return tuple(sorted(found.items()))
