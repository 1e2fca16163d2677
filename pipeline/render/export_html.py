"""One page of the site as one file that needs nothing else: for e-mail, an issue, an archive.

Rules: style is inlined, pictures are SVG in the page, there is no script at all and nothing is fetched. Links to other
pages of the site lead there when its address is known, else they are only text. Pure.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from typing import Final

from pipeline.model.page import StampedPage
from pipeline.render.env import environment, render, trusted

_VOID: Final = frozenset({"br", "hr", "img", "input", "wbr", "meta", "link", "col", "source"})
_WEB: Final = re.compile(r"https?://")
_NEEDS_SCRIPT: Final = frozenset({"script", "button"})


def one_file(
    page: StampedPage, *, templates: Mapping[str, str], styles: Mapping[str, str], site_url: str = ""
) -> bytes:
    """Write a page with all it needs; ``styles`` are texts of stylesheets, ``site_url`` leads links to the site."""
    base = f"{site_url.rstrip('/')}/{page.url}" if site_url else ""
    css = "\n".join(styles[name] for name in sorted(styles)).replace("</", "<\\/")
    text = render(
        environment(templates),
        "pages/one_file.html.j2",
        title=page.title,
        style=trusted(css),
        body=trusted(standalone(page.body, base)),
    )
    return text.encode("utf-8", "replace")


def standalone(body: str, base: str = "") -> str:
    """Take scripts, buttons and handlers out of finished HTML; links within the page stay, others become whole."""
    reader = _Standalone(base)
    reader.feed(body)
    reader.close()
    return "".join(reader.parts)


def _joined(base: str, href: str) -> str:
    """Make a relative address whole; ``base`` is the address of the page, which ends in a slash."""
    scheme, _, rest = base.partition("://")
    host, _, folder = rest.partition("/")
    path, mark, tail = re.fullmatch(r"([^?#]*)([?#]?)(.*)", href, re.DOTALL).groups()  # type: ignore[union-attr]
    whole = posixpath.normpath(posixpath.join(f"/{folder}", path))
    return f"{scheme}://{host}{whole}{'/' if path.endswith('/') and whole != '/' else ''}{mark}{tail}"


class _Standalone(HTMLParser):
    """Writes what it reads, but for what needs a script or the site."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._base = base
        self._left_out = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _NEEDS_SCRIPT:
            self._left_out += 1
        elif not self._left_out:
            self.parts.append(f"<{tag}{self._attributes(attrs)}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._left_out and tag not in _NEEDS_SCRIPT:
            self.parts.append(f"<{tag}{self._attributes(attrs)}/>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _NEEDS_SCRIPT:
            self._left_out = max(self._left_out - 1, 0)
        elif not self._left_out and tag not in _VOID:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._add(data)

    def handle_entityref(self, name: str) -> None:
        self._add(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._add(f"&#{name};")

    def _add(self, text: str) -> None:
        if not self._left_out:
            self.parts.append(text)

    def _attributes(self, attrs: list[tuple[str, str | None]]) -> str:
        kept = []
        for name, given in attrs:
            value = given
            if name.startswith("on") or name in {"src", "data-src", "download"}:
                continue
            if name in {"href", "xlink:href"} and not (given or "").startswith("#"):
                value = self._whole(given or "")
                if not value:
                    continue
            kept.append(f' {name}="{escape(value)}"' if value is not None else f" {name}")
        return "".join(kept)

    def _whole(self, href: str) -> str:
        """Make an address whole; empty when it would lead nowhere."""
        found = href if _WEB.match(href) else _joined(self._base, href) if self._base else ""
        return found if _WEB.match(found) else ""
