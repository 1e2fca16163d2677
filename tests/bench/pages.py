"""What a reader waits for, in Chromium: ``python -m tests.bench.pages [--runs 200] [--loads 5] [--keep FOLDER]``.

The site of so many runs (`tests.bench.site` makes the same, so a folder kept by it serves) beside an empty page of the
theme, by turns, each load with an empty cache; medians.

- ``first paint``: of the empty page and of a run page
- ``first chart``: until a frame with a chart of the run page has been drawn: the browser's own first paint where the
  chart was there by then, else the frame after the one it came in; once more on a line of 10 Mbit/s with a quarter of
  the processor, beside the empty page
- ``bytes``: what a run page brings that is read first of the site, and what the next run page brings
- ``search``: from the input to the results, on a page that has just been loaded
- ``shift``: how far late content moves what is read, as browsers score it (0: nothing moves), scrolled to the end
"""

from __future__ import annotations

import argparse
import functools
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench._explorer_stage import serve
from tests.bench._store_maker import make_store
from tests.bench._window import window
from tests.bench.explorer import ARGUMENTS, NAMES
from tests.bench.read import machine
from tests.bench.site import PROFBOOK, SETTINGS, plain

CHART = ".pb-run svg"
PROBE = """(() => {
  const bench = (globalThis.bench = { found: 0, drawn: 0, shift: 0 });
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) bench.shift += one.value;
  }).observe({ type: "layout-shift", buffered: true });
  const look = () => requestAnimationFrame(() => {
    if (!document.querySelector("%s")) return look();
    bench.found = performance.now();
    requestAnimationFrame(() => { bench.drawn = performance.now(); });
  });
  look();
})()"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
CHART_PAINT = f"((first) => (first >= bench.found ? first : bench.drawn))({PAINT})"
SLOW = {"offline": False, "latency": 0, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}
SLOWER = 4
WORD = "mallocgc"

Figures = dict[str, float]


@contextmanager
def fresh(browser: Any) -> Iterator[tuple[Any, Any]]:
    """Open a page with an empty cache, and the channel to it."""
    with window(browser) as page:
        page.add_init_script(PROBE % CHART)
        channel = page.context.new_cdp_session(page)
        channel.send("Network.enable")
        yield page, channel


def settled(page: Any, address: str) -> float:
    """Go to a page and wait until nothing more comes; when its first paint was, in milliseconds."""
    page.goto(address, wait_until="networkidle")
    return first_paint(page)


def first_paint(page: Any) -> float:
    page.wait_for_function(f"({PAINT}) > 0", timeout=60_000)
    return float(page.evaluate(PAINT))


def first_chart(page: Any) -> float:
    page.wait_for_function(f"bench.drawn > 0 && ({PAINT}) > 0", timeout=60_000)
    return float(page.evaluate(CHART_PAINT))


def load_empty(browser: Any, address: str) -> Figures:
    with fresh(browser) as (page, _):
        return {"first paint": settled(page, address)}


def load_run(browser: Any, address: str, following: str) -> Figures:
    """Read a run page and then the next one."""
    received: list[float] = []
    with fresh(browser) as (page, channel):
        channel.on("Network.loadingFinished", lambda told: received.append(told["encodedDataLength"]))
        found = {"first paint": settled(page, address)}
        found["first chart"] = first_chart(page)
        found["bytes"] = sum(received)
        received.clear()
        settled(page, following)
        found["next bytes"] = sum(received)
        return found


def load_slowly(browser: Any, address: str, *, has_chart: bool = True) -> Figures:
    with fresh(browser) as (page, channel):
        channel.send("Network.emulateNetworkConditions", SLOW)
        channel.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(address, wait_until="load")  # nothing is asked of it before: that is a script, and takes its time
        return {"first chart": first_chart(page)} if has_chart else {"first paint": first_paint(page)}


def search(browser: Any, address: str) -> Figures:
    """Search as soon as a page is there and its scripts have run."""
    with fresh(browser) as (page, _):
        page.goto(address, wait_until="load")
        page.wait_for_function("globalThis.profbook?.entries?.profbook")
        begun = page.evaluate("performance.now()")
        page.keyboard.press("/")
        page.keyboard.insert_text(WORD[:-1])
        page.keyboard.press(WORD[-1])  # the theme looks when a key goes up
        page.wait_for_selector(".md-search-result__item", timeout=60_000)
        return {"search": page.evaluate("performance.now()") - begun}


def scroll(browser: Any, address: str) -> Figures:
    with fresh(browser) as (page, _):
        settled(page, address)
        height = page.evaluate("document.documentElement.scrollHeight")
        for place in range(0, int(height), 600):
            page.mouse.wheel(0, 600)
            page.wait_for_timeout(60 if place else 300)
        page.wait_for_load_state("networkidle")
        return {"shift": page.evaluate("bench.shift")}


def measured(asked: dict[str, Callable[[], Figures]], loads: int) -> dict[str, Figures]:
    """Ask everyone in turn, ``loads`` times; medians of every figure."""
    seen: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in asked}
    for _ in range(loads):
        for name, ask in asked.items():
            for figure, value in ask().items():
                seen[name][figure].append(value)
    return {name: {figure: median(values) for figure, values in one.items()} for name, one in seen.items()}


def line(title: str, value: float, unit: str, target: str, *, met: bool) -> None:
    print(f"  {title:44} {value:8.3g} {unit:3} (target: {target}: {'met' if met else 'MISSED'})")


def show(found: dict[str, Figures]) -> None:
    """Print what was measured, with the targets."""
    empty, run = found["empty"]["first paint"], found["run"]
    print(f"  {'first paint of an empty page':44} {empty:8.0f} ms")
    print(f"  {'first paint of a run page':44} {run['first paint']:8.0f} ms")
    print(f"  {'first paint of an empty page, on a slow line':44} {found['slow empty']['first paint']:8.0f} ms")
    ratio, slow, shift = run["first chart"] / empty, found["slow"]["first chart"] / 1000, found["scrolled"]["shift"]
    line("first chart of a run page / that", ratio, "×", "≤ 1.3", met=ratio <= 1.3)
    line("first chart at 10 Mbit/s, a quarter processor", slow, "s", "≤ 0.5", met=slow <= 0.5)
    line("a run page read first", run["bytes"] / 1000, "kB", "≤ 150", met=run["bytes"] <= 150_000)
    line("the next run page", run["next bytes"] / 1000, "kB", "≤ 15", met=run["next bytes"] <= 15_000)
    ready = found["search"]["search"] / 1000
    line(f"results for {WORD!r}", ready, "s", "≤ 0.6", met=ready <= 0.6)
    line("shift of a run page read to its end", shift, "", "0", met=shift == 0)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.pages")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--loads", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it")
    options = parser.parse_args(words)
    from playwright.sync_api import sync_playwright

    print(machine(), flush=True)
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "profiles").is_dir():
            (folder / "profbook.toml").write_text(SETTINGS)
            make_store(folder, options.runs)
        subprocess.run([*PROFBOOK, "site"], cwd=folder, check=True, capture_output=True)
        plain(folder / "plain", (), 1)
        ours = stack.enter_context(serve(folder / "build" / "site"))
        empty = stack.enter_context(serve(folder / "plain" / "site"))
        path = next(filter(None, map(shutil.which, NAMES)), None)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        pages = sorted((folder / "build" / "site" / "runs").glob("*/index.html"))
        here, following = (f"{ours}/runs/{page.parent.name}/index.html" for page in pages[-2:])
        print(f"Chromium {browser.version}, {len(pages)} runs, {options.loads} loads each")
        asked: dict[str, Callable[[], Figures]] = {
            "empty": functools.partial(load_empty, browser, f"{empty}/index.html"),
            "run": functools.partial(load_run, browser, here, following),
            "slow empty": functools.partial(load_slowly, browser, f"{empty}/index.html", has_chart=False),
            "slow": functools.partial(load_slowly, browser, here),
            "search": functools.partial(search, browser, f"{ours}/index.html"),
            "scrolled": functools.partial(scroll, browser, here),
        }
        show(measured(asked, options.loads))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
