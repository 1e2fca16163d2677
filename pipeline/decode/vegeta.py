"""Results of vegeta: the JSON report, and streams of single results as JSON lines or CSV.

Rules: times are nanoseconds. A success is a status of 200 to 399 (0 is a request without an answer). The test lasts
from the first request to the last answer. Requests go out at a fixed rate whatever the answers do; the report does not
tell when that was lifted (``-rate=0``), so open or closed loop stays unknown.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import numpy as np

from pipeline.decode.load_form import Pairs, by_status, no_load_result, normal_form, percent, sampled_latency
from pipeline.decode.strict_json import Node, parse_line
from pipeline.errors import DecodeError
from pipeline.model.metric import LoadResult

_NANOS: Final = 1e9
_LATEST: Final = 2**62
_CSV_LINE: Final = re.compile(rb"\d{16,20},\d{1,3},\d+,\d+,\d+,")
_FEWEST_OTHERS: Final = 6
_QUANTILE: Final = re.compile(r"([0-9]{1,2}(?:\.[0-9]+)?)th")

Result = tuple[int, int, int]
"""Start (nanoseconds since 1970), status, latency (nanoseconds)."""


def is_vegeta_report(tree: Node) -> bool:
    """Tell whether this is a JSON report."""
    return tree.has("latencies", "requests", "status_codes", "duration", "wait")


def decode_vegeta_report(tree: Node) -> LoadResult:
    """Read the report. Raises DecodeError `bad_json`."""
    codes = tree.need("status_codes").counts()
    operations, errors = by_status(codes)
    requests = tree.need("requests").whole()
    if requests != operations + errors:
        raise tree.need("status_codes").refuse(f"counts {operations + errors} answers for {requests} requests")
    latencies = tree.need("latencies")
    return normal_form(
        "vegeta",
        started=tree.need("earliest").timestamp() if tree.has("earliest") and requests else "",
        operations=operations,
        errors=errors,
        duration=(tree.need("duration").number() + tree.need("wait").number()) / _NANOS,
        mean_latency_seconds=latencies.need("mean").number() / _NANOS if requests else None,
        quantiles=_quantiles(latencies) if requests else (),
        status_codes=codes,
    )


def _quantiles(latencies: Node) -> Pairs:
    found: dict[float, float] = {}
    for key, node in latencies.members():
        match = _QUANTILE.fullmatch(key)
        if match or key == "max":
            found[percent(match[1]) if match else 1.0] = node.number() / _NANOS
    return tuple(sorted(found.items()))


def is_vegeta_line(tree: Node) -> bool:
    """Tell whether this is a line of a stream of JSON results."""
    return tree.has("code", "timestamp", "latency", "bytes_in")


def decode_vegeta_json(data: bytes) -> LoadResult:
    """Read a stream of JSON results. Raises DecodeError `bad_json` with the line."""
    return _from_results(_json_results(data))


def _json_results(data: bytes) -> Iterator[Result]:
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if line.strip():
            tree = parse_line(line, f"line {number}")
            start = _nanos(datetime.fromisoformat(tree.need("timestamp").timestamp()))
            result = start, tree.need("code").whole(), tree.need("latency").whole()
            if not _is_sane(result):
                raise tree.refuse("is no time, status and latency of a request")
            yield result


def _nanos(moment: datetime) -> int:
    """Count nanoseconds since 1970, to the microsecond; a time without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1_000_000) * 1000


def _is_sane(result: Result) -> bool:
    """Tell whether a result can be: a status has three digits, and sums of times stay within 64 bits."""
    start, code, latency = result
    return 0 <= start < _LATEST and 0 <= code <= 999 and 0 <= latency < _LATEST


def is_vegeta_csv(data: bytes) -> bool:
    """Tell whether this is a stream of CSV results."""
    return bool(_CSV_LINE.match(data))


def decode_vegeta_csv(data: bytes) -> LoadResult:
    """Read a stream of CSV results. Raises DecodeError `not_a_load_result` with the line."""
    return _from_results(_csv_results(data.decode("utf-8", "replace")))


def _csv_results(text: str) -> Iterator[Result]:
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        for start, code, latency, *others in rows:
            result = int(start), int(code), int(latency)
            if len(others) < _FEWEST_OTHERS or not _is_sane(result):
                raise _bad_line(rows.line_num)
            yield result
    except (ValueError, csv.Error) as error:
        raise _bad_line(rows.line_num) from error


def _bad_line(number: int) -> DecodeError:
    return no_load_result(f"Line {number} is no result of vegeta.", "Encode the results again: vegeta encode -to csv.")


def _from_results(results: Iterator[Result]) -> LoadResult:
    table = np.array(list(results), np.int64).reshape(-1, 3)
    starts, codes, latencies = table.T
    values, counts = np.unique(codes, return_counts=True)
    status = tuple(sorted((str(value), int(count)) for value, count in zip(values, counts, strict=True)))
    operations, errors = by_status(status)
    mean, quantiles = sampled_latency(latencies / _NANOS)
    started = datetime.fromtimestamp(int(starts.min()) / _NANOS, UTC) if len(table) else None
    return normal_form(
        "vegeta",
        started=started.isoformat(timespec="milliseconds").replace("+00:00", "Z") if started else "",
        operations=operations,
        errors=errors,
        duration=float((starts + latencies).max() - starts.min()) / _NANOS if len(table) else 0.0,
        mean_latency_seconds=mean,
        quantiles=quantiles,
        status_codes=status,
    )
