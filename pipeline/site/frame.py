"""The plain frame: what `site.engine` with the value none makes of our documents and shells, without any engine.

Rules: the one door to Markdown. It reads the folder an engine would read and writes what an engine would write, so the
stamper finds its shells in it as in any theme's pages. No search: the browser's own finds what is on a page.
"""

from __future__ import annotations

import posixpath
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.render import env, links

EXTENSIONS: Final = ("admonition", "attr_list", "def_list", "fenced_code", "tables", "toc")
TABS: Final = (
    ("Overview", "index.html"),
    ("Runs", "runs/index.html"),
    ("Comparisons", "compare/index.html"),
    ("Trends", "trends/index.html"),
    ("Functions", "functions/index.html"),
    ("Explorer", "explore/index.html"),
    ("Guide", "guide/index.html"),
)
_TEMPLATE: Final = "none/page.html.j2"
_HEAD: Final = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_LINK: Final = re.compile(r'(<a\b[^>]*?\shref=")([^":?#]*\.md)(["#])')


def build_frame(docs: Path, tree: Path, templates_dir: Path, facts: Mapping[str, str]) -> None:
    """Write the pages of ``docs`` and its other files into ``tree``; ``facts`` are the site's ``name`` and ``url``."""
    shop = env.environment({_TEMPLATE: (templates_dir / _TEMPLATE).read_text("utf-8")})
    urls = []
    for path in sorted(docs.rglob("*")):
        name = path.relative_to(docs).as_posix()
        target = tree / (f"{_url(name)}index.html" if path.suffix == ".md" else name)
        if path.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            urls.append(_url(name))
            target.write_text(_page(shop, name, path.read_text("utf-8"), facts), "utf-8")
        elif path.is_file():
            shutil.copyfile(path, target)
    shutil.copyfile(templates_dir / "none" / "frame.css", tree / "assets" / "frame.css")
    if facts["url"]:
        (tree / "sitemap.xml").write_text(_sitemap(facts["url"], urls), "utf-8")


def _url(document: str) -> str:
    """Address of a document's page, from the site's root."""
    folder, _, name = document.rpartition("/")
    return "/".join(part for part in (folder, "" if name == "index.md" else name.removesuffix(".md")) if part) + (
        "/" if document != "index.md" else ""
    )


def _page(shop: env.Environment, document: str, text: str, facts: Mapping[str, str]) -> str:
    from markdown import Markdown

    head = _HEAD.match(text)
    reader: Any = Markdown(extensions=list(EXTENSIONS))
    body = reader.convert(text[head.end() :] if head else text)
    tokens = [one for top in reader.toc_tokens for one in ([top, *top["children"]] if top["level"] == 1 else [top])]
    title = re.search(r"^title: (.+)$", head[1], re.MULTILINE) if head else None
    url = _url(document)
    return env.render(
        shop,
        _TEMPLATE,
        title=title[1] if title else next((one["name"] for one in tokens), facts["name"]),
        site_name=facts["name"],
        canonical=f"{facts['url'].rstrip('/')}/{url}" if facts["url"] else "",
        root=links.root_of(url),
        tabs=TABS,
        contents=[(f"#{one['id']}", env.trusted(one["name"])) for one in tokens if one["level"] == 2],
        body=env.trusted(_LINK.sub(lambda match: _linked(match, document), body)),
    )


def _linked(match: re.Match[str], document: str) -> str:
    """Lead a link between documents to the page of the other one."""
    target = _url(posixpath.normpath(posixpath.join(posixpath.dirname(document), match[2])))
    return f"{match[1]}{links.root_of(_url(document))}{target}index.html{match[3]}"


def _sitemap(url: str, pages: list[str]) -> str:
    units = "".join(f"<url>\n<loc>{url.rstrip('/')}/{page}</loc>\n<lastmod></lastmod>\n</url>\n" for page in pages)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{units}</urlset>\n'
