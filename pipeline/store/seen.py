"""What was found out by reading the files of a folder, kept for as long as none of them has changed.

Rules: never trusted by modification time. A folder is as it was when every file has the name, device, inode, mode,
size, modification and **change time** it had; the kernel sets the change time at every write, link and rename, and no
program can set it back (``touch`` cannot). A file changed so short ago that a further change could fall into the same
tick of the clock is read again, so keys still cover content. What this cannot see is a disk that rots; without the
memory everything is read. The memory is a log with a checksum on every line: it is only ever appended to, a torn or
damaged line is no line, and losing it costs time and nothing else.
"""

from __future__ import annotations

import marshal
import os
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from pipeline.errors import StoreError
from pipeline.store import atomic

SETTLED_NANOS: Final = 2 * 10**9
"""How old a change must be to be told from the next one, on the coarsest file systems in use."""

_SPARE_LINES: Final = 256
_SPARE: Final = 1.25
"""How much longer than it must be a memory may get: it is read by every command."""

_CHECK: Final = 9
"""Bytes of a line's checksum, and the space behind it."""


class FileState(NamedTuple):
    """What the system says of a file: ``state`` changes with every change, ``changed`` is the change time in ns.

    Folders are listed too, by a path that ends in ``/`` and nothing else.
    """

    path: str
    state: str
    changed: int


_Facts = tuple[str, int, int, int, int, int, int, str]
"""Path, change time (ns), device, inode, mode, size, modification time (ns), and the state of what a link leads to."""


@dataclass(frozen=True, slots=True)
class FolderState:
    """The files below a folder in order of path; ``settled`` when the last change is old enough to be told apart."""

    facts: tuple[_Facts, ...]
    settled: bool

    @property
    def state(self) -> str:
        """One text for all of it."""
        # One build looks at a hundred thousand files: they are not worded one by one. Format 2 has no references, so
        # equal facts are equal bytes.
        return blake2b(marshal.dumps(self.facts, 2), digest_size=16).hexdigest()

    @property
    def files(self) -> tuple[FileState, ...]:
        """Each file with a state of its own."""
        return tuple(map(_file_state, self.facts))

    @property
    def paths(self) -> list[str]:
        """Path of each file, without the state."""
        return [one[0] for one in self.facts]


def look(folder: Path | str, *, deep: bool = True) -> FolderState | None:
    """Look at a folder, with ``deep`` also at all below it; None when it cannot be listed whole."""
    now = time.time_ns()
    files: list[_Facts] = []
    try:
        _list(os.fspath(folder), "", files, deep=deep)
    except OSError:
        return None
    files.sort()
    return FolderState(tuple(files), is_settled(max([one[1] for one in files], default=0), now))


def state_of(path: Path) -> str:
    """State of one file, which changes with every change of it. Raises OSError when there is none."""
    return _state(path.stat())


def is_settled(changed: int, now: int) -> bool:
    """Tell whether a change at ``changed`` could not be mistaken for a later one."""
    return changed < now - SETTLED_NANOS


def _list(folder: str, under: str, files: list[_Facts], *, deep: bool) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = under + entry.name
            if entry.is_dir(follow_symlinks=False):
                if deep:
                    files.append((path + "/", 0, 0, 0, 0, 0, 0, ""))
                    _list(entry.path, path + "/", files, deep=True)
                continue
            one = entry.stat(follow_symlinks=False)
            changed, target = one.st_ctime_ns, ""
            if entry.is_symlink():
                # What a link leads to can change without the link.
                beyond = entry.stat()
                changed, target = max(changed, beyond.st_ctime_ns), f"{_state(one)} {_state(beyond)}"
            files.append((path, changed, one.st_dev, one.st_ino, one.st_mode, one.st_size, one.st_mtime_ns, target))


def _file_state(facts: _Facts) -> FileState:
    path, changed, device, inode, mode, size, modified, target = facts
    if path.endswith("/"):
        return FileState(path, "", 0)
    return FileState(path, target or f"{device:x} {inode:x} {mode:x} {size:x} {modified:x} {changed:x}", changed)


def _state(one: os.stat_result) -> str:
    return f"{one.st_dev:x} {one.st_ino:x} {one.st_mode:x} {one.st_size:x} {one.st_mtime_ns:x} {one.st_ctime_ns:x}"


@cache
def memory(path: Path) -> Memory:
    """Open a memory once for this process."""
    return Memory(path)


class Memory:
    """What is known of folders: name of the folder -> (its state, what was found out), both texts of one line.

    One that is not ``kept`` only reads.
    """

    def __init__(self, path: Path, *, is_kept: bool = True) -> None:
        self._path = path
        self._is_kept = is_kept
        self._data = b""
        self._lines: dict[bytes, bytes | slice] | None = None

    def recall(self, folder: str, state: str) -> str | None:
        """Say what was found out about a folder in this state; None when nothing was."""
        known = self._entry(folder)
        return known[1] if known and known[0] == state else None

    def last(self, folder: str) -> str | None:
        """Say what was found out last, whatever the state was then."""
        known = self._entry(folder)
        return known[1] if known else None

    def keep(self, folder: str, state: str, found: str) -> None:
        """Remember what was found out about a folder in this state."""
        if self._entry(folder) == (state, found) or "\t" in f"{folder}{state}" or "\n" in f"{folder}{found}":
            return
        line = _line(folder, state, found)
        self._known()[_bytes(folder)] = line
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.write(b"\n" + line + b"\n")  # what comes before may be a torn line

    def _entry(self, folder: str) -> tuple[str, str] | None:
        line = self._line(self._known().get(_bytes(folder), b""))
        if not _is_whole(line):
            return None
        _, state, found = line[_CHECK:].decode("utf-8", "surrogatepass").split("\t", 2)
        return state, found

    def _line(self, place: bytes | slice) -> bytes:
        return self._data[place] if isinstance(place, slice) else place

    def _known(self) -> dict[bytes, bytes | slice]:
        if self._lines is None:
            self._lines = self._read()
        return self._lines

    def _read(self) -> dict[bytes, bytes | slice]:
        """Find the place of the last line of each folder; whether it is whole is seen when it is asked for."""
        try:
            data = self._data = self._path.read_bytes()
        except OSError:
            return {}
        known: dict[bytes, bytes | slice] = {}
        lines = at = 0
        while at < len(data):
            end = data.find(b"\n", at)
            end = len(data) if end < 0 else end
            if end > at:
                lines += 1
                known[data[at + _CHECK : data.find(b"\t", at + _CHECK, end)]] = slice(at, end)
            at = end + 1
        if self._is_kept and lines > _SPARE * len(known) + _SPARE_LINES:
            kept = b"".join(line + b"\n" for line in map(self._line, known.values()) if _is_whole(line))
            with suppress(StoreError):
                atomic.write_bytes(self._path, kept, flush=False)
        return known


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _is_whole(line: bytes) -> bool:
    return line[:_CHECK] == b"%08x " % zlib.crc32(line[_CHECK:])


def _line(folder: str, state: str, found: str) -> bytes:
    rest = _bytes(f"{folder}\t{state}\t{found}")
    return b"%08x %s" % (zlib.crc32(rest), rest)
