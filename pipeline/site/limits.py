"""What a host of static sites would refuse, found before anything is uploaded.

Rules: sizes are told in bytes a person can read, with the largest files by name; links and special files are named. A
file with two names in the tree is a hard link. The tree is only looked at.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import SiteError
from pipeline.units import show

_SHOWN: Final = 5
CURE: Final = (
    "Leave raw files out with site.raw_profiles = false, keep fewer runs with publish.keep_runs, or raise "
    "publish.max_site_bytes for a host that takes more."
)


@dataclass(frozen=True, slots=True)
class SiteFile:
    """One file to publish: its path with ``/``, its size, and what is wrong with its kind (empty: nothing)."""

    path: str
    size_bytes: int
    fault: str = ""


def list_files(folder: Path) -> tuple[SiteFile, ...]:
    """List everything below a folder that is not a plain folder, in order; links are not followed."""
    seen: set[tuple[int, int]] = set()
    return tuple(sorted(_walk(folder, "", seen), key=lambda file: file.path))


def _walk(folder: Path, inside: str, seen: set[tuple[int, int]]) -> Iterator[SiteFile]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise SiteError(
            f"cannot list {folder}: {error.strerror or error}", cure="Run `profbook site` first."
        ) from error
    for entry in listed:
        path, facts = inside + entry.name, entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(facts.st_mode):
            yield from _walk(Path(entry.path), f"{path}/", seen)
        elif not stat.S_ISREG(facts.st_mode):
            yield SiteFile(path, 0, "a symbolic link" if stat.S_ISLNK(facts.st_mode) else "not a regular file")
        else:
            again = facts.st_nlink > 1 and (facts.st_dev, facts.st_ino) in seen
            seen.add((facts.st_dev, facts.st_ino))
            yield SiteFile(path, facts.st_size, "a hard link to another file of the site" if again else "")


def refuse(
    files: Iterable[SiteFile], *, max_site_bytes: int, max_file_bytes: int, what: str = "the site", cure: str = CURE
) -> None:
    """Raise SiteError when a host would not take these files, with every reason, sizes and the largest files."""
    listed = list(files)
    faults = [f"{_shown(file.path)} is {file.fault}" for file in listed if file.fault]
    large = [file for file in _largest(listed) if file.size_bytes > max_file_bytes]
    faults += [
        f"{_shown(file.path)} has {_size(file.size_bytes)}, more than the {_size(max_file_bytes)} a file may have"
        for file in large
    ]
    total = sum(file.size_bytes for file in listed)
    if total > max_site_bytes:
        biggest = ", ".join(f"{_shown(file.path)} ({_size(file.size_bytes)})" for file in _largest(listed)[:_SHOWN])
        faults.append(
            f"{what} has {_size(total)}, more than the {_size(max_site_bytes)} it may have; "
            f"its largest files: {biggest}"
        )
    if faults:
        more = [f"… and {len(faults) - 2 * _SHOWN} more"] if len(faults) > 2 * _SHOWN else []
        raise SiteError(
            f"{what} cannot be published:\n    " + "\n    ".join([*faults[: 2 * _SHOWN], *more]),
            cure=cure,
        )


def _largest(files: list[SiteFile]) -> list[SiteFile]:
    return sorted(files, key=lambda file: (-file.size_bytes, file.path))


def _size(size: int) -> str:
    return f"{show(size, 'bytes')} ({size:,} bytes)"


def _shown(path: str) -> str:
    return path if path.isprintable() and path.isascii() else ascii(path)
