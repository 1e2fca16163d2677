"""Every kind of page stands still while it is read to its end, fits a narrow phone, and is whole on paper."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PHONE, QuietHandler, demo_site, serve, watched_page

pytestmark = pytest.mark.browser

RUN, OTHER, LEAK = "20261120_213245-baseline", "20261120_213256-optimized", "20261120_213402-heap-leak"
CPU = "eventstore/cpu.prof"
PAGES = {
    "overview": "index.html",
    "runs": "runs/index.html",
    "run": f"runs/{RUN}/index.html",
    "leak": f"runs/{LEAK}/index.html",
    "flame graph alone": f"runs/{RUN}/flame/index.html",
    "comparisons": "compare/index.html",
    "comparison": "compare/baseline..optimized/index.html",
    "trends": "trends/index.html",
    "functions": "functions/index.html",
    "explorer": "explore/index.html",
    "pair": f"explore/index.html?p={RUN}/{CPU}&base={OTHER}/{CPU}#v=top",
    "explorer of a series": f"explore/index.html?p={LEAK}",
    "goroutines": f"explore/index.html?p={LEAK}/eventstore/goroutine2.pprof#v=goroutines",
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
LEFT = "[data-pb-late]:not([data-pb-filled])"
LAID_OUT = "!document.querySelector('.pb-run section:not(.pb-laid)')"
HEIGHTS = """Object.fromEntries([...document.querySelectorAll(".pb-flame")].map((one) =>
    [one.dataset.title, one.offsetHeight]))"""
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
OPENED = "for (const one of document.querySelectorAll('main details')) one.open = true"
LAID = "main section { content-visibility: visible !important; }"
SIDEWAYS = """[...document.querySelectorAll("main .pb-scroll:not(:has(.pb-table--source))")]
    .filter((box) => box.checkVisibility() && box.scrollWidth > box.clientWidth + 1)
    .map((box) => `${box.ariaLabel}: ${box.scrollWidth} in ${box.clientWidth}`)"""
PAPER = {"width": 703, "height": 1000}
"""A4 less the margins of the style sheet."""
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


class PieceByPiece(QuietHandler):
    """Sends a page as a slow line does; all else at once."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        if not self.path.endswith(".html"):
            return super().copyfile(source, outputfile)
        while piece := source.read(1000):
            outputfile.write(piece)
            time.sleep(0.02)
        return None


@pytest.mark.parametrize("kind", ["overview", "runs", "run", "comparison"])
def test_nothing_moves_while_a_page_comes(browser: Any, site: Path, kind: str) -> None:
    """Columns are as wide as the widest of their rows, which may come last."""
    with (
        serve(site, PieceByPiece) as address,
        watched_page(browser, site, viewport={"width": 1280, "height": 1600}) as page,
    ):
        page.add_init_script(WATCH)
        page.goto(f"{address}/{PAGES[kind]}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("shifts") == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_still_picture_takes_as_much_room_as_what_comes_for_it(
    browser: Any, site: Path, address: str, width: str
) -> None:
    with watched_page(browser, site, **WIDTHS[width]) as page:
        asked: list[Any] = []
        page.route("**/viewer.js*", lambda route: asked.append(route))  # noqa: PLW0108  Playwright marks what it is given
        page.goto(f"{address}/{PAGES['run']}")
        page.wait_for_function(LAID_OUT)
        before = page.evaluate(HEIGHTS)
        page.locator(".pb-flame").first.scroll_into_view_if_needed()
        for _ in range(1000):  # frames: a busy machine has fewer of them
            if asked:
                break
            page.evaluate(DRAWN)
        asked[0].continue_()
        for one in page.locator(".pb-flame").all():
            one.scroll_into_view_if_needed()
            one.and_(page.locator("[data-state=ready]")).wait_for()
        page.wait_for_load_state("networkidle")
        after = page.evaluate(HEIGHTS)
        minimaps = [one.is_visible() for one in page.locator(".pb-flame-minimap").all()]
    assert len(before) > 5
    assert after == pytest.approx(before, abs=1.5)
    assert set(minimaps) == {False, True}, "short ones and tall ones"


