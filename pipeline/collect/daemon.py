"""Collections that run by themselves: start one, see which are running, end one in good order.

Rules: a collection in the background is the same command in a session of its own. What runs is known by the lock each
holds on its partial run, never by a search through processes; one is ended only when its number, host and start still
are those its run names, so that no other process can be meant. Its words are in the run's ``collection.log``, those
from before there is a run in ``build/collect/``.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.collect.clock import Clock, SystemClock, stamp, wait
from pipeline.collect.process import TERM_SECONDS, tail
from pipeline.collect.rundir import MANIFEST, OWNER, held, process_started
from pipeline.errors import CollectError, UsageError
from pipeline.model.layout import ENDPOINTS, place

BEGIN_SECONDS: Final = 1000.0
"""How long a started collection may take to begin its run: it builds first, and that has a limit of its own."""

END_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Collection:
    """One that runs: the id of its run, its process, when it began (RFC 3339), and the profiles it has so far."""

    id: str
    pid: int
    host: str
    since: str
    started: str
    profiles: int


@dataclass(frozen=True, slots=True)
class Ended:
    """One that was ended: its run (None: nothing was collected), the run's status, and its profiles."""

    id: str
    path: Path | None
    status: str
    profiles: int


def start(words: Sequence[str], *, root: Path, profiles: Path, clock: Clock | None = None) -> Collection:
    """Start ``profbook collect WORDS`` in the background; returns when its run has begun.

    Raises CollectError with the end of its log when it ends before.
    """
    clock = clock or SystemClock()
    logs = root / "build" / "collect"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{stamp(clock.now())}-{os.getpid()}.log"
    # -P: a folder named pipeline in the project is not our package.
    command = [sys.executable, "-P", "-m", "pipeline", "collect", *words]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=root, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )

    def mine() -> Collection | None:
        return next((one for one in running(profiles) if one.pid == process.pid), None)

    try:
        wait(clock, BEGIN_SECONDS, lambda: mine() is not None or process.poll() is not None)
    except KeyboardInterrupt:
        process.terminate()
        raise
    found = mine()
    if found is None:
        process.terminate()
        process.wait()
        name = log.relative_to(root).as_posix()
        raise CollectError(f"the collection did not begin:\n{tail(log)}", cure=f"Its words are in {name}.")
    # It is meant to outlive us, and is not waited for.
    process.returncode = 0
    return found


def running(profiles: Path) -> tuple[Collection, ...]:
    """List the collections that write into a folder of runs now, oldest first."""
    found = [_collection(path) for path in held(profiles)]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: (one.since, one.id)))


def choose(collections: Sequence[Collection], wanted: str) -> Collection:
    """Find the one that is meant by an id, or by its label; the only one when nothing is said. Raises UsageError."""
    named = [one for one in collections if one.id == wanted] or [
        one for one in collections if not wanted or one.id.endswith(f"-{wanted}")
    ]
    if len(named) == 1:
        return named[0]
    said = f"no collection {wanted} is running" if wanted else "no collection is running"
    if named:
        said = "several collections are running" + (f" with the label {wanted}" if wanted else "")
    cure = f"Running: {', '.join(one.id for one in collections)}." if collections else ""
    raise UsageError(said, cure=cure)


def stop(profiles: Path, one: Collection, *, clock: Clock | None = None, seconds: float = END_SECONDS) -> Ended:
    """Ask a collection to end and wait until its run is sealed. Raises CollectError when it does not end."""
    clock = clock or SystemClock()
    if one.host != socket.gethostname():
        raise CollectError(f"{one.id} is collected on {one.host}", cure="Stop it there.")
    _terminate(one)
    partial = profiles / f".{one.id}.partial"
    if wait(clock, seconds, lambda: partial not in held(profiles)):
        raise CollectError(
            f"{one.id} has not ended after {seconds:g} s", cure="It was asked to; see `profbook collect status`."
        )
    # Its lock is gone a moment before its process, which may still be speaking.
    wait(clock, TERM_SECONDS, lambda: process_started(one.pid) != one.started)
    path = profiles / one.id
    if not path.is_dir():
        return Ended(one.id, None, "failed", 0)
    status = _read(path / MANIFEST).get("status")
    return Ended(one.id, path, str(status), _count(path))


def _terminate(one: Collection) -> None:
    """Send TERM to the very process that writes the run; nothing is sent when its number now is another's."""
    try:
        handle = os.pidfd_open(one.pid) if hasattr(os, "pidfd_open") else -1
    except OSError:
        return
    try:
        if process_started(one.pid) != one.started:
            return
        with suppress(ProcessLookupError):
            if handle >= 0:
                signal.pidfd_send_signal(handle, signal.SIGTERM)
            else:
                os.kill(one.pid, signal.SIGTERM)
    finally:
        if handle >= 0:
            os.close(handle)


def _collection(path: Path) -> Collection | None:
    owner = _read(path / OWNER)
    pid, host, since, started = (owner.get(key) for key in ("pid", "host", "since", "started"))
    if not isinstance(pid, int) or pid <= 0:
        return None
    run_id = path.name.removeprefix(".").removesuffix(".partial")
    return Collection(run_id, pid, str(host), str(since), str(started), _count(path))


def _count(path: Path) -> int:
    found = (place(file.relative_to(path).as_posix()) for file in path.glob("*/*") if not file.name.startswith("."))
    return sum(one.kind in ENDPOINTS for one in found)


def _read(path: Path) -> dict[str, object]:
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
