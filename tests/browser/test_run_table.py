"""The table of runs in a real browser: words, chips, sorting, more rows, and the address that keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.render.env import environment, render
from pipeline.render.run_cells import COLUMNS
from pipeline.render.run_list import PLACE, run_listing
from pipeline.site.assets import read_assets
from pipeline.site.templates import read_templates, templates_dir
from tests.browser.conftest import watched_page
from tests.summaries import heap, measured, summary

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"
PAGE = """{% from "partials/run_table.html.j2" import run_table %}<!DOCTYPE html><html lang="en"><head><title>t</title>
<script>document.documentElement.classList.add("pb-js")</script>
<link rel="stylesheet" href="../assets/profbook.css"></head>
<body class="md-typeset"><h2 id="runs">Runs</h2>{{ run_table(listing, columns, "../") }}
<script src="../assets/profbook.js"></script></body></html>"""


def made(place: int) -> Any:
    label = ("main", "main", "topic", HOSTILE)[place % 4]
    return summary(
        1,
        label,
        id=f"run-{place:03}",
        started=f"2026-01-01T00:{place // 60:02}:{place % 60:02}Z",
        branch="trunk" if place % 3 else "topic/x y&z",
        state="load_failed" if place == 7 else "complete",
        profiles=(heap(component="api"), *((heap(component="worker"),) if place % 5 == 0 else ())),
        measurements=measured(ops_per_sec=float((place * 37) % 120), alloc_bytes_per_op=2048.0),
        errors=int(place == 7),
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a page with the table of 120 runs, of which it holds 50."""
    folder = tmp_path_factory.mktemp("listed")
    listing = run_listing([made(place) for place in range(120)])
    page = render(
        environment(dict(read_templates(templates_dir())) | {"page": PAGE}), "page", listing=listing, columns=COLUMNS
    )
    files = read_assets(templates_dir() / "assets") | {PLACE: listing.data, "runs/index.html": page.encode()}
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def allowed_folder(site: Path) -> Path:
    return site


@pytest.fixture
def opened(page: Any, site: Path) -> Any:
    """Open the page and wait until its script runs."""
    page.goto((site / "runs/index.html").as_uri())
    page.locator("#pb-runs .pb-sort").first.wait_for()
    return page


def runs(page: Any) -> list[str]:
    return list(page.locator("#pb-runs tbody th a").all_inner_texts())


def said(page: Any, text: str) -> None:
    page.locator("[data-pb-count]", has_text=text).wait_for()


def test_nothing_is_read_until_something_is_asked(opened: Any) -> None:
    assert len(runs(opened)) == 50
    assert opened.evaluate("globalThis.profbook.runs") is None
    opened.get_by_role("button", name="Show 70 more of 70").click()
    opened.wait_for_function("document.querySelectorAll('#pb-runs tbody tr').length === 120")
    assert runs(opened) == [f"run-{place:03}" for place in reversed(range(120))]
    assert opened.evaluate("document.activeElement.textContent") == "run-069"


def test_a_row_of_the_script_is_like_one_of_the_page(opened: Any) -> None:
    opened.get_by_role("button", name="Show 70 more").click()
    opened.wait_for_function("document.querySelectorAll('#pb-runs tbody tr').length === 120")
    shape = """row => [...row.querySelectorAll('*')].map(e => e.tagName + '.' + e.className).join(' ')"""
    rows = opened.locator("#pb-runs tbody tr")
    assert rows.nth(118).evaluate(shape) == rows.nth(2).evaluate(shape)
    assert rows.nth(119).locator("a").get_attribute("href") == "../runs/run-000/index.html"
    assert HOSTILE in rows.nth(116).inner_text()
    failed = rows.nth(112)
    assert "load failed" in failed.inner_text()
    assert "1 error" in failed.inner_text()


def test_words_and_chips_narrow_and_the_address_keeps_them(opened: Any, browser: Any, site: Path) -> None:
    opened.get_by_role("group", name="Label").get_by_role("button", name="topic").click()
    said(opened, "30 of 120 runs")
    opened.get_by_role("group", name="Component").get_by_role("button", name="worker").click()
    said(opened, "6 of 120 runs")
    opened.get_by_role("group", name="Label").get_by_role("button", name="main").click()
    said(opened, "18 of 120 runs")
    opened.get_by_label("Filter runs").fill("RUN-00")
    said(opened, "2 of 120 runs")
    before, address = runs(opened), opened.url
    assert address.endswith("#runs?q=RUN-00&label=topic&label=main&component=worker")
    with watched_page(browser, site) as other:
        other.goto(address)
        said(other, "2 of 120 runs")
        assert runs(other) == before
        assert other.get_by_label("Filter runs").input_value() == "RUN-00"
        assert other.locator('[aria-pressed="true"]').count() == 3
        other.get_by_role("button", name="Show all").click()
        other.wait_for_function("document.querySelectorAll('#pb-runs tbody tr').length === 50")
        assert "#" not in other.url
        assert other.locator('[aria-pressed="true"]').count() == 0


def test_sorting_takes_all_runs_not_only_those_in_the_page(opened: Any) -> None:
    opened.get_by_role("button", name="ops/s").click()
    opened.wait_for_function("document.querySelector('#pb-runs tbody td.pb-num').textContent === '119'")
    assert opened.locator("#pb-runs th[aria-sort=descending]").inner_text().startswith("ops/s")
    opened.get_by_role("button", name="ops/s").press("Enter")
    opened.wait_for_function("document.querySelector('#pb-runs tbody td.pb-num').textContent === '0'")
    assert opened.url.endswith("#runs?sort=3")
    opened.get_by_role("button", name="run", exact=True).click()
    opened.wait_for_function("document.querySelector('#pb-runs tbody th a').textContent === 'run-119'")


def test_a_chip_is_chosen_with_the_keyboard(opened: Any) -> None:
    chip = opened.get_by_role("group", name="Status").get_by_role("button", name="load failed")
    chip.focus()
    opened.keyboard.press("Space")
    said(opened, "1 of 120 runs")
    assert runs(opened) == ["run-007"]
    assert chip.get_attribute("aria-pressed") == "true"


def test_a_link_inside_the_page_is_followed(opened: Any) -> None:
    opened.evaluate("location.hash = '#runs?branch=' + encodeURIComponent('topic/x y&z')")
    said(opened, "40 of 120 runs")


def test_a_list_that_cannot_be_read_leaves_the_newest(site: Path, browser: Any) -> None:
    text = (site / "runs/index.html").read_text("utf-8").replace("data/runs.js", "data/gone.js")
    (site / "runs/broken.html").write_text(text, "utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto((site / "runs/broken.html").as_uri())
    page.get_by_label("Filter runs").fill("x")
    said(page, "could not be loaded")
    assert len(runs(page)) == 50
    context.close()


def test_without_scripts_the_newest_are_there(site: Path, browser: Any) -> None:
    with watched_page(browser, site, java_script_enabled=False) as page:
        page.goto((site / "runs/index.html").as_uri())
        assert len(runs(page)) == 50
        assert page.locator(".pb-needs-js:visible").count() == 0
        assert "The newest 50 of 120 runs" in page.locator("noscript").inner_text()
