"""The plain frame: what `site.engine` with the value none makes of our documents and shells, without any engine.

Rules: the one door to Markdown. It reads the folder an engine would read and writes what an engine would write, so the
stamper finds its shells in it as in any theme's pages, and the site's builder an index of the guide for the search.
What engines are told in ``mkdocs.yml``, the order of the guide and where words end, holds here too.
"""

from __future__ import annotations

import html
import json
import posixpath
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pipeline.render import env, links
from pipeline.site.templates import FRAME

EXTENSIONS: Final = ("admonition", "attr_list", "def_list", "fenced_code", "tables", "toc")
SCRIPT: Final = "assets/frame.js"
"""Searches, and switches between light and dark."""
INDEX: Final = "search/search_index.json"
_TEMPLATE: Final = "none/page.html.j2"
_HEAD: Final = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_LINK: Final = re.compile(r'(<a\b[^>]*?\shref=")([^":?#]*\.md)(["#])')
_HEADING: Final = re.compile(r'<h([1-3]) id="([^"]*)">(.*?)</h\1>', re.DOTALL)
_LOST: Final = env.trusted(
    "<h1>Page not found</h1>\n<p>There is no page at this address. Runs that are no longer kept have none, and one of "
    'another name may have its place: see the <a href="{root}runs/index.html">runs</a>, the <a href="{root}compare/'
    'index.html">comparisons</a> or the <a href="{root}index.html">overview</a>.</p>'
)


_Pages = tuple[tuple[str, str], ...]
"""Title and address of each."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all pages share: the template, the site's facts, the tabs, and the guide's pages in their order."""

    shop: env.Environment
    facts: Mapping[str, str]
    tabs: _Pages
    guide: _Pages

    def page(self, url: str, **words: Any) -> str:
        """Render one page; the address of the one that is shown when there is none begins at the site's root."""
        here = f"{url}index.html"
        return env.render(
            self.shop,
            _TEMPLATE,
            **{
                "site_name": self.facts["name"],
                "canonical": f"{self.facts['url'].rstrip('/')}/{url}" if self.facts["url"] else "",
                "root": links.root_of(url),
                "tabs": self.tabs,
                "tab": f"{url.partition('/')[0]}/index.html" if url else "index.html",
                "here": here,
                "guide": self.guide if url.startswith("guide/") else (),
                "contents": (),
                "wide": False,
                **words,
            },
        )


def build_frame(docs: Path, tree: Path, templates_dir: Path, facts: Mapping[str, str]) -> None:
    """Write the pages of ``docs`` and its other files into ``tree``; ``facts`` are the site's ``name`` and ``url``.

    ``mkdocs.yml`` lies beside ``docs``.
    """
    import yaml

    settings = yaml.safe_load((docs.parent / "mkdocs.yml").read_text("utf-8"))
    shop = env.environment({name: (templates_dir / name).read_text("utf-8") for name in (_TEMPLATE, *FRAME)})
    frame = _Frame(shop, facts, *_navigation(settings["nav"], docs))
    urls, entries = [], []
    for path in sorted(docs.rglob("*")):
        name = path.relative_to(docs).as_posix()
        target = tree / (f"{_url(name)}index.html" if path.suffix == ".md" else name)
        if path.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            urls.append(_url(name))
            page, found = _page(frame, name, path.read_text("utf-8"))
            target.write_text(page, "utf-8")
            entries += found
        elif path.is_file():
            shutil.copyfile(path, target)
    shutil.copyfile(templates_dir / "overrides" / ".icons" / "profbook" / "logo.svg", tree / "assets" / "logo.svg")
    shutil.copyfile(templates_dir / "none" / "frame.css", tree / "assets" / "frame.css")
    shutil.copyfile(templates_dir / "none" / "frame.js", tree / SCRIPT)
    (tree / INDEX).parent.mkdir(parents=True, exist_ok=True)
    (tree / INDEX).write_text(_index(settings["plugins"], entries), "utf-8")
    root = urlsplit(facts["url"]).path.rstrip("/") + "/"
    lost = {"root": root, "canonical": "", "tab": "", "body": _LOST.format(root=root), "title": "Page not found"}
    (tree / "404.html").write_text(frame.page("", **lost), "utf-8")
    if facts["url"]:
        (tree / "sitemap.xml").write_text(_sitemap(facts["url"], urls), "utf-8")


