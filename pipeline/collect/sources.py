"""What an import is given: folders, archives, and files named one by one, as listings of regular files.

Rules: bounded, and no link is followed. Hidden files are passed over in silence; links, devices and names that cannot
be kept everywhere are left out and told as Findings. Archives are unpacked into a folder that is removed at the end.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.collect.archive import Budget, ImportLimits, Names, packing, shown, unpack_archive
from pipeline.collect.layouts import Entry
from pipeline.collect.secrets import printable
from pipeline.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to import: a folder, an archive that was unpacked, or files named one by one."""

    name: str
    entries: list[Entry]
    findings: tuple[Finding, ...] = ()
    folder: Path | None = None


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give an empty folder to unpack into, and remove it at the end."""
    # What a killed import left; whoever imports holds the lock of importing.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def grouped(paths: Sequence[Path]) -> list[Path | tuple[Path, ...]]:
    """Put files that are no archives together: they are loose files of one run."""
    loose = tuple(path for path in paths if path.is_file() and not packing(path))
    others: list[Path | tuple[Path, ...]] = [path for path in paths if path not in loose]
    return [*others, loose] if loose else others


def open_source(path: Path | tuple[Path, ...], scratch: Path, limits: ImportLimits) -> Source:
    """List what one thing to import holds, unpacking it below ``scratch`` if need be.

    Raises CollectError for an archive that is damaged, and for anything beyond the limits.
    """
    if isinstance(path, tuple):
        return _loose(path, limits)
    name = printable(path.resolve().name) or "folder"
    budget = Budget(limits, name)
    if path.is_dir():
        entries, found = walk(path, budget, leave=(scratch.parent,))
        return Source(name, entries, found, path.resolve())
    into = Path(tempfile.mkdtemp(dir=scratch))
    left_out = unpack_archive(path, into, budget)
    entries, found = walk(into, Budget(limits, name))
    stem = name
    for ending in (".gz", ".tgz", ".tar", ".zip"):
        stem = stem.removesuffix(ending)
    return Source(stem or "archive", entries, (*left_out, *found))


def _loose(paths: tuple[Path, ...], limits: ImportLimits) -> Source:
    budget, names = Budget(limits, "these files"), Names()
    entries, found = [], []
    for path in paths:
        budget.file()
        if doubt := names.refusal(path.name):
            found.append(doubt)
            continue
        status = path.stat()
        budget.take(status.st_size)
        entries.append(Entry(path.name, path, status.st_size, status.st_mtime))
    return Source("", entries, tuple(found))


def walk(root: Path, budget: Budget, leave: Collection[Path] = ()) -> tuple[list[Entry], tuple[Finding, ...]]:
    """List what is below a folder, and what was left out; ``leave`` are folders not to enter.

    Raises CollectError beyond the limits.
    """
    entries: list[Entry] = []
    found: list[Finding] = []
    names, barred = Names(), {path.resolve() for path in leave}
    open_folders = [(root, "")]
    while open_folders:
        folder, prefix = open_folders.pop()
        try:
            with os.scandir(folder) as listing:
                inside = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            found.append(_unreadable(prefix or ".", error))
            continue
        for item in inside:
            if item.name.startswith("."):
                continue
            path = prefix + item.name
            status = item.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                if Path(item.path).resolve() not in barred:
                    open_folders.append((Path(item.path), f"{path}/"))
                continue
            budget.file()
            if doubt := _wrong_kind(path, status.st_mode) or names.refusal(path):
                found.append(doubt)
                continue
            budget.take(status.st_size)
            entries.append(Entry(path, Path(item.path), status.st_size, status.st_mtime))
    return entries, tuple(found)


def _wrong_kind(path: str, mode: int) -> Finding | None:
    if stat.S_ISLNK(mode):
        return Finding("link", "warning", "A link is not followed.", shown(path), cure="Import what it leads to.")
    if not stat.S_ISREG(mode):
        return Finding("special_file", "warning", "Only regular files are read.", shown(path), cure="Leave it out.")
    return None


def _unreadable(path: str, error: OSError) -> Finding:
    reason = error.strerror or type(error).__name__
    return Finding("unreadable", "error", "This folder cannot be read.", shown(path), reason, "Check its permissions.")
