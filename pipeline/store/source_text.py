"""Source text for list reports: what a run stored, or what is below folders the user named. Read-only.

Rules: a path out of a profile is never opened. It is looked for below a named folder, and what is found must still be
below it when every link is followed, be a regular file and of a bearable size. The folders above are not searched.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.decode.clean import clean_bytes
from pipeline.decode.source_store import MAX_BYTES, decode_source
from pipeline.model.source import FileText, SourceStore

STORE: Final = "source.json"
_FILE_BYTES: Final = 64 << 20


def find_store(profile: Path) -> SourceStore | None:
    """Read the stored source of the run a profile lies in, as ``<run>/<file>`` or ``<run>/<component>/<file>``.

    Raises DecodeError when it is there and cannot be used.
    """
    folder = profile.absolute().parent
    for place in (folder / STORE, folder.parent / STORE):
        if (data := _regular(place, MAX_BYTES + 1)) is not None:
            return decode_source(data)
    return None


def stored_text(store: SourceStore, names: tuple[str, ...]) -> FileText | None:
    """Give the stored lines of the first of a file's names the run knows."""
    found = next((file for name in names if (file := store.find(name)) is not None), None)
    return FileText(found.numbered(), found.line_count) if found is not None else None


def text_below(search_path: str, sought: str) -> FileText:
    """Read a file below one of the folders of ``search_path`` (parted by ``:``); what is wrong is in its ``error``."""
    for folder in filter(None, search_path.split(":")):
        root = Path(folder).resolve()
        inside = _inside(root, sought)
        data = _regular(inside, _FILE_BYTES) if inside is not None else None
        if data is not None:
            lines = data.split(b"\n")
            if not lines[-1]:
                lines.pop()
            texts = {number: clean_bytes(line.removesuffix(b"\r")) for number, line in enumerate(lines, 1)}
            return FileText(texts, len(texts))
    if sought.startswith("/"):
        return FileText({}, 0, f"open {sought}: no such file or directory")
    return FileText({}, 0, f"could not find file {sought} on path {search_path}")


def _inside(root: Path, sought: str) -> Path | None:
    """Say where a path would be below a folder; an absolute one must be there already."""
    if "\0" in sought or ".." in PurePosixPath(sought).parts:
        return None
    try:
        place = (Path(sought) if sought.startswith("/") else root / sought).resolve()
    except (OSError, RuntimeError):
        return None
    return place if place.is_relative_to(root) else None


def _regular(place: Path, limit: int) -> bytes | None:
    """Read a regular file of up to ``limit`` bytes; None for anything else."""
    try:
        number = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError):
        return None
    try:
        facts = os.fstat(number)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > limit:
            return None
        with os.fdopen(number, "rb", closefd=False) as file:
            return file.read(limit)
    except OSError:
        return None
    finally:
        os.close(number)
