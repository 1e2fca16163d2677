"""How fast and how small the explorer is, in Chromium beside its peers: ``python -m tests.bench.explorer``.

Options: ``--loads 5``, ``--only NAME`` (small, random, made, size, pair; more than once), ``--keep DIR`` (the project
and pages made, used again when they are there).

Every load is of a fresh browser profile with an empty cache; everybody loads in turn, round by round, so that a busy
machine slows all of them; figures are medians over the loads. Profiles: ``small`` is a Go CPU profile of about 5,000
call tree nodes; ``random`` 400,000 nodes of stacks drawn by chance, which no format can shorten; ``made`` 500,000 nodes
of stacks as programs have them. Peers: `go tool pprof -http`, and the npm releases of flamebearer and speedscope.

- ``paint``: from the start of the navigation until a frame with the flame graph has been drawn, on the page that is a
  flame graph alone, as peers are; ``bytes`` received by then, of these the document, and of this the picture, which
  is what grows with the profile; ``canvas``: until the canvas has taken over; ``longest task`` of the main thread while
  the page loads, 0 when none takes 50 ms, the shortest a browser tells
- ``size``: how first paints differ between the three profiles, which are loaded in turn for it
- ``zoom``, ``search``: from the input to the last thing drawn (the theme's own navigation apart), the slowest of three
- ``table``: a top table with focus and ignore, against a load of pprof's page with the same
- ``pair``: a comparison of two such profiles when both are decoded, against `pprof -diff_base -top`
- ``memory`` of page and worker, ``payload`` against the profile's own file, ``scripts``

pprof's page is served by pprof and so has its work in it. A peer that shows nothing within 30 seconds is said and left
out. A target that is missed does not fail the benchmark.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.site.assets import PARTS
from tests.bench import _explorer_stage as stage
from tests.bench._window import window
from tests.bench.read import ROOT, machine

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--enable-blink-features=ForceEagerMeasureMemory")
PROBE = """(() => {
  const bench = (globalThis.bench = { last: 0, drawn: 0, paint: 0, longest: 0, isThere: () => false });
  let isMarked = false;
  const note = () => { isMarked = false; bench.last = performance.now(); };
  const mark = () => {
    bench.drawn += 1;
    if (!isMarked) queueMicrotask(note); // drawing is not to be slowed by the clock
    isMarked = true;
  };
  const wrap = (kind, names) => {
    for (const name of names) {
      const own = kind?.prototype[name];
      if (own) kind.prototype[name] = function (...words) { mark(); return own.apply(this, words); };
    }
  };
  wrap(globalThis.CanvasRenderingContext2D, ["fill", "fillRect", "fillText", "drawImage"]);
  for (const kind of [globalThis.WebGLRenderingContext, globalThis.WebGL2RenderingContext]) {
    wrap(kind, ["drawArrays", "drawElements"]);
  }
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  // A theme marks the chapter in view whenever a page changes its height: that is not what the reader asked for.
  const isTheme = ({ target }) => Boolean((target.closest ? target : target.parentElement)?.closest(".md-nav"));
  new MutationObserver((records) => { if (!records.every(isTheme)) mark(); }).observe(document, all);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) bench.longest = Math.max(bench.longest, duration);
  }).observe({ type: "longtask", buffered: true });
  const look = () => requestAnimationFrame(() => {
    if (!bench.isThere()) return look();
    requestAnimationFrame(() => {
      bench.paint = performance.now();
      console.debug("painted");
    });
  });
  look();
  /** Wait until nothing has been drawn for a while; when the last thing was. */
  bench.quiet = (from, still = 300) => new Promise((done) => {
    const isBusy = () =>
      performance.now() - Math.max(bench.last, from) < still || document.querySelector("[aria-busy=true]");
    const wait = () => (isBusy() ? setTimeout(wait, 20) : done(bench.last));
    setTimeout(wait, 20);
  });
  bench.time = async (act, still) => {
    await bench.quiet(performance.now(), 150);
    bench.last = 0;
    const from = performance.now();
    act();
    return Math.max(0, (await bench.quiet(from, still)) - from);
  };
  bench.click = (target, x, y) => {
    const area = target.getBoundingClientRect();
    const where = { clientX: area.left + x * area.width, clientY: area.top + y, bubbles: true, pointerType: "mouse" };
    for (const kind of ["pointermove", "pointerdown", "pointerup"]) target.dispatchEvent(new PointerEvent(kind, where));
    target.dispatchEvent(new PointerEvent("click", where));
  };
  bench.type = (input, text) => {
    input.value = text;
    for (const kind of ["input", "keyup", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
  };
})()"""
ARRIVED = """() => {
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return all.filter((one) => one.responseEnd <= bench.paint).reduce((sum, one) => sum + one.transferSize, 0);
}"""
PICTURE = re.compile(r'<svg class="pb-flame-svg".*</svg>(?=</div>)', re.DOTALL)
MEMORY = "async () => crossOriginIsolated ? (await performance.measureUserAgentSpecificMemory()).bytes : 0"
ESCAPE = "new KeyboardEvent('keydown', {key: 'Escape', bubbles: true})"
ZOOMS = ((0.2, 7), (0.5, 11), (0.1, 16))
UNDISTURBED = 2_000
"""Milliseconds a page has for itself after its first paint, before anything is asked of it."""
PATIENCE = 30_000
"""Milliseconds that a peer has for its first paint; who takes longer is said and left out."""

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who shows a profile: where, how one sees that it is there, and how one zooms and searches."""

    address: str
    is_there: str
    canvas: str = ""
    row: int = 20
    zoom_out: str = ""
    search: str = ""
    text: str = ""
    prepare: str = ""
    patience: float = PATIENCE


