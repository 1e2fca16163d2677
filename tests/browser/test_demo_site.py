"""The site of the committed demo runs, built as a fresh clone would and walked in a real browser, offline."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import FONTS, PHONE, demo_site, serve, watched_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site of the demo runs by the command."""
    return demo_site(tmp_path_factory.mktemp("house"))


@pytest.fixture
def allowed_folder(site: Path) -> Path:
    return site


def test_pages_of_runs_are_small(site: Path) -> None:
    """What a reader on a line gets, and what a store of thousands keeps."""
    pages = sorted(site.glob("runs/*/index.html"))
    assert len(pages) >= 9
    for path in pages:
        page = path.read_bytes()
        assert len(gzip.compress(page, 6)) <= 15_000, path
        assert len(page) <= 93_000, path
        assert len(page) + path.with_name("more.js").stat().st_size <= 105_000, path


def colours(page: Any) -> int:
    """Count the colours of the drawn flame graph."""
    return int(
        page.evaluate(
            """() => {
                const canvas = document.querySelector(".pb-flame[data-state=ready] canvas");
                const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                return new Set(new Uint32Array(data.buffer)).size;
            }"""
        )
    )


def test_walk_from_overview_to_run_to_flame_graph_to_comparison(page: Any, base: str) -> None:
    page.goto(f"{base}/index.html")
    runs = page.locator("#pb-runs tbody tr")
    assert runs.count() >= 9
    assert "load failed" in page.locator("#pb-runs").inner_text()
    page.locator("#pb-runs").get_by_role("link", name="-baseline").first.click()
    assert "baseline" in page.locator("h1").inner_text()
    page.get_by_text("Commands for go tool pprof").first.click()
    page.locator(".pb-command").first.wait_for()
    assert "go tool pprof -http=:" in page.locator("main").inner_text()
    page.locator(".pb-flame").first.scroll_into_view_if_needed()
    page.wait_for_selector(".pb-flame[data-state=ready]")
    assert colours(page) > 10
    page.get_by_role("link", name="optimized against baseline").first.click()
    page.wait_for_load_state()
    text = page.locator("main").inner_text()
    assert "hroughput improved" in text
    assert "Throughput" in text
    assert "hash.digestBitByBit" in text


def test_every_page_opens_without_a_fault_and_fits_a_phone(browser: Any, site: Path) -> None:
    pages = sorted(site.rglob("index.html"))
    assert len(pages) >= 14
    with watched_page(browser, site, **PHONE) as page:
        for path in pages:
            page.goto(path.as_uri())
            assert page.locator("h1").count() == 1, path
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_a_flame_graph_alone_is_there_at_once_and_as_large_as_the_window(
    browser: Any, site: Path, page: Any, base: str
) -> None:
    run = max(site.glob("runs/*-baseline")).name
    page.goto(f"{base}/runs/{run}/index.html")
    page.get_by_role("link", name="Full window").click()
    page.wait_for_selector(".pb-flame[data-state=ready]")
    assert page.url.endswith(f"/runs/{run}/flame/index.html")
    assert colours(page) > 10
    page.locator(".pb-flame canvas").first.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/flame/index.html#*z=*")
    box = page.locator(".pb-flame").bounding_box()
    assert 900 >= box["y"] + box["height"] > 750
    there = page.url
    page.get_by_role("link", name="Tables, and the whole run").click()
    page.wait_for_selector("h3#profile-cpu")
    page.goto(there)
    page.wait_for_selector(".pb-flame[data-state=ready]")
    page.wait_for_function("document.querySelectorAll('.pb-flame-step').length > 1")
    with watched_page(browser, site, java_script_enabled=False) as still:
        still.goto(f"{base}/runs/{run}/flame/index.html")
        assert still.locator(".pb-flame-svg rect").count() > 30
        still.locator(".pb-flame-svg a[href*='-row-']").first.dispatch_event("click")
        still.wait_for_url("**/index.html#profile-cpu-row-*")


FILLS = """() => {
    const boxes = [...document.querySelectorAll(".pb-flame-svg rect")];
    return [...new Set(boxes.map((one) => getComputedStyle(one).fill))];
}"""
ASKED = """globalThis.asked = [];
new PerformanceObserver((list) => {
    for (const { name } of list.getEntries()) asked.push(name.split("/").at(-1).split("?")[0]);
}).observe({ type: "resource", buffered: true });"""


def test_the_first_frame_of_a_flame_graph_alone_needs_the_page_alone(browser: Any, site: Path) -> None:
    (path,) = site.glob("runs/*-heap-leak/flame/index.html")
    seen: list[str] = []
    with watched_page(browser, site, java_script_enabled=False) as still:
        still.on("request", lambda request: seen.append(request.url))
        still.goto(path.as_uri())
        assert len(still.evaluate(FILLS)) > 5
        assert len(set(still.evaluate(FONTS))) == 2, "the picture's size and the page's"
    assert [url for url in seen if not url.endswith("/favicon.svg")] == [path.as_uri()]
    with watched_page(browser, site) as page:
        page.add_init_script(ASKED)
        with serve(site) as address:
            page.goto(f"{address}/{path.relative_to(site).as_posix()}")
            page.wait_for_selector(".pb-flame[data-state=ready]")
            asked = page.evaluate("asked")
    assert asked.index("profbook.css") < asked.index("profbook.js"), "tools are as large as their style says"


