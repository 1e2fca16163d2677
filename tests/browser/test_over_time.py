"""The pages over time in a real browser: what is drawn, how one moves in it, and that an address says it all."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import sites
from pipeline.model.config import Config
from pipeline.model.run import Environment, Manifest
from pipeline.site.assets import link_modules, read_modules
from pipeline.site.templates import templates_dir
from pipeline.store import runs
from tests.browser.conftest import serve, watched_page
from tests.builders import pprof_bytes, write_run

pytestmark = pytest.mark.browser

COUNT = 21
EVIL = "main.<img src=x onerror=alert(1)>"
PHONE = {"viewport": {"width": 390, "height": 844}}
DESK = {"viewport": {"width": 1280, "height": 900}}


def name_of(place: int, label: str = "main") -> str:
    return f"20261101_10{place:02}00-{label}"


def write(root: Path, place: int, label: str, rate: float, weight: int) -> None:
    name = name_of(place, label)
    commit = f"{place // 7:02}" * 20
    taken = Environment(git_sha=commit, git_branch="dev" if place % 5 == 0 else "main")
    told = Manifest(name, label, f"2026-11-01T10:{place:02}:00Z", environment=taken)
    load = {
        "timestamp": "2026-11-01T10:00:00Z", "duration_s": 10.0, "total_ops": round(rate * 10), "writes": 900,
        "reads": 100, "errors": 0, "ops_per_sec": rate, "avg_latency_ms": 1e3 / rate,
    }  # fmt: skip
    work = [(("main.main", "main.work"), (3, weight)), (("main.main", EVIL), (1, 10**8)), (("main.main",), (1, 10**8))]
    files = {"load-test-results.json": json.dumps(load).encode(), "cpu.prof": pprof_bytes(work, duration_nanos=10**10)}
    write_run(root / "profiles", name, {**files, "run.json": runs.manifest_bytes(told)})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a site of runs of which the later half is slower, with one outlier, and of another label."""
    root, chance = tmp_path_factory.mktemp("overtime"), random.Random(3)
    for place in range(COUNT):
        wobble = 1 + chance.gauss(0, 0.004)
        slow = place >= 11
        rate = 5000.0 if place == 4 else (600.0 if slow else 1000.0) * wobble
        write(root, place, "main", rate, round((2 if slow else 1) * 10**9 * wobble))
    for place in range(3):
        write(root, 30 + place, "pr", 100.0 + place, 10**9)
    sites.build_site(root, Config(), say=lambda _: None)
    return root / "build" / "site"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with serve(site) as address:
        yield address


@pytest.fixture
def page(browser: Any, site: Path) -> Iterator[Any]:
    with watched_page(browser, site, **DESK) as opened:
        yield opened


def show(page: Any, where: str, path: str) -> None:
    page.goto("about:blank")
    page.goto(f"{where}/{path}")
    settle(page)


def settle(page: Any) -> None:
    page.wait_for_selector(".pb-over__host[data-shown]:not([aria-busy])")


def field(page: Any, name: str) -> Any:
    return page.get_by_role("combobox", name=name)


def dots(page: Any) -> int:
    return page.locator(".pb-plot a").count()


def hash_of(page: Any) -> str:
    return page.evaluate("location.hash")


@pytest.mark.parametrize("how", ["http", "disk"])
def test_a_metric_is_drawn_with_its_change(page: Any, site: Path, address: str, how: str) -> None:
    show(page, address if how == "http" else site.as_uri(), "trends/index.html#label=main&metric=ops_per_sec")
    assert page.locator(".pb-over__title").inner_text() == "Throughput, service"
    assert dots(page) == COUNT
    assert page.locator(".pb-plot__mark").count() == page.locator(".pb-steps--numbered li").count() == 1
    told = page.locator(".pb-steps--numbered li").inner_text()
    assert re.match(r"\s*▼?\s*worse", told)
    assert name_of(11) in told
    assert "Throughput, service: 21 points from" in page.locator(".pb-plot").get_attribute("aria-label")


def test_without_an_address_the_newest_label_is_shown(page: Any, site: Path) -> None:
    show(page, site.as_uri(), "trends/index.html")
    assert field(page, "Label").input_value() == "pr"
    assert dots(page) == 3
    assert page.locator(".pb-over__steps").inner_text() == "Not searched for lasting changes."


