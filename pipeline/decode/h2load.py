"""Results of h2load (text).

Rules: ``succeeded`` (a status below 400) are operations, ``failed`` (which holds errored and timed-out ones) errors.
Status codes come as classes. Without a rate of its own h2load is a closed loop; its text does not tell.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline.decode.load_form import cut_short, normal_form, percent, time_text
from pipeline.model.metric import LoadResult

_FINISHED: Final = re.compile(
    r"^finished in ([0-9.]{1,30}[a-z]{1,2}), ([0-9]{1,15}(?:\.[0-9]{1,15})?) req/s", re.MULTILINE
)
_REQUESTS: Final = re.compile(
    r"^requests: [0-9]+ total, .* ([0-9]{1,15}) succeeded, ([0-9]{1,15}) failed", re.MULTILINE
)
_STATUS: Final = re.compile(r"([0-9]{1,15}) ([1-5]xx)")
_HEAD: Final = re.compile(r"^ +(min +max .*)$", re.MULTILINE)
_REQUEST_ROW: Final = re.compile(r"^(?:time for )?request *: +(.*)$", re.MULTILINE)
_RANK: Final = re.compile(r"p([0-9]{1,2})")


def is_h2load(text: str) -> bool:
    """Tell whether this is output of h2load."""
    return "\nfinished in " in f"\n{text}" and "status codes: " in text and "time for connect:" in text


def decode_h2load(text: str) -> LoadResult:
    """Read the text. Raises DecodeError `not_a_load_result` when it is cut."""
    finished, requests = _FINISHED.search(text), _REQUESTS.search(text)
    duration = time_text(finished[1]) if finished else None
    if finished is None or requests is None or duration is None:
        raise cut_short("h2load", "its total")
    operations, errors = int(requests[1]), int(requests[2])
    line = next(line for line in text.splitlines() if line.startswith("status codes: "))
    columns = _columns(text) if operations else {}
    ranks = {"median": 0.5, "max": 1.0}
    for name in columns:
        match = _RANK.fullmatch(name)
        if match:
            ranks[name] = percent(match[1])
    return normal_form(
        "h2load",
        operations=operations,
        errors=errors,
        duration=duration,
        rate=float(finished[2]),
        rated=operations,
        mean_latency_seconds=columns.get("mean"),
        quantiles=tuple(sorted((ranks[name], seconds) for name, seconds in columns.items() if name in ranks)),
        status_codes=tuple((name, int(count)) for count, name in _STATUS.findall(line) if int(count)),
    )


def _columns(text: str) -> dict[str, float]:
    """Read the row of request times under its heading; versions have different columns. Seconds."""
    head, row = _HEAD.search(text), _REQUEST_ROW.search(text)
    if head is None or row is None:
        return {}
    names = head[1].replace("+/- sd", "within").split()
    read = {name: time_text(cell) for name, cell in zip(names, row[1].split(), strict=False)}
    return {name: seconds for name, seconds in read.items() if seconds is not None}
