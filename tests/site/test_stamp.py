"""The stamper's oracle is the engine: a stamped page is what MkDocs makes of a real page with the same body."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import SiteError
from pipeline.model.page import StampedPage
from pipeline.site import stamp

FEATURES = {
    "plain": "",
    "rich": "navigation.tabs, navigation.tabs.sticky, navigation.top, navigation.footer, navigation.path, toc.follow, "
    "navigation.instant",
}
BODY = """<h1>{title}</h1>

Intro & more.

## First part

text

## Second & third

| a |
|---|
| `b` |

## Last

end
"""

MANY = [f"2026{number:04}_030405-run.{number}" for number in range(48)]


def _title(path: str) -> str:
    return f"Page {path.removesuffix('/index')}"


def _config(features: str) -> str:
    listed = f"  features: [{features}]\n" if features else ""
    return (
        "site_name: Oracle\nsite_url: https://x.test/p/\ntheme:\n  name: material\n  font: false\n"
        f"{listed}plugins: [search]\nmarkdown_extensions: [tables, toc: {{permalink: true}}]\n"
        "nav:\n  - Home: index.md\n  - Runs: runs/index.md\n"
    )


@pytest.fixture(scope="module", params=FEATURES)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build, with MkDocs, a site of real pages and one of shells."""
    folders = []
    for name in ("real", "shell"):
        folder = tmp_path_factory.mktemp(name)
        (folder / "docs" / "runs").mkdir(parents=True)
        (folder / "mkdocs.yml").write_text(_config(FEATURES[request.param]))
        for path, kind, meta in (
            ("index.md", "overview", "hide: [navigation, toc]"),
            ("runs/index.md", "runs", "hide: [navigation, toc]"),
            *((f"runs/{url}.md", "run", "hide: [navigation]") for url in MANY),
        ):
            title = _title(path.removesuffix(".md"))
            real = f"---\ntitle: {title}\nsearch: {{exclude: true}}\n{meta}\n---\n\n" + BODY.format(title=title)
            (folder / "docs" / path).write_text(real)
            if name == "shell":
                (folder / "docs" / path).unlink(missing_ok=True)
                (folder / "docs" / stamp.SHELLS[kind]).write_text(stamp.shell_source(kind))
        env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": "0"}
        subprocess.run(
            [sys.executable, "-P", "-m", "mkdocs", "build", "-q"], cwd=folder, env=env, check=True, timeout=120
        )
        folders.append(folder / "site")
    return folders[0], folders[1]


def _body(page: str) -> str:
    """Take the content out of a page of the engine."""
    begin = page.index("<h1")
    return page[begin : page.index("<p>end</p>") + len("<p>end</p>")]


PAGES = [("overview", ""), ("runs", "runs/"), *(("run", f"runs/{url}/") for url in MANY)]


def test_stamped_pages_are_the_engines_pages(built: tuple[Path, Path]) -> None:
    assert len(PAGES) == 50
    for kind, url in PAGES:
        _compare(built, kind, url)


def _compare(built: tuple[Path, Path], kind: str, url: str) -> None:
    real = (built[0] / url / "index.html").read_text()
    shell = stamp.split_shell((built[1] / stamp.shell_url(kind) / "index.html").read_text(), url=stamp.shell_url(kind))
    toc = (("first-part", "First part"), ("second-third", "Second & third"), ("last", "Last"))
    stamped = stamp.stamp(shell, StampedPage(url, _title(url.rstrip("/") or "index"), _body(real), toc))
    assert stamped == real, url


def _shell(extra: str = "") -> stamp.Shell:
    toc = '<li><a href="#pbshellone">PbShellOne</a></li><li><a href="#pbshelltwo">PbShellTwo</a></li>'
    page = (
        f'<title>PbShellTitle</title><link href="/runs/pb-shell/"><a href="#pbshellone">skip</a><ul>{toc}</ul>'
        f'<h1 id="pb-shell-begin"></h1>PbShellTitle<div id="pb-shell-end"></div>{extra}<ol>{toc}</ol>'
    )
    return stamp.split_shell(page, url="runs/pb-shell/")


def test_titles_and_entries_are_escaped_and_bodies_are_not() -> None:
    page = StampedPage("runs/x/", '<T> & "t"', "<b>PbShellTitle #pbshellone</b>", (("a", "<A>"),))
    entry = '<li><a href="#a">&lt;A&gt;</a></li>'
    assert stamp.stamp(_shell(), page) == (
        f'<title>&lt;T&gt; &amp; &quot;t&quot;</title><link href="/runs/x/"><a href="#a">skip</a><ul>{entry}</ul>'
        f"<b>PbShellTitle #pbshellone</b><ol>{entry}</ol>"
    )


def test_any_number_of_entries() -> None:
    page = StampedPage("runs/x/", "t", "", tuple((f"a{i}", f"A{i}") for i in range(5)))
    assert re.findall(r'href="#(a\d)">(A\d)', stamp.stamp(_shell(), page)) == [(f"a{i}", f"A{i}") for i in range(5)] * 2


def test_what_cannot_be_stamped_is_refused() -> None:
    with pytest.raises(SiteError, match="no section"):
        stamp.stamp(_shell(), StampedPage("runs/x/", "t", "", ()))
    with pytest.raises(SiteError, match="theme"):
        stamp.split_shell("<html></html>", url="runs/pb-shell/")