def test_the_keyboard_reads_zooms_and_opens(page: Any, site: Path) -> None:
    show(page, site.as_uri(), "trends/index.html#label=main&metric=ops_per_sec")
    plot = page.locator(".pb-plot")
    plot.focus()
    plot.press("Home")
    told = page.locator(".pb-over__point")
    assert "2026-11-01 10:00 UTC" in told.inner_text()
    plot.press("ArrowRight")
    assert "2026-11-01 10:01 UTC" in told.inner_text()
    assert "commit 0000000000" in told.inner_text()
    plot.press("+")
    settle(page)
    assert dots(page) in {10, 11}
    assert "from=" in hash_of(page) or "to=" in hash_of(page)
    page.locator(".pb-plot").press("-")
    settle(page)
    page.locator(".pb-plot").press("0")
    settle(page)
    assert dots(page) == COUNT
    assert not re.search("from=|to=", hash_of(page))
    plot.press("End")
    plot.press("Enter")
    page.wait_for_url(f"**/runs/{name_of(COUNT - 1)}/index.html")


def test_dragging_zooms_and_a_click_opens_the_run(page: Any, site: Path) -> None:
    show(page, site.as_uri(), "trends/index.html#label=main&metric=ops_per_sec")
    page.locator(".pb-plot").scroll_into_view_if_needed()
    box = page.locator(".pb-plot").bounding_box()
    first = page.locator(".pb-plot a").nth(6).bounding_box()
    last = page.locator(".pb-plot a").nth(14).bounding_box()
    page.mouse.move(first["x"] + first["width"] / 2, box["y"] + 120)
    page.mouse.down()
    page.mouse.move(last["x"], box["y"] + 130)
    assert page.locator(".pb-plot__drag").count() == 1
    page.mouse.move(last["x"] + last["width"] / 2, box["y"] + 140)
    page.mouse.up()
    settle(page)
    assert dots(page) == 9
    assert f"from={name_of(6)}&to={name_of(14)}" in hash_of(page)
    page.get_by_role("button", name="Later").click()
    settle(page)
    assert f"to={name_of(19)}" in hash_of(page) or f"to={name_of(18)}" in hash_of(page)
    page.get_by_role("button", name="All").click()
    settle(page)
    page.locator(".pb-plot a").nth(2).click()
    page.wait_for_url(f"**/runs/{name_of(2)}/index.html")


def test_commits_have_a_median_and_an_interval(page: Any, site: Path) -> None:
    show(page, site.as_uri(), "trends/index.html#label=main&metric=ops_per_sec")
    field(page, "Points").select_option("commit")
    settle(page)
    assert dots(page) == 3
    assert page.locator(".pb-plot__interval").count() == 3
    assert page.locator(".pb-plot__band").count() == 1
    page.get_by_text("Numbers of 3 points").click()
    page.wait_for_selector(".pb-over__numbers")
    rows = page.locator(".pb-over__numbers tbody tr").all_inner_texts()
    assert len(rows) == 3
    assert all("and 6 more of the commit" in row and " to " in row for row in rows)
    assert "x=commit" in hash_of(page)


def test_branches_outliers_and_the_axis(page: Any, site: Path) -> None:
    show(page, site.as_uri(), "trends/index.html#label=main&metric=ops_per_sec&clip=1")
    assert page.locator(".pb-plot__outside").count() == 1
    assert "1 outlier drawn" in page.locator(".pb-over__range").inner_text()
    labels = page.locator(".pb-plot__text").all_text_contents()
    assert not any(text.startswith(("2,0", "4,0", "5,0")) for text in labels)
    page.get_by_label("Clip outliers").uncheck()
    settle(page)
    assert page.locator(".pb-plot__outside").count() == 0
    page.get_by_label("Axis from 0").check()
    settle(page)
    assert "0 ops/s" in page.locator(".pb-plot__text").all_text_contents()
    field(page, "Branch").select_option("dev")
    settle(page)
    assert dots(page) == 5
    assert hash_of(page) == "#label=main&metric=ops_per_sec&branch=dev&zero=1"


def test_what_was_searched_is_told(page: Any, site: Path) -> None:
    show(page, site.as_uri(), "trends/index.html#label=main&metric=alloc_bytes_per_op")
    field(page, "Metric").select_option("error_rate")
    page.wait_for_function("document.querySelector('.pb-over__title').textContent.startsWith('Error rate')")
    assert page.locator(".pb-over__steps").inner_text() == f"No lasting change was found in {COUNT} runs."


def test_back_leads_to_what_was_shown_before_and_links_are_followed(page: Any, site: Path) -> None:
    show(page, site.as_uri(), "trends/index.html#label=main&metric=ops_per_sec")
    field(page, "Metric").select_option("latency_mean")
    page.wait_for_function("document.querySelector('.pb-over__title').textContent.startsWith('Mean latency')")
    page.go_back()
    page.wait_for_function("document.querySelector('.pb-over__title').textContent.startsWith('Throughput')")
    page.locator("#main-body, .md-content").first.wait_for()
    page.locator(".pb-trend__open a").last.click()
    settle(page)
    assert "label=" in hash_of(page)