def ours(address: str) -> Contestant:
    return Contestant(
        address,
        "document.querySelector('.pb-flame-svg')",
        canvas=".pb-flame-box canvas",
        zoom_out=f"document.querySelector('.pb-flame-box canvas').dispatchEvent({ESCAPE})",
        search=".pb-flame-search input",
        text="(?i)alloc|function1[0-9]+|map[a-z]+",
        prepare=".pb-flame[data-state=ready]",
        patience=4 * PATIENCE,
    )


def flamebearer(address: str) -> Contestant:
    return Contestant(
        address,
        "bench.drawn > 20 && document.querySelector('#canvas').height > 0",
        canvas="#canvas",
        row=18,
        zoom_out="location.hash = ''",
        search="#search",
        text="unction1",
    )


def pprof(address: str) -> Contestant:
    return Contestant(f"{address}/ui/flamegraph", "document.querySelectorAll('.boxbg').length > 3")


def speedscope(address: str) -> Contestant:
    there = "document.querySelectorAll('canvas').length > 1 && bench.drawn > 60"
    return Contestant(address, f"{there} && !document.body.innerText.includes('Loading')")


def arrive(page: Any, address: str) -> None:
    """Go to a page until it has been painted. Nothing is asked of it before: what runs an expression in a page is a
    script of its own, which takes the page's time while it loads.
    """
    with page.expect_console_message(lambda told: told.text == "painted"):
        page.goto(address, wait_until="commit")


def load(browser: Any, who: Contestant) -> Figures:
    """Load one page afresh; what its first paint and the rest of the load cost, and what one does with it then."""
    with window(browser) as page:
        page.set_default_timeout(who.patience)
        page.add_init_script(f"{PROBE}; bench.isThere = () => {who.is_there};")
        arrive(page, who.address)
        page.wait_for_timeout(UNDISTURBED)
        found = {"paint": page.evaluate("bench.paint"), "bytes": page.evaluate(ARRIVED)}
        if who.prepare:
            page.wait_for_selector(who.prepare)
            found["interactive"] = page.evaluate("bench.last")
            text = page.request.get(who.address).text()
            for name, part in (("picture", PICTURE.search(text)[0]), ("document", text)):
                found[name] = len(gzip.compress(part.encode(), 6))
        page.evaluate("bench.quiet(performance.now(), 500)")
        found["task"] = page.evaluate("bench.longest")
        found["memory"] = page.evaluate(MEMORY)
        if who.canvas:
            page.evaluate("bench.longest = 0")
            found |= use(page, who)
            found["task in use"] = page.evaluate("bench.longest")
    return found


def painted(browser: Any, who: Contestant) -> Figures:
    """Load one page afresh until it is painted."""
    with window(browser) as page:
        page.add_init_script(f"{PROBE}; bench.isThere = () => {who.is_there};")
        arrive(page, who.address)
        return {"paint": page.evaluate("bench.paint")}


