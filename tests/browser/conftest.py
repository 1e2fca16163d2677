"""A real Chromium for tests marked ``browser``; its page fails the test on any error and any request to elsewhere."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).parents[2]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 120_000
"""Milliseconds that a page has for what a test waits for: a busy machine is slow, not wrong."""

FONTS = """() => [...document.querySelectorAll("body *")].flatMap((one) => {
    const hasText = [...one.childNodes].some((part) => part.nodeType === Node.TEXT_NODE && part.data.trim());
    if (!hasText || !one.checkVisibility()) return [];
    const { fontFamily, fontSize, fontWeight, fontStyle } = getComputedStyle(one);
    return [[fontFamily, fontSize, fontWeight, fontStyle].join()];
})"""
"""Gives the font of every element with text that is to be seen."""


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Start the machine's Chromium, else the one Playwright installed; skip when there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_api.sync_playwright() as playwright:
        if path is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("no Chromium on this machine")
        started = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def allowed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder whose files a page may load over file://; a test module may override it."""
    return tmp_path_factory.getbasetemp()


RUN = """!document.querySelector("script[data-late]") || globalThis.profbook?.entries?.profbook"""
"""Scripts of a page run after its first frame, and so after its load."""


def _until_scripts_ran(page: object) -> None:
    """Let ``page.goto`` wait for them."""
    go = page.goto

    def goto(address: str, **words: object) -> object:
        answer = go(address, **words)
        page.wait_for_function(RUN)
        return answer

    page.goto = goto


@contextmanager
def watched_page(browser: object, allowed_folder: Path, **options: object) -> Iterator[object]:
    """Open a page; at the end fail on console errors, page errors, and requests outside folder and local server."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    if options.get("java_script_enabled", True):
        _until_scripts_ran(page)
    faults: list[str] = []

    def is_ours(url: str) -> bool:
        return url.startswith((allowed_folder.as_uri() + "/", "http://127.0.0.1:", "data:", "blob:", "about:"))

    def route(route: object) -> None:
        if is_ours(route.request.url):
            route.continue_()
        else:
            faults.append(f"request to {route.request.url}")
            route.abort()

    context.route("**/*", route)
    page.on("console", lambda message: faults.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(f"page error: {error}"))
    try:
        yield page
    finally:
        context.close()
    assert not faults, faults


@pytest.fixture
def page(browser: object, allowed_folder: Path) -> Iterator[object]:
    """Desktop page, 1280 x 900."""
    with watched_page(browser, allowed_folder, viewport={"width": 1280, "height": 900}) as opened:
        yield opened


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128  # a browser opens many connections at once, and a busy machine accepts them late


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and says nothing of it."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the test's output is the test's."""


@contextmanager
def serve(folder: Path, handler: type[QuietHandler] = QuietHandler) -> Iterator[str]:
    """Serve a folder on a free local port; the value is the address, without a trailing slash."""
    with _Server(("127.0.0.1", 0), functools.partial(handler, directory=str(folder))) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def demo_site(house: Path, runs: Sequence[str] = (), *, settings: str = "", codes: Sequence[int] = (0,)) -> Path:
    """Build the site of committed demo runs (all by default) by the command; ``settings`` come after the demo's."""
    for name in runs or [path.name for path in (ROOT / "profiles").iterdir() if not path.name.startswith(".")]:
        shutil.copytree(ROOT / "profiles" / name, house / "profiles" / name)
    (house / "profbook.toml").write_text((ROOT / "profbook.toml").read_text("utf-8") + settings, encoding="utf-8")
    words = [sys.executable, "-m", "pipeline", "site"]
    done = subprocess.run(words, cwd=house, capture_output=True, text=True, check=False)
    assert done.returncode in codes, done.stdout + done.stderr
    return house / "build" / "site"


@pytest.fixture(params=["disk", "server"])
def base(request: pytest.FixtureRequest, site: Path) -> Iterator[str]:
    """Give the address of the module's site, both ways it is read."""
    if request.param == "disk":
        yield site.as_uri()
    else:
        with serve(site) as address:
            yield address


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Serve ``tmp_path``."""
    with serve(tmp_path) as address:
        yield address
