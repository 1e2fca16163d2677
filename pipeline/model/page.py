"""Pages as values: what render makes and site writes; and the units a site is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

SPLIT: Final = frozenset({"runs", "compare", "decisions", "matrix", "data"})
"""Folders of a site whose folders are units of their own."""


@dataclass(frozen=True, slots=True)
class StampedPage:
    """One page filled into an engine-rendered shell: ``body`` is finished, escaped HTML; ``toc`` lists (anchor,
    text).
    """

    url: str
    title: str
    body: str
    toc: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SearchEntry:
    """One line of the search index; ``url`` is relative to the site root."""

    url: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class SitePart:
    """A page with the files beside it: ``data`` are generated (path under the site -> bytes), ``copies`` are files
    copied from disk (path under the site -> path on disk).
    """

    page: StampedPage
    data: dict[str, bytes]
    copies: dict[str, str]


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """A part that is made when it is new: ``key`` covers all it is made of, but not the shell of its ``kind``.

    It owns the folder ``url`` of the site.
    """

    kind: str
    url: str
    key: str
    make: Callable[[], SitePart]


@dataclass(frozen=True, slots=True)
class SharedFiles:
    """Files of one unit that are copied from disk, whose ``names`` tell their content; ``files`` lists them when they
    are wanted (path under the site -> path on disk).
    """

    names: Sequence[str]
    files: Callable[[], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class SiteContent:
    """Everything that goes into a site beside the guide and the theme.

    ``documents`` are the engine's sources (path under docs -> text); ``stamped`` pages by shell kind; ``data`` are
    generated files (path under the site -> bytes); ``copies`` are files copied from disk (path under the site -> path
    on disk), ``shared`` such files by unit, as code of ``shared_key`` wrote them; ``parts`` are pages that are made
    only when they are new.
    """

    documents: dict[str, str]
    stamped: dict[str, tuple[StampedPage, ...]]
    data: dict[str, bytes]
    copies: dict[str, str]
    search: tuple[SearchEntry, ...] = ()
    site_name: str = "profbook"
    extra: dict[str, str] = field(default_factory=dict)
    parts: tuple[PlannedPart, ...] = ()
    shared: dict[str, SharedFiles] = field(default_factory=dict)
    shared_key: str = ""


def unit_of(path: str) -> str:
    """Name the unit of a site a file belongs to: a folder that is looked at, made and recorded as one.

    Files at the root are of the unit ``.``, those right in a folder of `SPLIT` of the unit of its name.
    """
    parts = path.split("/")
    if len(parts) == 1:
        return "."
    if parts[0] in SPLIT and len(parts) > 2:
        return f"{parts[0]}/{parts[1]}"
    return parts[0]


def is_deep(unit: str) -> bool:
    """Tell whether a unit holds all below its folder, and not the files of the folder alone."""
    return unit != "." and unit not in SPLIT