def use(page: Any, who: Contestant) -> Figures:
    """Zoom and search, as a reader does; milliseconds from the input to the last thing drawn, the slowest of three."""
    zooms: list[float] = []
    for x, row in ZOOMS:
        act = f"bench.click(document.querySelector('{who.canvas}'), {x}, {row * who.row + who.row // 2})"
        zooms.append(page.evaluate(f"bench.time(() => {act})"))
        zooms.append(page.evaluate(f"bench.time(() => {{ {who.zoom_out} }})"))
    box = f"document.querySelector('{who.search}')"
    texts = (who.text, "", who.text)
    searches = [page.evaluate(f"bench.time(() => bench.type({box}, {text!r}))") for text in texts]
    return {"zoom": max(zooms), "search": max(searches)}


def filtered(browser: Any, address: str, subject: stage.Subject) -> Figures:
    """Set focus and ignore in the explorer, with the top table open."""
    with window(browser) as page:
        page.set_default_timeout(120_000)
        page.add_init_script(f"{PROBE}; bench.isThere = () => true;")  # no first paint is waited for, frame by frame
        page.goto(f"{address}/explore/index.html?p={subject.address}#v=flame")
        page.wait_for_selector("[data-pb-explorer][data-shown=flame]:not([aria-busy])")
        page.evaluate("bench.quiet(performance.now(), 500)")
        page.evaluate("bench.longest = 0")
        page.evaluate("bench.time(() => { location.hash = '#v=top' }, 500)")
        found = {"top task": page.evaluate("bench.longest")}
        page.evaluate("bench.longest = 0")
        focus, ignore = patterns(subject)
        found["table"] = page.evaluate(f"bench.time(() => {{ location.hash = '#v=top&f={focus}&i={ignore}' }}, 600)")
        found["table task"] = page.evaluate("bench.longest")
    return found


def patterns(subject: stage.Subject) -> tuple[str, str]:
    return ("http|io", "runtime") if subject.name == "small" else ("1[0-9]", "7[0-5]$")


def filtered_pprof(browser: Any, address: str, subject: stage.Subject) -> Figures:
    with window(browser) as page:
        page.set_default_timeout(PATIENCE)
        page.add_init_script(f"{PROBE}; bench.isThere = () => document.querySelectorAll('#rows tr').length > 0;")
        focus, ignore = patterns(subject)
        arrive(page, f"{address}/ui/top?f={focus}&i={ignore}")
        return {"table": page.evaluate("bench.paint")}


def paired(browser: Any, address: str, head: stage.Subject, base: stage.Subject) -> Figures:
    """Compare two profiles in the explorer when both have been looked at."""
    found: Figures = {}
    with window(browser) as page:
        page.set_default_timeout(120_000)
        page.add_init_script(PROBE)
        for view in ("flame", "top"):
            page.goto(f"{address}/explore/index.html#p={base.address}&v={view}")
            shown = f"[data-pb-explorer][data-shown={view}]:not([aria-busy])"
            page.wait_for_selector(shown)
            page.evaluate(f"bench.time(() => {{ location.hash = '#p={head.address}&v={view}' }}, 800)")
            page.evaluate("bench.longest = 0")
            act = f"location.hash = '#p={head.address}&b={base.address}&v={view}'"
            found[f"pair {view}"] = page.evaluate(f"bench.time(() => {{ {act} }}, 1500)")
            found[f"pair {view} task"] = page.evaluate("bench.longest")
            page.goto("about:blank")
    return found


def paired_pprof(head: stage.Subject, base: stage.Subject) -> Figures:
    words = [stage.pprof_program(), "-top", f"-diff_base={base.file}", str(head.file)]
    begun = time.perf_counter()
    subprocess.run(words, cwd=ROOT, capture_output=True, check=True)
    return {"pair flame": (time.perf_counter() - begun) * 1000, "pair top": (time.perf_counter() - begun) * 1000}


Runs = Mapping[str, Callable[[], Figures]]


def rounds(contestants: Runs, loads: int) -> dict[str, Figures]:
    """Ask everyone in turn, ``loads`` times; medians of every figure."""
    seen: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in contestants}
    for _ in range(loads):
        for name, run in contestants.items():
            if "failed" in seen[name]:
                continue
            try:
                for figure, value in run().items():
                    seen[name][figure].append(value)
            except Exception as error:  # a peer that cannot show a profile is said and left out
                seen[name]["failed"].append(1)
                print(f"    {name} failed: {str(error).splitlines()[0][:100]}")
    return {name: {figure: median(values) for figure, values in one.items()} for name, one in seen.items()}


