"""Fetch one profile: address, patience, and proof that the bytes are a profile before anyone writes them.

Rules: snapshots are tried again at once, a CPU profile only while a whole window still fits; what cannot change by
waiting (404, redirect, wrong content) is not retried. ``Retry-After`` is honoured when it fits the time left.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from pipeline.collect.clock import Clock, SystemClock, wait
from pipeline.collect.faults import RETRIED, Attempt, FetchError
from pipeline.collect.fetch import get, plain_body
from pipeline.decode import decode_profile
from pipeline.errors import DecodeError
from pipeline.model.layout import endpoint

MAX_ATTEMPTS: Final = 3
_FIRST_PAUSE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a fetch: bytes on the wire, and bytes unpacked."""

    request_bytes: int = 1 << 30
    decoded_bytes: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of a profile and how they were got.

    ``doubt`` is set when our own check broke down: the bytes came whole and are kept, unchecked.
    """

    data: bytes
    attempts: tuple[Attempt, ...]
    doubt: str = ""


def profile_url(base: str, kind: str, *, seconds: float = 0, gc: bool = False) -> str:
    """Write the address of a profile below a service's base URL."""
    parts = urlsplit(base)
    asked = ({"seconds": f"{seconds:g}"} if seconds else {}) | ({"gc": "1"} if gc else {})
    path = f"{parts.path.rstrip('/')}/debug/pprof/{quote(endpoint(kind), safe='')}"
    return urlunsplit((parts.scheme, parts.netloc, path, urlencode(asked), ""))


def request_seconds(seconds: float) -> float:
    """Bound one request: its window, and time to answer."""
    return seconds + max(10.0, seconds / 4)


def fetch_profile(
    url: str,
    kind: str,
    *,
    deadline: float,
    seconds: float = 0,
    gc: bool = False,
    limits: Limits | None = None,
    clock: Clock | None = None,
    stop: threading.Event | None = None,
) -> Fetched:
    """Fetch a profile of the service at ``url`` and prove it readable.

    ``seconds`` is the window of a CPU profile, ``gc`` asks for a collection first, ``deadline`` bounds all attempts
    together. Raises FetchError with the code of the last attempt and all attempts.
    """
    clock, limits, stop = clock or SystemClock(), limits or Limits(), stop or threading.Event()
    address = profile_url(url, kind, seconds=seconds, gc=gc)
    end = clock.monotonic() + deadline
    attempts: list[Attempt] = []
    while True:
        begun = clock.monotonic()
        allowed = min(end - begun, request_seconds(seconds))
        try:
            answer = get(address, deadline=allowed, max_bytes=limits.request_bytes, idle=seconds + 5, stop=stop)
            data = plain_body(answer, limits.decoded_bytes)
            doubt = _check(data, limits.decoded_bytes)
        except FetchError as fault:
            attempts.append(Attempt(fault.code, fault.message, clock.monotonic() - begun))
            pause = _pause(fault, len(attempts), seconds, end - clock.monotonic())
            if pause is None or not wait(clock, pause, stop.is_set):
                fault.attempts = tuple(attempts)
                raise
            continue
        attempts.append(Attempt("", "", clock.monotonic() - begun))
        return Fetched(data, tuple(attempts), doubt)


def _check(data: bytes, max_bytes: int) -> str:
    """Prove that bytes are a profile; returns a doubt when the proof itself failed."""
    try:
        decode_profile(data, max_bytes=max_bytes)
    except DecodeError as error:
        raise FetchError(error.code, error.message, cure=error.cure) from error
    except Exception as error:  # noqa: BLE001 - a fault of ours must not lose bytes that cannot be had again
        return f"not checked: {type(error).__name__}"
    return ""


def _pause(fault: FetchError, tried: int, seconds: float, left: float) -> float | None:
    """Say how long to wait before the next attempt; None when there must not be one."""
    if fault.code not in RETRIED or tried >= MAX_ATTEMPTS:
        return None
    spare = left - seconds - _FIRST_PAUSE
    if fault.code == "conflict":
        # The other profile ends within its own window, which is most often as long as ours.
        pause = min(max(seconds, 1.0), spare)
    else:
        pause = _FIRST_PAUSE * 4 ** (tried - 1) if fault.retry_after is None else fault.retry_after
    return pause if 0 < pause <= spare else None
