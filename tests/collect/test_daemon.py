"""Collections in the background: started, listed, ended in good order, and nobody else is."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.collect import daemon
from pipeline.collect.daemon import Collection, choose, running
from pipeline.collect.rundir import OWNER, RunFolder, process_started
from pipeline.errors import CollectError, UsageError
from tests.collect.fakes import SERVICE, FrozenClock, ImpatientClock, assert_gone, until, visible


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    mark = f"daemon-{os.getpid()}"
    command = json.dumps([*SERVICE, "--variant", mark])
    (tmp_path / "profbook.toml").write_text(
        f"[components.api]\ncommand = {command}\n"
        '[collect]\nplan = "interval"\ninterval = 0.2\nseries = ["heap"]\nmemstats = false\n'
    )
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for one in running(tmp_path / "profiles"):
        daemon.stop(tmp_path / "profiles", one)
    assert_gone(mark)


def test_start_status_stop(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    profiles = project / "profiles"
    assert main(["collect", "start", "soak", "--notes", "all night"]) == 0
    (one,) = running(profiles)
    assert capfd.readouterr().out.startswith(f"{one.id}: collecting, process {one.pid}; ")
    assert one.id.endswith("-soak")
    assert os.getsid(one.pid) == one.pid != os.getsid(0)
    until(lambda: running(profiles)[0].profiles >= 3, "third profile")

    assert main(["collect", "status"]) == 0
    said = capfd.readouterr().out
    assert said.startswith(f"{one.id}: since 20")
    assert f"process {one.pid} on " in said
    assert visible(project) == []

    assert main(["collect", "stop"]) == 0
    assert capfd.readouterr().out.startswith(f"{one.id}: complete, ")
    assert visible(project) == [one.id]
    assert process_started(one.pid) == ""
    manifest = json.loads((profiles / one.id / "run.json").read_text())
    assert (manifest["label"], manifest["notes"], manifest["status"]) == ("soak", "all night", "complete")
    assert (profiles / one.id / "collection.log").stat().st_size > 0

    assert main(["collect", "status"]) == 0
    assert capfd.readouterr().out == "no collection is running\n"


def test_two_at_a_time_are_told_apart(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("left", "right"):
        assert main(["collect", "start", name]) == 0
    assert main(["collect", "stop"]) == 2
    assert "several collections are running" in capfd.readouterr().err
    assert main(["collect", "stop", "left"]) in {0, 3, 5}  # on a busy machine it had time for little or nothing
    (one,) = running(project / "profiles")
    assert one.id.endswith("-right")


def test_options_of_start_are_those_of_collect(project: Path) -> None:
    assert main(["collect", "start", "short", "--duration", "0.5", "--plan", "window", "--mode", "heap"]) == 0
    until(lambda: visible(project), "end of its own")
    (name,) = visible(project)
    manifest = json.loads((project / "profiles" / name / "run.json").read_text())
    assert (manifest["plan"], manifest["status"]) == ("window", "complete")


def test_options_of_collect_win_over_the_settings(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["collect", "--plan", "snapshot", "--mode", "heap"]) == 0
    (name,) = visible(project)
    assert [path.name for path in (project / "profiles" / name).glob("api/*.prof")] == ["heap.prof"]
    assert main(["collect", "--interval", "soon"]) == 2
    assert "command line: collect.interval: " in capfd.readouterr().err


def test_what_cannot_begin_is_told_with_its_words(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["collect", "start", "--plan", "sometimes"]) == 5
    said = capfd.readouterr().err
    assert "the collection did not begin" in said
    assert "collect.plan" in said
    assert "build/collect/" in said
    assert running(project / "profiles") == ()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("words", [["status", "x"], ["stop", "a", "b"], ["stop", "--all"]])
def test_words_too_many_are_refused(words: list[str]) -> None:
    assert main(["collect", *words]) == 2


@pytest.mark.usefixtures("project")
def test_stop_without_a_collection(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["collect", "stop", "x"]) == 2
    assert "no collection x is running" in capfd.readouterr().err


def named(run_id: str) -> Collection:
    return Collection(run_id, 1, "h", "", "", 0)


def test_a_collection_is_chosen_by_id_or_label() -> None:
    some = [named("20260102_030405-a"), named("20260102_030406-a"), named("20260102_030407-b-a-2")]
    assert choose(some, "20260102_030405-a") is some[0]
    assert choose(some, "2") is some[2]
    assert choose(some[:1], "") is some[0]
    with pytest.raises(UsageError, match="with the label a"):
        choose(some, "a")
    with pytest.raises(UsageError, match="no collection z"):
        choose(some, "z")


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[RunFolder]:
    """A partial run that this very process writes."""
    folder = RunFolder.reserve(tmp_path, "x", FrozenClock())
    yield folder
    folder.close()


def test_who_has_another_start_is_not_signalled(ours: RunFolder) -> None:
    owner = json.loads((ours.path / OWNER).read_text())
    ours.write(OWNER, json.dumps(owner | {"started": "another boot 12345"}).encode())
    (one,) = running(ours.profiles)
    assert one.pid == os.getpid()
    received: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: received.append(number))
    try:
        with pytest.raises(CollectError, match="has not ended"):
            daemon.stop(ours.profiles, one, clock=ImpatientClock(), seconds=1)
        assert received == []
        with pytest.raises(CollectError, match="has not ended"):
            daemon.stop(ours.profiles, replace(one, started=owner["started"]), clock=ImpatientClock(), seconds=1)
        assert received == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_one_of_another_host_is_left_alone(ours: RunFolder) -> None:
    (one,) = running(ours.profiles)
    with pytest.raises(CollectError, match="is collected on elsewhere"):
        daemon.stop(ours.profiles, replace(one, host="elsewhere"))


def test_what_a_dead_collector_left_is_not_running(ours: RunFolder) -> None:
    assert [one.id for one in running(ours.profiles)] == [ours.id]
    ours.close()
    assert running(ours.profiles) == ()
    assert running(ours.profiles / "nowhere") == ()