def open_whole(page: Any, url: str) -> None:
    """Open a page with all its folded parts, and lay all of it out."""
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.add_style_tag(content=LAID)
    page.evaluate(OPENED)
    page.wait_for_function(f"!document.querySelector({f'details{LEFT}'!r})")
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("kind", PAGES)
def test_a_narrow_phone_shows_the_whole_width(browser: Any, site: Path, address: str, kind: str) -> None:
    narrow = {**PHONE, "viewport": {"width": 360, "height": 740}}
    with watched_page(browser, site, **narrow) as page:
        open_whole(page, f"{address}/{PAGES[kind]}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("kind", PAGES)
def test_tables_are_read_on_a_phone_without_scrolling_sideways(
    browser: Any, site: Path, address: str, kind: str
) -> None:
    with watched_page(browser, site, **PHONE) as page:
        open_whole(page, f"{address}/{PAGES[kind]}")
        assert page.evaluate(SIDEWAYS) == []


@pytest.mark.parametrize(("kind", "numbers"), [("pair", 8), ("functions", 3), ("comparison", 6)])
def test_on_a_phone_a_name_stands_above_its_numbers(
    browser: Any, site: Path, address: str, kind: str, numbers: int
) -> None:
    with watched_page(browser, site, **PHONE) as page:
        page.goto(f"{address}/{PAGES[kind]}")
        row = page.locator("main tbody tr:not([hidden]):has(th.pb-function):visible").first
        row.wait_for()
        page.wait_for_load_state("networkidle")
        name, cells = row.locator("th"), row.locator("td")
        assert cells.count() == numbers
        box = name.bounding_box()
        assert box["width"] > 300
        for cell in cells.all():
            place = cell.bounding_box()
            assert place["y"] >= box["y"] + box["height"] - 1
            assert 0 < place["x"] + place["width"] <= PHONE["viewport"]["width"]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["runs", "overview"])
def test_headings_are_as_high_before_they_can_be_pressed(browser: Any, address: str, kind: str, width: str) -> None:
    """The buttons come with the scripts, after the first frame."""
    script = "[...document.querySelectorAll('main th[aria-sort]')].map((one) => one.getBoundingClientRect().height)"
    seen = []
    for has_scripts in (False, True):
        with closing(browser.new_context(**WIDTHS[width])) as context:
            page = context.new_page()
            if not has_scripts:
                page.route("**/profbook.js*", lambda route: route.fulfill(body=""))
            page.goto(f"{address}/{PAGES[kind]}", wait_until="networkidle")
            if has_scripts:
                page.locator(".pb-sort").first.wait_for()  # a busy machine is quiet before it has begun with them
            seen.append((page.locator(".pb-sort").count(), page.evaluate(script)))
    (bare, before), (buttons, after) = seen
    assert bare == 0
    assert buttons == len(after) > 3
    assert before == after


def test_rows_of_a_long_table_are_as_high_as_the_script_counts(browser: Any, site: Path, address: str) -> None:
    with watched_page(browser, site, **PHONE) as page:
        page.goto(f"{address}/{PAGES['pair']}")
        table = page.get_by_role("region", name="Functions by change")
        table.locator("tbody th").first.wait_for()
        count = int(table.locator("table").get_attribute("aria-rowcount")) - 1
        assert count > 500, "a long one"
        heights = table.locator("tbody tr[data-row]").evaluate_all("(rows) => rows.map((row) => row.offsetHeight)")
        assert set(heights) == {77}
        table.evaluate("(box) => box.scrollTo(0, 1e6)")
        table.locator(f"tr[data-row='{count - 1}']").wait_for()


@pytest.mark.parametrize("kind", PAGES)
def test_no_table_is_wider_than_paper(browser: Any, site: Path, address: str, kind: str) -> None:
    with watched_page(browser, site, viewport=PAPER) as page:
        open_whole(page, f"{address}/{PAGES[kind]}")
        page.emulate_media(media="print")
        assert page.evaluate(SIDEWAYS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]


LINES = """(cells) => cells.map((cell) => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return new Set([...range.getClientRects()].map((one) => Math.round(one.bottom))).size;
})"""


