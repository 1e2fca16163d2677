"""The live site as files: which units it has, and the digest of every file, read again only where something changed.

Rules: a file whose state (`store.seen`) is the one its digest was made in is not read. What a build has just written is
known from writing it, unless it has changed since.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pipeline.model.page import SPLIT, is_deep
from pipeline.store import seen


class SiteTree:
    """A site's folder, looked at through a memory; ``known`` is what its document says: unit -> (key, content).

    ``early`` says what `remembered` said of the site as it is.
    """

    def __init__(
        self,
        folder: Path,
        memory: seen.Memory,
        known: Mapping[str, tuple[str, str]],
        early: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self.known = known
        self._early = early
        self._folder = folder
        self._memory = memory
        self._contents: dict[str, str] = {}

    def content_of(self, digests: Mapping[str, str]) -> str:
        """Make one digest of files: their paths under the site, and their digests."""
        text = "".join(f"{path}\0{digests[path]}\n" for path in sorted(digests))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    def units(self) -> list[str]:
        """Name the units on disk that have a place for files, in order."""
        return sorted(self._units())

    def _units(self) -> Iterator[str]:
        if not self._folder.is_dir():
            return
        yield "."
        for name in _folders(self._folder):
            yield name
            if name in SPLIT:
                yield from (f"{name}/{inner}" for inner in _folders(self._folder / name))

    def content(self, unit: str) -> str:
        """Make one digest of a unit as it was when first asked for; empty when it has no files or cannot be read."""
        if unit not in self._contents:
            self._contents[unit] = self._content(unit)
        return self._contents[unit]

    def _content(self, unit: str) -> str:
        if early := self._early().get(unit):
            return early
        if known := self._revisited(unit):
            return known
        folder = self._look(unit)
        if folder is None or all(path.endswith("/") for path in folder.paths):
            return ""
        found = self._memory.recall(unit, folder.state) if folder.settled else None
        if not found:
            return self.content_of(self.digests(unit, folder))
        self._memory.keep(unit, folder.state, found, folder.visit)
        return found.partition(" ")[0]

    def _revisited(self, unit: str) -> str:
        return (self._memory.revisit(unit, self._place(unit)) or "").partition(" ")[0]

    def remembered(self) -> dict[str, str]:
        """Make one digest of each unit that nothing has changed in since it was last read."""
        return {unit: content for unit in self._memory.names() if (content := self._revisited(unit))}

    def digests(self, unit: str, folder: seen.FolderState | None = None) -> dict[str, str]:
        """Digest of each file of a unit by its path under the site."""
        folder = folder or self._look(unit)
        if folder is None:
            return {}
        before = self._before(unit)
        now, found, kept = time.time_ns(), {}, {}
        for file in folder.files:
            if file.path.endswith("/"):
                continue
            state, sha256 = before.get(file.path, ("", ""))
            if state != file.state:
                sha256 = _digest(self._place(unit) / file.path)
            found[_path(unit, file.path)] = sha256
            kept[file.path] = [file.state if seen.is_settled(file.changed, now) else "", sha256]
        self._keep(unit, folder, found, kept)
        return found

    def learn(self, unit: str, digests: Mapping[str, str], written: Mapping[str, int]) -> None:
        """Remember what a build wrote: digests by path, and when (ns) each file was finished, in this tree or before it
        was moved here as part of a folder. A file that changed later is read again when it is asked for.
        """
        folder = self._look(unit)
        if folder is None:
            return
        now, before, kept, names = time.time_ns(), self._before(unit), {}, set()
        for file in folder.files:
            path = _path(unit, file.path)
            if file.path.endswith("/") or path not in digests:
                continue
            names.add(path)
            known = file.changed <= written.get(path, -1) or before.get(file.path, ("", ""))[0] == file.state
            settled = known and seen.is_settled(file.changed, now)
            kept[file.path] = [file.state if settled else "", digests[path]]
        if names == set(digests) and all(state for state, _ in kept.values()):
            self._keep(unit, folder, digests, kept)
        elif any(state for state, _ in kept.values()):  # what is known of no file is not worth a line
            self._memory.keep(unit, "", f" {json.dumps(kept, separators=(',', ':'))}")

    def _keep(
        self, unit: str, folder: seen.FolderState, found: Mapping[str, str], kept: Mapping[str, list[str]]
    ) -> None:
        text = json.dumps(kept, separators=(",", ":"))
        told = f"{self.content_of(found)} {text}"
        self._memory.keep(unit, folder.state if folder.settled else "", told, folder.visit)

    def _before(self, unit: str) -> dict[str, tuple[str, str]]:
        known = json.loads((self._memory.last(unit) or " {}").partition(" ")[2])
        return {name: (state, sha256) for name, (state, sha256) in known.items()}

    def _look(self, unit: str) -> seen.FolderState | None:
        return seen.look(self._place(unit), deep=is_deep(unit))

    def _place(self, unit: str) -> Path:
        return self._folder if unit == "." else self._folder / unit


def weigh(folder: Path) -> list[tuple[int, str]]:
    """List the files below a folder, (bytes, path), the largest first; a file under several names counts once."""
    found: dict[tuple[int, int], tuple[int, str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            state = path.stat()
            found.setdefault((state.st_dev, state.st_ino), (state.st_size, path.relative_to(folder).as_posix()))
    return sorted(found.values(), key=lambda one: (-one[0], one[1]))


def _folders(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]


def _path(unit: str, name: str) -> str:
    return name if unit == "." else f"{unit}/{name}"


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
