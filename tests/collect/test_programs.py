"""Programs run from start to end: what they wrote, what they used, and what becomes of those that fail."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.collect.process import child_env, run
from pipeline.collect.rundir import WRITING
from pipeline.collect.services import Prepared, prepare
from pipeline.collect.session import CollectedRun, check_request, exit_code
from pipeline.decode.gnutime import decode_time
from pipeline.errors import CollectError, ConfigError
from pipeline.model.config import Config
from tests.collect.fakes import SERVICE, Recorder, assert_gone, collect, hidden, visible
from tests.collect.fakeservice import EMPTY

REPO = Path(__file__).parents[2]
WRITE = """
import pathlib, sys
folder, port = pathlib.Path(sys.argv[1]), sys.argv[2]
memory = bytearray(b"1" * (8 << 20))
(folder / "cpu.prof").write_bytes(bytes.fromhex(sys.argv[3]))
(folder / "ports.json").write_text(port)
"""
CPU = {"cpu": "{profile_dir}/cpu.prof"}


def python(code: str, *words: str) -> list[str]:
    return [sys.executable, "-S", "-c", code, *words]


def settings(**programs: dict[str, Any]) -> dict[str, Any]:
    return {"collect": {"plan": "program"}, "programs": programs}


def writer(data: bytes = EMPTY, **more: Any) -> dict[str, Any]:
    return {"command": python(WRITE, "{profile_dir}", "{port}", data.hex()), "profiles": CPU} | more


def statuses(found: CollectedRun) -> dict[str, str]:
    return {report.path: report.code or report.status for report in found.manifest.files}


def codes(found: CollectedRun) -> set[str]:
    return {finding.code for finding in found.manifest.findings}


def test_a_program_is_timed_and_its_profile_kept(tmp_path: Path) -> None:
    found = collect(tmp_path, settings(single=writer()), label="one", args=["--token", "hunter2"])
    assert statuses(found) == {"single/program.time.txt": "ok", "single/cpu.prof": "ok"}
    assert (found.manifest.status, exit_code(found.manifest), found.manifest.plan) == ("complete", 0, "program")
    assert (found.path / "single/cpu.prof").read_bytes() == EMPTY
    usage = decode_time((found.path / "single/program.time.txt").read_bytes())
    assert usage.exit_code == 0
    assert (usage.max_rss_bytes or 0) > 8 << 20
    (program,) = found.manifest.programs
    assert (program.component, program.exit_code, program.timed_out) == ("single", 0, False)
    assert program.command[-2:] == ("--token", "***")
    assert "{profile_dir}" in program.command
    text = (found.path / "run.json").read_text() + (found.path / "single/program.time.txt").read_text()
    assert "hunter2" not in text
    assert str(tmp_path) not in text


def test_what_else_a_program_writes_is_kept_and_nothing_hidden_is_left(tmp_path: Path) -> None:
    code = "import os, sys; os.chdir(sys.argv[1]); os.mkdir('sub'); open('sub/load-test-results.json', 'w').write('1')"
    code += "; os.symlink('/etc/passwd', 'link'); open('bad name', 'w').close(); open('.hidden', 'w').close()"
    found = collect(tmp_path, settings(single={"command": python(code, "{profile_dir}")}))
    names = {path.relative_to(found.path).as_posix() for path in found.path.glob("*/**/*") if not path.is_dir()}
    assert names == {"single/program.log", "single/program.time.txt", "single/sub/load-test-results.json"}
    assert not (found.path / "single" / WRITING).exists()


def test_concurrent_instances_have_their_own_folder_number_and_port(tmp_path: Path) -> None:
    meet = "import os, pathlib, sys, time\nhere = pathlib.Path(sys.argv[1])\n(here / 'here').touch()\n"
    meet += "while len(list(here.parent.parent.glob('*/*/here'))) < 4: time.sleep(0.01)\n" + WRITE
    part = writer(concurrency=4, ports="6061-6064")
    part["command"] = python(meet, "{profile_dir}", "{port}", EMPTY.hex(), "{n}")
    found = collect(tmp_path, settings(build=part))
    assert statuses(found) == {
        f"build-{number}/{name}": "ok" for number in range(1, 5) for name in ("program.time.txt", "cpu.prof")
    }
    assert [(found.path / f"build-{number}/ports.json").read_text() for number in range(1, 5)] == [
        "6061", "6062", "6063", "6064",
    ]  # fmt: skip


def test_repeats_come_one_after_the_other(tmp_path: Path) -> None:
    lock = str(tmp_path / "lock")
    alone = python("import os, sys, time; os.mkdir(sys.argv[1]); time.sleep(0.02); os.rmdir(sys.argv[1])", lock)
    found = collect(tmp_path, settings(rapid={"command": alone, "runs": 10}))
    assert [report.component for report in found.manifest.programs] == [f"rapid-{number:02}" for number in range(1, 11)]
    assert {report.exit_code for report in found.manifest.programs} == {0}
    assert exit_code(found.manifest) == 0


def test_free_ports_differ(tmp_path: Path) -> None:
    found = collect(tmp_path, settings(build=writer(concurrency=3)))
    ports = {report.port for report in found.manifest.programs}
    assert len(ports) == 3
    assert ports == {int((found.path / f"build-{number}/ports.json").read_text()) for number in (1, 2, 3)}


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "empty"), (b"<html>no</html>", "not_a_profile"), (EMPTY[:-9], "gzip_truncated")]
)
def test_a_bad_profile_is_refused_and_loses_nothing(tmp_path: Path, data: bytes, code: str) -> None:
    found = collect(tmp_path, settings(bad=writer(data), good=writer()))
    assert statuses(found)["bad/cpu.prof"] == code
    assert statuses(found)["good/cpu.prof"] == "ok"
    assert (found.manifest.status, exit_code(found.manifest)) == ("partial", 3)
    assert not (found.path / "bad/cpu.prof").exists()
    assert (found.path / "bad/cpu.prof.refused").read_bytes() == data


def test_a_profile_that_is_not_written_is_missing(tmp_path: Path) -> None:
    found = collect(tmp_path, settings(single={"command": ["true"], "profiles": CPU}))
    assert statuses(found) == {"single/program.time.txt": "ok", "single/cpu.prof": "not_written"}
    assert {report.status for report in found.manifest.files if report.kind == "cpu"} == {"missing"}
    assert exit_code(found.manifest) == 3


def test_a_link_is_no_profile(tmp_path: Path) -> None:
    code = "import os, sys; os.symlink('/etc/hostname', sys.argv[1] + '/cpu.prof')"
    found = collect(tmp_path, settings(single={"command": python(code, "{profile_dir}"), "profiles": CPU}))
    assert statuses(found)["single/cpu.prof"] == "special_file"


def test_a_failing_program_is_kept_with_its_words(tmp_path: Path) -> None:
    found = collect(tmp_path, settings(single={"command": ["sh", "-c", "echo no disk, password=hunter2; exit 4"]}))
    (program,) = found.manifest.programs
    assert (program.exit_code, program.tail) == (4, "no disk, password=***")
    assert codes(found) == {"program_failed"}
    assert (found.manifest.status, exit_code(found.manifest)) == ("partial", 3)
    assert "hunter2" not in (found.path / "single/program.log").read_text()


def test_a_program_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    mark = f"3{os.getpid()}.5"
    part = {"command": ["sh", "-c", f"sleep {mark} & sleep {mark}; wait"], "timeout": 0.3}
    found = collect(tmp_path, settings(hang=part, good=writer()))
    assert found.manifest.programs[0].timed_out
    assert codes(found) == {"program_failed"}
    assert statuses(found)["good/cpu.prof"] == "ok"
    assert_gone(f"sleep {mark}")


def test_a_program_that_does_not_exist_is_data(tmp_path: Path) -> None:
    found = collect(tmp_path, settings(none={"command": ["no-such-program"], "live": ["heap"]}, good=writer()))
    assert statuses(found)["none/program.time.txt"] == "not_started"
    assert statuses(found)["none/heap-during.prof"] == "not_started"
    assert "command not found" in found.manifest.programs[0].tail
    assert statuses(found)["good/cpu.prof"] == "ok"


def test_nothing_at_all_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match=r"nothing was collected: none: program could not be started"):
        collect(tmp_path, settings(none={"command": ["no-such-program"]}))
    assert visible(tmp_path) == []


def test_live_profiles_are_taken_while_it_runs(tmp_path: Path) -> None:
    part = {"command": ["timeout", "4", *SERVICE], "live": ["heap", "allocs", "cpu"], "live_after": 1, "cpu_seconds": 1}
    found = collect(tmp_path, settings(live=part))
    took = {report.path: report for report in found.manifest.files if report.kind != "time"}
    assert {path: report.code for path, report in took.items()} == {
        "live/heap-during.prof": "", "live/allocs-during.prof": "", "live/cpu-during.prof": "",
    }  # fmt: skip
    # All at the same time: the snapshots do not wait for the CPU profile.
    assert max(report.started for report in took.values()) < took["live/cpu-during.prof"].finished


def test_a_program_that_ends_early_has_no_live_profiles(tmp_path: Path) -> None:
    found = collect(tmp_path, settings(live=writer(live=["heap"], live_after=60)))
    assert statuses(found)["live/heap-during.prof"] == "program_ended"
    assert statuses(found)["live/cpu.prof"] == "ok"


def test_profiles_of_another_program_at_the_port_are_not_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        found = collect(tmp_path, settings(live=writer(live=["heap"], live_after=0, ports=str(port))))
    assert statuses(found)["live/heap-during.prof"] == "port_in_use"
    assert statuses(found)["live/cpu.prof"] == "ok"


def test_only_the_programs_asked_for_are_run(tmp_path: Path) -> None:
    table = settings(one=writer(), two=writer())
    table["collect"]["programs"] = ["two"]
    assert set(statuses(collect(tmp_path, table))) == {"two/program.time.txt", "two/cpu.prof"}


def test_go_run_is_said_to_measure_the_compiler(tmp_path: Path) -> None:
    found = collect(tmp_path, settings(slow={"command": ["env", "go", "run", "-nothing", "./x"]}, good=writer()))
    assert "go_run" in codes(found)


def test_variants_apply_to_programs_too(tmp_path: Path) -> None:
    table = settings(single={"command": ["sh", "-c", "echo $0 $GOGC"]})
    table["variants"] = {"fast": {"args": ["--fast"], "env": {"GOGC": "50"}}}
    found = collect(tmp_path, table, variant="fast")
    assert (found.path / "single/program.log").read_text() == "--fast 50\n"
    assert found.manifest.environment.gogc == "50"


def test_stopping_keeps_what_was_taken(tmp_path: Path) -> None:
    class Stopping(Recorder):
        def step(self, text: str, seconds: float = 0) -> None:
            if text == "running second":
                os.kill(os.getpid(), 15)

    mark = f"2{os.getpid()}.5"
    table = settings(first=writer(), second={"command": ["sleep", mark]}, third=writer())
    found = collect(tmp_path, table, progress=Stopping())
    assert found.manifest.status == "interrupted"
    assert statuses(found)["first/cpu.prof"] == "ok"
    assert not [path for path in statuses(found) if path.startswith("third")]
    assert_gone(f"sleep {mark}")


def test_the_folder_of_a_program_whose_collector_died_is_not_part_of_the_run(tmp_path: Path) -> None:
    left = tmp_path / "profiles" / ".20260101_000000.partial"
    (left / "single" / WRITING).mkdir(parents=True)
    (left / "single" / WRITING / "cpu.prof").write_bytes(EMPTY[:20])
    (left / "single" / "program.time.txt").write_text("x")
    report = {"path": "single/program.time.txt", "status": "ok"}
    (left / "run.json").write_text(json.dumps({"id": "20260101_000000", "files": [report]}))
    collect(tmp_path, settings(single=writer()))
    assert hidden(tmp_path) == []
    assert not list((tmp_path / "profiles").rglob(WRITING))


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ({"command": ["{prot}"]}, "programs.x.command: there is no placeholder {prot} here"),
        ({"command": ["x"], "profiles": {"cpu": "cpu.prof"}}, "programs.x.profiles.cpu: must be a path that begins"),
        (
            {"command": ["x"], "profiles": {"cpu": "{profile_dir}/../cpu.prof"}},
            "programs.x.profiles.cpu: must be a path",
        ),
        ({"command": ["x"], "ports": "70000"}, "programs.x.ports: must be FIRST-LAST"),
        ({"command": ["x"], "ports": "6064-6061"}, "programs.x.ports: must be FIRST-LAST"),
        ({"command": ["x"], "ports": "6061-6062", "concurrency": 4}, "programs.x.ports: 2 ports are too few"),
        ({"command": ["x"], "url": "http://{host}"}, "programs.x.url: there is no placeholder {host}"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_started(part: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_request(Config.model_validate(settings(x=part)))
    assert fault in refused.value.message


def test_names_that_would_share_a_folder_are_refused() -> None:
    table = settings(**{"x": {"command": ["x"], "runs": 2}, "X-1": {"command": ["x"]}})
    with pytest.raises(ConfigError, match=r"programs.X-1: X-1 is a folder of x too"):
        check_request(Config.model_validate(table))


def test_no_program_and_unknown_programs_are_refused() -> None:
    with pytest.raises(ConfigError, match="there is no program to run"):
        check_request(Config.model_validate(settings()))
    table = settings(one=writer())
    table["collect"]["programs"] = ["two"]
    with pytest.raises(ConfigError, match="there is no program 'two'"):
        check_request(Config.model_validate(table))


def test_programs_are_built_once(tmp_path: Path) -> None:
    table = settings(one={"build": ["sh", "-c", "echo made >> {bin}/one"], "command": ["cat", "{bin}/one"], "runs": 2})
    prepared = prepare(Config.model_validate(table), tmp_path, tmp_path / "bin")
    found = collect(tmp_path, table, prepared=prepared)
    assert (found.path / "one-2/program.log").read_text() == "made\n"
    table["programs"]["one"]["build"] = ["sh", "-c", "echo broken; exit 1"]
    with pytest.raises(CollectError, match=r"programs.one.build failed with exit code 1:\nbroken"):
        prepare(Config.model_validate(table), tmp_path, tmp_path / "bin")


@pytest.mark.skipif(shutil.which("go", path=child_env()["PATH"]) is None, reason="no go")
def test_the_four_scenarios_of_a_build_tool(tmp_path: Path) -> None:
    """A single build, four at once, one looked at while it runs, ten in a row: with the demo's builder."""
    words = ["go", "build", "-C", str(REPO / "pipeline/demo"), "-buildvcs=false", "-o", f"{tmp_path}/bin/", "./builder"]
    env = child_env({"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local"})
    built = run(words, log=tmp_path / "log", cwd=tmp_path, env=env, deadline=300)
    assert built.exit_code == 0, built.tail
    builder, heap = "{bin}/builder", "{profile_dir}/heap.prof"
    table = settings(
        single={
            "command": [builder, "--cpuprofile", "{profile_dir}/cpu.prof", "--memprofile", heap],
            "profiles": {"cpu": "{profile_dir}/cpu.prof", "heap": heap},
        },
        concurrent={
            "command": [
                builder,
                "--memprofile",
                "{profile_dir}/build_{n}.prof",
                "--pprof-http",
                "--pprof-port",
                "{port}",
            ],
            "profiles": {"heap": "{profile_dir}/build_{n}.prof"},
            "concurrency": 4,
        },
        live={
            "command": [builder, "--pprof-http", "--pprof-port", "{port}", "--at-least", "3s"],
            "live": ["heap", "allocs", "cpu"],
            "live_after": 0.5,
            "cpu_seconds": 1,
        },
        rapid={"command": [builder], "runs": 10},
    )
    found = collect(tmp_path, table, prepared=Prepared(tmp_path / "bin"))
    assert set(statuses(found).values()) == {"ok"}
    assert found.manifest.status == "complete"
    assert len([path for path in statuses(found) if path.endswith("heap.prof")]) == 5
    assert len([path for path in statuses(found) if path.endswith(".time.txt")]) == 16
    assert found.manifest.environment.go_version.startswith("go1.")
