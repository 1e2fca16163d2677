"""Collects that are interrupted or killed: real processes, real signals. Nothing partial is ever visible."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipeline.collect.clock import SystemClock
from pipeline.collect.rundir import OWNER, QUARANTINE, RunFolder, held, sweep
from pipeline.errors import CollectError
from tests.bench import kills
from tests.collect.fakes import (
    SERVICE,
    FrozenClock,
    Recorder,
    assert_gone,
    collect,
    hidden,
    running,
    settings,
    until,
    visible,
)

SCRIPT = """
import json, sys
from pathlib import Path
from pipeline.collect.session import collect_run, exit_code
from pipeline.collect.services import Prepared
from pipeline.model.config import Config
root = Path(sys.argv[1])
config = Config.model_validate(json.loads(sys.argv[2]))
run = collect_run(config, root=root, label="cut", prepared=Prepared(root / "bin"))
sys.exit(exit_code(run.manifest))
"""


def begin(root: Path, table: dict[str, Any]) -> subprocess.Popen[bytes]:
    with (root / "err").open("wb") as err:
        return subprocess.Popen([sys.executable, "-c", SCRIPT, str(root), json.dumps(table)], stderr=err)


def in_load(root: Path) -> bool:
    return any((root / "profiles").glob(".*.partial/test.log")) if (root / "profiles").exists() else False


def long_load(mark: str) -> dict[str, Any]:
    table = settings(["sh", "-c", f"sleep {mark} & sleep {mark}; wait"])
    table["load"] |= {"duration": 60, "timeout": 90}
    table["components"]["api"]["command"] = [*SERVICE, "--variant", mark]
    return table


def test_kill_9_leaves_nothing_visible_and_the_next_collect_finishes_it(tmp_path: Path) -> None:
    mark = f"8{os.getpid()}.25"
    process = begin(tmp_path, long_load(mark))
    until(lambda: in_load(tmp_path), "load")
    until(lambda: running(mark), "children")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert_gone(mark)
    assert visible(tmp_path) == []
    left = hidden(tmp_path)
    assert len(left) == 1

    recorder = Recorder()
    run = collect(tmp_path, settings(), progress=recorder)
    old = left[0].removeprefix(".").removesuffix(".partial")
    assert visible(tmp_path) == sorted([old, run.path.name])
    assert hidden(tmp_path) == []
    manifest = json.loads((tmp_path / "profiles" / old / "run.json").read_text())
    assert (manifest["status"], manifest["findings"][-1]["code"]) == ("interrupted", "collector_died")
    assert any("finished" in step and old in step for step in recorder.steps)


def test_kill_9_before_any_profile_is_put_aside(tmp_path: Path) -> None:
    mark = f"7{os.getpid()}.25"
    table = long_load(mark)
    table["components"]["api"]["command"] += ["--deaf"]
    process = begin(tmp_path, table)
    until(lambda: running(mark), "service")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert_gone(mark)
    run = collect(tmp_path, settings())
    assert visible(tmp_path) == [run.path.name]
    assert hidden(tmp_path) == [QUARANTINE]


def test_a_child_that_outlives_its_collector_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    folder = RunFolder.reserve(tmp_path, "cut", FrozenClock())
    owner = json.loads((folder.path / OWNER).read_bytes())
    folder.write(OWNER, json.dumps({**owner, "started": "an earlier process"}).encode())
    child = subprocess.Popen(["sleep", "0.3"], pass_fds=(folder._lock,))
    folder.close()
    assert held(tmp_path) == (folder.path,)
    assert [folder.id in line for line in sweep(tmp_path, FrozenClock())] == [True]
    assert [path.name for path in tmp_path.iterdir()] == [QUARANTINE]
    child.wait()


def test_a_living_collector_is_not_swept(tmp_path: Path) -> None:
    mark = f"6{os.getpid()}.25"
    process = begin(tmp_path, long_load(mark))
    try:
        until(lambda: in_load(tmp_path), "load")
        before = hidden(tmp_path)
        collect(tmp_path, settings())
        assert hidden(tmp_path) == before
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_keeps_the_run_as_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    mark = f"5{number:d}{os.getpid()}.25"
    process = begin(tmp_path, long_load(mark))
    until(lambda: in_load(tmp_path), "load")
    process.send_signal(number)
    assert process.wait(timeout=30) == 3
    assert_gone(mark)
    (name,) = visible(tmp_path)
    manifest = json.loads((tmp_path / "profiles" / name / "run.json").read_text())
    assert manifest["status"] == "interrupted"
    assert {file["path"]: file["status"] for file in manifest["files"]}["api/heap-after.prof"] == "ok"
    assert hidden(tmp_path) == []


def test_a_second_signal_leaves_at_once_and_keeps_the_run(tmp_path: Path) -> None:
    mark = f"4{os.getpid()}.25"
    table = long_load(mark)
    table["load"]["command"] = ["sh", "-c", f"trap '' TERM; touch {tmp_path}/deaf; sleep {mark} & wait; sleep {mark}"]
    process = begin(tmp_path, table)
    until((tmp_path / "deaf").exists, "load that does not react")
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)  # the first signal is being obeyed: the load does not react to TERM
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) not in {0, 3}
    assert_gone(mark)
    assert len(visible(tmp_path)) == 1
    assert b"KeyboardInterrupt" in (tmp_path / "err").read_bytes()


def test_kill_9_at_random_moments_leaves_whole_runs_only(tmp_path: Path) -> None:
    chance, profiles = Random(3), tmp_path / "profiles"
    for _ in range(15):
        kills.kill_one(tmp_path, chance.uniform(0, kills.LONGEST))
        kills.inspect(profiles)
    for line in sweep(profiles, SystemClock()):
        assert line.startswith(("finished ", "put aside "))
    left = kills.inspect(profiles)
    assert left["hidden"] == 0
    assert left["interrupted"] > 0, "some were killed while they had profiles"


def test_signals_are_given_back(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(CollectError):
        collect(tmp_path, settings(service=["false"]))
    assert signal.getsignal(signal.SIGTERM) is before
