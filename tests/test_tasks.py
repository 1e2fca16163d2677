"""The graph as plain `doit` sees it, in a project of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from doit.doit_cmd import DoitMain

from pipeline import tasks
from pipeline.__main__ import GRAPH_VERBS
from tests import light
from tests.builders import pprof_bytes, write_run

REPO = Path(__file__).parents[1]
RUN = "20261120_101500-baseline"
DODO = "from tests import light\nlight.install()\nfrom pipeline.tasks import *\n"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return light.copy_package(tmp_path_factory.mktemp("package"))


@pytest.fixture
def project(tmp_path, package, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(package))
    (tmp_path / "dodo.py").write_text(DODO)
    (tmp_path / "profbook.toml").write_text('[[compare]]\nbase = "baseline"\nhead = "optimized"\n')
    write_run(tmp_path / "profiles", RUN, {"cpu.prof": pprof_bytes([(("main.main",), (1, 1))])})
    return tmp_path


def doit(root, *words):
    environ = {**os.environ, "LIGHT_LOG": str(root / "log")}
    program = [sys.executable, "-m", "doit", *words]
    return subprocess.run(program, cwd=root, env=environ, capture_output=True, text=True, check=False)


def test_no_task_has_the_name_of_a_doit_command():
    names = {name.removeprefix("task_") for name in vars(tasks) if name.startswith("task_")}
    assert not names & {one.get_name() for one in DoitMain.DOIT_CMDS}
    assert {"collect", "derive", "compare", "site"} <= names


def test_every_listed_task_has_a_line_of_purpose(project):
    done = doit(project, "list")
    assert done.returncode == 0
    listed = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert set(listed) == set(GRAPH_VERBS)
    assert all(listed.values())


def test_loading_the_graph_writes_nothing(project):
    before = sorted(project.rglob("*"))
    assert doit(project, "list", "--all").returncode == 0
    assert [path for path in sorted(project.rglob("*")) if "__pycache__" not in path.parts] == before


def test_plain_doit_builds_the_site_and_keeps_no_database(project):
    done = doit(project)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f".  derive:{RUN}",
        ".  compare:baseline..optimized",
        "build/site/index.html: 1 run, 1 comparison",
    ]
    again = doit(project)
    assert again.stdout.splitlines() == ["build/site/index.html: 1 run, 1 comparison"]
    assert again.stderr == ""
    assert not [path.name for path in project.iterdir() if path.name.startswith(".doit")]


def test_a_database_of_another_kind_or_damaged_changes_nothing(project):
    doit(project)
    for name in (".doit.db", ".doit.db.db", ".doit.db.dat"):
        (project / name).write_bytes(b"\0garbage")
    done = doit(project)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["build/site/index.html: 1 run, 1 comparison"]


def test_info_says_whether_a_task_is_up_to_date(project):
    assert "up-to-date" not in doit(project, "info", f"derive:{RUN}").stdout
    doit(project)
    for name in (f"derive:{RUN}", "compare:baseline..optimized", "_build"):
        assert "up-to-date" in doit(project, "info", name).stdout


def test_always_execute_looks_again_and_still_does_nothing(project):
    doit(project)
    (project / "log").unlink()
    assert doit(project, "-a").returncode == 0
    assert not (project / "log").exists()


@pytest.mark.parametrize("words", [[], ["-n", "2"], ["-n", "2", "-P", "thread"]])
def test_partial_data_is_doit_s_own_exit_code_too(project, words):
    (project / "profiles" / RUN / "heap.prof").write_bytes(b"")
    for _ in range(2):
        done = doit(project, *words)
        assert done.returncode == 3, done.stderr
        assert f"error in {RUN}: heap.prof: empty" in done.stdout


@pytest.mark.parametrize("words", [[], ["-n", "2"]])
def test_wrong_settings_are_doit_s_exit_code_2(project, words):
    (project / "profbook.toml").write_text("nonsense = 1\n")
    done = doit(project, *words)
    assert done.returncode == 2
    assert "nonsense" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_one_run_can_be_derived_alone(project):
    write_run(project / "profiles", "other", {"cpu.prof": pprof_bytes([])})
    assert doit(project, "derive:other").stdout == ".  derive:other\n"
    assert sorted(path.name for path in (project / "build/derived").iterdir()) == ["other"]


def test_a_run_named_like_a_group_of_words_is_safe(project):
    for name in ("a.b", "x-1_y", "site", "derive"):
        write_run(project / "profiles", name, {"cpu.prof": pprof_bytes([])})
    assert "5 runs" in doit(project).stdout


def test_the_checkout_has_the_users_tasks_and_the_developers(tmp_path):
    environ = {**os.environ, "PYTHONPATH": str(REPO)}
    program = [sys.executable, "-m", "doit", "-f", str(REPO / "dodo.py"), "-d", str(tmp_path), "list"]
    done = subprocess.run(program, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)
    names = {line.split()[0] for line in done.stdout.splitlines()}
    assert names == set(GRAPH_VERBS) | {"check", "oracle", "bench", "proto", "demo"}


def test_without_settings_the_runs_decide_what_is_compared(project):
    (project / "profbook.toml").unlink()
    write_run(project / "profiles", "20261120_101501-other", {"cpu.prof": pprof_bytes([])})
    write_run(project / "profiles", "20261120_101502-a b", {"cpu.prof": pprof_bytes([])})
    listed = doit(project, "list", "--all", "compare").stdout.split()
    assert [word for word in listed if word.startswith("compare:")] == ["compare:baseline..other"]
    assert ".  compare:baseline..other\n" in doit(project).stdout
    assert "compare" not in doit(project).stdout


def test_the_history_is_told_and_needs_nothing_built(project):
    done = doit(project, "history", "--label", "baseline")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("nothing to search")
    assert not (project / "build/site").exists()


def test_a_pipe_to_another_program_that_breaks_is_not_hidden():
    told = tasks._fault(BrokenPipeError("git went away"))
    assert told.exit_code == 5
    assert "BrokenPipeError: git went away" in told.message


def test_the_collector_does_not_walk_all_that_is_known_when_a_command_ends():
    # What is registered first is called last.
    looking = "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count()))"
    words = [sys.executable, "-c", f"{looking}; import pipeline.tasks"]
    done = subprocess.run(words, cwd=REPO, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 10_000
