"""Every kind of page judged by axe-core, light and dark: no violation of any of its rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import demo_site, serve, watched_page

axe = pytest.importorskip("axe_playwright_python.base", reason="axe-core is not installed")
pytestmark = pytest.mark.browser

BASE, HEAD, SERIES = "20261120_213245-baseline", "20261120_213256-optimized", "20261120_213402-heap-leak"
FAILED = "20261120_213419-failed-load"
CPU = "eventstore/cpu.prof"
MATRIX = '\n[[compare]]\nbase = "baseline"\nhead = "heap-leak"\n'
DECISION = '\n[[decisions]]\nname = "pools"\nbase = "baseline"\nhead = "optimized"\n'
PAGES = {
    "overview": "index.html",
    "runs": "runs/index.html",
    "run": f"runs/{HEAD}/index.html",
    "leak": f"runs/{SERIES}/index.html",
    "failed run": f"runs/{FAILED}/index.html",
    "flame graph alone": f"runs/{HEAD}/flame/index.html",
    "comparisons": "compare/index.html",
    "comparison": "compare/baseline..optimized/index.html",
    "matrix": "matrix/baseline/index.html",
    "decisions": "decisions/index.html",
    "decision": "decisions/pools/index.html",
    "guide": "guide/explorer/index.html",
    "findings": "guide/findings/index.html",
}
OF_ONE = ("flame", "top", "callers", "tree", "peek", "graph", "traces", "tags")
VIEWS = {
    **{view: f"p={HEAD}/{CPU}#v={view}" for view in OF_ONE},
    "goroutines": f"p={SERIES}/eventstore/goroutine2.pprof#v=goroutines",
    "pair as table": f"p={HEAD}/{CPU}&base={BASE}/{CPU}#v=top",
    "pair as picture": f"p={HEAD}/{CPU}&base={BASE}/{CPU}#v=flame",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a site with every kind of page by the command."""
    return demo_site(
        tmp_path_factory.mktemp("judged"), (BASE, HEAD, SERIES, FAILED), settings=MATRIX + DECISION, codes=(0, 3)
    )


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Serve the site: axe-core reads style sheets as scripts may not from the disk."""
    with serve(site) as address:
        yield address


LAID_OUT = """!document.querySelector(".pb-run section:not(.pb-laid)") && new Promise((done) =>
    requestAnimationFrame(() => requestAnimationFrame(() => done(!document.getAnimations().length))))"""
"""A run's sections are laid out one after the other, and colours change by and by; judged meanwhile, a text was seen in
a browser's own colours."""


def violations(page: Any) -> list[str]:
    """Tell what axe-core objects to on the page as it is: rule, place, reason."""
    page.evaluate(axe.AXE_FILE_PATH.read_text("utf-8"))
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    assert len(found["passes"]) > 10, "nothing was judged"
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", PAGES)
def test_pages_have_no_violation(browser: Any, site: Path, address: str, kind: str, scheme: str) -> None:
    with watched_page(browser, site, color_scheme=scheme, viewport={"width": 1280, "height": 900}) as page:
        page.goto(f"{address}/{PAGES[kind]}")
        page.wait_for_function(LAID_OUT)
        assert violations(page) == [], "still pictures"
        flame = page.locator(".pb-flame, [data-pb-pair]").first
        if flame.count():
            flame.scroll_into_view_if_needed()
            page.wait_for_selector(".pb-flame[data-state=ready]")
            assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_the_explorer_has_no_violation(browser: Any, site: Path, address: str, view: str, scheme: str) -> None:
    with watched_page(browser, site, color_scheme=scheme, viewport={"width": 1280, "height": 900}) as page:
        page.goto(f"{address}/explore/index.html?{VIEWS[view]}")
        page.wait_for_selector(".pbx[data-shown]:not([aria-busy])")
        page.get_by_text("Filters", exact=True).click()
        assert violations(page) == []


@pytest.mark.parametrize("view", ["flame", "pair as table"])
def test_the_explorer_on_a_phone_has_no_violation(browser: Any, site: Path, address: str, view: str) -> None:
    with watched_page(browser, site, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as page:
        page.goto(f"{address}/explore/index.html?{VIEWS[view]}")
        page.wait_for_selector(".pbx[data-shown]:not([aria-busy])")
        assert violations(page) == [], "folded"
        for button in page.locator(".pbx-toggle").all():
            button.click()
        assert violations(page) == []
