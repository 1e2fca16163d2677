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
import json, os, sys
from pipeline.model.page import PlannedPart, SitePart, StampedPage
from pipeline.site import workers
workers.MANY = 3
os.sched_getaffinity = lambda _: {0, 1}
HERE = os.getpid()

def part(number, make=None):
    def plain():
        where = "here" if os.getpid() == HERE else "there"
        return SitePart(StampedPage(f"runs/{number}/", "", where, ()), {}, {})
    return PlannedPart("run", f"runs/{number}/", "", make or plain)

def bodies(parts):
    return [(one.url, one.make().page.body) for one in sorted(parts, key=lambda one: one.url)]

"""


def run(script: str) -> object:
    words = [sys.executable, "-c", BEGIN + textwrap.dedent(script)]
    done = subprocess.run(words, cwd=REPO, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_is_wanted_is_made_elsewhere_and_in_order() -> None:
    found = run("""
        with workers.making([part(n) for n in (5, 2, 9, 4, 7)], lambda one: one.url != "runs/4/") as parts:
            assert [one.url for one in parts] == [f"runs/{n}/" for n in (5, 2, 9, 4, 7)]
            print(json.dumps(bodies(parts)))
    """)
    assert found == [["runs/2/", "there"], ["runs/4/", "here"], *([f"runs/{n}/", "there"] for n in (5, 7, 9))]


def test_a_part_that_is_not_asked_for_is_passed_over() -> None:
    assert run("""
        with workers.making([part(n) for n in range(8)], lambda one: True) as parts:
            print(json.dumps(bodies(parts[5:])))
    """) == [[f"runs/{n}/", "there"] for n in (5, 6, 7)]


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
        with workers.making(parts, lambda one: True) as parts:
            print(json.dumps(bodies(parts)))
    """)
    assert found == [
        [f"runs/{n}/", where] for n, where in enumerate(("there", "there", "here", "here", "there", "here"))
    ]


def test_an_error_is_told_here_and_nothing_is_left_running() -> None:
    found = run("""
        import multiprocessing
        def wrong():
            raise ValueError("a page that cannot be made")
        try:
            with workers.making([part(0), part(1, wrong), part(2)], lambda one: True) as parts:
                bodies(parts)
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
        with workers.making([part(n) for n in range({2 if state == "few" else 4})], lambda one: True) as parts:
            print(json.dumps({{body for _, body in bodies(parts)}} == {{"here"}}))
    """)
    assert found is True
