"""Which runs a folder holds: the directory layouts people have, told apart by names alone.

    20251218_120000[-sqlite]/cpu.prof …                one run
    20251218_120000-comparison/{sqlite,pebble}/…       one run for each side
    my-test/{operator-controller,catalogd}/heapN.pprof one run with components, with test.log and analysis.md
    manual/heap-20251028-113000.pprof                  one run for each snapshot taken by hand
    comparisons/                                       texts made from runs: passed over
    before/allocs.prof  after/allocs.prof              one run for each folder
    heap.out  manager_heap.prof  default.pgo           loose files: one run

Rules: a file is in one run at most; its path inside the run is its path inside that run's folder. A folder with a
``run.json`` is a run as it is. Only names decide here, so that it can be tried on a listing; pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.collect.contents import looks_like_profile
from pipeline.model import layout

MANIFEST: Final = "run.json"
_DERIVED: Final = frozenset({"comparisons"})
_MANUAL: Final = "manual"
_COMPARISON: Final = re.compile(r"(^|[-_])comparison$")
_STAMP: Final = re.compile(r"(?<!\d)(\d{8})[-_]?(\d{6})(?!\d)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file to import: its path in the source, where its bytes are, and what the disk says of it."""

    path: str
    file: Path
    size: int = 0
    modified: float = 0.0


@dataclass(frozen=True, slots=True)
class FoundRun:
    """One run found in a source. ``origin`` is its folder there, ``files`` maps paths inside the run to entries."""

    name: str
    origin: str
    files: Mapping[str, Entry]
    label: str = ""
    note: str = ""

    @property
    def described(self) -> bool:
        """Tell whether it brings its own manifest."""
        return MANIFEST in self.files


@dataclass(slots=True)
class _Folder:
    path: str
    files: dict[str, Entry] = field(default_factory=dict)
    folders: dict[str, _Folder] = field(default_factory=dict)

    @property
    def has_profiles(self) -> bool:
        return any(looks_like_profile(name) for name in self.files)

    @property
    def holds_profiles(self) -> bool:
        return self.has_profiles or any(inner.holds_profiles for inner in self.folders.values())

    @property
    def has_series(self) -> bool:
        return any(layout.place(name).index is not None and looks_like_profile(name) for name in self.files)


def find_runs(name: str, entries: list[Entry]) -> tuple[tuple[FoundRun, ...], tuple[str, ...]]:
    """Find the runs of a source called ``name``; the second value says in words what was passed over."""
    root = _Folder("")
    for entry in sorted(entries, key=lambda entry: entry.path):
        *parts, last = entry.path.split("/")
        folder = root
        for part in parts:
            folder = folder.folders.setdefault(part, _Folder(f"{folder.path}/{part}".lstrip("/")))
        folder.files[last] = entry
    ignored: list[str] = []
    return tuple(_search(root, name, ignored)), tuple(ignored)


def stamp_in(name: str) -> str:
    """Read ``YYYYMMDD_HHMMSS`` out of a name; empty when there is none that could be a time."""
    match = _STAMP.search(name)
    if match is None:
        return ""
    try:
        datetime.strptime(match[1] + match[2], "%Y%m%d%H%M%S")  # noqa: DTZ007 - only whether there is such a moment
    except ValueError:
        return ""
    return f"{match[1]}_{match[2]}"


def label_from(name: str) -> str:
    """Make a label of a name: what follows its stamp, in characters a run may have."""
    label = layout.label_of(name) if layout.STAMPED.match(name) else name
    label = re.sub(r"[^A-Za-z0-9._-]+", "-", label).replace("..", "-").strip("._-")[:80]
    return label if layout.is_run_name(label) else ""


def _search(folder: _Folder, name: str, ignored: list[str]) -> Iterator[FoundRun]:
    if MANIFEST in folder.files:
        yield _whole(folder, name)
        return
    if name in _DERIVED:
        ignored.append(f"{folder.path or name}: reports made from runs, not a run")
        return
    if name == _MANUAL and folder.has_profiles:
        yield from _snapshots(folder)
        return
    apart = {child: inner for child, inner in sorted(folder.folders.items()) if _stands_alone(child, inner)}
    sides = {child: inner for child, inner in folder.folders.items() if inner.has_profiles}
    if _COMPARISON.search(name) and len(sides) > 1 and not folder.has_profiles:
        yield from _sides(folder, name, sides)
        return
    if folder.has_profiles or (_are_components(folder) and not apart):
        yield _whole(folder, name, leave=apart)
    else:
        apart = dict(sorted(folder.folders.items()))
        if lonely := [file for file in folder.files if layout.place(file).kind != "manifest"]:
            ignored.append(f"{folder.path or name}: {len(lonely)} files beside the runs")
    for child, inner in apart.items():
        yield from _search(inner, child, ignored)


def _stands_alone(name: str, folder: _Folder) -> bool:
    """Tell whether a folder is a run of its own beside others, not a component of one."""
    return (
        MANIFEST in folder.files
        or name in _DERIVED
        or (name == _MANUAL and folder.has_profiles)
        or bool(layout.STAMPED.match(name) and folder.holds_profiles)
    )


def _are_components(folder: _Folder) -> bool:
    """Tell whether the folders below are components of one run: a series in one of them, or logs beside them."""
    inner = [child for child in folder.folders.values() if child.has_profiles]
    deeper = any(child.holds_profiles for one in folder.folders.values() for child in one.folders.values())
    logs = any(layout.place(name).kind in {"log", "load"} for name in folder.files)
    return bool(inner) and not deeper and (logs or (len(inner) > 1 and any(child.has_series for child in inner)))


def _whole(folder: _Folder, name: str, leave: Mapping[str, _Folder] | None = None) -> FoundRun:
    files = dict(_inside(folder, "", leave or {}))
    return FoundRun(name, folder.path, files, label_from(name))


def _inside(folder: _Folder, prefix: str, leave: Mapping[str, _Folder]) -> Iterator[tuple[str, Entry]]:
    for name, entry in folder.files.items():
        yield prefix + name, entry
    for name, inner in folder.folders.items():
        if name not in leave:
            yield from _inside(inner, f"{prefix}{name}/", {})


def _snapshots(folder: _Folder) -> Iterator[FoundRun]:
    """Take each snapshot made by hand as a run; snapshots of one moment belong together."""
    moments: dict[str, dict[str, Entry]] = {}
    for name, entry in folder.files.items():
        if looks_like_profile(name):
            moments.setdefault(stamp_in(name) or PurePosixPath(name).stem, {})[name] = entry
    for moment, files in moments.items():
        yield FoundRun(moment if stamp_in(moment) else _MANUAL, folder.path, files, _MANUAL)


def _sides(folder: _Folder, name: str, sides: Mapping[str, _Folder]) -> Iterator[FoundRun]:
    """Take each side of a comparison as a run, and note what it was held against."""
    stamp = stamp_in(name)
    shared = {path: entry for path, entry in folder.files.items() if layout.place(path).kind == "notes"}
    for side, inner in sorted(sides.items()):
        others = ", ".join(other for other in sorted(sides) if other != side)
        files = {**shared, **dict(_inside(inner, "", {}))}
        note = f"Side {side} of {name}; compared there with: {others}."
        yield FoundRun(f"{stamp}-{side}" if stamp else side, inner.path, files, label_from(side), note)
