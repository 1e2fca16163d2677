"""Source text kept with a run, and source lines with what they weigh.

Rules: a stored file is found by the digest of the name a profile gives it, so that no path of the machine that built
the program is written down again. Line numbers count from 1. Text is that of the file without line ends.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

SOURCE_FORMAT = 1
LINK_TEMPLATE = r"^https?://[A-Za-z0-9.:\[\]-]+/([A-Za-z0-9._~/?&=%+#:,;-]|[{]commit[}]|[{]path[}]|[{]line[}]){0,1000}$"
"""Pattern of a link to a line: a web address without userinfo, with placeholders for commit, path and line."""


def name_digest(filename: str) -> str:
    """Digest a file name as profiles write it: what `SourceFile.names` holds."""
    return hashlib.sha256(filename.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Checkout:
    """Tracked files: ``files`` by path from the git root on, ``modules`` as (folder, module path); ``root`` on disk."""

    root: str
    files: frozenset[str]
    modules: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TrackedText:
    """A tracked text file as it is on disk; ``blob`` is empty when it is ``dirty``."""

    path: str
    blob: str
    dirty: bool
    sha256: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HotFunction:
    """A function whose source is to be kept: ``path`` of a tracked file, ``filename`` the profile's name of it.

    ``start`` is its first line (0: the profile does not say), ``first`` and ``last`` are its outermost lines with
    samples.
    """

    name: str
    filename: str
    path: str
    start: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Extract:
    """Consecutive lines of a file, from line ``first`` on."""

    first: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredFunction:
    """A function whose source is stored; ``first`` and ``last`` are its own lines, without what is around them."""

    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """What is stored of a file: ``path`` from the git root on, ``blob`` its git object, ``dirty`` if it had changes.

    ``sha256`` and ``line_count`` are those of the whole file; ``names`` are digests of its names in profiles; extracts
    are in order and do not touch.
    """

    path: str
    blob: str
    dirty: bool
    sha256: str
    line_count: int
    names: tuple[str, ...]
    functions: tuple[StoredFunction, ...]
    extracts: tuple[Extract, ...]

    def numbered(self) -> dict[int, str]:
        """Give the stored lines by number."""
        return {part.first + place: line for part in self.extracts for place, line in enumerate(part.lines)}


@dataclass(frozen=True, slots=True)
class SourceStore:
    """``source.json`` of a run: the commit its files are of, and a link to a line as in `LINK_TEMPLATE`, or nothing."""

    commit: str
    url: str
    files: tuple[SourceFile, ...]
    format: int = SOURCE_FORMAT

    def find(self, filename: str) -> SourceFile | None:
        """Find the file that a profile calls ``filename``."""
        wanted = name_digest(filename)
        return next((file for file in self.files if wanted in file.names), None)


@dataclass(frozen=True, slots=True)
class AnnotatedLine:
    """What one line weighs: a value for each sample type, in its unit."""

    number: int
    flat: tuple[int, ...]
    cum: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AnnotatedFunction:
    """A function of a profile whose source is stored: its weight, and its lines that have one; text is in the store."""

    name: str
    path: str
    first: int
    last: int
    flat: tuple[int, ...]
    cum: tuple[int, ...]
    lines: tuple[AnnotatedLine, ...]


@dataclass(frozen=True, slots=True)
class ListedFile:
    """Lines of one function in one file, as a list report shows them.

    ``file`` is the name as shown, ``names`` are what the profile calls it; ``lines`` are (number, flat, cum); ``start``
    to ``end`` is the range to show, as far as the file goes.
    """

    file: str
    names: tuple[str, ...]
    flat: int
    cum: int
    start: int
    end: int
    lines: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class ListedFunction:
    """One function of a list report; without files the profile does not know where it is."""

    name: str
    files: tuple[ListedFile, ...]


@dataclass(frozen=True, slots=True)
class FileText:
    """Lines of a file by number, up to ``line_count``; those that are not there are blank. Or why it cannot be read."""

    lines: dict[int, str]
    line_count: int
    error: str = ""
