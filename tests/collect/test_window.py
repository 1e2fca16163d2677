"""The window plan: one process, one profile at a time, chosen by chance; its cost is measured."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipeline.collect.session import CollectedRun
from tests.collect.fakes import SERVICE, collect, settings


def window(names: tuple[str, ...], **collected: Any) -> dict[str, Any]:
    table = settings([], **({"plan": "window", "interval": 1.4, "series": ["heap", "cpu"]} | collected))
    table["components"] = {name: {"command": SERVICE, "ready_seconds": 10} for name in names}
    return table


def tick(path: str) -> int:
    return int("".join(char for char in path.rpartition("/")[2] if char.isdigit()))


def chosen(run: CollectedRun) -> list[str]:
    """Name the component of each tick; fails when a tick has two."""
    by_tick: dict[int, set[str]] = {}
    for report in run.manifest.files:
        by_tick.setdefault(tick(report.path), set()).add(report.component)
    assert all(len(names) == 1 for names in by_tick.values())
    return [next(iter(by_tick[number])) for number in sorted(by_tick)]


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> CollectedRun:
    table = window(("a", "b", "c"), duration=6.5)
    return collect(tmp_path_factory.mktemp("windows"), table, chance=Random(7))


def test_one_replica_at_each_tick_chosen_by_chance(windows: CollectedRun) -> None:
    names = chosen(windows)
    expected = Random(7)
    assert names == [expected.choice(["a", "b", "c"]) for _ in names]
    assert len(names) >= 4
    assert windows.manifest.status == "complete"


def test_one_profile_at_a_time(windows: CollectedRun) -> None:
    reports = sorted(windows.manifest.files, key=lambda report: (tick(report.path), report.kind != "cpu"))
    assert [report.kind for report in reports] == ["cpu", "heap"] * (len(reports) // 2) + ["cpu"] * (len(reports) % 2)
    for before, after in pairwise(reports):
        assert before.finished <= after.started


def test_the_duty_cycle_is_measured(windows: CollectedRun) -> None:
    (finding,) = [finding for finding in windows.manifest.findings if finding.code == "duty_cycle"]
    seconds = sum(report.window_seconds or 0 for report in windows.manifest.files)
    assert finding.severity == "info"
    assert f"{seconds:.1f} s of " in finding.evidence
    assert "in one process of 3 at a time" in finding.message


def test_groups_take_turns_and_what_is_down_is_not_chosen(tmp_path: Path) -> None:
    table = window(("m", "w1", "w2"), duration=2.4, interval=0.3, series=["heap"])
    table["components"]["m"]["role"] = "manager"
    table["components"]["w1"] |= {"role": "worker"}
    table["components"]["w2"] |= {"role": "worker", "command": ["false"]}
    table["roles"] = {"manager": {}, "worker": {}}
    names = chosen(collect(tmp_path, table, chance=Random(1)))
    assert names[:4] == ["m", "w1", "m", "w1"]


def test_windows_that_do_not_fit_are_said(tmp_path: Path) -> None:
    run = collect(tmp_path, window(("a",), duration=3.4, interval=0.4, series=["cpu"]))
    codes = {finding.code: finding for finding in run.manifest.findings}
    assert codes["cpu_longer_than_interval"].severity == "warning"
    assert codes["ticks_missed"].message.partition(" were ")[0].endswith("ticks of the window plan")
    assert run.manifest.status == "complete"


def test_production_heaps_are_read_without_a_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.collect import taking

    asked: list[bool] = []
    fetch = taking.fetch_profile

    def spy(*words: Any, **options: Any) -> Any:
        asked.append(options["gc"])
        return fetch(*words, **options)

    monkeypatch.setattr(taking, "fetch_profile", spy)
    collect(tmp_path, window(("a",), duration=0.4, series=["heap"]))
    assert asked == [False]
    collect(tmp_path, settings(plan="snapshot", snapshot=["heap"]))
    assert asked == [False, True]
