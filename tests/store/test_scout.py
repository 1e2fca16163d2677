"""The scout: what it tells is what is there, what it cannot tell is looked for, and the site is the same either way."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.store import scout
from tests.builders import pprof_bytes, write_run

RUNS = ("20261101_100000-main", "20261101_100100-main", "20261101_100200-other")
NEW = "20261101_100300-main"
COMMAND = """
import os, sys
from pipeline.store import scout, seen

scout.MANY, seen.SETTLED_NANOS = int(sys.argv[1]), -(10**12)  # what was just written counts as old
exec(sys.argv[2])
from pipeline.__main__ import main

told, real = {}, scout.Scout.told
def noted(self, section):
    found = real(self, section)
    told[section] = max(len(found), told.get(section, 0))
    return found
scout.Scout.told = noted
code = main(["site"])
print("told", told)
sys.exit(code)
"""
SILENT = "scout.look_at = lambda root, section: os._exit(0)"
BROKEN = "scout.look_at = lambda root, section: {} if section == 'runs' else 1 / 0"
UNABLE = "def no(): raise OSError('no more processes')\nos.fork = no"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a scout is forked on Linux only")


def add(root: Path, name: str) -> None:
    write_run(root / "profiles", name, {"cpu.prof": pprof_bytes([(("main.main",), (1, 10**9 + len(name)))])})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    (project / "profbook.toml").write_text('[site]\nengine = "none"\n[comparison]\nbaseline = "main"\n')
    for name in RUNS:
        add(project, name)
    return project


def site(root: Path, *, many: int = 1, first: str = "") -> tuple[dict[str, int], bool]:
    """Build the site in a process of its own: what the scout told, and whether there was something to build."""
    command = [sys.executable, "-c", COMMAND, str(many), first]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.findall(r"'(\w+)': (\d+)", done.stdout.splitlines()[-1])
    return {section: int(count) for section, count in found}, "building the site" in done.stderr


def tree(root: Path) -> dict[str, bytes]:
    site = root / "build" / "site"
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def test_what_has_not_changed_is_told_and_what_has_is_found(root: Path) -> None:
    assert site(root) == ({"runs": 0, "derived": 0}, True)  # nothing was there: nobody was sent
    site(root)
    told, built = site(root)
    assert not built
    assert (told["runs"], told["derived"]) == (3, 3)
    assert told["site"] > len(RUNS)

    whole, state = tree(root), (page := root / "build/site/runs" / RUNS[1] / "index.html").stat()
    page.write_bytes(whole[f"runs/{RUNS[1]}/index.html"].swapcase())
    os.utime(page, ns=(state.st_atime_ns, state.st_mtime_ns))
    (root / "build/derived" / RUNS[2] / "data.zip").write_bytes(b"{}")
    again, built = site(root)
    assert built
    assert (again["runs"], again["derived"], again["site"]) == (3, 2, told["site"] - 1)
    assert tree(root) == whole


@pytest.mark.parametrize(("many", "first"), [(1, ""), (9, ""), (1, SILENT), (1, BROKEN), (1, UNABLE)])
def test_a_site_that_grew_is_the_same_with_a_scout_and_without(root: Path, many: int, first: str) -> None:
    site(root)
    site(root)
    add(root, NEW)
    shutil.rmtree(root / "profiles" / RUNS[0])
    told, built = site(root, many=many, first=first)
    assert built
    assert told["runs"] == (2 if (many, first) == (1, "") else 0)
    grown = tree(root)
    shutil.rmtree(root / "build")
    assert site(root) == ({"runs": 0, "derived": 0}, True)
    assert tree(root) == grown


def test_it_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = scout.Scout()
    monkeypatch.setitem(scout._sent, tmp_path, sent)
    assert scout.taken(tmp_path) is sent
    assert scout.taken(tmp_path) is scout.NONE
    assert scout.taken(tmp_path / "other") is scout.NONE
    assert sent.told("site") == {}
    scout.dismiss()
    assert not scout._sent


def test_a_small_project_sends_nobody(tmp_path: Path) -> None:
    scout.send(tmp_path)
    assert not scout._sent


WAITING = """
import os, select, sys
from pathlib import Path
from pipeline.store import scout

done, doing = os.pipe()
scout.MANY, root = 0, Path(sys.argv[1])
scout.look_at = lambda _, section: {section: "yes" if select.select([done], [], [], 20)[0] else "no"}
scout.send(root)
sent = scout.taken(root)
sent.wait_with([lambda: os.write(doing, b"1")])
print(sent.told("runs"))
scout.dismiss()
"""


def test_who_waits_works_meanwhile(tmp_path: Path) -> None:
    """The scout here tells whether the work was done before it did."""
    (tmp_path / "build" / "derived").mkdir(parents=True)
    command = [sys.executable, "-c", WAITING, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "{'runs': 'yes'}\n"


NICENESS = """
import os, sys
from pathlib import Path
from pipeline.store import scout

scout.MANY, root, own = 0, Path(sys.argv[1]), os.nice(0)
scout.look_at = lambda _, section: {section: str(os.nice(0) - own)}
scout.send(root)
sent = scout.taken(root)
print(*(sent.told(section)[section] for section in ("runs", "derived", "site")))
scout.dismiss()
"""


def niceness(root: Path) -> str:
    """Tell how much nicer than the command each look is."""
    command = [sys.executable, "-c", NICENESS, str(root)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.skipif(sys.platform != "linux" or os.nice(0) > 4, reason="nothing is nicer than 19")
def test_the_look_at_a_site_gives_way_when_there_is_something_to_build(root: Path) -> None:
    site(root)
    assert niceness(root) == "0 0 0"
    add(root, NEW)
    assert niceness(root) == "0 0 15"
    site(root)
    assert niceness(root) == "0 0 0"
