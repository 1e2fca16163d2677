"""The directory of a run while it is being written, and what is left of one whose collector died.

Rules: everything is written below ``.<id>.partial`` and becomes visible by one rename; a file inside is whole or absent
(written beside, flushed to disk, renamed). Ids are reserved exclusively: the same second gives ``-2``, ``-3``, …. The
collector holds a lock on its directory, which ends with its process, so a leftover is known without guessing from a
process number. A leftover with profiles becomes a run that was ``interrupted``; one without is put aside.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from pipeline.collect.clock import Clock, rfc3339, stamp, wait
from pipeline.collect.secrets import hide_paths, mask_text
from pipeline.errors import CollectError, UsageError
from pipeline.model.layout import is_run_name

MANIFEST: Final = "run.json"
QUARANTINE: Final = ".quarantine.partial"
WRITING: Final = ".writing"
"""Folder a program of the run writes into until what it wrote has been checked."""
OWNER: Final = ".collector.json"
_ORPHAN_SECONDS: Final = 2.0
"""How long a process may take to let go of what it was born with and become its own program."""
_LOG_HEAD: Final = 1 << 18
_LOG_TAIL: Final = 3 << 18
_MAX_MANIFEST: Final = 64 << 20


class RunFolder:
    """A run being written: an exclusive id, a locked partial directory, and one rename at the end.

    ``names`` says how paths of this machine are written in what is kept.
    """

    def __init__(self, profiles: Path, run_id: str, lock: int) -> None:
        self.profiles = profiles
        self.id = run_id
        self.path = _partial(profiles, run_id)
        self._lock = lock
        self._journaling = threading.Lock()
        self.names: dict[str, str] = {str(self.path): "{profile_dir}", str(Path.home()): "~"}

    @classmethod
    def reserve(cls, profiles: Path, label: str, clock: Clock) -> RunFolder:
        """Take the first free id of this second. Raises UsageError for a label no run may have."""
        base = stamp(clock.now()) + (f"-{label}" if label else "")
        if not is_run_name(f"{base}-999"):
            raise UsageError(
                f"not a label for a run: {mask_text(label)!r}", cure="Use letters, digits, and . _ - inside, up to 80."
            )
        with _exclusive(profiles):
            number = 1
            while True:
                run_id = base if number == 1 else f"{base}-{number}"
                # In this order: a run being published moves from the first name to the second.
                if not os.path.lexists(_partial(profiles, run_id)) and not os.path.lexists(profiles / run_id):
                    break
                number += 1
            path = _partial(profiles, run_id)
            path.mkdir()
            lock = _open_dir(path)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder = cls(profiles, run_id, lock)
        pid = os.getpid()
        owner = {"pid": pid, "started": process_started(pid), "host": socket.gethostname()}
        owner |= {"since": rfc3339(clock.now())}
        folder.write(OWNER, json.dumps(owner, sort_keys=True).encode())
        return folder

    def write(self, name: str, data: bytes) -> None:
        """Write one file of the run, whole or not at all; raises OSError."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, data)

    def journal(self, manifest: dict[str, Any]) -> None:
        """Keep the manifest as it is now, in case this process dies; a journal being written is not waited for."""
        if self._journaling.acquire(blocking=False):
            try:
                _write(self.path / MANIFEST, encode_manifest(manifest), flush=False)
            finally:
                self._journaling.release()

    def seal(self, manifest: dict[str, Any]) -> Path:
        """Write the final manifest and make the run visible; returns its directory."""
        try:
            _tidy(self.path, self.names)
            _write(self.path / MANIFEST, encode_manifest(manifest))
            _publish(self.path, self.profiles / self.id)
        except OSError as error:
            raise CollectError(
                f"the run could not be finished: {error.strerror}",
                cure=f"What was collected is in {self.path.name}; make room, and the next collect will finish it.",
            ) from error
        finally:
            self.close()
        return self.profiles / self.id

    def abandon(self, manifest: dict[str, Any]) -> Path:
        """Put a run without any profile aside, with its logs; returns where it is."""
        try:
            _tidy(self.path, self.names)
            _write(self.path / MANIFEST, encode_manifest({**manifest, "status": "failed"}))
            return _quarantine(self.path, self.id)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the directory; what is still partial may then be finished by the next collect."""
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)


def process_started(pid: int) -> str:
    """Say when a process began, in words that no later process of its number will have; empty when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else f"{boot} {fields[19]}"


def held(profiles: Path) -> tuple[Path, ...]:
    """List the partial runs that living collectors write."""
    found: list[Path] = []
    if not profiles.is_dir():
        return ()
    with _exclusive(profiles):
        for path in sorted(profiles.glob(".*.partial")):
            if path.name == QUARANTINE or path.is_symlink() or not path.is_dir():
                continue
            lock = _open_dir(path)
            try:
                if not take_lock(lock):
                    found.append(path)
            finally:
                os.close(lock)
    return tuple(found)


