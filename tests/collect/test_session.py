"""Whole collects against a fake service: what is in the run, and what becomes of it when things go wrong."""

from __future__ import annotations

import errno
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.collect.rundir import QUARANTINE, RunFolder
from pipeline.collect.services import prepare
from pipeline.collect.session import CollectedRun, exit_code
from pipeline.errors import CollectError, ConfigError, UsageError
from pipeline.model.config import Config
from tests.collect.fakes import SERVICE, FrozenClock, ImpatientClock, assert_gone, collect, hidden, settings, visible
from tests.collect.faultserver import FaultServer


def statuses(run: CollectedRun) -> dict[str, str]:
    return {report.path: report.code or report.status for report in run.manifest.files}


def codes(run: CollectedRun) -> set[str]:
    return {finding.code for finding in run.manifest.findings}


@pytest.fixture(scope="module")
def phases(tmp_path_factory: pytest.TempPathFactory) -> CollectedRun:
    root = tmp_path_factory.mktemp("phases")
    return collect(
        root, settings(2.6), clock=FrozenClock(), variant="fast", args=["--old-go"], load_args=["--token", "s3"]
    )


def test_phases_take_every_file(phases: CollectedRun) -> None:
    assert statuses(phases) == {
        "api/heap-before.prof": "ok",
        "api/cpu.prof": "ok",
        "api/heap-after.prof": "ok",
        "api/goroutineleak.prof": "http_404",
    }
    assert {path.relative_to(phases.path).as_posix() for path in phases.path.rglob("*") if path.is_file()} == {
        "api/heap-before.prof",
        "api/cpu.prof",
        "api/heap-after.prof",
        "api/service.log",
        "collection.log",
        "load-test-results.json",
        "run.json",
        "test.log",
    }


def test_an_older_go_leaves_the_run_complete(phases: CollectedRun) -> None:
    assert phases.manifest.status == "complete"
    assert exit_code(phases.manifest) == 0