def _navigation(nav: list[dict[str, Any]], docs: Path) -> tuple[_Pages, _Pages]:
    """Give the tabs and the guide's pages as the engines' navigation has them."""
    tabs, guide = [], []
    for title, target in (entry for one in nav for entry in one.items()):
        if isinstance(target, list):
            guide = [(title, one) if isinstance(one, str) else next(iter(one.items())) for one in target]
            tabs.append(guide[0])
        else:
            tabs.append((title, target))
    return _addressed(tabs, docs), _addressed(guide, docs)


def _addressed(pages: list[tuple[str, str]], docs: Path) -> _Pages:
    """Give the pages of documents that there are."""
    return tuple((title, f"{_url(document)}index.html") for title, document in pages if (docs / document).is_file())


def _index(plugins: list[dict[str, Any]], entries: list[dict[str, str]]) -> str:
    (separator,) = (one["search"]["separator"] for one in plugins if "search" in one)
    return json.dumps({"config": {"separator": separator}, "docs": entries}, separators=(",", ":"))


def _url(document: str) -> str:
    """Address of a document's page, from the site's root."""
    folder, _, name = document.rpartition("/")
    return "/".join(part for part in (folder, "" if name == "index.md" else name.removesuffix(".md")) if part) + (
        "/" if document != "index.md" else ""
    )


def _page(frame: _Frame, document: str, text: str) -> tuple[str, list[dict[str, str]]]:
    """Render a document, and say what the search finds in it."""
    from markdown import Markdown

    head = _HEAD.match(text)
    reader: Any = Markdown(extensions=list(EXTENSIONS))
    body = reader.convert(text[head.end() :] if head else text)
    tokens = [one for top in reader.toc_tokens for one in ([top, *top["children"]] if top["level"] == 1 else [top])]
    told = re.search(r"^title: (.+)$", head[1], re.MULTILINE) if head else None
    title = told[1] if told else next((one["name"] for one in tokens), frame.facts["name"])
    page = frame.page(
        _url(document),
        title=title,
        wide=bool(head and re.search(r"^hide: .*\btoc\b", head[1], re.MULTILINE)),
        contents=[(f"#{one['id']}", env.trusted(one["name"])) for one in tokens if one["level"] == 2],
        body=env.trusted(_scrolling(_LINK.sub(lambda match: _linked(match, document), body))),
    )
    is_found = not (head and re.search(r"^search: .*\bexclude: true", head[1], re.MULTILINE))
    return page, list(_entries(_url(document), html.unescape(title), body)) if is_found else []


def _scrolling(body: str) -> str:
    """Let wide tables and listings of a document scroll on their own, by keyboard too."""
    body = body.replace("<pre>", '<pre tabindex="0">')
    opening = '<div class="frame-scroll" tabindex="0" role="group" aria-label="Table"><table>'
    return body.replace("<table>", opening).replace("</table>", "</table></div>")


def _entries(url: str, page: str, body: str) -> Iterator[dict[str, str]]:
    """Cut a page at its headings: each section is found on its own."""
    parts = _HEADING.split(body)
    for level, anchor, title, text in zip(parts[1::4], parts[2::4], parts[3::4], parts[4::4], strict=True):
        place = f"{url}index.html" + (f"#{anchor}" if level != "1" else "")
        name = _plain(title) if level == "1" else f"{_plain(title)} ({page})"
        yield {"location": place, "title": name, "text": _plain(text)}


def _plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def _linked(match: re.Match[str], document: str) -> str:
    """Lead a link between documents to the page of the other one."""
    target = _url(posixpath.normpath(posixpath.join(posixpath.dirname(document), match[2])))
    return f"{match[1]}{links.root_of(_url(document))}{target}index.html{match[3]}"


def _sitemap(url: str, pages: list[str]) -> str:
    units = "".join(f"<url>\n<loc>{url.rstrip('/')}/{page}</loc>\n<lastmod></lastmod>\n</url>\n" for page in pages)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{units}</urlset>\n'