@pytest.mark.parametrize(
    "hash_", ["#label=nobody&metric=nothing&from=x&to=y&x=z&branch=q", "#%E0%A4%A", f"#{'a' * 9000}"]
)
def test_an_address_that_cannot_be_meant_shows_something(page: Any, site: Path, hash_: str) -> None:
    show(page, site.as_uri(), f"trends/index.html{hash_}")
    assert dots(page) == 3


@pytest.mark.parametrize("how", ["http", "disk"])
def test_a_function_is_found_and_drawn_with_its_first_bad_run(page: Any, site: Path, address: str, how: str) -> None:
    where = address if how == "http" else site.as_uri()
    show(page, where, "functions/index.html#label=main&component=service&type=cpu")
    rows = page.locator(".pb-over__list tbody tr")
    assert "main.work" in rows.first.inner_text()
    assert "worse" in rows.first.inner_text()
    assert page.locator(".pb-over__title").inner_text() == "main.work"
    assert dots(page) == COUNT
    told = page.locator(".pb-steps--numbered li").first
    assert name_of(11) in told.inner_text()
    assert (
        told.locator("a")
        .last.get_attribute("href")
        .startswith(f"../explore/index.html?p={name_of(11)}/cpu.prof#t=cpu&f=")
    )
    page.get_by_label("Find a function").fill("IMG main")
    page.wait_for_function("document.querySelectorAll('.pb-over__list tbody tr').length === 1")
    rows.first.locator("a").click()
    page.wait_for_function("document.querySelector('.pb-over__title').textContent.includes('<img')")
    assert page.locator(".pb-over__title").inner_text() == EVIL
    assert page.locator(".pb-page img").count() == 0


def test_a_function_is_looked_at_as_share_and_with_what_it_calls(page: Any, site: Path) -> None:
    show(page, site.as_uri(), "functions/index.html#label=main&component=service&type=cpu&f=main.main")
    field(page, "Weight").select_option("cum")
    settle(page)
    field(page, "Scale").select_option("share")
    page.wait_for_function("document.querySelector('.pb-plot').getAttribute('aria-label').includes('newest 100 %')")
    assert hash_of(page) == "#label=main&component=service&type=cpu&f=main.main&scale=share&value=cum"


def test_the_explorer_opens_with_the_function_in_focus(page: Any, site: Path) -> None:
    show(page, site.as_uri(), "functions/index.html#label=main&component=service&type=cpu&f=main.work")
    page.get_by_role("link", name="Open it in the profile of").click()
    page.wait_for_selector(".pbx[data-shown]:not([aria-busy])")
    assert page.locator("input[name=focus]").input_value() == r"^main\.work$"
    assert "The filters keep" in page.locator(".pbx-status").inner_text()


def test_a_function_nobody_has_is_told(page: Any, site: Path) -> None:
    show(page, site.as_uri(), "functions/index.html#label=main&f=main.nobody")
    assert "No run of this label has this function" in page.get_by_role("alert").inner_text()
    assert not page.locator(".pb-plot").is_visible()


@pytest.mark.parametrize("path", ["trends/index.html", "functions/index.html"])
def test_pages_fit_a_phone_and_are_read_without_scripts(browser: Any, site: Path, path: str) -> None:
    with watched_page(browser, site, **PHONE) as page:
        show(page, site.as_uri(), path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with watched_page(browser, site, java_script_enabled=False, **PHONE) as still:
        still.goto(f"{site.as_uri()}/{path}")
        assert still.locator(".pb-over__host").count() == 0 or not still.locator(".pb-over__host").is_visible()
        assert still.locator(".pb-table").count() >= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["trends/index.html#label=main&clip=1", "functions/index.html#label=main"])
def test_pages_have_no_violation(browser: Any, site: Path, address: str, path: str, scheme: str) -> None:
    pytest.importorskip("axe_playwright_python.base", reason="axe-core is not installed")
    from tests.browser.test_accessibility import violations

    with watched_page(browser, site, color_scheme=scheme, **DESK) as page:
        show(page, address, path)
        page.get_by_text("Numbers of").click()
        page.locator(".pb-plot").press("End")
        assert violations(page) == []