def test_manifest_on_disk_is_the_manifest(phases: CollectedRun) -> None:
    text = (phases.path / "run.json").read_text(encoding="utf-8")
    data = json.loads(text)
    assert text == json.dumps(data, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    assert data["format"] == 1
    assert data["id"] == phases.path.name == "20260102_030405-fast"
    assert [report["path"] for report in data["files"]] == [report.path for report in phases.manifest.files]


def test_variant_reaches_the_service_and_the_manifest(phases: CollectedRun) -> None:
    assert "serving fast" in (phases.path / "api/service.log").read_text()
    assert "from-env" in (phases.path / "api/service.log").read_text()
    manifest = phases.manifest
    assert (manifest.label, manifest.variant, manifest.environment.gogc) == ("fast", "fast", "50")
    assert manifest.environment.cpu_count > 0


def test_cpu_window_lies_in_the_middle_of_the_load(phases: CollectedRun) -> None:
    offset = next(report.offset_seconds for report in phases.manifest.files if report.kind == "cpu")
    assert offset is not None
    assert offset >= 0.79
    assert "cpu_window" not in codes(phases)


def test_no_secret_and_no_path_of_this_machine_is_kept(phases: CollectedRun) -> None:
    for path in phases.path.rglob("*"):
        assert not path.is_file() or b"hunter2" not in path.read_bytes()
    assert phases.manifest.load is not None
    assert phases.manifest.load.command[-2:] == ("--token", "***")
    assert "{profile_dir}" in phases.manifest.load.command
    assert str(phases.path.parent) not in (phases.path / "run.json").read_text()


def test_nothing_hidden_is_left(phases: CollectedRun) -> None:
    assert hidden(phases.path.parents[1]) == []
    assert visible(phases.path.parents[1]) == ["20260102_030405-fast"]


def test_a_load_shorter_than_its_window_is_said(tmp_path: Path) -> None:
    table = settings(["sh", "-c", "sleep 0.5"])
    table["load"]["duration"] = 1
    run = collect(tmp_path, table)
    assert statuses(run)["api/cpu.prof"] == "ok"
    assert codes(run) == {"cpu_window"}
    assert run.manifest.status == "complete"


def test_source_that_cannot_be_stored_costs_nothing(tmp_path: Path) -> None:
    run = collect(tmp_path, settings() | {"source": {"store": True}})
    assert (codes(run), run.manifest.status) == ({"no_source"}, "complete")


def test_leaving_while_source_is_stored_keeps_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.collect.session.store_source", leave)
    with pytest.raises(KeyboardInterrupt):
        collect(tmp_path, settings())
    (run_id,) = visible(tmp_path)
    manifest = json.loads((tmp_path / "profiles" / run_id / "run.json").read_text())
    assert manifest["status"] == "interrupted"


def test_failed_load_is_kept_with_its_words(tmp_path: Path) -> None:
    run = collect(tmp_path, settings(["sh", "-c", "echo boom in $PWD; exit 9"]))
    load = run.manifest.load
    assert load is not None
    assert (load.exit_code, load.tail, load.timed_out) == (9, "boom in .", False)
    assert (run.manifest.status, exit_code(run.manifest)) == ("partial", 3)
    assert codes(run) == {"load_failed"}
    assert statuses(run)["api/cpu.prof"] == "load_ended"
    assert statuses(run)["api/heap-after.prof"] == "ok"


def test_hanging_load_is_ended(tmp_path: Path) -> None:
    table = settings(["sh", "-c", "trap '' TERM; sleep 97531 & wait; sleep 97531"])
    table["load"] |= {"timeout": 0.2, "duration": 0.4}
    table["components"]["api"]["ready_seconds"] = 600
    run = collect(tmp_path, table, clock=ImpatientClock())
    assert run.manifest.load is not None
    assert run.manifest.load.timed_out
    assert codes(run) >= {"load_failed"}
    assert_gone("sleep 97531")


def test_missing_load_command_is_data(tmp_path: Path) -> None:
    run = collect(tmp_path, settings(["no-such-program-at-all"]))
    assert codes(run) == {"load_failed"}
    assert run.manifest.load is not None
    assert run.manifest.load.exit_code is None
    assert statuses(run)["api/heap-before.prof"] == "ok"


def test_without_a_load_the_window_is_waited_for(tmp_path: Path) -> None:
    table = settings([])
    table["load"]["duration"] = 1.2
    run = collect(tmp_path, table)
    assert run.manifest.load is None
    assert run.manifest.status == "complete"


def test_dying_service_leaves_a_partial_run(tmp_path: Path) -> None:
    run = collect(tmp_path, settings(service=[*SERVICE, "--die-after", "1"]))
    assert statuses(run)["api/heap-before.prof"] == "ok"
    assert statuses(run)["api/heap-after.prof"] == "refused"
    assert codes(run) == {"service_died"}
    assert run.manifest.status == "partial"


def test_service_that_never_is_ready_gives_no_run(tmp_path: Path) -> None:
    table = settings(service=[*SERVICE, "--deaf"])
    table["components"]["api"]["ready_seconds"] = 0.5
    with pytest.raises(CollectError, match=r"nothing was collected.*not ready"):
        collect(tmp_path, table, clock=FrozenClock())
    assert visible(tmp_path) == []
    shelf = tmp_path / "profiles" / QUARANTINE / "20260102_030405"
    assert json.loads((shelf / "run.json").read_text())["status"] == "failed"
    assert (shelf / "api" / "service.log").exists()


def test_logs_and_findings_name_paths_instead_of_showing_them(tmp_path: Path) -> None:
    table = settings(["sh", "-c", "echo at $PWD in {profile_dir}/x of $HOME; exit 1"])
    run = collect(tmp_path, table)
    assert (run.path / "test.log").read_text().startswith("at . in {profile_dir}/x of ~")
    (finding,) = run.manifest.findings
    assert finding.evidence.startswith("at . in {profile_dir}/x of ~")
    assert str(tmp_path) not in (run.path / "run.json").read_text()


def test_service_that_ends_at_once_is_shown_with_its_log(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match="ended with exit code 3"):
        collect(tmp_path, settings(service=["sh", "-c", "echo no database; exit 3"]))


def test_one_component_of_two_is_enough(tmp_path: Path) -> None:
    table = settings()
    table["components"]["zoo"] = {"command": ["no-such-program-at-all"]}
    run = collect(tmp_path, table)
    assert statuses(run)["api/cpu.prof"] == "ok"
    assert statuses(run)["zoo/cpu.prof"] == "not_started"
    assert codes(run) == {"service_not_started"}
    assert run.manifest.status == "partial"


def test_running_service_is_profiled_and_left_alone(tmp_path: Path) -> None:
    server = FaultServer()
    try:
        table = settings([]) | {"components": {"ext": {"url": server.url("good"), "ready": "/not_found"}}}
        table["load"]["duration"] = 0.1
        run = collect(tmp_path, table)
        assert set(statuses(run).values()) == {"ok"}
        assert run.manifest.environment.go_version == ""
    finally:
        server.close()


def test_refused_bytes_are_not_written(tmp_path: Path) -> None:
    server = FaultServer()
    try:
        table = settings([]) | {"components": {"ext": {"url": server.url("good")}, "bad": {"url": server.url("login")}}}
        table["load"]["duration"] = 0.1
        run = collect(tmp_path, table)
        assert statuses(run)["bad/heap-after.prof"] == "not_a_profile"
        assert not (run.path / "bad").exists()
    finally:
        server.close()


def test_interval_takes_a_series_until_the_load_ends(tmp_path: Path) -> None:
    run = collect(tmp_path, settings(1.3, plan="interval", interval=0.5, series=["heap", "goroutine"]))
    assert {"api/heap0.pprof", "api/goroutine0.pprof", "api/heap2.pprof"} <= set(statuses(run))
    for report in run.manifest.files:
        tick = int("".join(char for char in report.path if char.isdigit()))
        assert report.code in {"", "missed_tick"}
        assert report.code or (report.offset_seconds or 0.0) >= tick * 0.5
    assert statuses(run)["api/heap0.pprof"] == "ok"
    assert run.manifest.plan == "interval"


def test_twenty_collects_in_one_second_are_twenty_runs(tmp_path: Path) -> None:
    server = FaultServer()
    table = settings([], before=["heap"], after=[]) | {"components": {"ext": {"url": server.url("good")}}}
    table["load"]["duration"] = 0.05
    try:
        with ThreadPoolExecutor(20) as pool:
            runs = list(pool.map(lambda _: collect(tmp_path, table, clock=FrozenClock(), label="x"), range(20)))
    finally:
        server.close()
    expected = {"20260102_030405-x", *(f"20260102_030405-x-{number}" for number in range(2, 21))}
    assert {run.path.name for run in runs} == set(visible(tmp_path)) == expected
    assert all(json.loads((run.path / "run.json").read_text())["id"] == run.path.name for run in runs)
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("label", ["../up", "a/b", ".hidden-", "x" * 90, "a\nb"])
def test_unsafe_labels_are_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(UsageError, match="not a label"):
        collect(tmp_path, settings(), label=label if label != ".hidden-" else "a..b")
    assert not (tmp_path / "profiles").exists() or visible(tmp_path) == hidden(tmp_path) == []


def test_unknown_variant_is_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean fast"):
        collect(tmp_path, settings(), variant="fats")


def test_unknown_placeholders_are_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"load\.command: there is no placeholder \{prot\}"):
        collect(tmp_path, settings(["x", "{prot}"]))
    assert not (tmp_path / "profiles").exists()


def test_no_components_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to profile"):
        collect(tmp_path, {})


def test_prepare_builds_once_and_shows_why_it_fails(tmp_path: Path) -> None:
    table = settings()
    table["components"]["api"]["build"] = ["sh", "-c", "echo built >> {bin}/svc"]
    prepared = prepare(Config.model_validate(table), tmp_path, tmp_path / "bin")
    assert (prepared.bin_dir / "svc").read_text() == "built\n"
    table["components"]["api"]["build"] = ["sh", "-c", "echo undefined: foo; exit 2"]
    with pytest.raises(CollectError, match="exit code 2:\nundefined: foo"):
        prepare(Config.model_validate(table), tmp_path, tmp_path / "bin")


def test_a_full_disk_keeps_what_came_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = RunFolder.write

    def full(folder: RunFolder, name: str, data: bytes) -> None:
        if name == "api/cpu.prof":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(folder, name, data)

    monkeypatch.setattr(RunFolder, "write", full)
    run = collect(tmp_path, settings())
    assert statuses(run)["api/cpu.prof"] == "disk_full"
    assert statuses(run)["api/heap-before.prof"] == "ok"
    assert exit_code(run.manifest) == 3
