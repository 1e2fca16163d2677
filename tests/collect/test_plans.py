"""Plans against a fake service: series that cover their time, snapshots, and how they end."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from pipeline.collect.session import CollectedRun, exit_code
from tests.bench.coverage import covered, spans, stretch
from tests.collect.fakes import SERVICE, Recorder, collect, settings, until


def series(load: float | list[str], **collected: object) -> dict[str, Any]:
    return settings(load, **({"plan": "interval", "interval": 1} | collected))


def files(run: CollectedRun, component: str = "api") -> dict[str, str]:
    reports = [report for report in run.manifest.files if report.component == component]
    return {report.path.partition("/")[2]: report.code or report.status for report in reports}


def findings(run: CollectedRun) -> dict[str, str]:
    return {finding.code: finding.severity for finding in run.manifest.findings}


def stop_when(condition: Any, what: str) -> threading.Thread:
    """Interrupt this process as Ctrl-C does, once something is so."""

    def work() -> None:
        until(condition, what)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def partial(root: Path, pattern: str) -> list[Path]:
    return list((root / "profiles").glob(f".*.partial/{pattern}")) if (root / "profiles").is_dir() else []


@pytest.fixture(scope="module")
def continuous(tmp_path_factory: pytest.TempPathFactory) -> CollectedRun:
    table = series(12.0, cpu_seconds=2, interval=2, series=["heap", "cpu"])
    table["components"] = {name: {"command": SERVICE} for name in ("one", "two")}
    return collect(tmp_path_factory.mktemp("continuous"), table)


@pytest.mark.parametrize("component", ["one", "two"])
def test_continuous_cpu_covers_the_load_of_both_components(continuous: CollectedRun, component: str) -> None:
    share, _ = covered(spans(continuous, component), *stretch(continuous))
    assert share >= 0.95
    assert "cpu_gaps" not in findings(continuous)


def test_each_cpu_profile_tells_its_window(continuous: CollectedRun) -> None:
    windows = [report for report in continuous.manifest.files if report.kind == "cpu"]
    assert len(windows) >= 12
    assert all(2 <= (report.window_seconds or 0) < 10 for report in windows)
    assert all(report.window_seconds is None for report in continuous.manifest.files if report.kind == "heap")


def test_snapshots_begin_at_once_and_keep_to_their_grid(continuous: CollectedRun) -> None:
    heaps = [report for report in continuous.manifest.files if report.kind == "heap" and report.component == "one"]
    assert [report.path for report in heaps][:3] == ["one/heap0.pprof", "one/heap1.pprof", "one/heap2.pprof"]
    for number, report in enumerate(heaps):
        assert report.offset_seconds is not None
        assert 0 <= report.offset_seconds - 2 * number < 1.0


def test_what_programs_used_is_recorded(continuous: CollectedRun) -> None:
    usage = {used.name: used.used for used in continuous.manifest.usage}
    assert set(usage) == {"one", "two", "load"}
    assert (usage["load"].elapsed_seconds or 0) >= 12
    assert (usage["one"].max_rss_bytes or 0) > 1 << 20


def test_the_log_of_the_collection_is_kept(continuous: CollectedRun) -> None:
    lines = (continuous.path / "collection.log").read_text().splitlines()
    assert any(line.endswith("one/heap0.pprof  ok") for line in lines)
    assert all(line[:4].isdigit() and "Z " in line for line in lines)


def test_cpu_shorter_than_the_interval_is_a_sample_at_each_tick(tmp_path: Path) -> None:
    run = collect(tmp_path, series(4.2, cpu_seconds=1, interval=2, series=["cpu"]))
    offsets = [report.offset_seconds or 0.0 for report in run.manifest.files]
    assert list(files(run)) == ["cpu0.pprof", "cpu1.pprof", "cpu2.pprof"]
    assert all(0 <= offset - 2 * tick < 1 for tick, offset in enumerate(offsets))
    assert run.manifest.status == "complete"
    assert findings(run).get("cpu_tail") == "info"


def test_without_a_load_no_profile_reaches_beyond_it(tmp_path: Path) -> None:
    table = series(2.0, cpu_seconds=1, interval=2, series=["cpu"], duration=2.0)
    del table["load"]
    run = collect(tmp_path, table)
    assert len(files(run)) >= 1
    assert "cpu_tail" not in findings(run)


def test_cpu_longer_than_the_interval_is_said_and_leaves_no_gap(tmp_path: Path) -> None:
    run = collect(tmp_path, series(2.5, interval=0.4, series=["heap", "cpu"]))
    outcome = files(run)
    assert findings(run)["cpu_longer_than_interval"] == "warning"
    assert [outcome[f"cpu{number}.pprof"] for number in range(2)] == ["ok", "ok"]
    assert "missed_tick" not in {code for name, code in outcome.items() if name.startswith("cpu")}
    assert outcome["heap4.pprof"] in {"ok", "missed_tick"}


@pytest.mark.parametrize(("mode", "kinds"), [("heap", {"heap"}), ("cpu", {"cpu"}), ("both", {"goroutine", "cpu"})])
def test_mode_restricts_the_series(tmp_path: Path, mode: str, kinds: set[str]) -> None:
    run = collect(tmp_path, series(0.3, mode=mode, series=["goroutine", "cpu"]))
    assert {report.kind for report in run.manifest.files} == kinds


def test_missed_ticks_are_counted(tmp_path: Path) -> None:
    table = series(2.5, interval=0.4, series=["heap"])
    table["components"]["api"]["command"] = [*SERVICE, "--slow", "1.0"]
    run = collect(tmp_path, table)
    missed = sum(code == "missed_tick" for code in files(run).values())
    (finding,) = [finding for finding in run.manifest.findings if finding.code == "ticks_missed"]
    assert missed > 0
    assert finding.message.startswith(f"{missed} of {len(files(run))} ticks of api were missed")
    assert run.manifest.status == "partial"


def test_a_short_cpu_profile_is_kept_and_said(tmp_path: Path) -> None:
    table = series(2.0, series=["cpu"], cpu_seconds=2)
    table["components"]["api"]["command"] = [*SERVICE, "--cut", "0.5"]
    run = collect(tmp_path, table)
    assert files(run)["cpu0.pprof"] == "ok"
    assert findings(run)["cpu_short"] == "info"


def test_what_the_end_of_the_load_cuts_off_is_not_missing(tmp_path: Path) -> None:
    """A test takes its service down when it ends: the CPU profile under way then is lost, the run is whole."""
    service = tmp_path / "pid"
    table = series(["sh", "-c", f"sleep 1.5; kill -9 $(cat {service})"], series=["heap", "cpu"], cpu_seconds=10)
    table["collect"]["interval"] = 10
    command = " ".join(SERVICE[:-1])
    table["components"]["api"]["command"] = ["sh", "-c", f"echo $$ > {service}; exec {command} {{port}}"]
    run = collect(tmp_path, table)
    assert files(run)["cpu0.pprof"] == "load_ended"
    assert files(run)["heap0.pprof"] == "ok"
    assert findings(run).keys() <= {"service_died", "cpu_gaps"}


def test_gaps_in_continuous_profiles_are_said(tmp_path: Path) -> None:
    table = series(3.2, series=["cpu"], cpu_seconds=1)
    table["components"]["dead"] = {"url": "http://127.0.0.1:1", "ready_seconds": 0.1}
    run = collect(tmp_path, table)
    assert set(files(run, "dead").values()) == {"not_started"}
    assert len(files(run, "dead")) <= 5
    assert "dead" in [finding.subject for finding in run.manifest.findings if finding.code == "cpu_gaps"]


def test_without_a_load_the_plan_takes_its_own_time(tmp_path: Path) -> None:
    run = collect(tmp_path, series([], duration=3.3, series=["heap", "cpu"]))
    assert run.manifest.load is None
    assert run.manifest.status == "complete"
    assert {"heap0.pprof", "heap3.pprof", "cpu0.pprof", "cpu1.pprof"} <= set(files(run))
    last = max((report for report in run.manifest.files if report.kind == "cpu"), key=lambda report: report.started)
    assert (last.offset_seconds or 0) + (last.window_seconds or 0) < 3.6, "the last window is cut to fit"


def test_without_a_load_or_a_time_it_goes_on_until_it_is_stopped(tmp_path: Path) -> None:
    stopping = stop_when(lambda: partial(tmp_path, "api/heap2.pprof"), "third tick")
    recorder = Recorder()
    run = collect(tmp_path, series([], interval=0.3, series=["heap", "cpu"]), progress=recorder)
    stopping.join()
    assert (run.manifest.status, exit_code(run.manifest)) == ("complete", 0)
    assert "snapshots, until interrupted" in recorder.steps
    assert set(files(run).values()) == {"ok"}


def test_an_interrupted_series_with_a_load_is_interrupted(tmp_path: Path) -> None:
    stopping = stop_when(lambda: partial(tmp_path, "api/heap1.pprof"), "second tick")
    run = collect(tmp_path, series(["sleep", "60"], interval=0.3, series=["heap"]))
    stopping.join()
    assert (run.manifest.status, exit_code(run.manifest)) == ("interrupted", 3)


def test_a_test_command_may_take_as_long_as_it_takes(tmp_path: Path) -> None:
    table = series([sys.executable, "-c", "import time; time.sleep(1.5)"], interval=0.3, series=["heap"])
    table["load"]["duration"] = 0.1
    run = collect(tmp_path, table)
    assert run.manifest.load is not None
    assert (run.manifest.load.exit_code, run.manifest.load.timed_out) == (0, False)


def test_snapshot_takes_one_set_now(tmp_path: Path) -> None:
    run = collect(tmp_path, settings(["false"], plan="snapshot", snapshot=["heap", "goroutine", "cpu"]))
    assert files(run) == {"heap.prof": "ok", "goroutine.prof": "ok", "cpu.prof": "ok"}
    assert run.manifest.load is None
    assert run.manifest.status == "complete"
    assert {report.offset_seconds for report in run.manifest.files} == {None}
    assert run.path.name.endswith("-manual")


def test_manual_heap_snapshot(tmp_path: Path) -> None:
    run = collect(tmp_path, settings(plan="snapshot", mode="heap"))
    assert (files(run), run.manifest.label) == ({"heap.prof": "ok"}, "manual")
