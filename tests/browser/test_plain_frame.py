"""The site that no engine rendered: its search from disk and server, by keyboard; light and dark; phones; axe-core."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.site.templates import templates_dir
from tests.browser.conftest import serve, watched_page
from tests.browser.test_accessibility import violations
from tests.site.test_build import build, content, project

pytestmark = pytest.mark.browser
RUN = "runs/20260102_030405-baseline/index.html"
FLAME = "runs/20260102_030405-baseline/flame/index.html"
PAGES = (
    "index.html",
    "runs/index.html",
    RUN,
    "compare/index.html",
    "compare/baseline..optimized/index.html",
    "trends/index.html",
    "functions/index.html",
    "guide/findings/index.html",
    "guide/quick-start/index.html",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a site without an engine."""
    root = project(tmp_path_factory.mktemp("plain"))
    build(root, content(""), engine="none")
    return root / "build" / "site"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Serve it."""
    with serve(site) as address:
        yield address


def test_search_finds_runs_functions_codes_and_sections(base: str, page: Any) -> None:
    page.goto(f"{base}/{RUN}")
    wanted = (
        ("mallocgc", "Function runtime.mallocgc"),
        ("goroutine_leak", "(Findings and codes)"),
        ("alert", "Run 20260104"),
        ("engines", "Engines (The site: cost, size, engines)"),
    )
    for query, title in wanted:
        page.keyboard.press("Escape")
        page.locator(".frame-search input").fill("")
        page.locator(".frame-search input").press_sequentially(query)
        page.locator(".frame-found li a", has_text=title).first.wait_for()
    page.locator(".frame-search input").fill("mallocgc nothing-of-the-kind")
    page.get_by_text("Nothing found").wait_for()
    assert page.locator(".frame-found script").count() == 0


def test_one_searches_by_keyboard_alone(base: str, page: Any) -> None:
    page.goto(f"{base}/{RUN}")
    page.keyboard.press("/")
    page.keyboard.type("mallocgc")
    page.locator(".frame-found li a").first.wait_for()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "Function runtime.mallocgc"
    page.keyboard.press("Escape")
    assert page.locator(".frame-found").is_hidden()
    assert page.evaluate("document.activeElement.matches('.frame-search input')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/functions/index.html?f=runtime.mallocgc")


def test_the_index_is_fetched_when_somebody_searches(address: str, page: Any) -> None:
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.goto(f"{address}/{RUN}", wait_until="networkidle")
    assert not [url for url in seen if "search_index" in url]
    page.keyboard.press("/")
    page.keyboard.type("gate")
    page.locator(".frame-found li a").first.wait_for()
    assert len([url for url in seen if "search_index" in url]) == 1


def test_the_chosen_scheme_stays(address: str, page: Any) -> None:
    page.goto(f"{address}/index.html")
    assert page.evaluate("document.body.dataset.mdColorScheme") == "default"
    page.get_by_role("button", name="Switch to dark mode").click()
    page.goto(f"{address}/{RUN}")
    assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"
    assert page.get_by_role("button", name="Switch to light mode").is_visible()
    page.goto(f"{address}/{FLAME}")
    assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"


def test_a_reader_knows_where_she_is(address: str, page: Any) -> None:
    for path, tab in ((RUN, "Runs"), ("guide/gate/index.html", "Guide"), ("index.html", "Overview")):
        page.goto(f"{address}/{path}")
        assert page.locator("[aria-label=Site] [aria-current]").all_inner_texts() == [tab]
    page.goto(f"{address}/guide/gate/index.html")
    assert page.locator(".frame-guide [aria-current=page]").inner_text() == "Rules, gate, decisions"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_violation(browser: Any, site: Path, address: str, scheme: str) -> None:
    pytest.importorskip("axe_playwright_python.base", reason="axe-core is not installed")
    with watched_page(browser, site, color_scheme=scheme, viewport={"width": 1280, "height": 900}) as page:
        for path in PAGES:
            page.goto(f"{address}/{path}")
            assert violations(page) == [], path
        page.keyboard.press("/")
        page.keyboard.type("gate")
        page.locator(".frame-found li a").first.wait_for()
        assert violations(page) == [], "with results"


def test_the_navigation_is_that_of_the_engines(site: Path, browser: Any) -> None:
    nav = yaml.safe_load((templates_dir() / "mkdocs.yml.j2").read_text("utf-8").partition("\nnav:")[2])
    titles = [title for one in nav for title in one]
    (pages,) = (below for one in nav for below in one.values() if isinstance(below, list))
    with watched_page(browser, site, viewport={"width": 1080, "height": 700}) as opened:
        opened.goto((site / "guide" / "quick-start" / "index.html").as_uri())
        assert opened.locator("[aria-label=Site] a").all_inner_texts() == titles
        # The test's site has few documents, in the order of all.
        shown = opened.locator(".frame-guide a").all_inner_texts()
        assert [one for one in titles[-1:] + [title for one in pages[1:] for title in one] if one in shown] == shown
        assert len(shown) > 1
        heads = opened.locator(".frame-head > *").all()
        rows = {round(box["y"] + box["height"] / 2) for one in heads if (box := one.bounding_box())}
        assert max(rows) - min(rows) < 10, "the head takes one line"


def test_no_page_is_wider_than_a_phone(site: Path, browser: Any) -> None:
    with watched_page(browser, site, viewport={"width": 360, "height": 740}) as phone:
        for path in sorted(site.rglob("index.html")):
            phone.goto(path.as_uri())
            assert phone.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_without_scripts_there_is_no_search_to_miss(site: Path, browser: Any) -> None:
    with watched_page(browser, site, java_script_enabled=False) as opened:
        opened.goto((site / RUN).as_uri())
        assert opened.locator(".frame-search").is_hidden()
        assert opened.get_by_role("link", name="Guide").is_visible()
