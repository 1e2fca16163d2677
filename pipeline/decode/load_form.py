"""The normal form of a load test: what every reader of a load tool's output fills in the same way.

Rules: an operation is a request that succeeded (an HTTP status of 200 to 399); everything else that was tried is an
error, a tool that never reached its server included. The rate is of operations. What a tool does not tell stays None
or empty. Numbers of one file that contradict each other are kept as the tool wrote them, with a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DecodeError
from pipeline.model.metric import LoadResult

Pairs = tuple[tuple[float, float], ...]
Counts = tuple[tuple[str, int], ...]

SAMPLED_QUANTILES: Final = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)
NEVER_CONNECTED: Final = "the tool could not connect; its one error stands for the whole test"
_TOLERANCE: Final = 0.05
_SHORTEST: Final = 0.01
"""Seconds below which tools print too few digits of the duration for a rate to be checked."""

_SCALE: Final = {
    "ns": (-9, 1),
    "us": (-6, 1),
    "µs": (-6, 1),
    "μs": (-6, 1),
    "ms": (-3, 1),
    "s": (0, 1),
    "m": (0, 60),
    "h": (0, 3600),
}
"""Seconds in each unit of a tool's text: a power of ten, and a factor."""

_TIME: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)


def normal_form(
    tool: str,
    *,
    operations: int,
    errors: int,
    duration: float,
    rate: float | None = None,
    rated: int | None = None,
    warnings: Iterable[str] = (),
    **facts: Any,
) -> LoadResult:
    """Build a load result; ``duration`` in seconds; ``rate`` as the tool gives it, of ``rated`` requests (all).

    The tool's rate is kept when it is one of operations; else it is only checked, and the rate is count over duration.
    """
    rated = operations + errors if rated is None else rated
    own = operations / duration if duration > 0 else 0.0
    result = LoadResult(
        tool=tool,
        started=facts.pop("started", ""),
        duration_seconds=duration,
        operations=operations,
        errors=errors,
        operations_per_second=rate if rate is not None and rated == operations else own,
        **facts,
    )
    return with_warnings(result, (*warnings, *rate_warning(rated, duration, rate)))


def with_warnings(result: LoadResult, warnings: Iterable[str]) -> LoadResult:
    """Add warnings, and those about the quantiles."""
    falling = [
        f"the latency quantile {upper:g} ({above:g} s) is less than the quantile {lower:g} ({below:g} s)"
        for (lower, below), (upper, above) in pairwise(result.quantiles)
        if above < below
    ]
    return replace(result, warnings=(*result.warnings, *warnings, *falling[:1]))


def rate_warning(requests: int, duration: float, rate: float | None) -> tuple[str, ...]:
    """Say when a count, a duration and a rate of one file cannot all be true."""
    if rate is None or duration < _SHORTEST:
        return ()
    expected = requests / duration
    if abs(expected - rate) <= _TOLERANCE * max(expected, rate):
        return ()
    return (f"{requests} in {duration:g} s are {expected:.6g} a second, but the file says {rate:.6g}",)


def by_status(codes: Counts) -> tuple[int, int]:
    """Split answers into operations and errors."""
    good = sum(count for code, count in codes if is_success(code))
    return good, sum(count for _, count in codes) - good


def is_success(code: str) -> bool:
    """Tell whether an HTTP status, written out, is one of success."""
    return code.isascii() and code.isdecimal() and 200 <= int(code) < 400


def sampled_latency(seconds: NDArray[np.float64]) -> tuple[float | None, Pairs]:
    """Give the mean and the quantiles (nearest rank) of single latencies."""
    if not len(seconds):
        return None, ()
    ordered = np.sort(seconds)
    ranks = [max(0, int(np.ceil(quantile * len(ordered) - 1e-9)) - 1) for quantile in SAMPLED_QUANTILES]
    return float(ordered.mean()), tuple(
        (quantile, float(ordered[rank])) for quantile, rank in zip(SAMPLED_QUANTILES, ranks, strict=True)
    )


def percent(text: str) -> float:
    """Turn the digits of a percentage into a quantile, without the noise of a division: ``99.9`` is 0.999."""
    whole, _, decimals = text.partition(".")
    return 1.0 if whole == "100" else float(f"0.{whole:0>2}{decimals}")


def time_text(text: str) -> float | None:
    """Read ``1.38ms`` or ``2.00m`` in seconds."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    power, factor = _SCALE[match[2]]
    return float(Decimal(match[1]).scaleb(power) * factor)


def no_load_result(message: str, cure: str) -> DecodeError:
    """Make the error for a text that is not, or not all of, a tool's result."""
    return DecodeError("not_a_load_result", message, cure=cure)


def cut_short(tool: str, what: str) -> DecodeError:
    """Make the error for a tool's text that lacks what it always prints."""
    return no_load_result(
        f"This is output of {tool}, but {what} is missing.", f"Save all that {tool} prints; it may have been stopped."
    )
