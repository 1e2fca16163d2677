"""What one run more, no run more and all runs anew cost: ``python -m tests.bench.site [--runs 200] [--keep FOLDER]``.

A store of so many runs is made of the demo's real ones (`_store_maker`), and the command builds its site; then one run
comes, of the newest commit, and again one, of a new commit. Beside it stand MkDocs itself: on nothing at all, and on
plain Markdown pages with the same tables as the run pages (of ``--markdown`` runs, and as many times that as there are
more runs: its cost is linear). The clean site is measured as MkDocs is, from pages that are made but not yet built (the
parts of the runs are kept, as Markdown would have been written), and with every part rendered from the records. Seconds
are wall clock, with the processor's beside; medians of ``--repeat``. Our modules are compiled before, as those of the
others are when they are installed.
"""

from __future__ import annotations

import argparse
import compileall
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from pipeline.render.late import read_late
from tests.bench._store_maker import ROOT, make_store

SETTINGS: Final = 'format = 1\n[site]\nname = "many runs"\nurl = "https://example.org/p/"\n'
ASIDE: Final = "aside"
PROFBOOK: Final = (sys.executable, "-m", "pipeline")
STAGE: Final = (sys.executable, "-m", "tests.bench._site_stage")
MKDOCS: Final = (sys.executable, "-P", "-m", "mkdocs", "build", "--quiet")
_PLAIN: Final = (
    "site_name: plain\ntheme: {name: material, font: false}\nplugins: [search]\n"
    "markdown_extensions: [tables, attr_list, toc, md_in_html]\nnot_in_nav: |\n  runs/\n"
)


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of the processor."""

    wall: float
    cpu: float


def timed(command: Sequence[str], folder: Path) -> Cost:
    """Run a program to its end."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def median(costs: Sequence[Cost]) -> Cost:
    return Cost(statistics.median(one.wall for one in costs), statistics.median(one.cpu for one in costs))


def show(title: str, cost: Cost, target: str = "") -> None:
    told = f"   (target: {target})" if target else ""
    print(f"{title:58} {cost.wall:8.2f} s  processor {cost.cpu:8.2f} s{told}", flush=True)


# --- the site ----------------------------------------------------------------------------------------------------


def states(site: Path) -> dict[str, tuple[int, int]]:
    """Say which file is which: path -> (inode, size)."""
    found = ((path, path.stat()) for path in site.rglob("*") if path.is_file())
    return {path.relative_to(site).as_posix(): (state.st_ino, state.st_size) for path, state in found}


