"""The built site in a real browser: from the disk and from a server, on a phone, without scripts."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.analysis.calltree import build_call_tree
from pipeline.decode import decode_profile
from pipeline.model import archive
from pipeline.model.pfv import pack
from pipeline.render import links
from pipeline.render.payload import payload_scripts
from tests.browser.asking import publish
from tests.browser.conftest import FONTS, serve, watched_page
from tests.builders import pprof_bytes
from tests.site.test_build import TREE, build, content, project

pytestmark = pytest.mark.browser
RUN = "runs/20260102_030405-baseline/index.html"
COMPARISON = "compare/baseline..optimized/index.html"
TOOLS = ".pb-flame-search input:enabled"
"""What says that the part with search, table and pictures is there."""
TYPES = (("inuse_objects", "count"), ("inuse_space", "bytes"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a site whose call trees are real."""
    root = project(tmp_path_factory.mktemp("browsed"))
    tree = build_call_tree(decode_profile(pprof_bytes([(("main.main", "main.work"), (3, 400))], TYPES)))
    for path in root.glob(f"build/derived/*/{archive.NAME}"):
        path.write_bytes(archive.pack(payload_scripts(TREE, pack(tree), b"")))
    build(root, content(""))
    return root / "build" / "site"


def _loaded(page: Any, address: str, act: Callable[[], None] = lambda: None) -> list[str]:
    """Open a page and act: the names of our scripts it loaded, in order."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.goto(address)
    act()
    return [found[1] for url in seen if (found := re.search(r"/assets/(\w+)\.js(?:\?v=\w{8})?$", url))]


def test_the_overview_loads_the_small_scripts_alone(base: str, page: Any) -> None:
    def wait() -> None:
        page.locator("#pb-runs .pb-sort").first.wait_for()

    assert _loaded(page, f"{base}/index.html", wait) == ["early", "profbook", "lists"]


def test_a_run_page_loads_the_flame_graph_when_it_comes_near(base: str, page: Any) -> None:
    def come_near() -> None:
        page.evaluate("document.querySelector('.pb-flame').style.marginTop = '4000px'")
        page.wait_for_function("globalThis.profbook?.entries?.around")
        assert page.evaluate("Object.keys(profbook.entries)") == ["profbook", "around"]
        page.locator(".pb-flame").first.scroll_into_view_if_needed()
        page.wait_for_selector(".pb-flame[data-state=ready]")
        page.wait_for_selector(TOOLS)

    assert _loaded(page, f"{base}/{RUN}", come_near) == [
        "early", "profbook", "around", "base", "engine", "viewer", "patterns", "tools",
    ]  # fmt: skip


def test_a_link_to_a_flame_graph_loads_it_at_once(base: str, page: Any) -> None:
    page.goto(f"{base}/{RUN}#t=inuse_space&k={TREE[:12]}")
    page.wait_for_selector(".pb-flame[data-state=ready]")


def test_the_explorer_loads_every_part_once(base: str, page: Any) -> None:
    def wait() -> None:
        page.wait_for_selector("[data-pb-explorer][data-shown]")

    assert _loaded(page, f"{base}/explore/index.html", wait) == [
        "early", "profbook", "base", "engine", "viewer", "patterns", "filters", "tools", "pair",
        "explorer",
    ]  # fmt: skip


def test_a_run_page_gets_the_filters_when_only_samples_can_tell(base: str, site: Path, page: Any) -> None:
    """A function without a name: the plain worker cannot answer, and gives way to one with the filters."""
    folder = (site / links.data_files(TREE)[0]).parent
    before = {path: path.read_bytes() for path in folder.glob(f"{TREE}*")}
    try:
        publish(folder, TREE, decode_profile(pprof_bytes([(("main.main", ""), (3, 400))], TYPES)))

        def look() -> None:
            page.locator(".pb-flame").first.scroll_into_view_if_needed()
            page.wait_for_selector(".pb-flame[data-state=ready]")
            page.wait_for_selector(TOOLS)

        assert _loaded(page, f"{base}/{RUN}", look) == [
            "early", "profbook", "around", "base", "engine", "viewer", "patterns", "filters", "tools",
        ]  # fmt: skip
    finally:
        for path, data in before.items():
            path.write_bytes(data)


def test_one_walks_from_the_overview_to_a_run_its_flame_graph_and_its_comparison(base: str, page: Any) -> None:
    page.goto(f"{base}/index.html")
    page.locator("#pb-runs").get_by_role("link", name="20260102_030405-baseline").click()
    page.wait_for_function("document.title === '20260102_030405-baseline - profbook'")
    flame = page.locator(".pb-flame").first
    flame.scroll_into_view_if_needed()
    flame.locator(".pb-flame-box canvas").wait_for()
    page.get_by_role("link", name="optimized against baseline").click()
    assert "improved" in page.locator(".pb-verdict h2").inner_text()
    page.get_by_role("link", name="20260102_030405-baseline").click()
    page.get_by_role("link", name="Guide").first.click()
    assert page.locator("h1").inner_text().startswith("Guide")


def test_a_run_page_finds_what_is_around_it_in_the_catalogue(base: str, page: Any) -> None:
    page.goto(f"{base}/{RUN}")
    compared = page.locator("[data-pb-around] a", has_text="optimized against baseline")
    compared.wait_for()
    assert "improved" in page.locator("[data-pb-around] .pb-badge").first.inner_text()
    newer = page.locator(".pb-neighbours a[rel=next]")
    assert "list of runs" not in newer.inner_text()
    newer.click()
    older = page.locator(".pb-neighbours a[rel=prev]")
    older.wait_for()
    assert older.get_attribute("href") == f"../../{RUN}"


def test_a_chart_becomes_interactive_on_demand_and_not_before(base: str, page: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{base}/{COMPARISON}")
    page.wait_for_function("document.querySelector('[data-pb-explore]').dataset.pbBootedExplore")
    assert not any("vega" in url for url in asked)
    figures = page.locator("figure.pb-chart")
    for place in range(figures.count()):
        figures.nth(place).get_by_role("button", name="Explore").click()
        figures.nth(place).locator(".pb-chart__live svg.marks").wait_for()
    assert sum("vega.js" in url for url in asked) == 1


def test_tables_sort_and_filter(base: str, page: Any) -> None:
    page.goto(f"{base}/index.html")
    first = page.locator("#pb-runs tbody tr:visible th").first
    heading = page.locator("#pb-runs").get_by_role("button", name="heap in use")
    heading.click()
    page.locator("#pb-runs th[aria-sort=descending]", has_text="heap in use").wait_for()
    page.locator("#pb-runs tbody tr:first-child", has_text="20260102").wait_for()
    page.get_by_label("Filter runs").fill("FAILED load")
    page.locator("[data-pb-count]", has_text="1 of 4 runs").wait_for()
    assert "20260103" in first.inner_text()


def test_the_other_sample_types_are_a_link_away(base: str, page: Any) -> None:
    page.goto(f"{base}/{RUN}")
    assert "total 400 B" in page.locator(".pb-table--top caption").first.inner_text()
    page.get_by_role("link", name="inuse_objects").first.click()
    page.wait_for_selector("[data-pb-explorer][data-shown]")
    assert "v=top&t=inuse_objects" in page.url


def test_what_is_long_comes_when_it_is_opened(base: str, page: Any) -> None:
    page.goto(f"{base}/{RUN}")
    page.get_by_text("with their sources").press("Enter")
    row = page.get_by_role("region", name="with their sources").locator("tbody tr").first
    assert "125 ops/s" in row.inner_text()
    page.get_by_text("with their digests").click()
    files = page.get_by_role("region", name="with their digests")
    files.wait_for()
    assert files.get_by_role("link").count() > 0
    assert page.evaluate("document.querySelector('[data-pb-late=files] a').href.includes('/raw/')")


def test_what_was_opened_before_the_scripts_ran_comes_too(site: Path, page: Any) -> None:
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    with serve(site) as address:
        page.goto(f"{address}/index.html")
        page.route("**/assets/profbook.js*", hold)
        page.evaluate("(address) => { location.href = address; }", f"{address}/{RUN}")
        page.get_by_text("Commands for go tool pprof").first.click()
        page.wait_for_function("document.querySelector('details[data-pb-late][open]')")
        assert page.locator(".pb-command").count() == 0
        while not held:  # scripts are asked for after the first frame
            page.wait_for_timeout(20)
        for route in held:
            route.continue_()
        page.locator(".pb-command:visible").first.wait_for()


def test_search_finds_runs_functions_and_codes(base: str, page: Any) -> None:
    page.goto(f"{base}/{RUN}")
    wanted = (("mallocgc", "Function runtime.mallocgc"), ("goroutine_leak", "Findings"), ("alert", "Run 20260104"))
    for query, title in wanted:
        page.locator("input.md-search__input").fill("")
        page.locator("input.md-search__input").press_sequentially(query)
        page.locator(".md-search-result__article h1", has_text=title).first.wait_for()
    assert page.locator(".md-search-result script").count() == 0


def test_the_search_index_is_fetched_when_somebody_searches(site: Path, page: Any) -> None:
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    with serve(site) as address:
        page.goto(f"{address}/{RUN}", wait_until="networkidle")
        assert not [url for url in seen if "search_index" in url]
        page.keyboard.press("/")
        page.keyboard.type("mallocgc")  # key by key: the theme looks when one goes up
        page.locator(".md-search-result__article h1", has_text="mallocgc").first.wait_for()
        assert len([url for url in seen if "search_index" in url]) == 1
        seen.clear()
        page.goto(f"{address}/{RUN}?q=mallocgc", wait_until="networkidle")
        assert [url for url in seen if "search_index" in url]


def test_commands_know_the_sites_address_when_it_has_one(base: str, page: Any) -> None:
    page.goto(f"{base}/{RUN}")
    page.get_by_text("Commands for go tool pprof").first.click()
    page.locator(".pb-command:visible").first.wait_for()
    box = page.locator(".pb-command", has_text="Read it from this site").first
    if base.startswith("file:"):
        assert not box.is_visible()
    else:
        address = base.rstrip("/")
        assert f"{address}/runs/20260102_030405-baseline/service/debug/pprof/heap" in box.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(site: Path, browser: Any, scheme: str) -> None:
    viewport = {"width": 390, "height": 800}
    with watched_page(browser, site, viewport=viewport, color_scheme=scheme) as phone:
        for path in sorted(site.rglob("index.html")):
            phone.goto(path.as_uri())
            phone.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            assert phone.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_the_colours_of_charts_follow_the_scheme(site: Path, browser: Any) -> None:
    seen = {}
    for scheme in ("light", "dark"):
        with watched_page(browser, site, color_scheme=scheme) as opened:
            opened.goto((site / COMPARISON).as_uri())
            script = "getComputedStyle(document.querySelector('.pb-chart__svg [fill=\"var(--pb-head)\"]')).fill"
            seen[scheme] = opened.evaluate(script)
    assert seen["light"] != seen["dark"]


def test_the_first_frame_has_the_systems_scheme(site: Path, browser: Any) -> None:
    with closing(browser.new_context(color_scheme="dark")) as context:
        page = context.new_page()
        page.route("**/bundle.*", lambda route: route.abort())
        page.goto((site / RUN).as_uri())
        assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"


def test_the_first_frame_has_the_colours_a_reader_chose(base: str, page: Any) -> None:
    chosen = {"index": 1, "color": {"scheme": "slate", "primary": "custom", "accent": "custom"}}
    key = "`${new URL('../..', location).pathname}.__palette`"
    page.add_init_script(f"localStorage.setItem({key}, JSON.stringify({json.dumps(chosen)}))")
    page.route("**/bundle.*", lambda route: route.fulfill(body=""))
    page.goto(f"{base}/{RUN}")
    assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"


def test_scripts_come_after_the_first_frame_and_in_their_order(base: str, page: Any) -> None:
    page.goto(f"{base}/{RUN}")
    page.wait_for_function("globalThis.profbook?.entries?.profbook")
    names = page.evaluate("[...document.scripts].filter((one) => one.src).map((one) => one.src.split('/').at(-1))")
    assert [name.partition(".")[0] for name in names[:3]] == ["early", "bundle", "profbook"]
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    begun = page.evaluate(
        """() => performance.getEntriesByType("resource").filter((one) => one.name.includes(".js"))
            .map((one) => one.startTime)"""
    )
    assert all(start >= painted for start in begun)  # nothing is timed on the disk


def test_links_and_code_have_their_colour_at_once(base: str, page: Any) -> None:
    """A colour that fades begins with a browser's own where a style was asked for before a sheet came."""
    page.goto(f"{base}/{RUN}")
    seen = page.evaluate(
        """[...document.querySelectorAll(".pb-page :is(a, code)")]
            .map((one) => getComputedStyle(one).transitionProperty)"""
    )
    assert len(seen) > 10
    assert set(seen) == {"none"}