def sweep(profiles: Path, clock: Clock) -> tuple[str, ...]:
    """Finish or put aside what dead collectors left behind; returns what was done, in words."""
    done: list[str] = []
    if not profiles.is_dir():
        return ()
    with _exclusive(profiles):
        for path in sorted(profiles.glob(".*.partial")):
            run_id = path.name.removeprefix(".").removesuffix(".partial")
            if path.name == QUARANTINE or path.is_symlink() or not path.is_dir():
                continue
            lock = _open_dir(path)
            try:
                if take_lock(lock) or (_orphaned(path) and not wait(clock, _ORPHAN_SECONDS, partial(take_lock, lock))):
                    done.append(_finish(path, run_id, clock))
            finally:
                os.close(lock)
    return tuple(done)


def take_lock(lock: int) -> bool:
    """Take the lock of an open file if no living process has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _orphaned(path: Path) -> bool:
    """Say whether the collector of a partial run is gone, though a child it was just starting still has its lock."""
    try:
        owner = json.loads((path / OWNER).read_bytes())
        here = owner["host"] == socket.gethostname()
        return bool(here and process_started(owner["pid"]) != owner["started"])
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _finish(path: Path, run_id: str, clock: Clock) -> str:
    """Deal with one leftover, whose lock is held."""
    manifest = _read_manifest(path / MANIFEST)
    good = [report for report in _reports(manifest) if report.get("status") == "ok" and _has(path, report.get("path"))]
    _tidy(path, {str(path): "{profile_dir}", str(Path.home()): "~"})
    if manifest is None or not good or os.path.lexists(path.parent / run_id) or not is_run_name(run_id):
        place = _quarantine(path, run_id)
        return f"put aside {run_id}, left without profiles by a collector that died: {QUARANTINE}/{place.name}"
    manifest["status"] = "interrupted"
    manifest["finished"] = manifest.get("finished") or rfc3339(clock.now())
    found = manifest.get("findings")
    manifest["findings"] = [*(found if isinstance(found, list) else []), _CRASH]
    _write(path / MANIFEST, encode_manifest(manifest))
    _publish(path, path.parent / run_id)
    return f"finished {run_id}, left by a collector that died: {len(good)} profiles kept, marked interrupted"


_CRASH: Final = {
    "code": "collector_died",
    "severity": "error",
    "message": "The collector died during this run; what it had written was kept.",
    "subject": MANIFEST,
    "evidence": "",
    "cure": "Collect again if the missing profiles matter.",
}


def _read_manifest(path: Path) -> dict[str, Any] | None:
    try:
        if path.is_symlink() or path.stat().st_size > _MAX_MANIFEST:
            return None
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _reports(manifest: dict[str, Any] | None) -> list[dict[str, Any]]:
    files = (manifest or {}).get("files")
    return [report for report in files if isinstance(report, dict)] if isinstance(files, list) else []


def _has(folder: Path, name: object) -> bool:
    return isinstance(name, str) and ".." not in name and (folder / name).is_file()


def encode_manifest(manifest: dict[str, Any]) -> bytes:
    """Write a manifest as JSON: sorted keys, two spaces, one newline at the end."""
    return (json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _partial(profiles: Path, run_id: str) -> Path:
    return profiles / f".{run_id}.partial"


@contextmanager
def _exclusive(profiles: Path) -> Iterator[None]:
    """Hold the folder of runs while an id is chosen or leftovers are dealt with."""
    try:
        profiles.mkdir(parents=True, exist_ok=True)
        lock = _open_dir(profiles)
    except OSError as error:
        raise CollectError(
            f"cannot write runs to {profiles.name}/: {error.strerror}", cure="Correct collect.profiles_dir."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open_dir(path: Path) -> int:
    return os.open(
        path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW if path.name.endswith(".partial") else os.O_RDONLY
    )


def _write(path: Path, data: bytes, *, flush: bool = True) -> None:
    beside = path.with_name(f".{path.name}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(data)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def _tidy(path: Path, names: Mapping[str, str]) -> None:
    """Remove what only a live collector needs, and make logs fit to be kept: bounded, without secrets and paths."""
    for writing in tuple(path.rglob(WRITING)):
        shutil.rmtree(writing, ignore_errors=True)
    for leftover in (*path.rglob(".*.tmp"), path / OWNER):
        with suppress(OSError):
            leftover.unlink()
    for log in path.rglob("*.log"):
        if log.is_file() and not log.is_symlink():
            with log.open("rb") as file:
                head = file.read(_LOG_HEAD + _LOG_TAIL)
                size = file.seek(0, os.SEEK_END)
                if size > len(head):
                    file.seek(size - _LOG_TAIL)
                    head = head[:_LOG_HEAD] + b"\n[... cut ...]\n" + file.read(_LOG_TAIL)
            _write(log, mask_text(hide_paths(head.decode("utf-8", "replace"), names)).encode())


def _publish(partial: Path, final: Path) -> None:
    for folder in (*(place for place in partial.rglob("*") if place.is_dir() and not place.is_symlink()), partial):
        _sync(folder)
    partial.rename(final)
    _sync(final.parent)


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _quarantine(path: Path, run_id: str) -> Path:
    shelf = path.parent / QUARANTINE
    shelf.mkdir(exist_ok=True)
    place, number = shelf / run_id, 1
    while os.path.lexists(place):
        number += 1
        place = shelf / f"{run_id}-{number}"
    path.rename(place)
    return place
