"""One writer at a time per derived thing: a lock file each, and a word to whoever has to wait.

Rules: the lock is the operating system's, so a killed holder frees it; the ``.holder`` file beside it is only for
people. Whoever gets a lock after waiting must look again whether the work is still to be done.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

PATIENCE_SECONDS = 2.0
"""How long to wait in silence."""


def tell(message: str) -> None:
    """Say something to the person at the terminal."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def hold(
    folder: Path, name: str, *, say: Callable[[str], None] = tell, patience: float = PATIENCE_SECONDS
) -> Iterator[None]:
    """Hold the lock ``name`` (a safe file name) under ``folder``; after ``patience`` say who is being waited for."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{name}.lock")
    note = folder / f"{name}.holder"
    try:
        lock.acquire(timeout=patience)
    except Timeout:
        say(f"waiting for {name}: {describe(note)}")
        lock.acquire()
    try:
        with suppress(OSError):
            note.write_text(_holder(), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            note.unlink(missing_ok=True)
        lock.release()


def describe(note: Path) -> str:
    """Say in words who holds a lock, as its holder file has it."""
    try:
        holder = json.loads(note.read_bytes())
        return f"process {int(holder['pid'])} on {holder['host']} has been working on it since {holder['since']}"
    except (OSError, ValueError, TypeError, KeyError):
        return "another process is working on it"


def _holder() -> str:
    since = datetime.now(UTC).strftime("%H:%M:%S UTC")
    return json.dumps({"pid": os.getpid(), "host": platform.node(), "since": since})