def test_a_run_page_is_set_in_few_fonts(base: str, page: Any) -> None:
    """Each costs a part of a millisecond before the first frame, and there were 28."""
    page.goto(f"{base}/{RUN}")
    fonts = page.evaluate(FONTS)
    assert len(set(fonts)) <= 15, sorted(set(fonts))


def test_everything_is_there_without_scripts(site: Path, browser: Any) -> None:
    with watched_page(browser, site, java_script_enabled=False) as opened:
        opened.goto((site / RUN).as_uri())
        assert opened.locator(".pb-table--top:visible").count() == 1
        assert opened.locator(".pb-table--bars:visible").count() == 2
        told = opened.locator(".pb-run .pb-note").first
        assert f"profbook export html {Path(RUN).parent.name}" in told.inner_text()
        assert "but for the first of these" in told.inner_text()
        assert "go tool pprof" in told.inner_text()
        for link in told.locator("a").all():
            assert (site / RUN).parent.joinpath(str(link.get_attribute("href"))).is_file()
        assert opened.locator(".pb-needs-js:visible").count() == 0
        opened.goto((site / "index.html").as_uri())
        assert opened.locator("#pb-runs tbody tr:visible").count() == 4


def test_a_page_moved_elsewhere_still_works(site: Path, tmp_path: Path, browser: Any) -> None:
    shutil.copytree(site, tmp_path / "deep" / "er")
    with watched_page(browser, tmp_path) as opened:
        opened.goto((tmp_path / "deep" / "er" / COMPARISON).as_uri())
        opened.get_by_role("link", name="Comparisons").first.click()
        assert opened.title() == "Comparisons - profbook"
