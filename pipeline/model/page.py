"""Pages as values: what render makes and site writes."""

from __future__ import annotations

from dataclasses import dataclass, field


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
class SiteContent:
    """Everything that goes into a site beside the guide and the theme.

    ``documents`` are MkDocs sources (path under docs -> text); ``stamped`` pages by shell kind; ``data`` are generated
    files (path under the site -> bytes); ``copies`` are files copied from disk (path under the site -> path on disk).
    """

    documents: dict[str, str]
    stamped: dict[str, tuple[StampedPage, ...]]
    data: dict[str, bytes]
    copies: dict[str, str]
    search: tuple[SearchEntry, ...] = ()
    site_name: str = "profbook"
    extra: dict[str, str] = field(default_factory=dict)
