from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from pipeline.errors import SiteError
from pipeline.model import archive
from pipeline.model.config import Config, SiteConfig
from pipeline.model.page import SharedFiles, SiteContent
from pipeline.render.payload import ENDINGS
from pipeline.site.assets import PARTS
from pipeline.site.build import BuildReport, build_site
from pipeline.site.templates import read_templates, templates_dir
from pipeline.store.seen import Memory
from pipeline.store.tree import SiteTree
from tests.records import HEADLINE, HOSTILE, METRICS, comparison, empty_record, failed_record, hostile_record, record
from tests.rendered import render_site

TREE = "0123456789abcdef"
KNOWN: dict[Path, Mapping[str, tuple[str, str]]] = {}
"""What the last build of each project reported as units."""


def content(url: str = "https://x.test/p/", *, hostile: str = HOSTILE[0]) -> SiteContent:
    """Render a site of four runs and a comparison."""
    records = (record(), failed_record(), empty_record(), hostile_record(hostile))
    return render_site(
        records,
        [comparison()],
        config=Config(site=SiteConfig(url=url)),
        templates=read_templates(templates_dir()),
        metrics=METRICS,
        headline=HEADLINE,
        notes={("20260102_030405-baseline", "README.md"): HOSTILE[0]},
    )


def project(root: Path) -> Path:
    """Lay out the files the site copies."""
    for run in ("20260102_030405-baseline", "20260103_000000-failed"):
        for name in ("heap-before.prof", "heap-after.prof", "README.md"):
            path = root / "profiles" / run / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{run}/{name}".encode())
        data = root / "build" / "derived" / run / archive.NAME
        data.parent.mkdir(parents=True, exist_ok=True)
        data.write_bytes(
            archive.pack({f"{TREE}{ending}": b'profbook.data("0123456789abcdef","");' for ending in ENDINGS})
        )
    return root


def build(root: Path, made: SiteContent, engine: str = "mkdocs") -> BuildReport:
    folder = root / "build"
    known = KNOWN.get(root, {})
    report = build_site(
        made,
        templates_dir=templates_dir(),
        root=root,
        staging=folder / "staging",
        site_dir=folder / "site",
        live=SiteTree(folder / "site", Memory(folder / "seen"), known),
        engine=engine,
    )
    KNOWN[root] = report.units
    return report


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a site once for the tests that only look at it."""
    root = project(tmp_path_factory.mktemp("project"))
    report = build(root, content())
    assert "index.html" in report.changed
    assert all("script" in place for place in report.skipped), report.skipped
    assert not (root / "build" / "staging").exists()
    return root / "build" / "site"


def files(site: Path) -> dict[str, bytes]:
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


class Links(HTMLParser):
    """Collects what a page links to and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        self.ids.add(facts.get("id", ""))
        if tag == "a" and "href" in facts:
            self.links.append(facts["href"])
        elif tag == "link" and facts.get("rel") in {"canonical", "prev", "next"}:
            pass
        else:
            self.loads += [
                facts[name] for name in ("src", "href", "data-src", "data-pb-vega", "srcset") if facts.get(name)
            ]