def test_planted_leaks_are_named(site: Path) -> None:
    goroutines = next(site.glob("runs/*-goroutine-leak/index.html")).read_text(encoding="utf-8")
    assert "blocked for ever" in goroutines
    assert "waitForAnswerThatNeverComes" in goroutines
    heap = next(site.glob("runs/*-heap-leak/index.html")).read_text(encoding="utf-8")
    assert "retainForever" in heap


def test_the_slider_walks_the_snapshots_and_leads_into_the_explorer(page: Any, base: str, site: Path) -> None:
    leak = next(site.glob("runs/*-heap-leak")).name
    page.goto(f"{base}/runs/{leak}/index.html")
    film = page.locator(".pb-film").first
    slider, told = film.get_by_role("slider"), film.locator("output")
    told.filter(has_text="8 of 8").wait_for()
    before = film.locator(".pb-film__cursor").get_attribute("transform")
    slider.focus()
    page.keyboard.press("Home")
    told.filter(has_text="heap0.pprof, 1 of 8").wait_for()
    assert film.locator(".pb-film__cursor").get_attribute("transform") == "translate(0.0 0)" != before
    assert not film.get_by_text("What grew since the first").is_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert (slider.get_attribute("aria-valuetext") or "").startswith("eventstore/heap2.pprof, 3 of 8")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    play = film.get_by_role("button")
    play.press("Enter")
    assert play.inner_text() == "Stop"
    told.filter(has_text="8 of 8").wait_for()
    film.get_by_role("button", name="Play").wait_for()
    slider.press("Home")
    for _ in range(2):
        slider.press("ArrowRight")
    film.get_by_text("What grew since the first").click()
    page.wait_for_selector("[data-pb-explorer][data-shown]")
    assert f"p={leak}/eventstore/heap2.pprof&base={leak}/eventstore/heap0.pprof" in page.url


def test_a_comparison_leads_to_the_flame_graph_of_each_difference(page: Any, base: str) -> None:
    page.goto(f"{base}/compare/baseline..optimized/index.html")
    runs = page.locator(".pb-side a[href*='/runs/']")
    assert runs.count() == 12
    page.locator("#functions ~ * a[href*='allocs-after.prof'], h3 ~ p a[href*='t=alloc_space']").first.click()
    page.wait_for_selector("[data-pb-explorer][data-shown]")
    assert "t=alloc_space" in page.url
    assert "-optimized/eventstore/allocs-after.prof" in page.url
    assert "-baseline/eventstore/allocs-after.prof" in page.url


def test_every_question_leads_to_its_answer(page: Any, base: str, site: Path) -> None:
    for run in ("baseline", "heap-leak"):
        name = max(site.glob(f"runs/*-{run}")).name
        page.goto(f"{base}/runs/{name}/index.html")
        asked = page.locator(".pb-asked a")
        assert asked.count() >= 9
        for place in range(asked.count()):
            target = (asked.nth(place).get_attribute("href") or "")[1:]
            assert page.locator(f"[id='{target}']").count() == 1, target


@pytest.mark.parametrize(
    "place", ["index.html", "runs/*-heap-leak/index.html", "compare/baseline..optimized/index.html"]
)
def test_late_data_moves_nothing(browser: Any, site: Path, place: str) -> None:
    """The sum of the browser's layout shifts while the page loads and the flame graphs come."""
    (path,) = site.glob(place)
    with watched_page(browser, site, viewport={"width": 1280, "height": 900}) as page:
        page.add_init_script(
            "globalThis.shifted = 0;"
            "new PerformanceObserver((list) => { for (const one of list.getEntries()) shifted += one.value; })"
            ".observe({ type: 'layout-shift', buffered: true });"
        )
        page.goto(path.as_uri())
        page.evaluate("new Promise((done) => requestIdleCallback(done))")
        page.wait_for_function("!document.querySelector('.pb-run section:not(.pb-laid)')")
        assert page.evaluate("shifted") < 0.001
        flame = page.locator(".pb-flame, [data-pb-pair]").first
        if flame.count():
            flame.scroll_into_view_if_needed()
            page.wait_for_selector(".pb-flame[data-state=ready]")
        assert page.evaluate("shifted") < 0.05, "the tools of the flame graph are higher than its picture"


def test_on_paper_nothing_is_cut_and_nothing_is_to_be_clicked(browser: Any, site: Path) -> None:
    with watched_page(browser, site, viewport={"width": 703, "height": 1000}) as page:
        for place in ("index.html", "runs/*-baseline/index.html", "compare/baseline..optimized/index.html"):
            page.goto(max(site.glob(place)).as_uri())
            page.emulate_media(media="print")
            assert (
                page.locator("nav:visible, header.md-header:visible, .pb-needs-js:visible, .headerlink:visible").count()
                == 0
            )
            wide = (
                "[...document.querySelectorAll('.pb-scroll')].filter(e => e.getBoundingClientRect().right > 720).length"
            )
            assert page.evaluate(wide) == 0
            assert page.evaluate("getComputedStyle(document.querySelector('.pb-scroll')).overflowX") == "visible"
