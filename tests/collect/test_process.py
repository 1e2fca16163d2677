"""Commands: placeholders, environment, and that they end, with everything they started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.collect import launch
from pipeline.collect.process import Child, child_env, fill, free_port, run, start, tail
from pipeline.errors import CollectError, ConfigError
from tests.collect.fakes import assert_gone, running, until


def shell(tmp_path: Path, script: str) -> Child:
    return start(["sh", "-c", script], log=tmp_path / "log", cwd=tmp_path, env=child_env())


def test_fill_puts_values_and_leaves_other_braces() -> None:
    words = ["{bin}/x", '{"a": 1}', "{{url}}", "{url}/{port}", "{}"]
    values = {"bin": "/b", "url": "u", "port": "1"}
    assert fill(words, values, "x") == ["/b/x", '{"a": 1}', "{url}", "u/1", "{}"]


def test_fill_does_not_fill_what_was_filled_in() -> None:
    assert fill(["{a}"], {"a": "{b}", "b": "x"}, "x") == ["{b}"]


def test_fill_names_every_unknown_placeholder() -> None:
    with pytest.raises(ConfigError) as caught:
        fill(["{prot}", "{x}{prot}"], {"port": "1"}, "load.command")
    assert caught.value.message.splitlines() == [
        "load.command: there is no placeholder {prot} here",
        "load.command: there is no placeholder {x} here",
    ]


def test_path_begins_with_the_interpreter() -> None:
    env = child_env({"A": "1"}, {"A": "2"})
    assert env["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert env["A"] == "2"


def test_free_port_can_be_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -TERM $$", 143)]
)
def test_exit_code(tmp_path: Path, script: str, code: int) -> None:
    done = run(["sh", "-c", script], log=tmp_path / "log", cwd=tmp_path, env=child_env(), deadline=30)
    assert (done.exit_code, done.timed_out) == (code, False)


def test_output_goes_to_the_log_and_its_end_is_shown_without_secrets(tmp_path: Path) -> None:
    done = run(
        ["sh", "-c", "yes line | head -1000; echo password=hunter2 >&2"],
        log=tmp_path / "logs" / "log",
        cwd=tmp_path,
        env=child_env(),
        deadline=30,
    )
    assert done.tail.endswith("line\npassword=***")
    assert done.tail.startswith("line\n")
    assert len(done.tail) <= 2000
    assert tail(tmp_path / "nothing") == ""


def test_stop_ends_the_whole_group(tmp_path: Path) -> None:
    mark = f"31{os.getpid()}.5"
    child = shell(tmp_path, f"sleep {mark} & sleep {mark} & wait")
    until(lambda: len(running(f"sleep {mark}")) >= 2, "sleeps")
    assert child.stop() == 143
    assert_gone(f"sleep {mark}")


def test_what_does_not_react_to_term_is_killed(tmp_path: Path) -> None:
    child = shell(tmp_path, "trap '' TERM; touch ready; while :; do sleep 0.05; done")
    until((tmp_path / "ready").exists, "trap")
    assert child.stop(grace=0.2) == 137
    assert child.ended()


def test_what_a_command_leaves_running_is_killed_when_it_ends(tmp_path: Path) -> None:
    mark = f"32{os.getpid()}.5"
    child = shell(tmp_path, f"sleep {mark} & exit 5")
    until(child.ended, "end")
    assert child.poll() == 5
    assert_gone(f"sleep {mark}")


def test_deadline_ends_a_command(tmp_path: Path) -> None:
    done = run(["sleep", "600"], log=tmp_path / "log", cwd=tmp_path, env=child_env(), deadline=0.2)
    assert (done.exit_code, done.timed_out) == (143, True)


@pytest.mark.parametrize("program", ["no-such-program-at-all", "./no/such/file"])
def test_missing_program_is_told_before_it_is_started(tmp_path: Path, program: str) -> None:
    with pytest.raises(CollectError, match="command not found"):
        start([program], log=tmp_path / "log", cwd=tmp_path, env=child_env())
    assert not (tmp_path / "log").exists()


def test_program_that_cannot_be_run_ends_with_126(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a program")
    done = run(["./data"], log=tmp_path / "log", cwd=tmp_path, env=child_env(), deadline=30)
    assert done.exit_code == 126
    assert "Permission denied" in done.tail


def test_children_begin_with_default_signals(tmp_path: Path) -> None:
    code = "import signal as s; print([s.getsignal(n) is s.SIG_DFL for n in (s.SIGTERM, s.SIGHUP)])"
    done = run([sys.executable, "-c", code], log=tmp_path / "log", cwd=tmp_path, env=child_env(), deadline=30)
    assert done.tail == "[True, True]"


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for news of its parent")
def test_everything_ends_when_the_parent_is_killed(tmp_path: Path) -> None:
    mark = f"33{os.getpid()}.5"
    code = (
        "import sys, time; from pathlib import Path; from pipeline.collect.process import start, child_env\n"
        f"start(['sh', '-c', 'sleep {mark} & sleep {mark}'], log=Path('log'), cwd=Path('.'), env=child_env())\n"
        "time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    until(lambda: len(running(f"sleep {mark}")) >= 2, "sleeps")
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert_gone(f"sleep {mark}")


def test_guard_without_its_parent_starts_nothing(tmp_path: Path) -> None:
    words = [sys.executable, "-I", "-S", launch.__file__, "1", "2", "touch", str(tmp_path / "made")]
    assert subprocess.run(words, check=False, start_new_session=True).returncode == 125
    assert not (tmp_path / "made").exists()


def test_usage_is_of_the_command_and_not_of_its_guard(tmp_path: Path) -> None:
    eat = "x = bytearray(b'1' * (96 << 20)); sum(i * i for i in range(400_000))"
    words = [sys.executable, "-I", "-S", "-c", eat]
    hungry = run(words, log=tmp_path / "log", cwd=tmp_path, env=child_env(), deadline=60).usage
    idle = run(["sleep", "0.2"], log=tmp_path / "log", cwd=tmp_path, env=child_env(), deadline=60).usage
    assert hungry is not None
    assert idle is not None
    assert 96 << 20 < (hungry.max_rss_bytes or 0) < 400 << 20
    assert (hungry.user_seconds or 0) > (idle.user_seconds or 0)
    assert (hungry.minor_faults or 0) > 96 << 20 >> 13
    assert (idle.elapsed_seconds or 0) >= 0.2
    # The guard is an interpreter of some 7 MB; a program smaller than it must not be given its size.
    assert idle.max_rss_bytes is None
    words = [sys.executable, "-I", "-S", "-c", "x = bytearray(b'1' * (3 << 20))"]
    small = run(words, log=tmp_path / "log", cwd=tmp_path, env=child_env(), deadline=60).usage
    assert small is not None
    assert 3 << 20 < (small.max_rss_bytes or 0) < 32 << 20
    assert idle.exit_code == 0


def test_usage_of_a_command_that_was_stopped(tmp_path: Path) -> None:
    child = shell(tmp_path, "echo on; exec sleep 60")
    until(lambda: (tmp_path / "log").read_text() == "on\n", "command")
    assert child.usage is None
    child.stop()
    assert child.usage is not None
    assert child.usage.exit_code == 143


def test_a_command_that_had_to_be_killed_has_no_usage(tmp_path: Path) -> None:
    child = shell(tmp_path, "trap '' TERM; echo on; while :; do sleep 0.1; done")
    until(lambda: (tmp_path / "log").read_text() == "on\n", "trap")
    child.stop(grace=0.1)
    assert child.usage is None
    assert child.poll() == 137