def _pages(site: Path) -> dict[Path, Links]:
    return {path: Links(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}


def test_every_link_and_resource_of_every_page_is_a_file(built: Path) -> None:
    pages = _pages(built)
    for path, page in pages.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if "script" in link and "/raw/" in link:
                continue  # the hostile run's files are not on this disk, and the build said so
            assert target.is_file(), (path.relative_to(built), link)
            anchor = unquote(parts.fragment.partition("?")[0])
            if anchor and "=" not in anchor and target in pages:  # with "=" it is a state for the page's script
                assert anchor in pages[target].ids | {"__top"}, (path.relative_to(built), link)


def test_nothing_is_loaded_from_elsewhere(built: Path) -> None:
    for path, page in _pages(built).items():
        assert not [link for link in page.loads if urlsplit(link).scheme or link.startswith("//")], path
    for path in built.rglob("*.css"):
        assert not re.search(r"url\(\s*[\"']?(?:https?:)?//|@import", path.read_text("utf-8")), path
    ours = [built / "assets" / name for name in (*(f"{part.name}.js" for part in PARTS), "early.js")]
    names = re.compile(r"http://www\.w3\.org/2000/svg")  # the name of a language, not an address
    assert not any(re.search(r"https?://", names.sub("", path.read_text("utf-8"))) for path in ours)


def test_raw_profiles_and_data_are_where_tools_look(built: Path) -> None:
    run = built / "runs" / "20260102_030405-baseline"
    assert (run / "service/debug/pprof/heap").read_bytes() == b"20260102_030405-baseline/heap-after.prof"
    assert (run / "raw/service/heap-before.prof").is_file()
    assert all((built / "data" / TREE[:2] / f"{TREE}{ending}").is_file() for ending in ENDINGS)
    assert b"vegaEmbed" in (built / "assets" / "vega.js").read_bytes()


def test_shells_leave_no_trace(built: Path) -> None:
    for name, data in files(built).items():
        if name.endswith((".html", ".json", ".xml", ".js")):
            assert not re.search(rb"pb-?shell", data, re.IGNORECASE), name
    assert not (built / "runs" / "pb-shell").exists()


def test_search_finds_runs_and_works_from_the_disk(built: Path) -> None:
    script = (built / "search" / "search_index.js").read_text()
    index = json.loads(script.removeprefix("var __index = "))
    titles = {entry["title"]: entry for entry in index["docs"]}
    assert titles["Run 20260102_030405-baseline"]["location"] == "runs/20260102_030405-baseline/index.html"
    assert "Comparison: optimized against baseline" in titles
    assert "Glossary" in titles
    (bundle,) = (built / "assets" / "javascripts").glob("bundle.*.js")
    theme = bundle.read_text()
    assert "search/search_index.js" in theme
    assert "search_index.json" not in theme  # the theme reads the script everywhere, so there is no second copy
    assert not (built / "search" / "search_index.json").exists()
    separator = re.compile(index["config"]["separator"])
    words = {word for word in separator.split("compress/flate.(*compressor).deflate runtime.mallocgcTiny") if word}
    assert {"compress", "flate", "compressor", "deflate", "runtime", "mallocgc", "Tiny"} <= words


def test_the_sitemap_lists_pages(built: Path) -> None:
    text = (built / "sitemap.xml").read_text()
    found = re.findall(r"<loc>https://x\.test/p/(.*?)</loc>", text)
    assert {"", "runs/20260102_030405-baseline/", "compare/baseline..optimized/", "guide/"} <= set(found)
    assert not (built / "sitemap.xml.gz").exists()


def test_the_page_knows_its_own_address(built: Path) -> None:
    page = (built / "runs/20260102_030405-baseline/index.html").read_text()
    assert '<link rel="canonical" href="https://x.test/p/runs/20260102_030405-baseline/">' in page
    assert "<title>20260102_030405-baseline - profbook</title>" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_building_twice_changes_nothing_and_one_run_more_changes_little(tmp_path: Path) -> None:
    root = project(tmp_path)
    build(root, content(""))
    before = files(root / "build" / "site")
    inodes = {path: path.stat().st_ino for path in (root / "build" / "site").rglob("*.html")}
    again = build(root, content(""))
    assert (again.changed, again.removed) == ((), ())
    assert files(root / "build" / "site") == before
    assert {path: path.stat().st_ino for path in (root / "build" / "site").rglob("*.html")} == inodes
    fewer = content("")
    fewer = replace(fewer, stamped={**fewer.stamped, "compare": ()})
    changed = build(root, fewer)
    assert changed.removed == ("compare/baseline..optimized/index.html",)
    assert changed.changed == ()


def test_data_that_other_code_wrote_takes_the_place_of_the_old(tmp_path: Path) -> None:
    root, place = project(tmp_path), "data/fe/fedcba9876543210.pfv.js"
    shared = SharedFiles(("fedcba9876543210",), lambda: {place: "fedcba.js"})

    def built(written_by: str) -> tuple[str, ...]:
        made = replace(content(""), shared={"data/fe": shared}, shared_key=written_by)
        return tuple(path for path in build(root, made).changed if path.startswith("data/fe"))

    (root / "fedcba.js").write_bytes(b"old")
    assert built("code") == (place,)
    (root / "fedcba.js").write_bytes(b"new")
    assert built("code") == (), "its name tells its content"
    assert built("other code") == (place,)
    assert (root / "build" / "site" / place).read_bytes() == b"new"


def test_a_clean_build_elsewhere_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    build(project(tmp_path), content())
    assert files(tmp_path / "build" / "site") == files(built)


def test_a_failing_engine_leaves_the_old_site(tmp_path: Path) -> None:
    made = content("")
    build(project(tmp_path), made)
    before = files(tmp_path / "build" / "site")
    broken = replace(made, extra={**made.extra, "mkdocs.yml": "site_name: x\ntheme: none-such\n"})
    with pytest.raises(SiteError, match="exit code"):
        build(tmp_path, broken)
    assert files(tmp_path / "build" / "site") == before
    assert build(tmp_path, made).changed == ()


def test_what_cannot_be_copied_is_told_and_the_site_is_built(tmp_path: Path) -> None:
    made = content("")
    copies = {
        "runs/x/raw/missing.prof": "profiles/none.prof",
        "../outside": "profiles/none.prof",
        "data/a": "profiles/20260102_030405-baseline/README.md",
        "data/a/b": "profiles/20260102_030405-baseline/README.md",
    }
    report = build(project(tmp_path), replace(made, copies=copies))
    assert set(report.skipped) == {"runs/x/raw/missing.prof", "../outside", "data/a/b"}
    assert not (tmp_path / "build" / "outside").exists()


def test_a_page_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    made = content("")
    with pytest.raises(SiteError, match="shell"):
        build(tmp_path, replace(made, stamped={"odd": made.stamped["run"]}))
