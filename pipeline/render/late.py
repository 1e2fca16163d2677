"""What a run's page shows when it is asked for or read on to: a data script beside the page. Pure.

Rules: only what repeats the run's files, or what the explorer shows whole, comes late. The script is a classic one, so
it loads from the disk too: `profbook.late("<run>","<base64 of gzip of JSON>");`, as text it would take five times the
space. `assets/js/late.js` makes the tables of it. Cells are texts, or links as (text, address).
Parts that the templates write whole are cut out of the finished page between two marks, which no text can hold: it is
escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Final

from pipeline.model.page import StampedPage
from pipeline.render import encode, payload
from pipeline.render.commands import Command

SCRIPT: Final = "more.js"
"""The script's name, beside the page."""

_LATE: Final = re.compile(
    r'<details class="pb-more pb-needs-js" data-pb-late="([^"]*)">(<summary>.*?</summary>)</details>'
)
_MARKED: Final = re.compile(
    r' data-pb-late="([^"]*)"((?:(?! data-pb-late=").)*?)<!--late-->(.*?)<!--/late-->', re.DOTALL
)
_LEFT_OPEN: Final = re.compile(r'( data-pb-late="([^"]*)"(?:(?! data-pb-late=")[^<])*><svg [^>]*>)</svg>')
_LEFT_OUT: Final = re.compile(r'<noscript>.*?</noscript>|<p class="pb-note pb-on-paper">.*?</p>', re.DOTALL)

Cell = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class LateTable:
    """A table to come: ``numbers`` are the columns set to the right; ``summary`` is what a reader opens it by."""

    key: str
    summary: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: tuple[int, ...] = ()

    def html(self) -> str:
        """Write it into a page."""
        about = _text(self.summary)
        head = "".join(f'<th scope="col">{_text(text)}</th>' for text in self.headers)
        rows = "\n".join(
            f"<tr>{''.join(_html(cell, is_number=place in self.numbers) for place, cell in enumerate(row))}</tr>"
            for row in self.rows
        )
        return (
            f'<div class="pb-scroll" tabindex="0" role="region" aria-label="{about}">'
            f'<table class="pb-table pb-table--small pb-tall{self._look()}">'
            f'<caption class="pb-hidden">{about}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )

    def _look(self) -> str:
        """Say where the name is, which stands above the numbers on a phone; as in ``late.js``."""
        if 0 in self.numbers:
            return " pb-tall--end"
        return "" if len(self.headers) - 1 in self.numbers else " pb-tall--last"

    def value(self) -> dict[str, Any]:
        """Give what the script holds."""
        return {
            "about": self.summary,
            "head": self.headers,
            "numbers": self.numbers,
            "rows": [[_cell(cell) for cell in row] for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class LateCommands:
    """Commands to come."""

    key: str
    summary: str
    commands: tuple[Command, ...]

    def html(self) -> str:
        """Write them into a page."""
        return "".join(
            f'<div class="pb-command"><span class="pb-command__what">{_text(one.purpose)}</span>'
            f'<div class="pb-command__line"><code tabindex="0">{_text(one.text)}</code></div></div>'
            for one in self.commands
            if not one.site_path
        )

    def value(self) -> dict[str, Any]:
        """Give what the script holds: purpose, line, and where on the site what ``{site}`` in it stands for is."""
        return {"commands": [[encode.visible(one.purpose), one.text, one.site_path] for one in self.commands]}


@dataclass(frozen=True, slots=True)
class LateHtml:
    """Finished HTML to come: what a template marked, in a box to open or in a picture's empty frame."""

    key: str
    markup: str

    def html(self) -> str:
        """Write it into a page."""
        return self.markup

    def value(self) -> dict[str, Any]:
        """Give what the script holds."""
        return {"html": self.markup}


Late = LateTable | LateCommands | LateHtml


def cut(body: str) -> tuple[str, tuple[LateHtml, ...]]:
    """Take what the templates marked out of a page's body."""
    taken = tuple(LateHtml(found[1], found[3]) for found in _MARKED.finditer(body))
    return _MARKED.sub(r' data-pb-late="\1"\2', body), taken


def late_script(run_id: str, entries: Sequence[Late]) -> bytes:
    """Write the script of one run."""
    return payload.packed("late", encode.safe_name(run_id), {one.key: one.value() for one in entries})


def read_late(script: bytes) -> dict[str, Any]:
    """Read what `late_script` wrote, by key; raises ValueError or OSError for anything else."""
    held: dict[str, Any] = payload.opened(script)
    return held


def filled(page: StampedPage, entries: Sequence[Late]) -> StampedPage:
    """Put into a page what would come late: for a file that stands alone."""
    held = {one.key: one for one in entries}
    body = _LATE.sub(lambda found: f'<details class="pb-more">{found[2]}{held[found[1]].html()}</details>', page.body)
    body = _LEFT_OPEN.sub(lambda found: f"{found[1]}{held[found[2]].html()}</svg>", body)
    return replace(page, body=_LEFT_OUT.sub("", body))


def _text(text: str) -> str:
    return escape(encode.visible(text))


def _html(cell: Cell, *, is_number: bool) -> str:
    start = '<td class="pb-num">' if is_number else "<td>"
    if isinstance(cell, str):
        return f"{start}{_text(cell)}</td>"
    return f'{start}<a href="{escape(cell[1])}">{_text(cell[0])}</a></td>'


def _cell(cell: Cell) -> str | list[str]:
    return encode.visible(cell) if isinstance(cell, str) else [encode.visible(cell[0]), cell[1]]
