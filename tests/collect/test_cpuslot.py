"""One CPU profile of a process at a time: between threads, and between processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pipeline.collect.capture import fetch_profile
from pipeline.collect.clock import SystemClock
from pipeline.collect.cpuslot import cpu_slot, slot_name
from pipeline.collect.faults import FetchError
from tests.collect.faultserver import GOOD, FaultServer
from tests.test_house import ROOT

URL = "http://127.0.0.1:6060"
CLOCK = SystemClock()
HOLDER = """
import sys, time
from pipeline.collect.clock import SystemClock
from pipeline.collect.cpuslot import cpu_slot
clock = SystemClock()
with cpu_slot(sys.argv[1], clock, until=clock.monotonic() + 5, over=lambda: False):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def take(url: str, seconds: float = 0.0) -> str:
    try:
        with cpu_slot(url, CLOCK, until=CLOCK.monotonic() + seconds, over=lambda: False):
            return "held"
    except FetchError as fault:
        return fault.code


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://127.0.0.1:6060/app", "cpu-localhost-6060.lock"),
        ("http://user:pw@LOCALHOST:6060", "cpu-localhost-6060.lock"),
        ("http://[::1]:6060", "cpu-localhost-6060.lock"),
        ("https://Web.Example", "cpu-web.example-443.lock"),
        ("http://[fe80::1%25a]:1", "cpu-fe80__1_25a-1.lock"),
    ],
)
def test_one_name_for_one_process(url: str, name: str) -> None:
    assert slot_name(url) == name


def test_another_process_is_waited_for_and_its_end_is_noticed() -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, URL], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    assert take(URL) == take("http://localhost:6060", 0.2) == "conflict"
    assert take("http://127.0.0.1:6061") == "held"
    threading.Timer(0.3, holder.kill).start()
    assert take(URL, 20) == "held"
    holder.communicate()


def test_waiting_can_be_stopped() -> None:
    with cpu_slot(URL, CLOCK, until=0, over=lambda: False), pytest.raises(FetchError) as caught:  # noqa: SIM117
        with cpu_slot(URL, CLOCK, until=CLOCK.monotonic() + 60, over=lambda: True):
            pytest.fail("held twice")
    assert caught.value.code == "interrupted"


def test_without_a_safe_folder_nothing_is_locked(tmp_path: Path) -> None:
    (tmp_path / "profbook").mkdir(mode=0o777)
    (tmp_path / "profbook").chmod(0o777)
    with cpu_slot(URL, CLOCK, until=0, over=lambda: False):
        assert take(URL) == "held"
    assert list((tmp_path / "profbook").iterdir()) == []


def test_two_cpu_profiles_of_one_process_follow_each_other() -> None:
    server = FaultServer()
    got: list[bytes] = []
    began = threading.Barrier(3)

    def fetch() -> None:
        began.wait()
        got.append(fetch_profile(server.url("once_at_a_time"), "cpu", seconds=1, deadline=30).data)

    threads = [threading.Thread(target=fetch) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        began.wait()
        for thread in threads:
            thread.join(30)
    finally:
        server.close()
    assert got == [GOOD, GOOD]
    assert server.overlaps == 0


def test_a_turn_that_comes_too_late_for_a_window_is_a_conflict() -> None:
    server = FaultServer()
    begun = time.monotonic()
    try:
        with cpu_slot(server.url(""), CLOCK, until=0, over=lambda: False), pytest.raises(FetchError) as caught:
            fetch_profile(server.url("good"), "cpu", seconds=1, deadline=1.5)
        assert (caught.value.code, caught.value.status) == ("conflict", "missing")
        assert server.requests == []
    finally:
        server.close()
    assert time.monotonic() - begun < 2.5