def test_runs_that_left_the_site_stay_in_the_history_without_a_link(
    browser: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("kept")
    for place in range(8):
        write(root, place, "main", 100.0 + place, 10**9)
    sites.build_site(root, Config.model_validate({"site": {"keep_runs": 3}}), say=lambda _: None)
    site = root / "build" / "site"
    with watched_page(browser, site, **DESK) as page:
        show(page, site.as_uri(), "trends/index.html#metric=ops_per_sec")
        assert page.locator(".pb-plot__dot").count() == 8
        assert dots(page) == 3
        page.locator(".pb-plot").press("Home")
        assert "has left the site" in page.locator(".pb-over__point").inner_text()
        page.locator(".pb-plot").press("Enter")
        page.get_by_text("Numbers of 8 points").click()
        page.wait_for_selector(".pb-over__numbers")
        linked = page.locator(".pb-over__numbers th a").evaluate_all("(links) => links.map((link) => link.href)")
        assert [link.split("/")[-2] for link in linked] == [name_of(place) for place in (7, 6, 5)]
        assert all((site / "runs" / link.split("/")[-2] / "index.html").is_file() for link in linked)


PURE = """import { crc32 } from "./trends/files.js";
import { readState, writeHash } from "./trends/address.js";
import { fences, moved, pointsOf, spanOf, ticksOf, windowOf, zoomed } from "./trends/points.js";
import { factorOf } from "./trends/plot.js";
const run = (name, commit = "", more = {}) => ({ run: name, commit, branch: "main", dirty: false, ...more });
const orders = [[0, 0], [0, 0], [1, 3]];
const runs = [
  run("a", "1"), run("b", "1"), run("c", "1"), run("d", "2"), run("e", "2", { dirty: true }), run("f"),
  run("g", "3", { branch: "dev" }),
];
const named = (one) => [one.runs.map((each) => each.run).join(""), one.value, one.low, one.high];
const by = (x, branch = "") => pointsOf(runs, [5, 1, 3, 7, null, 9, 2], { x, branch, orders }).map(named);
const points = pointsOf(runs, [5, 1, 3, 7, 8, 9, 2], { x: "run", branch: "", orders });
globalThis.said = [
  by("run").length,
  by("commit"),
  by("run", "dev"),
  [windowOf(points, "c", "e"), windowOf(points, "e", "c"), windowOf(points, "x", ""), windowOf(points, "", "")],
  [zoomed([0, 20], 0.5, 0, 21), zoomed([0, 20], 0.5, 20, 21), zoomed([4, 6], 0.5, 5, 21), zoomed([4, 6], 100, 5, 21)],
  [moved([0, 9], -1, 20), moved([0, 9], 0.5, 20), moved([5, 14], 3, 20)],
  [fences([1, 1, 1, 1, 1]), fences([1, 2]), fences([1, 2, 3, 4, 5])],
  [spanOf(points, { zero: true, clip: false }).low,
   spanOf([{ value: 5, low: null, high: null }], { zero: false, clip: false }).outside.length],
  [ticksOf(0, 10, 1), ticksOf(990, 1010, 1), ticksOf(0, 4 * 1024 ** 2, 1024 ** 2).length],
  [factorOf(3e6, "bytes"), factorOf(0.005, "seconds"), factorOf(0.3, "ratio"), factorOf(5000, "ops/s"),
   factorOf(12, "count"), factorOf(2048, "bytes/op")],
  [crc32("main.work"), crc32("ü")],
  writeHash(readState("#label=a%20b&zero=1&x=never&scale=share&nobody=1&from=r")),
];
"""


def test_pure_parts(page: Any) -> None:
    import zlib

    page.evaluate(link_modules(read_modules(templates_dir() / "assets" / "js") | {"main.js": PURE}))
    said = page.evaluate("globalThis.said")
    assert said[0] == 6
    assert said[1] == [["abc", 3, 1, 5], ["d", 7, None, None], ["f", 9, None, None], ["g", 2, None, None]]
    assert said[2] == [["g", 2, None, None]]
    assert said[3] == [[2, 4], [0, 6], [0, 6], [0, 6]]
    assert said[4][:3] == [[0, 9], [11, 20], [4, 6]] or said[4][:3] == [[0, 10], [10, 20], [4, 6]]
    assert said[4][3] == [0, 20]
    assert said[5] == [[0, 9], [5, 14], [10, 19]]
    assert said[6] == [None, None, [-4, 10]]
    assert said[7] == [0, 0]
    assert said[8] == [[0, 5, 10], [990, 995, 1000, 1005, 1010], 5]
    assert said[9] == [1024**2, 0.001, 0.01, 1, 1, 1024]
    assert said[10] == [zlib.crc32(b"main.work"), zlib.crc32("ü".encode())]
    assert said[11] == "#label=a+b&scale=share&zero=1&from=r"
