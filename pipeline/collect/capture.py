"""Fetch one profile: address, patience, and proof that the bytes are a profile before anyone writes them.

``memstats`` is a kind of its own: the last lines of ``heap?debug=1``. Rules: snapshots are tried again at once, a CPU
profile waits for its turn (`collect.cpuslot`) and is tried again only while a whole window still fits; what cannot
change by waiting (404, redirect, wrong content) is not retried. ``Retry-After`` is honoured when it fits the time left.
"""

from __future__ import annotations

import re
import threading
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from pipeline.collect.clock import Clock, SystemClock, wait
from pipeline.collect.cpuslot import cpu_slot
from pipeline.collect.credentials import OPEN, Access
from pipeline.collect.faults import RETRIED, Attempt, FetchError
from pipeline.collect.fetch import get, plain_body
from pipeline.collect.watch import Facts, facts_of
from pipeline.decode import decode_profile
from pipeline.decode.memstats import decode_memstats, memstats_part
from pipeline.errors import DecodeError
from pipeline.model.layout import endpoint

MAX_ATTEMPTS: Final = 3
_FIRST_PAUSE: Final = 0.1
_SHOWN: Final = 4096
"""How much of an answer an error message may be made of, in bytes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a fetch: bytes on the wire, and bytes unpacked."""

    request_bytes: int = 1 << 30
    decoded_bytes: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of a profile and how they were got.

    ``doubt`` is set when our own check broke down: the bytes came whole and are kept, unchecked. ``window_seconds`` is
    the length of the window the profile says it covers; 0 when it says none. ``facts`` is what it tells of its process,
    ``skew`` how far the service's clock is ahead of ours, in seconds.
    """

    data: bytes
    attempts: tuple[Attempt, ...]
    doubt: str = ""
    window_seconds: float = 0
    facts: Facts = field(default_factory=Facts)
    skew: float = 0


def profile_url(base: str, kind: str, *, seconds: float = 0, gc: bool = False, debug: int = 0, custom: str = "") -> str:
    """Write the address of a profile below a service's base URL; ``custom`` is the path of one of the user's own."""
    parts = urlsplit(base)
    if custom:
        path, _, query = custom.partition("?")
        return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + path, query, ""))
    if kind == "memstats":
        kind, debug = "heap", 1
    asked = ({"seconds": f"{seconds:g}"} if seconds else {}) | ({"gc": "1"} if gc else {})
    asked |= {"debug": str(debug)} if debug else {}
    name = endpoint(kind.removesuffix("-delta"))
    path = f"{parts.path.rstrip('/')}/debug/pprof/{quote(name, safe='')}"
    return urlunsplit((parts.scheme, parts.netloc, path, urlencode(asked), ""))


def request_seconds(seconds: float) -> float:
    """Bound one request: its window, and time to answer."""
    return seconds + max(10.0, seconds / 4)


def fetch_profile(  # noqa: PLR0913 - all by keyword: what may be said of one request
    url: str,
    kind: str,
    *,
    deadline: float,
    seconds: float = 0,
    gc: bool = False,
    debug: int = 0,
    custom: str = "",
    access: Access = OPEN,
    limits: Limits | None = None,
    clock: Clock | None = None,
    stop: threading.Event | None = None,
) -> Fetched:
    """Fetch a profile of the service at ``url`` and prove it readable.

    ``seconds`` is the window of a profile that has one, ``gc`` asks for a collection first, ``debug`` for a text form,
    ``custom`` is the path of a profile of the user's own, ``deadline`` bounds all attempts together. Raises FetchError
    with the code of the last attempt and all attempts.
    """
    clock, limits, stop = clock or SystemClock(), limits or Limits(), stop or threading.Event()
    # The window of a custom profile is in its own query.
    address = profile_url(url, kind, seconds=seconds, gc=gc, debug=debug, custom=custom)
    end = clock.monotonic() + deadline
    turn = cpu_slot(url, clock, until=end - seconds, over=stop.is_set) if kind == "cpu" else nullcontext()
    with turn:
        return _attempts(address, kind, seconds, end, limits, (clock, stop, access))


def _attempts(
    address: str,
    kind: str,
    seconds: float,
    end: float,
    limits: Limits,
    means: tuple[Clock, threading.Event, Access],
) -> Fetched:
    clock, stop, access = means
    attempts: list[Attempt] = []
    while True:
        begun = clock.monotonic()
        # Little may be left after waiting for one's turn; a request still gets the time to fail.
        allowed = min(max(end - begun, _FIRST_PAUSE), request_seconds(seconds))
        try:
            answer = get(
                address,
                deadline=allowed,
                max_bytes=limits.request_bytes,
                idle=seconds + 5,
                stop=stop,
                access=access,
            )
            body = plain_body(answer, limits.decoded_bytes)
            try:
                data, checked = _checked(kind, body, limits.decoded_bytes)
            except DecodeError as error:
                said = "it repeats a secret, so it is not shown" if access.is_told_in(body[:_SHOWN]) else error.message
                raise FetchError(error.code, said, cure=error.cure) from error
        except FetchError as fault:
            attempts.append(Attempt(fault.code, fault.message, clock.monotonic() - begun))
            pause = _pause(fault, len(attempts), seconds, end - clock.monotonic())
            if pause is None or not wait(clock, pause, stop.is_set):
                fault.attempts = tuple(attempts)
                raise
            continue
        attempts.append(Attempt("", "", clock.monotonic() - begun))
        return Fetched(data, tuple(attempts), checked.doubt, checked.window, checked.facts, answer.skew)


@dataclass(frozen=True, slots=True)
class _Checked:
    """What the proof that bytes are a profile brought to light; ``doubt`` when the proof itself failed."""

    window: float = 0
    doubt: str = ""
    facts: Facts = field(default_factory=Facts)


def _checked(kind: str, data: bytes, max_bytes: int) -> tuple[bytes, _Checked]:
    """Prove that bytes are what was asked for; returns what to keep of them. Raises DecodeError or FetchError."""
    try:
        if kind == "memstats":
            kept = memstats_part(data)
            return kept, _Checked(facts=Facts(memstats=decode_memstats(kept)))
        if kind == "trace":
            return data, _check_trace(data)
        profile = decode_profile(data, max_bytes=max_bytes)
        facts = facts_of(profile, cumulative=kind in {"heap", "allocs"})
    except (DecodeError, FetchError):
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours must not lose bytes that cannot be had again
        return data, _Checked(doubt=f"not checked: {type(error).__name__}")
    return data, _Checked(max(0, profile.duration_nanos) / 1e9, facts=facts)


def _check_trace(data: bytes) -> _Checked:
    if not re.match(rb"go 1\.\d+ trace", data):
        raise FetchError(
            "not_a_trace", "this is no Go execution trace", cure="Check that /debug/pprof/trace is served."
        )
    return _Checked()


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
