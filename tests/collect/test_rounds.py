"""A/B of two commits: the order of rounds, and whole collects of a small repository with two of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.collect.rounds import abba, compare_refs, labels_of
from pipeline.collect.session import CollectedRun, collect_run
from pipeline.collect.worktree import Ref
from pipeline.errors import CollectError, UsageError
from pipeline.model.config import Config
from tests.collect.fakes import CHEAP, LOAD, SERVICE, Recorder, assert_gone, running, until, visible
from tests.collect.test_worktree import SHA, git, repository, trees

PROGRAM = {"build": ["cp", "version", "{bin}/version"], "command": ["sh", "-c", "cat version {bin}/version; echo; pwd"]}


def settings(**program: Any) -> dict[str, Any]:
    return {"collect": {"plan": "program"}, "programs": {"show": PROGRAM | program}}


def compare(root: Path, table: dict[str, Any], base: str = "base", head: str = "head", **options: Any) -> int:
    def quiet(*words: Any, **more: Any) -> CollectedRun:
        return collect_run(*words, **more, progress=Recorder())

    options = {"say": lambda _: None, "collect": quiet} | options
    return compare_refs(Config.model_validate(table), base, head, root=root, folder=root / "build/worktrees", **options)


def manifests(root: Path) -> list[dict[str, Any]]:
    """List the manifests in the order the runs were taken."""
    found = [json.loads((root / "profiles" / name / "run.json").read_text()) for name in visible(root)]
    return sorted(found, key=lambda manifest: manifest["started"])


@pytest.mark.parametrize(("rounds", "order"), [(1, "AB"), (2, "ABBA"), (3, "ABBAAB"), (4, "ABBAABBA"), (0, "")])
def test_every_second_round_begins_with_the_other(rounds: int, order: str) -> None:
    assert "".join("AB"[side] for _, side in abba(rounds)) == order


def test_rounds_are_interleaved_labelled_and_of_their_commit(tmp_path: Path) -> None:
    root, told = repository(tmp_path / "repo"), list[str]()
    assert compare(root, settings(), rounds=3, labels="before,after", notes="pools", say=told.append) == 0
    found = manifests(root)
    assert [one["label"] for one in found] == ["before", "after", "after", "before", "before", "after"]
    shas = {"before": git(root, "rev-parse", "base"), "after": git(root, "rev-parse", "head")}
    assert all(one["environment"]["git_sha"] == shas[one["label"]] for one in found)
    assert not any(one["environment"]["git_dirty"] for one in found)
    assert found[3]["notes"] == f"pools\nA/B round 2 of 3: before is {shas['before'][:12]}"
    logs = {one["label"]: (root / "profiles" / one["id"] / "show/program.log").read_text() for one in found}
    # Checked out, built and run at its own commit, and no path of this machine is left in the log.
    assert logs == {"before": "basebase\n.\n", "after": "headhead\n.\n"}
    assert told[-1] == "3 runs of before, 3 of after"
    assert not (root / "build/worktrees").exists()
    assert len(trees(root)) == 1


def test_the_caller_may_end_it_after_a_whole_round(tmp_path: Path) -> None:
    root, asked, told = repository(tmp_path / "repo"), list[tuple[int, list[str], list[str]]](), list[str]()

    def is_enough(number: int, sides: tuple[list[str], list[str]]) -> bool:
        asked.append((number, *(list(side) for side in sides)))
        return number == 2

    assert compare(root, settings(), rounds=5, is_enough=is_enough, say=told.append) == 0
    found = manifests(root)
    assert [one["label"] for one in found] == ["base", "head", "head", "base"]
    base, head = ([one["id"] for one in found if one["label"] == label] for label in ("base", "head"))
    assert asked == [(1, base[:1], head[:1]), (2, base, head)]
    assert "A/B round 2 of at most 5: base is" in found[3]["notes"]
    assert told[-1] == "2 runs of base, 2 of head"


def test_a_round_with_a_failed_run_is_looked_at_too(tmp_path: Path) -> None:
    root, calls, asked = repository(tmp_path / "repo"), list[str](), list[list[int]]()

    def flaky(*words: Any, label: str, **more: Any) -> CollectedRun:
        calls.append(label)
        if len(calls) == 4:
            raise CollectError("nothing was collected: bad luck")
        return collect_run(*words, label=label, **more, progress=Recorder())

    def is_enough(_: int, sides: tuple[list[str], list[str]]) -> bool:
        asked.append([len(side) for side in sides])
        return False

    assert compare(root, settings(), rounds=3, collect=flaky, is_enough=is_enough) == 3
    assert asked == [[1, 1], [1, 2], [2, 3]]


def test_refs_name_the_sides_and_services_are_started_from_them(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo")
    told_version = ["sh", "-c", 'cat version; exec "$0" "$@"', *SERVICE]
    table = {
        "components": {"api": {"command": told_version, "ready_seconds": 5}},
        "load": {"command": [sys.executable, "-S", "-c", LOAD, "{duration}", "{profile_dir}"], "duration": 1.3},
        "collect": CHEAP,
    }
    assert compare(root, table, "base", "main", rounds=1) == 0
    found = manifests(root)
    assert [one["label"] for one in found] == ["base", "main"]
    logs = [(root / "profiles" / one["id"] / "api/service.log").read_text() for one in found]
    assert [log[:4] for log in logs] == ["base", "head"]


def test_a_build_that_fails_says_so_with_its_log_and_takes_nothing(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo")
    table = settings(build=["sh", "-c", "echo compiling `cat version`; grep -q base version"])
    with pytest.raises(CollectError, match=r"(?s)head \(.{12}\): programs.show.build failed.*compiling head"):
        compare(root, table)
    assert not (root / "profiles").exists()
    assert len(trees(root)) == 1


def test_a_side_that_never_runs_ends_it(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo")
    table = settings(command=["./only-in-base"])
    git(root, "checkout", "--quiet", "-b", "other", "base")
    (root / "only-in-base").write_text("#!/bin/sh\n")
    (root / "only-in-base").chmod(0o755)
    git(root, "add", "only-in-base")
    git(root, "commit", "--quiet", "-m", "x")
    with pytest.raises(CollectError, match="nothing was collected"):
        compare(root, table, "other", "head")
    assert [one["label"] for one in manifests(root)] == ["other"]
    assert len(trees(root)) == 1


def test_one_failed_run_later_is_told_and_the_rounds_go_on(tmp_path: Path) -> None:
    root, calls = repository(tmp_path / "repo"), list[str]()

    def flaky(*words: Any, label: str, **more: Any) -> CollectedRun:
        calls.append(label)
        if calls == ["base", "head", "head"]:
            raise CollectError("nothing was collected: bad luck")
        return collect_run(*words, label=label, **more, progress=Recorder())

    told: list[str] = []
    assert compare(root, settings(), rounds=2, collect=flaky, say=told.append) == 3
    assert calls == ["base", "head", "head", "base"]
    assert told[-1] == "2 runs of base, 1 of head"
    assert [one["label"] for one in manifests(root)] == ["base", "head", "base"]


def test_a_partial_run_is_exit_code_3(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo")
    assert compare(root, settings(command=["false"]), rounds=1) == 3


# A shell starts background jobs with SIGINT ignored, and what they start inherits that.
SCRIPT = """
import json, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from pipeline.collect.rounds import compare_refs
from pipeline.model.config import Config
root = Path(sys.argv[1])
config = Config.model_validate(json.loads(sys.argv[2]))
sys.exit(compare_refs(config, "base", "head", root=root, folder=root / "build/worktrees", rounds=9))
"""


@pytest.mark.parametrize(
    ("when", "number"), [("run", signal.SIGINT), ("build", signal.SIGINT), ("run", signal.SIGKILL)]
)
def test_an_interrupt_leaves_no_checkout(tmp_path: Path, when: str, number: signal.Signals) -> None:
    root, mark = repository(tmp_path / "repo"), f"1{number:d}{os.getpid()}.5"
    table = settings(build=["true"] if when == "run" else ["sleep", mark], command=["sleep", mark])
    words = [sys.executable, "-c", SCRIPT, str(root), json.dumps(table)]
    with (tmp_path / "err").open("wb") as err:
        process = subprocess.Popen(words, stderr=err, stdout=err)
    until(lambda: running(f"sleep {mark}"), "sleep")
    process.send_signal(number)
    code = process.wait(timeout=30)
    assert_gone(f"sleep {mark}")
    if number == signal.SIGKILL:
        assert len(trees(root)) == 3
        assert compare(root, settings(), rounds=1) == 0
    elif when == "run":
        assert code == 1
        assert b"nothing was collected: it was interrupted" in (tmp_path / "err").read_bytes()
    assert len(trees(root)) == 1
    assert not (root / "build/worktrees").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rounds": 0}, "--rounds must be from 1 to"),
        ({"base": "nowhere"}, "git knows no commit 'nowhere'"),
        ({"base": "main", "head": "head"}, "the same commit"),
        ({"labels": "one"}, "--labels takes two"),
        ({"labels": "one,one"}, "the same label"),
        ({"labels": "../x,one"}, "not a label for a run"),
        ({"variant": "nope"}, "unknown variant"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    root = repository(tmp_path / "repo")
    with pytest.raises(UsageError, match=message):
        compare(root, settings(), **options)
    assert len(trees(root)) == 1


def test_services_that_run_already_cannot_be_switched(tmp_path: Path) -> None:
    table = {"components": {"ext": {"url": "http://127.0.0.1:1"}}}
    with pytest.raises(UsageError, match="must start the services themselves, and have no command for ext"):
        compare(repository(tmp_path / "repo"), table)


def test_refs_with_the_same_last_part_get_their_commit_too() -> None:
    other = "f" * 40
    assert labels_of("", (Ref("origin/main", SHA), Ref("main", other))) == ("main-0123456", "main-fffffff")
