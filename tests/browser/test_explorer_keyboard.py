"""The explorer's own tasks without a mouse: profile, pair, filters, every view, series, goroutines, pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import demo_site, serve, watched_page
from tests.browser.test_explorer_flame_use import ACTIVE, has_text, tab_to

pytestmark = pytest.mark.browser
BASE, HEAD, SERIES = "20261120_213245-baseline", "20261120_213256-optimized", "20261120_213402-heap-leak"
CPU = "eventstore/cpu.prof"
TAB = 'e.getAttribute("role") === "tab" && e.getAttribute("aria-selected") === "true"'


def named(name: str) -> str:
    return f'e.getAttribute("aria-label") === "{name}"'


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a site of a pair and a series."""
    site = demo_site(tmp_path_factory.mktemp("walked"), (BASE, HEAD, SERIES), codes=(0, 3))
    with serve(site) as address:
        yield address


@pytest.fixture
def explorer(browser: Any, address: str, tmp_path: Path) -> Iterator[Any]:
    """Open a page whose mouse is never used."""
    with watched_page(browser, tmp_path, viewport={"width": 1280, "height": 900}) as page:
        page.open = lambda query: (page.goto(f"{address}/explore/index.html?{query}"), shown(page))
        yield page


def shown(page: Any) -> None:
    page.wait_for_selector(".pbx[data-shown]:not([aria-busy])")


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_pair_is_chosen_and_given_up(explorer: Any) -> None:
    explorer.open(f"p={HEAD}/{CPU}")
    tab_to(explorer, named("Compared with: run"))
    press(explorer, "End")
    explorer.wait_for_url(re.compile(f"base={BASE}/{CPU}$"))
    shown(explorer)
    assert explorer.evaluate(f"() => {ACTIVE}.getAttribute('aria-label')") == "Compared with: run", "focus stays"
    press(explorer, "Home")
    explorer.wait_for_url(lambda url: "base=" not in url)


def test_a_base_run_without_the_profile_does_not_change_what_is_compared(explorer: Any) -> None:
    explorer.open(f"p={HEAD}/{CPU}")
    base = explorer.get_by_label("Compared with: run")
    base.select_option(SERIES)
    explorer.wait_for_url(re.compile(f"base={SERIES}/"))
    assert "cpu.prof" not in explorer.url.partition("base=")[2]
    base.select_option(BASE)
    explorer.wait_for_url(re.compile(f"base={BASE}/"))
    assert f"base={BASE}/{CPU}" in explorer.url


def test_filters_are_opened_filled_and_cleared(explorer: Any) -> None:
    explorer.open(f"p={HEAD}/{CPU}#v=top")
    tab_to(explorer, has_text("Filters"))
    press(explorer, "Enter")
    tab_to(explorer, 'e.labels?.[0]?.textContent.startsWith("Focus")')
    explorer.keyboard.type("json")
    press(explorer, "Enter")
    explorer.wait_for_url(re.compile("f=json"))
    shown(explorer)
    press(explorer, "Shift+Tab")
    for _ in range(30):
        if explorer.evaluate(f"() => {ACTIVE}.textContent") == "Clear filters":
            break
        press(explorer, "Tab")
    press(explorer, "Enter")
    explorer.wait_for_url(lambda url: "f=json" not in url)


def test_every_view_is_reached_with_the_arrows_and_says_its_name(explorer: Any) -> None:
    explorer.open(f"p={HEAD}/{CPU}")
    tab_to(explorer, TAB)
    seen = []
    for _ in range(10):
        shown(explorer)
        seen.append(explorer.evaluate(f"() => {ACTIVE}.textContent"))
        assert explorer.get_by_role("tabpanel", name=seen[-1]).count() == 1
        press(explorer, "ArrowRight")
    assert ",".join(seen) == "Flame graph,Top,Callers,Tree,Peek,Graph,Traces,Tags,Source,Goroutines"
    assert explorer.evaluate(f"() => {ACTIVE}.textContent") == "Flame graph"