def touched(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> list[str]:
    """Name the files that were there before and are others now, or gone."""
    return sorted(path for path, state in before.items() if after.get(path) != state)


def add_run(folder: Path, number: int) -> tuple[float, float, float, list[str]]:
    """Bring one run more to the site: seconds of the processor for the site's stage, for the new pages, for all that is
    over time, and the files touched.
    """
    before = states(folder / "build" / "site")
    make_store(folder, 1, first=number)
    done = subprocess.run(STAGE, cwd=folder, capture_output=True, text=True, check=True)
    spent = json.loads(done.stdout.splitlines()[-1])
    again = touched(before, states(folder / "build" / "site"))
    return spent["stage"] - spent["pages"], spent["pages"], spent["trends"], again


@dataclass(frozen=True)
class Ours:
    """What our site costs: clean with the parts kept and with all of them rendered, and processor seconds of one run
    more: the stage, all that is over time.
    """

    kept: Cost
    rendered: Cost
    stage: float
    trends: float


def measure_site(folder: Path, count: int, repeat: int) -> Ours:
    """Print what the site costs."""
    show(f"derive and compare {count} runs", timed([*PROFBOOK, "compare", "-n", "2"], folder))
    show("site of all of them, nothing drawn or kept before", timed([*PROFBOOK, "site"], folder))
    timed([*PROFBOOK, "site"], folder)  # what was just written is read once more
    show("nothing new", median([timed([*PROFBOOK, "site"], folder) for _ in range(repeat)]), "< 1 s")
    grown = [add_run(folder, count + place) for place in range(repeat)]
    stage, pages, trends = (statistics.median(one[place] for one in grown) for place in (0, 1, 2))
    print(f"one run more, the site's stage: processor {stage:.2f} s (target: < 1 s); making its pages: {pages:.2f} s")
    print(f"  its history, trends and functions: processor {trends:.2f} s")
    whole = []
    for place in range(repeat):
        make_store(folder, 1, first=count + repeat + place)
        whole.append(timed([*PROFBOOK, "site"], folder))
    show("one run more, derived, compared, rendered, on the site", median(whole), "< 3 s; at 3,000 ≤ 1.3 × at 1,000")
    for *_, again in grown:
        print(f"  files of others it touched: {len(again)} (target: ≤ 12): {', '.join(again)}")
    (folder / "profbook.toml").write_text(SETTINGS.replace("many runs", "another name"))
    show("another name on every page", timed([*PROFBOOK, "site"], folder))
    kept = median([written_anew(folder) for _ in range(repeat)])
    show("clean site, parts of runs kept", kept)
    rendered = written_anew(folder, "pages")
    show("clean site, every part rendered, charts kept", rendered)
    return Ours(kept, rendered, stage, trends)


def written_anew(folder: Path, *forgotten: str) -> Cost:
    """Build the site where there is none, without these folders of the cache. What was there is moved aside until all
    is measured: ext4 without a journal takes no place of a file removed a minute ago, and looks long for another.
    """
    aside = folder / ASIDE / str(time.monotonic_ns())
    aside.mkdir(parents=True)
    for path in (folder / "build" / "site", *(folder / "build" / "cache" / name for name in forgotten)):
        path.rename(aside / path.name)
    (folder / "build" / "site.json").unlink()
    return timed([*PROFBOOK, "site"], folder)


def sizes(folder: Path) -> None:
    """Print what a run takes on disk; the raw files of profiles are there twice, once under pprof's own addresses."""
    kinds: dict[str, int] = {}
    for path in (folder / "build" / "site").rglob("*"):
        if path.is_file():
            parts = path.relative_to(folder / "build" / "site").parts
            inner = next((one for one in ("raw", "pprof") if one in parts), path.name)
            kind = inner if parts[0] == "runs" else parts[0]
            kinds[kind] = kinds.get(kind, 0) + path.stat().st_size
    runs, size = len(list((folder / "profiles").iterdir())), sum(kinds.values())
    print(f"site: {size / 1e6:.1f} MB, {size / runs / 1e3:.0f} kB a run (target: ≤ 120 kB)")
    for kind, size in sorted(kinds.items(), key=lambda pair: -pair[1])[:8]:
        print(f"  {kind:24} {size / runs / 1e3:8.1f} kB a run")


# --- MkDocs alone ------------------------------------------------------------------------------------------------


class _Tables(HTMLParser):
    """Writes the headings and tables of a page as Markdown."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._row: list[str] | None = None
        self._text: list[str] | None = None
        self._head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._head = True
            self.lines.append("")
        elif tag == "tr":
            self._row = []
        elif tag in {"td", "th", "h2", "h3"}:
            self._text = []

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"} and self._row is not None and self._text is not None:
            self._row.append(" ".join("".join(self._text).split()).replace("|", "\\|"))
        elif tag in {"h2", "h3"} and self._text is not None:
            self.lines += ["", f"## {' '.join(''.join(self._text).split())}", ""]
        elif tag == "tr" and self._row:
            self.lines.append(f"| {' | '.join(self._row)} |")
            if self._head:
                self.lines.append(f"|{'---|' * len(self._row)}")
                self._head = False
            self._row = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)


def as_markdown(page: Path, *, late: bool) -> str:
    """Write the tables of a page as Markdown, with those it loads when a reader opens them where ``late``."""
    lines = [*_tables(page.read_text("utf-8")), *(late_tables(page.with_name("more.js")) if late else ())]
    return f"# {page.parent.name}\n" + "\n".join(lines) + "\n"


def _tables(html: str) -> list[str]:
    reader = _Tables()
    reader.feed(html)
    return reader.lines


def late_tables(script: Path) -> Iterator[str]:
    """Write the tables of the script beside a page as Markdown."""
    for one in read_late(script.read_bytes()).values():
        if "html" in one:
            yield from _tables(one["html"])
            continue
        rows = one.get("rows") or one.get("commands")
        head = one.get("head") or ("Purpose", "Command")
        yield from ("", f"### {_cell(one.get('about', 'Commands'))}", "")
        yield f"| {' | '.join(map(_cell, head))} |"
        yield f"|{'---|' * len(head)}"
        yield from (f"| {' | '.join(map(_cell, row[: len(head)]))} |" for row in rows)


def _cell(value: str | list[str]) -> str:
    """Write a cell; of a link, its text."""
    return " ".join((value if isinstance(value, str) else value[0]).split()).replace("|", "\\|")


def plain(scratch: Path, pages: Sequence[Path], repeat: int, *, late: bool = False) -> Cost:
    """Build Markdown pages with the tables of ``pages`` with MkDocs alone."""
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "docs" / "runs").mkdir(parents=True)
    (scratch / "mkdocs.yml").write_text(_PLAIN)
    (scratch / "docs" / "index.md").write_text("# Nothing\n")
    for page in pages:
        (scratch / "docs" / "runs" / f"{page.parent.name}.md").write_text(as_markdown(page, late=late))
    return median([timed(MKDOCS, scratch) for _ in range(repeat)])


def compare_with_mkdocs(folder: Path, count: int, taken: int, repeat: int, ours: Ours) -> None:
    """Print what MkDocs takes beside us: with the tables the page itself holds, and with all it offers, which a page of
    Markdown would have to hold.
    """
    empty = plain(folder / "plain", (), repeat)
    show("MkDocs on one empty page", empty)
    print(f"  the stage of one run more is {ours.stage / empty.cpu:.2f} × that (target: ≤ 1.5)")
    runs = sorted((folder / "build" / "site" / "runs").glob("*/index.html"))
    pages = runs[:: max(1, len(runs) // taken)][:taken]
    for told, late in (("the tables in the page", False), ("all tables of the page", True)):
        some = plain(folder / "plain", pages, 1, late=late)
        each = Cost((some.wall - empty.wall) / len(pages), (some.cpu - empty.cpu) / len(pages))
        many = Cost(empty.wall + count * each.wall, empty.cpu + count * each.cpu)
        show(f"MkDocs on Markdown, {told}, {len(pages)} runs", some)
        show(f"  so of {count} (its cost is linear)", many)
        for kind, clean in (("parts kept", ours.kept), ("every part rendered", ours.rendered)):
            ratios = f"{many.wall / clean.wall:.1f} × by the clock, {many.cpu / clean.cpu:.1f} × of the processor"
            print(f"  our clean site, {kind}: faster {ratios} (target of the stage: ≥ 15)")


# --- asv ---------------------------------------------------------------------------------------------------------


def _attempt(title: str, measure: Callable[[], None]) -> None:
    try:
        measure()
    except (OSError, RuntimeError, ImportError) as error:
        print(f"{title}: not measured: {str(error)[-300:]}")


def publish_with_asv(scratch: Path, count: int, series: int, trends: float) -> None:
    """Print what ``asv publish`` takes for as many commits with ``series`` benchmarks each, which is what it takes for
    one commit more too: it makes all anew. Ours, of one run more, has the functions of every profile besides.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    repo = scratch / "repo"
    repo.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "-b", "main", str(repo)], check=True)
    stream = "".join(
        f"commit refs/heads/main\ncommitter a <a@b> {1_700_000_000 + 3600 * place} +0000\ndata 1\nx\n"
        for place in range(count)
    )
    subprocess.run(["git", "-C", str(repo), "fast-import", "--quiet"], input=stream.encode(), check=True)
    log = subprocess.run(["git", "-C", str(repo), "log", "--format=%H %ct", "main"], capture_output=True, check=True)
    names = [f"bench.time_{place}" for place in range(series)]
    machine = scratch / "results" / "m"
    machine.mkdir(parents=True)
    known = {"arch": "x", "cpu": "x", "machine": "m", "num_cpu": "2", "os": "Linux", "ram": "1"}
    (machine / "machine.json").write_text(json.dumps({**known, "version": 1}))
    listed = {
        name: {"code": "x", "name": name, "param_names": [], "params": [], "type": "time", "unit": "seconds",
               "version": "1", "timeout": 60, "pretty_name": name}
        for name in names
    }  # fmt: skip
    (scratch / "results" / "benchmarks.json").write_text(json.dumps({**listed, "version": 2}))
    for place, line in enumerate(reversed(log.stdout.decode().split("\n")[:-1])):
        sha, when = line.split()
        results = {name: [[1.0 + (place * 7919 % 97) / 1000], [], "1"] for name in names}
        told = {
            "commit_hash": sha, "env_name": "e", "date": int(when) * 1000, "params": known, "python": "3",
            "requirements": {}, "env_vars": {}, "result_columns": ["result", "params", "version"], "results": results,
            "durations": {}, "version": 2,
        }  # fmt: skip
        (machine / f"{sha[:8]}-e.json").write_text(json.dumps(told))
    settings = {"version": 1, "project": "p", "repo": str(repo), "branches": ["main"], "environment_type": "existing"}
    places = {"results_dir": str(scratch / "results"), "html_dir": str(scratch / "html"), "env_dir": str(scratch / "e")}
    (scratch / "asv.conf.json").write_text(json.dumps({**settings, **places}))
    command = [sys.executable, "-m", "asv", "--config", str(scratch / "asv.conf.json"), "publish", "--no-pull"]
    took = timed(command, scratch)
    show(f"asv publish, {count} commits × {series} benchmarks", took)
    print(f"  that is {took.cpu / trends:.1f} × the processor our history, trends and functions take (target: ≥ 4)")


def main(words: Sequence[str] = ()) -> int:
    """Make a store and measure."""
    parser = argparse.ArgumentParser(description="the cost of a site of many runs")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--markdown", type=int, default=50, help="run pages MkDocs is given as Markdown")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--series", type=int, nargs="*", default=[20], help="benchmarks of a commit, for asv")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "profbook.toml").write_text(SETTINGS)
        compileall.compile_dir(ROOT / "pipeline", quiet=2)
        make_store(folder, options.runs)
        ours = measure_site(folder, options.runs, options.repeat)
        sizes(folder)
        compare_with_mkdocs(folder, options.runs, options.markdown, options.repeat, ours)
        shutil.rmtree(folder / ASIDE)
        for series in options.series:
            _attempt("asv", lambda series=series: publish_with_asv(folder / "asv", options.runs, series, ours.trends))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