def test_tables_on_paper_are_short_and_have_their_headings_on_every_sheet(browser: Any, site: Path, base: str) -> None:
    with watched_page(browser, site, viewport=PAPER) as page:
        page.goto(f"{base}/runs/{RUN}/index.html")
        page.emulate_media(media="print")
        for cells in (".pb-table--top td", ".pb-table--bars th"):
            assert set(page.locator(cells).evaluate_all(LINES)) == {1}, cells
        page.goto(f"{base}/{PAGES['comparison']}")
        sorting = page.locator(".pb-table--movers .pb-sort")
        assert sorting.count() > 4
        # What has a box of its own in a heading is not drawn again on the next sheet.
        assert set(sorting.evaluate_all("(all) => all.map((one) => getComputedStyle(one).display)")) == {"contents"}


def test_an_address_leads_into_what_is_laid_out_late(browser: Any, site: Path, page: Any, base: str) -> None:
    with watched_page(browser, site, java_script_enabled=False) as still:
        still.goto(f"{base}/runs/{RUN}/index.html")
        is_below(still)
        still.goto("about:blank")
        still.goto(f"{base}/runs/{RUN}/index.html#profile-block")
        assert not still.locator("#profile-block").evaluate(SKIPPED)
    page.goto(f"{base}/runs/{RUN}/index.html#profile-block")
    page.wait_for_function(LAID_OUT)
    assert page.locator(".pb-run :is(h2, h3)").evaluate_all(f"(all) => all.filter({SKIPPED}).length") == 0
    top = page.locator("#profile-block").evaluate("(found) => found.getBoundingClientRect().top")
    assert 0 <= top < 300


def test_a_jump_within_the_page_ends_where_it_should(site: Path, browser: Any, base: str) -> None:
    """The browser never has time for us here."""
    with watched_page(browser, site, viewport={"width": 1280, "height": 900}) as page:
        page.add_init_script("globalThis.requestIdleCallback = () => 0")
        page.goto(f"{base}/runs/{RUN}/index.html")
        is_below(page)
        page.locator(".pb-run a[href='#cost']").first.click()
        assert page.evaluate(LAID_OUT)
        page.evaluate(DRAWN)
        assert 0 <= page.locator("#cost").evaluate("(found) => found.getBoundingClientRect().top") < 300


def is_below(page: Any) -> None:
    section = page.locator("section[aria-labelledby=provenance]")
    assert section.evaluate("(found) => getComputedStyle(found).contentVisibility") == "auto"
    assert page.locator("#provenance ~ dl dt").first.evaluate(SKIPPED)
    assert "collected by" in section.evaluate("(found) => found.textContent"), "find in page looks here"


def test_paper_has_every_section_and_what_came_late(page: Any, base: str) -> None:
    page.goto(f"{base}/runs/{RUN}/index.html")
    page.emulate_media(media="print")
    late = page.locator("details[data-pb-late=files]")
    assert page.get_by_text("waits for them").is_visible()
    assert page.locator("#provenance ~ dl dt").first.evaluate(SKIPPED) is False
    page.emulate_media(media="screen")
    page.get_by_text("with their sources").click()
    page.get_by_role("region", name="with their sources").wait_for()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("details[data-pb-late=files] tbody tr").count() > 5
    assert late.locator("tbody").is_visible()
    assert page.get_by_text("waits for them").count() == 0
    assert page.locator(".pb-flame[data-pb-late] .pb-flame-svg:empty").count() == 0


def test_the_keys_that_print_wait_for_what_comes_late(page: Any, base: str) -> None:
    page.add_init_script(f"printed = []; print = () => printed.push(document.querySelectorAll({LEFT!r}).length)")
    page.goto(f"{base}/runs/{RUN}/index.html")
    assert page.locator(LEFT).count() > 5
    page.keyboard.press("Control+p")
    page.wait_for_function("printed.length")
    assert page.evaluate("printed") == [0]
    page.emulate_media(media="print")
    assert page.get_by_role("region", name="with their digests").locator("tbody tr").last.is_visible()
    assert page.locator(".pb-flame[data-pb-late] .pb-flame-svg:empty").count() == 0
    assert not page.get_by_text("waits for them").count()


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
