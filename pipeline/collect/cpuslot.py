"""One CPU profile of a process at a time, whoever on this machine asks for it: a lock per address.

Rules: the Go runtime refuses a second CPU profile of a process, so collectors queue instead of failing. The lock is the
operating system's and ends with its holder. It lies in a folder of this user alone; where there can be none, nothing is
locked and the service itself has the last word (`conflict`).
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pipeline.collect.clock import Clock, wait
from pipeline.collect.faults import FetchError
from pipeline.collect.rundir import take_lock
from pipeline.collect.secrets import safe_url

_LOOPBACK: Final = re.compile(r"^(localhost|127(\.\d+){3}|::1|0\.0\.0\.0|::)$", re.IGNORECASE)
_TRY_SECONDS: Final = 0.1


@contextmanager
def cpu_slot(url: str, clock: Clock, *, until: float, over: Callable[[], bool]) -> Iterator[None]:
    """Hold the right to take a CPU profile of the process at ``url``.

    Waits until the monotonic moment ``until`` at most. Raises FetchError ``conflict`` when the other profile has not
    ended by then, ``interrupted`` when ``over`` says so.
    """
    lock = _open(url)
    if lock is None:
        yield
        return
    try:
        while not take_lock(lock):
            if over():
                raise FetchError("interrupted", f"collecting was stopped: {safe_url(url)}")
            left = until - clock.monotonic()
            if left <= 0:
                raise FetchError(
                    "conflict",
                    f"another profbook is taking a CPU profile of {safe_url(url)}",
                    cure="Let it end first: one CPU profile of a process runs at a time.",
                )
            wait(clock, min(_TRY_SECONDS, left), over)
        yield
    finally:
        os.close(lock)


def slot_name(url: str) -> str:
    """Name the lock of an address: its host, with one name for this machine, and its port."""
    parts = urlsplit(url)
    host = "localhost" if _LOOPBACK.match(parts.hostname or "") else (parts.hostname or "").lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"cpu-{re.sub(r'[^a-z0-9.-]', '_', host)[:200]}-{port}.lock"


def _open(url: str) -> int | None:
    try:
        return os.open(_folder() / slot_name(url), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except (OSError, ValueError):
        return None


def _folder() -> Path:
    """Find a folder that nobody else can write to. Raises OSError."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    folder = Path(runtime) / "profbook" if runtime else Path(tempfile.gettempdir()) / f"profbook-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o022:
        raise PermissionError(folder)
    return folder
