"""Doctor: each trouble is named with its cure, and nothing secret is ever asked for."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.collect import doctor
from pipeline.collect.doctor import Check, examine, is_loopback, listens_everywhere
from pipeline.collect.rundir import QUARANTINE
from pipeline.model.config import Config

INDEX = "".join(
    f"<tr><td>0</td><td><a href='{kind}?debug=1'>{kind}</a></td></tr>"
    for kind in ("allocs", "block", "cmdline", "heap", "mutex", "profile", "symbol", "trace")
)
MUTEX = "--- mutex:\ncycles/second=2599996421\nsampling period={}\n"
BLOCK = "--- contention:\ncycles/second=2599996421\n"
RECORD = "12 3 @ 0x47a1 0x48b2\n"


@contextmanager
def service(answers: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Serve these texts below /debug/pprof/; gives the address and a list of what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Stay silent."""

        def do_GET(self) -> None:
            asked.append(self.path)
            body = answers.get(self.path.removeprefix("/debug/pprof/"))
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or "")))
            self.end_headers()
            self.wfile.write((body or "").encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def checks(root: Path, settings: dict[str, object], proc: Path | None = None) -> list[Check]:
    config = Config.model_validate(settings)
    return list(examine(config, root, profiles=root / "profiles", proc=proc or root))


def told(found: list[Check], severity: str) -> list[str]:
    assert all(one.cure for one in found if one.severity != "info")
    return [f"{one.subject}: {one.message}" for one in found if one.severity == severity]


def test_a_healthy_service(tmp_path: Path) -> None:
    answers = {"": INDEX, "mutex?debug=1": MUTEX.format(5), "block?debug=1": BLOCK + RECORD}
    with service(answers) as (url, asked):
        found = checks(tmp_path, {"components": {"api": {"url": url}}})
    assert told(found, "error") == told(found, "warning") == []
    assert (found[0].message, found[0].evidence) == (f"answers at {url}", "serves allocs, block, heap, mutex")
    assert "api: one of 5 mutex contentions is sampled" in told(found, "info")
    assert asked == ["/debug/pprof/", "/debug/pprof/mutex?debug=1", "/debug/pprof/block?debug=1"]


def test_rates_that_are_off(tmp_path: Path) -> None:
    with service({"": INDEX, "mutex?debug=1": MUTEX.format(0), "block?debug=1": BLOCK}) as (url, _):
        found = checks(tmp_path, {"components": {"api": {"url": url}}})
    assert told(found, "warning") == [
        "api: mutex profiling is off, so its mutex profiles will be empty",
        "api: the block profile is empty: nothing has blocked, or block profiling is off",
    ]
    assert "SetMutexProfileFraction" in found[1].cure


def test_an_answer_without_profiles(tmp_path: Path) -> None:
    with service({"": "<html>hello"}) as (url, _):
        found = checks(tmp_path, {"components": {"api": {"url": url}}})
    assert told(found, "warning") == [f"api: {url}/debug/pprof/ answers, but not with an index of profiles"]


@pytest.mark.parametrize("answers", [None, {}])
def test_a_service_that_cannot_be_profiled(tmp_path: Path, answers: dict[str, str] | None) -> None:
    with service(answers or {}) as (url, _):
        asked = url if answers is not None else "http://user:hunter2@127.0.0.1:1"
        found = checks(tmp_path, {"components": {"api": {"url": asked}}})
    (line,) = told(found, "error")
    assert "/debug/pprof/" in line
    assert "hunter2" not in repr(found)


def test_a_secret_that_is_not_there(tmp_path: Path) -> None:
    part = {"url": "http://127.0.0.1:1", "bearer_env": "PROFBOOK_TEST_ABSENT"}
    (line,) = told(checks(tmp_path, {"components": {"api": part}}), "error")
    assert "PROFBOOK_TEST_ABSENT" in line


def test_nothing_to_profile(tmp_path: Path) -> None:
    assert told(checks(tmp_path, {}), "error") == ["components: there is nothing to profile"]


def test_what_a_collect_would_refuse(tmp_path: Path) -> None:
    found = checks(tmp_path, {"components": {"api": {"command": ["{nonsense}"]}}})
    assert told(found, "error") == ["settings: components.api.command: there is no placeholder {nonsense} here"]
    assert (
        told(checks(tmp_path, {"programs": {"x": {"command": ["sh"]}}, "collect": {"plan": "program"}}), "error") == []
    )


def test_commands_that_are_not_there(tmp_path: Path) -> None:
    settings = {
        "components": {"api": {"build": ["nonesuch", "x"], "command": ["{bin}/api"]}},
        "load": {"command": ["./absent"]},
    }
    assert told(checks(tmp_path, settings), "error") == [
        "components.api.build: command not found: nonesuch",
        "load.command: command not found: ./absent",
    ]


def test_tools_are_missed_only_where_they_are_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_which", lambda _: None)
    url = {"url": "http://127.0.0.1:1"}
    assert told(checks(tmp_path, {"components": {"api": url}}), "error")[1:] == []
    built = {"components": {"api": {"build": ["go", "build"], "command": ["{bin}/x"]}}}
    assert [line.partition(":")[0] for line in told(checks(tmp_path, built), "error")] == ["components.api.build", "go"]


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("192.168.1.1", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 00000000:1F92 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 3 1
"""


def test_a_port_open_to_all_is_found_in_the_kernel_s_table(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net/tcp").write_text(TABLE)
    assert [listens_everywhere(port, tmp_path) for port in (8080, 8081, 8082, 9)] == [True, False, False, False]
    (tmp_path / "net/tcp6").write_text(
        TABLE.replace("00000000:1F92 0100007F:1F90 01", f"{'0' * 32}:0009 {'0' * 32}:0 0A")
    )
    assert listens_everywhere(9, tmp_path)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://0.0.0.0:1"])
def test_exposure_is_a_warning(tmp_path: Path, url: str) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net/tcp").write_text(TABLE)
    found = checks(tmp_path, {"components": {"api": {"url": url}}})
    (line,) = told(found, "warning")
    assert ("every address" if "8080" in url else "not this machine alone") in line


def test_leftovers_are_told_and_left(tmp_path: Path) -> None:
    profiles = tmp_path / "profiles"
    for name in (".20260102_030405-dead.partial", ".20260102_030405-busy.partial", f"{QUARANTINE}/20260101_000000"):
        (profiles / name).mkdir(parents=True)
    lock = os.open(profiles / ".20260102_030405-busy.partial", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        found = checks(tmp_path, {})
    finally:
        os.close(lock)
    assert told(found, "warning") == [
        "profiles: left by a collector that died: 20260102_030405-dead",
        "profiles: 1 runs without a profile were put aside",
    ]
    assert "profiles: being collected now: 20260102_030405-busy" in told(found, "info")
    assert len(list(profiles.iterdir())) == 3


def test_little_space_is_a_warning(tmp_path: Path) -> None:
    found = list(doctor._space(tmp_path / "absent" / "profiles", lambda _: (0, 0, 5 << 20)))
    assert told(found, "warning") == ["profiles: only 5 MiB are free"]
