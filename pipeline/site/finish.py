"""Finishing the files of a unit of the site: those that differ from what is there are written into a staging tree.

Rules: every file is compared by its digest, and only what differs is written. Always a file of its own: what publishes
a site takes no links. What cannot be read or placed is skipped and named; it never stops a build.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline.model import archive

_SMALL: Final = 8 << 20
_BINARY: Final[int] = getattr(os, "O_BINARY", 0)

Source = bytes | str
"""What a file is made of: its bytes, or the place of a file on disk, which may be in an archive."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as planned: what it is made of (None: it is there and stays), and its digest where that is known."""

    path: str
    source: Source | None
    sha256: str = ""


@dataclass(slots=True)
class Finished:
    """What was done for units: ``digests`` by unit and path, files ``written`` and when (ns), files ``removed``, and
    ``skipped``.
    """

    digests: dict[str, dict[str, str]] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def add(self, other: Finished) -> None:
        """Take in what another process has done."""
        self.digests |= other.digests
        self.written |= other.written
        self.removed += other.removed
        self.skipped += other.skipped


class Finisher:
    """Writes into one staging tree and keeps account of it."""

    def __init__(self, tree: Path) -> None:
        self.done = Finished()
        self._tree = os.fspath(tree)
        self._folders: set[str] = set()
        self._last: tuple[str, bytes, str] = ("", b"", "")
        self._archive = ("", archive.opened(archive.pack({})))

    def finish(self, unit: str, files: Iterable[File], here: Mapping[str, str]) -> dict[str, str]:
        """Finish the files of a unit, of which these are ``here``; gives the digest of each by path."""
        done, desired = self.done, dict[str, str]()
        for file in files:
            path, sha256 = file.path, file.sha256
            try:
                if sha256:
                    if here.get(path) != sha256:
                        self._write(path, file.source)
                else:
                    source, sha256 = self._digested(file.source)
                    if here.get(path) != sha256:
                        self._write(path, source)
            except OSError:
                done.skipped.append(path)
                continue
            desired[path] = sha256
        done.digests[unit] = desired
        done.removed += sorted(here.keys() - desired.keys())
        return desired

    def _digested(self, source: Source | None) -> tuple[Source, str]:
        """Digest a source. A file that is small is read once, also when two in a row are made of it; a large one is
        never in memory whole, unless it is in an archive.
        """
        if not isinstance(source, str):
            return source or b"", hashlib.sha256(source or b"").hexdigest()
        if self._last[0] == source:
            return self._last[1], self._last[2]
        data = self._read(source)
        if data is None:
            with Path(source).open("rb", buffering=0) as file:
                return source, hashlib.file_digest(file, "sha256").hexdigest()
        self._last = (source, data, hashlib.sha256(data).hexdigest())
        return data, self._last[2]

    def _read(self, source: str) -> bytes | None:
        """Read a file that is small, or one in an archive, of which the last is kept open; None for any other."""
        try:
            return _read_small(source)
        except OSError:
            place, _, name = source.rpartition("/")
            if not place.endswith(f"/{archive.NAME}"):
                raise
            if self._archive[0] != place:
                self._archive = (place, archive.opened(Path(place).read_bytes()))
            return archive.member(self._archive[1], name)

    def _write(self, path: str, source: Source | None) -> None:
        target = self.place(path)
        if isinstance(source, str):
            shutil.copyfile(source, target, follow_symlinks=True)
        else:
            _write_file(target, source or b"")
        self.done.written[path] = time.time_ns()

    def place(self, path: str) -> str:
        """Make the folder a file will be in; gives the file's place in the tree."""
        self._make_folder(path.rpartition("/")[0])
        return f"{self._tree}/{path}"

    def _make_folder(self, folder: str) -> None:
        if folder in self._folders:
            return
        if folder:
            self._make_folder(folder.rpartition("/")[0])
            with suppress(FileExistsError):  # another process may have made it; a file of the name shows when written
                Path(f"{self._tree}/{folder}").mkdir()
        else:
            Path(self._tree).mkdir(parents=True, exist_ok=True)
        self._folders.add(folder)


def _read_small(path: str) -> bytes | None:
    """Read a file that is small; None for any other."""
    descriptor = os.open(path, os.O_RDONLY | _BINARY)
    try:
        size = os.fstat(descriptor).st_size
        if size > _SMALL:
            return None
        parts = [os.read(descriptor, size + 1)]
        while parts[-1] and sum(map(len, parts)) != size:
            parts.append(os.read(descriptor, _SMALL))
        return b"".join(parts)
    finally:
        os.close(descriptor)


def _write_file(path: str, data: bytes) -> None:
    """Write as `Path.write_bytes` does, in half of its time: a build writes tens of thousands of small files."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def copies(wanted: Mapping[str, str], taken: Iterable[str], root: Path, skipped: list[str]) -> Iterator[File]:
    """Plan files to copy from the project; one that would leave the site, or whose place is taken, is skipped."""
    files, folders = set(taken), set[str]()
    for path in files:
        folders.update(_above(path))
    placed: list[tuple[str, str]] = []
    for path, source in sorted(wanted.items()):
        above = _above(path)
        is_inside = not path.startswith("/") and ".." not in path.split("/")
        if not is_inside or path in folders or not files.isdisjoint(above):
            skipped.append(path)
            continue
        files.add(path)
        folders.update(above)
        placed.append((source, path))
    yield from (
        File(path, f"{root}/{source}") for source, path in sorted(placed)
    )  # what has two addresses is read once


def _above(path: str) -> list[str]:
    """Name the folders a path lies in."""
    found, at = [], path.find("/")
    while at >= 0:
        found.append(path[:at])
        at = path.find("/", at + 1)
    return found
