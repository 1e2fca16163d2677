"""The stamper: one page rendered by the engine for each kind becomes a shell, and a shell is filled for every page.

Rules: pure, and knows no engine or theme: a shell is found by sentinels in the HTML, wherever a theme put them. A
stamped page is byte for byte what the engine makes of a real page with the same body. A theme's table of contents is
learnt from two entries; a page needs at least one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.errors import SiteError
from pipeline.model.page import StampedPage

SHELLS: Final[Mapping[str, str]] = {
    "overview": "index.md",
    "runs": "runs/index.md",
    "comparisons": "compare/index.md",
    "explore": "explore/index.md",
    "trends": "trends/index.md",
    "functions": "functions/index.md",
    "decisions": "decisions/index.md",
    "run": "runs/pb-shell.md",
    "compare": "compare/pb-shell.md",
    "decision": "decisions/pb-shell.md",
    "matrix": "matrix/pb-shell.md",
}
"""Kinds of page, and the document each one's shell is rendered from. Where a shell has the depth of its pages, relative
links of the theme are right for all of them."""

_TITLE: Final = "PbShellTitle"
_ONE: Final = ("#pbshellone", "PbShellOne")
_TWO: Final = ("#pbshelltwo", "PbShellTwo")
_BEGIN: Final = '<h1 id="pb-shell-begin"></h1>'
_END: Final = '<div id="pb-shell-end"></div>'
_FIELDS: Final = re.compile(f"{_TITLE}|{_ONE[0]}|{_ONE[1]}|{_TWO[0]}|{_TWO[1]}")

Field = str
Piece = tuple[Field, str]
"""(field, literal): the literal HTML of field "" or the place of "title", "url", "body", "anchor", "text", "toc"."""


@dataclass(frozen=True, slots=True)
class Shell:
    """A page cut at its sentinels. ``entry`` and ``last`` are the pieces of one table-of-contents entry, without and at
    the end of the list.
    """

    pieces: tuple[Piece, ...]
    entry: tuple[Piece, ...]
    last: tuple[Piece, ...]


def shell_source(kind: str) -> str:
    """Write the document a shell is rendered from. The one page of a fixed kind is a list: it gets the whole width."""
    hidden = "hide: [navigation, toc]" if is_fixed(kind) else "hide: [navigation]"
    head = f"---\ntitle: {_TITLE}\nsearch: {{exclude: true}}\n{hidden}\n---\n\n"
    return f"{head}{_BEGIN}\n\n## {_ONE[1]}\n\n## {_TWO[1]}\n\n{_END}\n"


def shell_url(kind: str) -> str:
    """Address of a shell's own page, from the site's root."""
    document = SHELLS[kind]
    return document.removesuffix("index.md") if document.endswith("index.md") else f"{document.removesuffix('.md')}/"


def is_fixed(kind: str) -> bool:
    """Tell whether a kind has exactly one page, which takes the shell's own address."""
    return SHELLS[kind].endswith("index.md")


def split_shell(text: str, *, url: str) -> Shell:
    """Cut the engine's page for a shell at its sentinels. Raises SiteError when the theme lost one of them."""
    begin, end = text.find(_BEGIN), text.find(_END)
    if begin < 0 or end < begin:
        raise SiteError(
            "The theme does not keep a page's body as it is, so runs cannot be shown with it.",
            cure="Remove the override or plugin that rewrites page content.",
        )
    entry: tuple[Piece, ...] = ()
    last: tuple[Piece, ...] = ()
    pieces: list[Piece] = []
    for region in (text[:begin], text[end + len(_END) :]):
        found, learnt = _region(region, url)
        pieces += [*found, ("body", "")]
        entry, last = learnt or (entry, last)
    return Shell(_joined(pieces[:-1]), entry, last)


def stamp(shell: Shell, page: StampedPage) -> str:
    """Fill a shell with a page: its title, address, table of contents and finished body."""
    if not page.toc:
        raise SiteError(f"The page {page.url} has no section to list.")
    title = html.escape(page.title)
    entries = [(html.escape(f"#{anchor}"), html.escape(text, quote=False)) for anchor, text in page.toc]
    values = {"title": title, "url": page.url, "body": page.body, "anchor": entries[0][0], "text": entries[0][1]}
    parts: list[str] = []
    for field, literal in shell.pieces:
        if field == "toc":
            parts += _entries(shell, entries, title)
        else:
            parts.append(literal if not field else values[field])
    return "".join(parts)


def _entries(shell: Shell, entries: list[tuple[str, str]], title: str) -> list[str]:
    parts: list[str] = []
    for place, (anchor, text) in enumerate(entries):
        values = {"anchor": anchor, "text": text, "title": title}
        for field, literal in shell.last if place == len(entries) - 1 else shell.entry:
            parts.append(literal if not field else values[field])
    return parts


def _region(text: str, url: str) -> tuple[list[Piece], tuple[tuple[Piece, ...], tuple[Piece, ...]] | None]:
    """Cut the HTML before or after the body. A table of contents runs from the first entry's anchor to the text of the
    second; what lies between the two entries' anchors is one entry, turned round.
    """
    pieces: list[Piece] = []
    learnt = None
    while True:
        found = re.search(f"{_ONE[0]}((?:(?!{_ONE[0]}).)*?){_TWO[0]}(.*?){_TWO[1]}", text, re.DOTALL)
        if found is None:
            return [*pieces, *_cut(text, url)], learnt
        pieces += [*_cut(text[: found.start()], url), ("toc", "")]
        learnt = (_cut_entry(_ONE[0] + found[1]), _cut_entry(_TWO[0] + found[2] + _TWO[1]))
        text = text[found.end() :]


def _cut_entry(text: str) -> tuple[Piece, ...]:
    return _joined(_cut(text, ""))


def _cut(text: str, url: str) -> list[Piece]:
    names = {_TITLE: "title", _ONE[0]: "anchor", _ONE[1]: "text", _TWO[0]: "anchor", _TWO[1]: "text"}
    sentinels = re.compile(f"{_FIELDS.pattern}|{re.escape(url)}") if "pb-shell" in url else _FIELDS
    pieces: list[Piece] = []
    at = 0
    for match in sentinels.finditer(text):
        pieces += [("", text[at : match.start()]), (names.get(match[0], "url"), "")]
        at = match.end()
    return [*pieces, ("", text[at:])]


def _joined(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Drop empty literals and join neighbours."""
    joined: list[Piece] = []
    for field, literal in pieces:
        if field == "" and not literal:
            continue
        if field == "" and joined and joined[-1][0] == "":
            joined[-1] = ("", joined[-1][1] + literal)
        else:
            joined.append((field, literal))
    return tuple(joined)