def line(title: str, our: float, peers: Mapping[str, float], unit: str, target: tuple[str, bool] | None = None) -> None:
    """Print one row of the table."""
    others = "  ".join(f"{name} {value:,.0f} ({our / value:.2f} x)" for name, value in peers.items() if value)
    told = f"  [target {target[0]}: {'met' if target[1] else 'MISSED'}]" if target else ""
    digits = 2 if not unit else 0 if our >= 100 else 1
    print(f"    {title:22} {our:10,.{digits}f} {unit:3} {others}{told}")


def bench(browser: Any, site: str, peers: Path, subject: stage.Subject, loads: int) -> None:
    """Measure one profile beside everybody who can show it."""
    kind = f"{subject.nodes:,} nodes, {subject.file.stat().st_size:,} bytes"
    print(f"{subject.name}: {subject.file.name}, {kind}", flush=True)
    with ExitStack() as stack:
        theirs = stack.enter_context(stage.serve(peers))
        served = stack.enter_context(stage.serve_pprof(subject.file))
        contestants = {"ours": functools.partial(load, browser, ours(flame_page(site, subject)))}
        if (peers / f"{subject.name}.html").exists():
            contestants["flamebearer"] = functools.partial(load, browser, flamebearer(f"{theirs}/{subject.name}.html"))
        contestants["pprof"] = functools.partial(load, browser, pprof(served))
        if (peers / "speedscope").exists():
            address = f"{theirs}/speedscope/index.html#profileURL={theirs}/{subject.name}.pb.gz"
            contestants["speedscope"] = functools.partial(load, browser, speedscope(address))
        found = rounds(contestants, loads)
        tables = rounds(
            {
                "ours": functools.partial(filtered, browser, site, subject),
                "pprof": functools.partial(filtered_pprof, browser, served, subject),
            },
            loads,
        )
    for name, figures in tables.items():
        found[name] |= figures
    show(subject, found)


def show(subject: stage.Subject, found: Mapping[str, Figures]) -> None:
    """Print what was measured of one profile, with the targets."""
    our = found["ours"]
    if not our.get("memory") or "zoom" not in our:
        print("    ours could not be measured")
        return
    peers = {name: figures for name, figures in found.items() if name != "ours"}

    def of(figure: str, scale: float = 1) -> dict[str, float]:
        return {name: figures[figure] / scale for name, figures in peers.items() if figures.get(figure)}

    best = min(of("paint").values(), default=0)
    limit = 0.75 if subject.nodes < 50_000 else 0.25
    line("first paint", our["paint"], of("paint"), "ms", (f"{limit} x best", our["paint"] <= limit * best))
    line("bytes to first paint", our["bytes"] / 1000, of("bytes", 1000), "kB")
    line("  the document, gzip", our["document"] / 1000, {}, "kB")
    line("  of it the picture", our["picture"] / 1000, {}, "kB", ("16 kB", our["picture"] <= 16_000))
    line("canvas", our["interactive"], {}, "ms")
    line("longest task, load", our["task"], of("task"), "ms", ("50 ms", our["task"] <= 50))
    line("longest task, use", our["task in use"], of("task in use"), "ms", ("50 ms", our["task in use"] <= 50))
    line("longest task, top", our["top task"], {}, "ms", ("50 ms", our["top task"] <= 50))
    line("longest task, filters", our["table task"], {}, "ms", ("50 ms", our["table task"] <= 50))
    line("zoom", our["zoom"], of("zoom"), "ms", ("16 ms", our["zoom"] <= 16))
    line("search", our["search"], of("search"), "ms", ("16 ms", our["search"] <= 16))
    reload = peers["pprof"].get("table", 0)
    line("focus + ignore table", our["table"], of("table"), "ms", ("0.1 x pprof", our["table"] <= 0.1 * reload))
    bearer = peers.get("flamebearer", {}).get("memory", 0)
    target = ("2 x flamebearer", our["memory"] <= 2 * bearer) if bearer else None
    line("memory", our["memory"] / 1e6, of("memory", 1e6), "MB", target)
    size, limit = subject.file.stat().st_size, 0.55 if subject.name == "random" else 0.3
    line("payload / profile", subject.tree_bytes / size, {}, "", (f"{limit}", subject.tree_bytes <= limit * size))
    line("samples / profile", subject.samples_bytes / size, {}, "")


