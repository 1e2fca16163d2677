"""The site of the committed demo runs, built as a fresh clone would and walked in a real browser, offline."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import serve, watched_page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site of the demo runs by the command."""
    house = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "profiles", house / "profiles", ignore=shutil.ignore_patterns(".*"))
    shutil.copy(ROOT / "profbook.toml", house)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "site"], cwd=house, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return house / "build" / "site"


@pytest.fixture
def allowed_folder(site: Path) -> Path:
    return site


@pytest.fixture(params=["disk", "server"])
def base(request: pytest.FixtureRequest, site: Path) -> Iterator[str]:
    """Give the site's address, both ways it is read."""
    if request.param == "disk":
        yield site.as_uri()
    else:
        with serve(site) as address:
            yield address


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
    assert "go tool pprof" in page.locator("main").inner_text()
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


def test_planted_leaks_are_named(site: Path) -> None:
    goroutines = next(site.glob("runs/*-goroutine-leak/index.html")).read_text(encoding="utf-8")
    assert "blocked for ever" in goroutines
    assert "waitForAnswerThatNeverComes" in goroutines
    heap = next(site.glob("runs/*-heap-leak/index.html")).read_text(encoding="utf-8")
    assert "retainForever" in heap
