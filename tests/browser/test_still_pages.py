"""Every kind of page stands still while it is read to its end, fits a narrow phone, and is whole on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PHONE, demo_site, serve, watched_page

pytestmark = pytest.mark.browser

RUN, LEAK = "20261120_213245-baseline", "20261120_213402-heap-leak"
PAGES = {
    "overview": "index.html",
    "runs": "runs/index.html",
    "run": f"runs/{RUN}/index.html",
    "leak": f"runs/{LEAK}/index.html",
    "comparisons": "compare/index.html",
    "comparison": "compare/baseline..optimized/index.html",
    "trends": "trends/index.html",
    "functions": "functions/index.html",
    "explorer": "explore/index.html",
    "explorer of a series": f"explore/index.html?p={LEAK}",
    "guide": "guide/plans/index.html",
}
WIDTHS = {"desktop": {"viewport": {"width": 1280, "height": 900}}, "phone": PHONE}
WATCH = """
globalThis.shifts = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) {
    if (one.hadRecentInput) continue;
    shifts.push(one.sources.map(({ node }) => node?.outerHTML?.slice(0, 120) ?? "?").join(" | "));
  }
}).observe({ type: "layout-shift", buffered: true });
"""
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
SKIPPED = "(found) => !found.checkVisibility({ contentVisibilityAuto: true })"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site of the demo runs by the command."""
    return demo_site(tmp_path_factory.mktemp("house"))


@pytest.fixture
def allowed_folder(site: Path) -> Path:
    return site


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with serve(site) as address:
        yield address


def read_to_the_end(page: Any) -> None:
    """Turn the wheel as a reader does; what comes meanwhile may make the page longer."""
    while True:
        before = page.evaluate("scrollY")
        page.mouse.wheel(0, 600)
        page.evaluate(DRAWN)
        page.wait_for_load_state("networkidle")
        page.evaluate(DRAWN)
        if page.evaluate("scrollY") == before:
            return


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", PAGES)
def test_nothing_moves_while_a_page_is_read(browser: Any, site: Path, address: str, kind: str, width: str) -> None:
    with watched_page(browser, site, **WIDTHS[width]) as page:
        page.add_init_script(WATCH)
        page.goto(f"{address}/{PAGES[kind]}")
        page.wait_for_load_state("networkidle")
        read_to_the_end(page)
        assert page.evaluate("shifts") == []


@pytest.mark.parametrize("kind", PAGES)
def test_a_narrow_phone_shows_the_whole_width(browser: Any, site: Path, address: str, kind: str) -> None:
    narrow = {**PHONE, "viewport": {"width": 360, "height": 740}}
    with watched_page(browser, site, **narrow) as page:
        page.goto(f"{address}/{PAGES[kind]}")
        page.wait_for_load_state("networkidle")
        page.add_style_tag(content=".pb-page section { content-visibility: visible !important; }")
        page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_address_leads_into_what_is_laid_out_late(browser: Any, site: Path, page: Any, base: str) -> None:
    with watched_page(browser, site, java_script_enabled=False) as still:
        still.goto(f"{base}/runs/{RUN}/index.html")
        is_below(still)
        still.goto("about:blank")
        still.goto(f"{base}/runs/{RUN}/index.html#profile-block")
        assert not still.locator("#profile-block").evaluate(SKIPPED)
    page.goto(f"{base}/runs/{RUN}/index.html#profile-block")
    page.wait_for_function("!document.querySelector('.pb-run section:not(.pb-laid)')")
    top = page.locator("#profile-block").evaluate("(found) => found.getBoundingClientRect().top")
    assert 0 <= top < 300


def is_below(page: Any) -> None:
    section = page.locator("section[aria-labelledby=provenance]")
    assert section.evaluate("(found) => getComputedStyle(found).contentVisibility") == "auto"
    assert page.locator("#provenance ~ dl dt").first.evaluate(SKIPPED)
    assert "collected by" in section.evaluate("(found) => found.textContent"), "find in page looks here"


def test_paper_has_every_section_and_what_came_late(page: Any, base: str) -> None:
    page.goto(f"{base}/runs/{RUN}/index.html")
    page.emulate_media(media="print")
    late = page.locator("details[data-pb-late=files]")
    assert page.get_by_text("open them on the screen first").is_visible()
    assert page.locator("#provenance ~ dl dt").first.evaluate(SKIPPED) is False
    page.emulate_media(media="screen")
    page.get_by_text("with their sources").click()
    page.get_by_role("region", name="with their sources").wait_for()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("details[data-pb-late=files] tbody tr").count() > 5
    assert late.locator("tbody").is_visible()
    assert page.get_by_text("open them on the screen first").count() == 0
    assert page.locator(".pb-flame[data-pb-late] .pb-flame-svg:empty").count() == 0


def test_tables_that_come_late_are_sorted_by_what_their_numbers_say(page: Any, base: str) -> None:
    page.goto(f"{base}/runs/{RUN}/index.html")
    page.get_by_text("with their digests").click()
    files = page.get_by_role("region", name="with their digests")
    files.get_by_role("button", name="size").click()
    sizes = files.locator("td:nth-child(4)").all_inner_texts()
    units = {"B": 1, "kB": 1e3, "MB": 1e6}
    values = [float(number) * units[unit] for number, unit in (size.split() for size in sizes)]
    assert values == sorted(values, reverse=True)
    assert len({size.split()[1] for size in sizes}) > 1
