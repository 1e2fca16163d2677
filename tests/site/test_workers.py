"""Pages made by processes of their own: in a fresh interpreter, as the processes are forked."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
REPO = Path(__file__).resolve().parents[2]
BEGIN = """
import json, os, sys, tempfile
from pathlib import Path
from pipeline.model.page import PlannedPart, SitePart, StampedPage
from pipeline.site import parts as site_parts, stamp, workers
from pipeline.site.finish import Finisher
workers.MANY = 3
os.sched_getaffinity = lambda _: {0, 1}
HERE = os.getpid()
ROOT = Path(tempfile.mkdtemp())
KEPT = site_parts.kept_parts(ROOT)
GROUND = site_parts.Ground({"run": stamp.Shell((("body", ""),), (), ())}, ROOT, ROOT / "tree")

def part(number, make=None):
    def plain():
        where = "here" if os.getpid() == HERE else "there"
        return SitePart(StampedPage(f"runs/{number}/", "", where, (("a", "A"),)), {}, {})
    return PlannedPart("run", f"runs/{number}/", "key", make or plain)

def order(part):
    return site_parts.Order(part.url.rstrip("/"), {}, "")

def by_crews(crews, parts):
    crews.finish({one.url: order(one) for one in parts}, GROUND)
    return sorted(unit for done in crews.finished() for unit in done.digests)

def bodies(crews, parts):
    there, found = by_crews(crews, parts), []
    for one in sorted(parts, key=lambda one: one.url):
        if order(one).unit not in there:
            site_parts.finish(one, order(one), GROUND, KEPT, Finisher(GROUND.tree))
        found.append((one.url, (GROUND.tree / one.url / "index.html").read_text()))
    return found

"""


def run(script: str) -> object:
    words = [sys.executable, "-c", BEGIN + textwrap.dedent(script)]
    done = subprocess.run(words, cwd=REPO, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_is_begun_is_made_and_finished_elsewhere() -> None:
    found = run("""
        parts = [part(n) for n in (5, 2, 9, 4, 7)]
        with workers.making([one for one in parts if one.url != "runs/4/"], KEPT) as crews:
            print(json.dumps(bodies(crews, parts)))
    """)
    assert found == [["runs/2/", "there"], ["runs/4/", "here"], *([f"runs/{n}/", "there"] for n in (5, 7, 9))]


def test_only_what_is_asked_for_is_finished() -> None:
    assert run("""
        parts = [part(n) for n in range(8)]
        with workers.making(parts, KEPT) as crews:
            finished = by_crews(crews, parts[5:])
        print(json.dumps([finished, sorted(path.name for path in (ROOT / "tree/runs").iterdir())]))
    """) == [["runs/5", "runs/6", "runs/7"], ["5", "6", "7"]]


def test_what_is_kept_is_not_made_again() -> None:
    assert run("""
        def never():
            raise AssertionError
        KEPT.put("key", part(1).make())
        parts = [part(0), part(1, never), part(2)]
        with workers.making(parts, KEPT) as crews:
            print(json.dumps([by_crews(crews, parts), (ROOT / "tree/runs/1/index.html").read_text()]))
    """) == [["runs/0", "runs/1", "runs/2"], "here"]


def test_what_cannot_be_placed_is_told_once() -> None:
    assert run("""
        (ROOT / "source").write_text("x")
        def strange():
            copies = {"../outside": "source", "runs/1/there": "source", "runs/1/no": "gone"}
            return SitePart(part(1).make().page, {}, copies)
        parts = [part(0), part(1, strange), part(2)]
        with workers.making(parts, KEPT) as crews:
            crews.finish({one.url: order(one) for one in parts}, GROUND)
            done = list(crews.finished())
        print(json.dumps([sorted(name for one in done for name in one.skipped), sorted(done[1].written)]))
    """) == [["../outside", "runs/1/no"], ["runs/1/index.html", "runs/1/there"]]


def test_what_fails_or_dies_there_is_made_here() -> None:
    found = run("""
        def fails():
            if os.getpid() != HERE:
                raise ValueError("told nobody")
            return part(2).make()

        def dies():
            if os.getpid() != HERE:
                os._exit(9)
            return part(3).make()

        parts = [part(0), part(1), part(2, fails), part(3, dies), part(4), part(5)]
        with workers.making(parts, KEPT) as crews:
            print(json.dumps(bodies(crews, parts)))
    """)
    # The process of 3 also had 1, which it had made and kept by then, and 5.
    assert found == [
        [f"runs/{n}/", where] for n, where in enumerate(("there", "there", "here", "here", "there", "here"))
    ]


def test_an_error_is_told_here_and_nothing_is_left_running() -> None:
    found = run("""
        import multiprocessing
        def wrong():
            raise ValueError("a page that cannot be made")
        try:
            parts = [part(0), part(1, wrong), part(2)]
            with workers.making(parts, KEPT) as crews:
                bodies(crews, parts)
        except ValueError as error:
            print(json.dumps([str(error), len(multiprocessing.active_children())]))
    """)
    assert found == ["a page that cannot be made", 0]


@pytest.mark.parametrize("state", ["few", "threads", "polars"])
def test_no_process_is_forked_where_it_gains_little_or_is_not_safe(state: str) -> None:
    found = run(f"""
        import threading, types
        if {state!r} == "polars":
            sys.modules["polars"] = types.ModuleType("polars")
        if {state!r} == "threads":
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        parts = [part(n) for n in range({2 if state == "few" else 4})]
        with workers.making(parts, KEPT) as crews:
            print(json.dumps({{body for _, body in bodies(crews, parts)}} == {{"here"}}))
    """)
    assert found is True