def test_a_row_of_the_table_leads_to_its_callers(explorer: Any) -> None:
    explorer.open(f"p={HEAD}/{CPU}#v=top")
    tab_to(explorer, 'e.matches(".pbx-name")')
    press(explorer, "ArrowDown", "ArrowDown")
    name = explorer.evaluate(f"() => {ACTIVE}.textContent")
    press(explorer, "Enter")
    explorer.wait_for_url(re.compile("v=callers"))
    shown(explorer)
    assert name in explorer.locator(".pbx-panel").inner_text()


def test_a_series_is_played_stopped_and_walked(explorer: Any) -> None:
    explorer.open(f"p={SERIES}/eventstore/heap2.pprof")
    tab_to(explorer, has_text("Play"))
    press(explorer, "Enter")
    explorer.wait_for_url(re.compile("heap3.pprof"))
    press(explorer, "Enter")
    assert explorer.evaluate(f"() => {ACTIVE}.textContent") == "Play"
    tab_to(explorer, named("Snapshot"))
    press(explorer, "Home")
    explorer.wait_for_url(re.compile("heap0.pprof"))
    press(explorer, "ArrowRight")
    explorer.wait_for_url(re.compile("heap1.pprof"))
    shown(explorer)
    assert "2 of" in explorer.evaluate(f"() => {ACTIVE}.getAttribute('aria-valuetext')")


def test_goroutines_are_grouped_and_read(explorer: Any) -> None:
    explorer.open(f"p={SERIES}/eventstore/goroutine2.pprof")
    tab_to(explorer, TAB)
    press(explorer, "ArrowLeft")
    explorer.wait_for_url(re.compile("v=goroutines"))
    shown(explorer)
    groups = explorer.get_by_role("region", name="Goroutines by where they began")
    states = groups.locator("tbody tr > td:nth-child(4)")
    wanted = next(state for state in reversed(states.all_inner_texts()) if state != "running")
    assert set(states.all_inner_texts()) != {wanted}
    tab_to(explorer, 'e.labels?.[0]?.textContent.startsWith("Search")')
    explorer.keyboard.type(wanted)
    press(explorer, "Enter")
    explorer.wait_for_url(re.compile("q="))
    shown(explorer)
    assert set(states.all_inner_texts()) == {wanted}
    tab_to(explorer, 'e.matches(".pbx-view--goroutines .pbx-name")')
    entry = explorer.evaluate(f"() => {ACTIVE}.textContent")
    press(explorer, "Enter")
    explorer.wait_for_url(re.compile("v=callers"))
    shown(explorer)
    assert explorer.evaluate(f"() => {ACTIVE}.textContent") == entry, "the group's function is looked at"
    tab_to(explorer, TAB)
    press(explorer, *["ArrowRight"] * 4)
    explorer.wait_for_url(re.compile("v=traces"))
    explorer.wait_for_selector("[data-shown=traces]:not([aria-busy])")
    tab_to(explorer, 'e.tagName === "SUMMARY" && e.closest(".pbx-trace")')
    press(explorer, "Enter")
    frames = explorer.locator(".pbx-trace[open] li")
    frames.last.wait_for()
    assert frames.all_inner_texts()[-1] == entry, "a stack that began there"


def test_both_pictures_are_saved(explorer: Any) -> None:
    explorer.open(f"p={HEAD}/{CPU}")
    explorer.wait_for_selector(".pb-flame[data-state=ready]")
    tab_to(explorer, 'e.tagName === "SUMMARY" && e.textContent.includes("export")')
    press(explorer, "Enter")
    for ending in ("SVG", "PNG"):
        tab_to(explorer, has_text(f"Save {ending}"))
        with explorer.expect_download() as saving:
            press(explorer, "Enter")
        assert saving.value.suggested_filename.endswith(f".{ending.lower()}")


def test_the_address_of_a_view_shows_it_again(explorer: Any) -> None:
    explorer.open(f"p={HEAD}/{CPU}#v=peek&f=json")
    tab_to(explorer, TAB)
    press(explorer, "ArrowRight")
    explorer.wait_for_url(re.compile("v=graph"))
    shown(explorer)
    address = explorer.url
    explorer.goto("about:blank")
    explorer.goto(address)
    shown(explorer)
    assert explorer.locator("[role=tab][aria-selected=true]").inner_text() == "Graph"
    assert "f=json" in explorer.url