def flame_page(site: str, subject: stage.Subject) -> str:
    return f"{site}/runs/{subject.run}/flame/index.html"


def bench_size(browser: Any, site: str, subjects: Sequence[stage.Subject], loads: int) -> None:
    """Print how first paints differ with the size of the profile; they are in turn, three for one load."""
    asked = {one.name: functools.partial(painted, browser, ours(flame_page(site, one))) for one in subjects}
    paints = {name: found["paint"] for name, found in rounds(asked, 3 * loads).items()}
    spread = max(paints.values()) / min(paints.values()) - 1
    print("first paint by size: " + ", ".join(f"{name} {paint:.0f} ms" for name, paint in paints.items()))
    line("spread", spread * 100, {}, "%", ("±25 %", spread <= 0.5))


def bench_pair(browser: Any, site: str, head: stage.Subject, base: stage.Subject, loads: int) -> None:
    print(f"{head.name} against {base.name}: {head.nodes:,} and {base.nodes:,} nodes")
    contestants: Runs = {
        "ours": functools.partial(paired, browser, site, head, base),
        "pprof -top": functools.partial(paired_pprof, head, base),
    }
    found = rounds(contestants, loads)
    for view in ("flame", "top"):
        our, theirs = found["ours"][f"pair {view}"], found["pprof -top"][f"pair {view}"]
        line(f"pair, {view}", our, {"pprof -top": theirs}, "ms", ("100 ms", our <= 100))
        task = found["ours"][f"pair {view} task"]
        line(f"longest task, {view}", task, {}, "ms", ("50 ms", task <= 50))


def show_scripts(site: Path) -> None:
    """Print how large our scripts are, compressed."""
    scripts = {part.name: site / "assets" / f"{part.name}.js" for part in PARTS}
    sizes = {name: len(gzip.compress(script.read_bytes(), 9)) for name, script in scripts.items()}
    first = sizes["base"] + sizes["engine"] + sizes["viewer"]
    print("scripts, gzip: " + ", ".join(f"{name} {size:,}" for name, size in sizes.items()))
    line("to a flame graph", first / 1000, {}, "kB", ("25 kB", first <= 25_000))
    line("all of it", sum(sizes.values()) / 1000, {}, "kB")


def prepare_peers(folder: Path, subjects: Sequence[stage.Subject]) -> None:
    """Make the peers' pages."""
    installed = ROOT / "build" / "bench" / "peers"
    found = stage.fetch_peers(installed)
    folder.mkdir(exist_ok=True)
    for subject in subjects:
        page = folder / f"{subject.name}.html"
        if "flamebearer" in found and not page.exists():
            stage.flamebearer_page(installed / "node_modules" / "flamebearer", stage.read_tree(subject.file), page)
        shutil.copy(subject.file, folder / f"{subject.name}.pb.gz")
    if "speedscope" in found:
        stage.speedscope_pages(installed / "node_modules" / "speedscope", folder / "speedscope")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.explorer")
    parser.add_argument("--loads", type=int, default=5)
    parser.add_argument("--only", choices=("small", "random", "made", "size", "pair"), action="append")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args(argv)
    from playwright.sync_api import sync_playwright

    print(machine(), flush=True)
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        site, subjects = stage.build_site(folder)
        prepare_peers(folder / "peers", subjects[:3])
        address = stack.enter_context(stage.serve(site))
        playwright = stack.enter_context(sync_playwright())
        path = next(filter(None, map(shutil.which, NAMES)), None)
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        print(f"Chromium {browser.version}, {options.loads} loads each")
        show_scripts(site)
        wanted = options.only or [*(subject.name for subject in subjects[:3]), "size", "pair"]
        for subject in subjects[:3]:
            if subject.name in wanted:
                bench(browser, address, folder / "peers", subject, options.loads)
                sys.stdout.flush()
        if "size" in wanted:
            bench_size(browser, address, subjects[:3], options.loads)
        if "pair" in wanted:
            bench_pair(browser, address, subjects[2], subjects[3], options.loads)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
