"""What was found out by reading the files of a folder, kept for as long as none of them has changed.

Rules: never trusted by modification time. A folder is as it was when every file has the name, device, inode, mode,
size, modification and **change time** it had; the kernel sets the change time at every write, link and rename, and no
program can set it back (``touch`` cannot). A file changed so short ago that a further change could fall into the same
tick of the clock is read again, so keys still cover content. Its names are the ones it had when every folder in it has
the change time it had (POSIX: whatever adds, removes or renames an entry sets it), so a folder that is known is not
listed, which takes longer than all its files. What this cannot see is a disk that rots; without the memory everything
is read. The memory is a log with a checksum on every line: it is only ever appended to, a torn or damaged line is no
line, and losing it costs time and nothing else.
"""

from __future__ import annotations

import marshal
import os
import time
import zlib
from collections.abc import Sequence
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

_FORMAT: Final = 2
"""Lines of another format have another checksum."""

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
    """The files below a folder in order of path; ``settled`` when the last change is old enough to be told apart.

    ``folders`` are those that were listed, the first as ``.``; none unless their last changes are as old.
    """

    facts: tuple[_Facts, ...]
    settled: bool
    folders: tuple[_Facts, ...] = ()

    @property
    def state(self) -> str:
        """One text for all of it."""
        return _digest(self.facts)

    @property
    def visit(self) -> str:
        """What `Memory.revisit` looks for: a digest, and the names it is made of; empty where it must be listed."""
        listed = sorted((*(one for one in self.facts if not one[0].endswith("/")), *self.folders))
        names = "\0".join(one[0] for one in listed)
        is_plain = not any(one[-1] for one in listed) and "\t" not in names and "\n" not in names
        return f"{_digest(tuple(listed))}\0{names}" if self.settled and self.folders and is_plain else ""

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
    folders: list[_Facts] = []
    try:
        _list(os.fspath(folder), "", files, folders, deep=deep)
    except OSError:
        return None
    files.sort()
    settled, alike = (is_settled(max([one[1] for one in some], default=0), now) for some in (files, folders))
    return FolderState(tuple(files), settled, tuple(folders) if alike else ())


def state_of(path: Path) -> str:
    """State of one file, which changes with every change of it. Raises OSError when there is none."""
    return _state(path.stat())


def is_settled(changed: int, now: int) -> bool:
    """Tell whether a change at ``changed`` could not be mistaken for a later one."""
    return changed < now - SETTLED_NANOS


def _list(folder: str, under: str, files: list[_Facts], folders: list[_Facts], *, deep: bool) -> None:
    folders.append(_facts(under[:-1] or ".", os.stat(folder)))  # noqa: PTH116 - before its names: what comes later shows
    with os.scandir(folder) as entries:
        for entry in entries:
            path = under + entry.name
            if entry.is_dir(follow_symlinks=False):
                if deep:
                    files.append((path + "/", 0, 0, 0, 0, 0, 0, ""))
                    _list(entry.path, path + "/", files, folders, deep=True)
                continue
            one = entry.stat(follow_symlinks=False)
            facts = _facts(path, one)
            if entry.is_symlink():
                # What a link leads to can change without the link.
                beyond = entry.stat()
                facts = (path, max(facts[1], beyond.st_ctime_ns), *facts[2:7], f"{_state(one)} {_state(beyond)}")
            files.append(facts)


def _visited(folder: str, paths: Sequence[str]) -> str:
    """Digest of what these names of a folder are now. Raises OSError when one is none."""
    place = os.open(folder, os.O_RDONLY)
    try:
        return _digest(tuple([_facts(path, os.stat(path, dir_fd=place, follow_symlinks=False)) for path in paths]))
    finally:
        os.close(place)


def _facts(path: str, one: os.stat_result) -> _Facts:
    return path, one.st_ctime_ns, one.st_dev, one.st_ino, one.st_mode, one.st_size, one.st_mtime_ns, ""


def _digest(facts: tuple[_Facts, ...]) -> str:
    # One build looks at a hundred thousand files: they are not worded one by one. Format 2 has no references, so equal
    # facts are equal bytes.
    return blake2b(marshal.dumps(facts, 2), digest_size=16).hexdigest()


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
    """What is known of folders: name of the folder -> (its state, its `visit`, what was found out), texts of one line.

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
        return known[2] if known and known[0] == state else None

    def revisit(self, folder: str, place: Path | str) -> str | None:
        """Say what was found out about a folder that is at ``place`` as it was then, without listing it; None when it
        is not, or must be listed.
        """
        known = self._entry(folder)
        if not known or not known[1]:
            return None
        digest, *paths = known[1].split("\0")
        try:
            return known[2] if _visited(os.fspath(place), paths) == digest else None
        except OSError:
            return None

    def names(self) -> list[str]:
        """Name the folders something was found out about."""
        return [name.decode("utf-8", "surrogatepass") for name in self._known()]

    def last(self, folder: str) -> str | None:
        """Say what was found out last, whatever the state was then."""
        known = self._entry(folder)
        return known[2] if known else None

    def keep(self, folder: str, state: str, found: str, visit: str = "") -> None:
        """Remember what was found out about a folder in this state, with its `FolderState.visit` if it has one."""
        if self._entry(folder) == (state, visit, found) or "\t" in f"{folder}{state}" or "\n" in f"{folder}{found}":
            return
        line = _line(folder, state, visit, found)
        self._known()[_bytes(folder)] = line
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.write(b"\n" + line + b"\n")  # what comes before may be a torn line

    def _entry(self, folder: str) -> tuple[str, str, str] | None:
        line = self._line(self._known().get(_bytes(folder), b""))
        if not _is_whole(line):
            return None
        _, state, visit, found = line[_CHECK:].decode("utf-8", "surrogatepass").split("\t", 3)
        return state, visit, found

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
    return line[:_CHECK] == b"%08x " % zlib.crc32(line[_CHECK:], _FORMAT)


def _line(folder: str, state: str, visit: str, found: str) -> bytes:
    rest = _bytes(f"{folder}\t{state}\t{visit}\t{found}")
    return b"%08x %s" % (zlib.crc32(rest, _FORMAT), rest)
