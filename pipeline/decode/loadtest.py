"""Load test results: the JSON that load generators of the EventoDB family write (``load-test-results.json``).

Rules: strict, because a wrong number is worse than a missing one. Refused with `bad_json` and a JSON pointer to the
place: text that is not JSON, NaN and infinities, numbers beyond a double, a key that stands twice, lone surrogates,
nesting deeper than 64, fields of the wrong type, negative numbers, quantiles or histogram bounds that fall. JSON that
is sound but has not the fields of a load result is refused with `not_a_load_result`. Errors of the load test itself
are data. Unknown fields are passed over. Milliseconds become seconds here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from pipeline.errors import DecodeError
from pipeline.model.metric import LoadResult

MAX_BYTES: Final = 16 << 20
MAX_DEPTH: Final = 64
REQUIRED: Final = (
    "timestamp",
    "duration_s",
    "total_ops",
    "writes",
    "reads",
    "errors",
    "ops_per_sec",
    "avg_latency_ms",
)
_MAX_COUNT: Final = 2**53
_MS_PER_SECOND: Final = 1000
_QUANTILE: Final = re.compile(r"p(?:([0-9]{1,2})(?:\.([0-9]{1,4}))?|(99)([0-9]{1,4}))")
_CURE: Final = "Write the result again with the load generator; a file cut short or edited by hand cannot be trusted."


@dataclass(frozen=True, slots=True)
class _Fault:
    """Stands in the parsed tree where the text broke a rule, until the walk finds it and knows its pointer."""

    message: str


def decode_load(data: bytes) -> LoadResult:
    """Read a load result; times of the answer are seconds.

    Raises DecodeError: `bad_json` with a JSON pointer, or `not_a_load_result`.
    """
    fields = _parse(data)
    if not isinstance(fields, dict) or not any(name in fields for name in REQUIRED):
        raise DecodeError("not_a_load_result", "This JSON is not a load test result.", cure=_cure_fields(REQUIRED))
    missing = tuple(name for name in REQUIRED if name not in fields)
    if missing:
        raise DecodeError(
            "not_a_load_result", f"The load test result lacks {', '.join(missing)}.", cure=_cure_fields(missing)
        )
    operations = _count(fields, "total_ops")
    mean = _number(fields["avg_latency_ms"], "/avg_latency_ms") / _MS_PER_SECOND
    return LoadResult(
        tool=_text(fields.get("tool", ""), "/tool"),
        started=_timestamp(fields["timestamp"]),
        duration_seconds=_number(fields["duration_s"], "/duration_s"),
        operations=operations,
        errors=_count(fields, "errors"),
        operations_per_second=_number(fields["ops_per_sec"], "/ops_per_sec"),
        mean_latency_seconds=mean if operations else None,
        writes=_count(fields, "writes"),
        reads=_count(fields, "reads"),
        quantiles=_quantiles(fields.get("latency_ms", {})),
        histogram=_histogram(fields.get("histogram_ms", [])),
    )


def _cure_fields(names: tuple[str, ...]) -> str:
    return f"A load test result is a JSON object with {', '.join(names)}."


def _bad(pointer: str, message: str) -> DecodeError:
    """Make a refusal; the pointer may hold keys of a hostile file, so it is cut and kept printable."""
    shown = (pointer[:200] + "…" if len(pointer) > 200 else pointer).encode("unicode_escape").decode("ascii")
    return DecodeError("bad_json", f"Load test result, at {shown or 'the top'}: {message}.", cure=_CURE)


# --- from bytes to a tree that keeps every rule of the text -----------------------------------------------------------


def _parse(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise _bad("", f"{len(data)} bytes are more than the {MAX_BYTES} a load result may have")
    try:
        tree = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_constant=lambda name: _Fault(f"{name} is not a number"),
            parse_float=_float,
            parse_int=_int,
        )
    except UnicodeDecodeError as error:
        raise _bad("", f"byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise _bad("", f"not JSON (line {error.lineno}, column {error.colno}: {error.msg})") from error
    except RecursionError as error:
        raise _bad("", f"nested deeper than {MAX_DEPTH}") from error
    for pointer, value in _walk(tree):
        if isinstance(value, _Fault):
            raise _bad(pointer, value.message)
        if isinstance(value, str) and not _is_text(value):
            raise _bad(pointer, "a text holds half a surrogate pair")
    return tree


def _object(pairs: list[tuple[str, Any]]) -> Any:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = _Fault("this key stands twice in its object") if key in found else value
    return found


def _float(text: str) -> float | _Fault:
    value = float(text)
    return value if math.isfinite(value) else _Fault("the number is too large")


def _int(text: str) -> int | _Fault:
    return int(text) if len(text) <= 20 else _Fault("the number is too large")


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _walk(tree: Any) -> Iterator[tuple[str, Any]]:
    """Give each value and each key with its pointer, parents first; refuse depth where it is reached."""
    waiting: list[tuple[str, Any, int]] = [("", tree, 0)]
    while waiting:
        pointer, value, depth = waiting.pop()
        yield pointer, value
        if not isinstance(value, dict | list):
            continue
        if depth == MAX_DEPTH:
            raise _bad(pointer, f"nested deeper than {MAX_DEPTH}")
        if isinstance(value, dict):
            yield from ((pointer, key) for key in value)
        items = value.items() if isinstance(value, dict) else enumerate(value)
        waiting.extend((f"{pointer}/{_escape(str(key))}", item, depth + 1) for key, item in items)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


# --- from the tree to the fields --------------------------------------------------------------------------------------


def _number(value: Any, pointer: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _bad(pointer, "must be a number")
    if value < 0:
        raise _bad(pointer, "must not be negative")
    return float(value)


def _whole(value: Any, pointer: str) -> int:
    number = _number(value, pointer)
    if not number.is_integer() or number > _MAX_COUNT:
        raise _bad(pointer, "must be a whole number")
    return int(value)


def _count(fields: dict[str, Any], name: str) -> int:
    return _whole(fields[name], f"/{name}")


def _text(value: Any, pointer: str) -> str:
    if not isinstance(value, str):
        raise _bad(pointer, "must be a text")
    return value


def _timestamp(value: Any) -> str:
    text = _text(value, "/timestamp")
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise _bad("/timestamp", "must be a date and time, as in RFC 3339") from error
    return text


def _quantiles(value: Any) -> tuple[tuple[float, float], ...]:
    """Read ``{"p50": …, "p999": …, "max": …}``: p and the percentage, digits after the second being decimals."""
    if not isinstance(value, dict):
        raise _bad("/latency_ms", "must be an object")
    found: list[tuple[float, float, str]] = []
    for key, latency in value.items():
        pointer = f"/latency_ms/{_escape(key)}"
        quantile = _quantile(key)
        if quantile is not None:
            found.append((quantile, _number(latency, pointer) / _MS_PER_SECOND, pointer))
    found.sort()
    for (lower, below, _), (upper, above, pointer) in pairwise(found):
        if lower == upper:
            raise _bad(pointer, "this quantile stands twice")
        if above < below:
            raise _bad(pointer, "is less than a lower quantile")
    return tuple((quantile, seconds) for quantile, seconds, _ in found)


def _quantile(key: str) -> float | None:
    """Tell which quantile a key names: ``p50`` 0.5, ``p999`` and ``p99.9`` 0.999, ``max`` 1; None for other keys."""
    if key == "max":
        return 1.0
    match = _QUANTILE.fullmatch(key)
    if match is None:
        return None
    percent, decimals = match[1] or match[3], match[2] or match[4] or ""
    return float(f"0.{percent:0>2}{decimals}")


def _histogram(value: Any) -> tuple[tuple[float, int], ...]:
    """Read ``[{"le": …, "count": …}, …]``: each count is of its own bucket alone."""
    if not isinstance(value, list):
        raise _bad("/histogram_ms", "must be a list")
    buckets: list[tuple[float, int]] = []
    for place, bucket in enumerate(value):
        pointer = f"/histogram_ms/{place}"
        if not isinstance(bucket, dict) or not {"le", "count"} <= bucket.keys():
            raise _bad(pointer, "must be an object with le and count")
        bound = _number(bucket["le"], f"{pointer}/le") / _MS_PER_SECOND
        if buckets and bound <= buckets[-1][0]:
            raise _bad(f"{pointer}/le", "must be more than the bound before it")
        buckets.append((bound, _whole(bucket["count"], f"{pointer}/count")))
    return tuple(buckets)
