"""Every way a profile server can misbehave has its documented code, and ends in time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from pipeline.collect.capture import Limits, fetch_profile, profile_url
from pipeline.collect.credentials import Access
from pipeline.collect.faults import FetchError
from tests.collect.faultserver import FAULTS, GOOD, PLAIN, FaultServer, whole
from tests.memstats import memstats_text

DEADLINE = 20.0
SHORT = 1.5
"""Deadline of the cases that last as long as they are let."""
SMALL = Limits(1 << 20, 4 << 20)

EXPECTED = {
    "good": "ok",
    "plain": "ok",
    "text_type": "ok",
    "chunked": "ok",
    "encoded": "ok",
    "flap": "ok",
    "conflict_once": "ok",
    "not_found": "http_404",
    "method": "http_405",
    "forbidden": "http_403",
    "conflict": "conflict",
    "broken": "http_500",
    "retry_after": "http_503",
    "hang_503": "http_503",
    "no_content": "http_204",
    "hang": "timeout",
    "hang_body": "timeout",
    "drip_body": "timeout",
    "drip_chunk": "timeout",
    "drip_headers": "timeout",
    "close": "reset",
    "reset": "reset",
    "reset_early": "reset",
    "short": "truncated",
    "chunk_cut": "truncated",
    "chunk_no_end": "truncated",
    "chunk_bad": "truncated",
    "gzip_cut": "gzip_truncated",
    "no_length_cut": "gzip_truncated",
    "loop": "redirect",
    "to_metadata": "redirect",
    "to_file": "redirect",
    "redirect_endless": "redirect",
    "endless": "too_large",
    "announced": "too_large",
    "encoded_not": "encoding",
    "encoded_cut": "truncated",
    "encoded_odd": "encoding",
    "encoded_bomb": "too_large",
    "bomb": "too_large",
    "big_header": "protocol",
    "many_headers": "protocol",
    "garbage": "protocol",
    "text_200": "not_a_profile",
    "empty": "empty",
    "login": "not_a_profile",
    "closed_port": "refused",
    "no_such_host": "dns",
    "tls": "tls",
}
ENDLESS = {fault for fault, code in EXPECTED.items() if code == "timeout"} | {"hang_503"}
RETRIED = {"flap": 3, "conflict_once": 2, "short": 3, "reset": 3, "gzip_cut": 3, "broken": 3}
TRIED_ONCE = ("not_found", "method", "loop", "to_metadata", "endless", "login", "empty", "retry_after", "encoded_bomb")


@dataclass(frozen=True)
class Result:
    code: str
    message: str
    seconds: float
    attempts: int
    data: bytes = b""


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    faults = FaultServer()
    yield faults
    faults.close()


@pytest.fixture(scope="module")
def results(server: FaultServer) -> dict[str, Result]:
    """All cases, many at once: they mostly wait."""

    def attempt(fault: str) -> Result:
        url = {
            "closed_port": f"http://user:hunter2@127.0.0.1:{closed_port()}",
            "no_such_host": "http://user:hunter2@no-such-host.invalid",
            "tls": f"https://127.0.0.1:{server.port}/good",
        }.get(fault, server.url(fault).replace("//", "//user:hunter2@"))
        begun = time.monotonic()
        try:
            got = fetch_profile(url, "heap", gc=True, deadline=deadline_of(fault), limits=SMALL)
        except FetchError as error:
            return Result(error.code, str(error), time.monotonic() - begun, len(error.attempts))
        return Result("ok", "", time.monotonic() - begun, len(got.attempts), got.data)

    with ThreadPoolExecutor(16) as pool:
        return dict(zip(EXPECTED, pool.map(attempt, EXPECTED), strict=True))


def deadline_of(fault: str) -> float:
    return SHORT if fault in ENDLESS else DEADLINE


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_every_fault_of_the_server_is_expected() -> None:
    assert set(FAULTS) <= set(EXPECTED)


@pytest.mark.parametrize("fault", EXPECTED)
def test_fault_has_its_code(results: dict[str, Result], fault: str) -> None:
    assert results[fault].code == EXPECTED[fault], results[fault].message


@pytest.mark.parametrize("fault", EXPECTED)
def test_fault_ends_within_its_deadline(results: dict[str, Result], fault: str) -> None:
    assert results[fault].seconds < deadline_of(fault) + 1


@pytest.mark.parametrize("fault", [fault for fault, code in EXPECTED.items() if code == "ok"])
def test_what_is_accepted_is_what_was_sent(results: dict[str, Result], fault: str) -> None:
    assert results[fault].data == (PLAIN if fault == "plain" else GOOD)


@pytest.mark.parametrize("fault", EXPECTED)
def test_messages_hold_no_secret_and_no_control_character(results: dict[str, Result], fault: str) -> None:
    message = results[fault].message
    assert "hunter2" not in message
    assert "gc=1" not in message
    assert "token=x" not in message
    assert "\x1b" not in message


@pytest.mark.parametrize(("fault", "times"), RETRIED.items())
def test_what_may_pass_is_tried_again(results: dict[str, Result], fault: str, times: int) -> None:
    assert results[fault].attempts == times


@pytest.mark.parametrize("fault", TRIED_ONCE)
def test_what_cannot_change_is_tried_once(results: dict[str, Result], server: FaultServer, fault: str) -> None:
    assert results[fault].attempts == 1
    assert server.asked[fault] == 1


def test_status_tells_missing_from_refused() -> None:
    status = {code: FetchError(code, "").status for code in ("refused", "http_404", "conflict", "too_large", "empty")}
    assert status == {
        "refused": "missing",
        "http_404": "missing",
        "conflict": "missing",
        "too_large": "refused",
        "empty": "refused",
    }


def test_cpu_profile_is_not_tried_again_when_no_window_fits(server: FaultServer) -> None:
    before = server.asked["short"]
    with pytest.raises(FetchError) as caught:
        fetch_profile(server.url("short"), "cpu", seconds=10, deadline=10.2)
    assert (caught.value.code, server.asked["short"] - before) == ("truncated", 1)
    assert server.paths[-1].endswith("/debug/pprof/profile?seconds=10")


def test_stop_ends_a_request_soon(server: FaultServer) -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    begun = time.monotonic()
    with pytest.raises(FetchError) as caught:
        fetch_profile(server.url("hang"), "heap", deadline=60, stop=stop)
    assert caught.value.code == "interrupted"
    assert time.monotonic() - begun < 5


def test_environment_proxy_and_netrc_are_ignored(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert fetch_profile(server.url("good"), "heap", deadline=DEADLINE).data == GOOD


def test_identity_encoding_is_asked_for(server: FaultServer) -> None:
    fetch_profile(server.url("good"), "heap", deadline=DEADLINE)
    assert b"accept-encoding: identity" in server.requests[-1].lower()


@pytest.mark.parametrize(
    ("base", "kind", "options", "url"),
    [
        ("http://h:1", "heap", {"gc": True}, "http://h:1/debug/pprof/heap?gc=1"),
        ("http://h:1/", "cpu", {"seconds": 10}, "http://h:1/debug/pprof/profile?seconds=10"),
        ("https://h/app/", "mutex", {}, "https://h/app/debug/pprof/mutex"),
        ("http://u:p@h", "a b/../c", {}, "http://u:p@h/debug/pprof/a%20b%2F..%2Fc"),
    ],
)
def test_profile_url(base: str, kind: str, options: dict[str, object], url: str) -> None:
    assert profile_url(base, kind, **options) == url  # type: ignore[arg-type]


def test_a_fault_of_the_check_keeps_the_bytes(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("pipeline.collect.capture.decode_profile", broken)
    got = fetch_profile(server.url("good"), "heap", deadline=DEADLINE)
    assert (got.data, got.doubt) == (GOOD, "not checked: ZeroDivisionError")


def test_memstats_are_cut_out_of_the_heap_profile(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"heap profile: 0: 0 [0: 0] @ heap/1048576\n\n" + memstats_text(num_gc=7)
    monkeypatch.setitem(FAULTS, "counters", lambda: whole(text))
    got = fetch_profile(server.url("counters"), "memstats", deadline=DEADLINE)
    assert got.data == memstats_text(num_gc=7)
    assert got.facts.memstats is not None
    assert got.facts.memstats.num_gc == 7
    assert server.paths[-1] == "/counters/debug/pprof/heap?debug=1"


def test_a_trace_is_kept_as_it_is_and_anything_else_refused(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = b"go 1.26 trace\0\0\0" + bytes(100)
    monkeypatch.setitem(FAULTS, "trace", lambda: whole(trace))
    assert fetch_profile(server.url("trace"), "trace", seconds=1, deadline=DEADLINE).data == trace
    with pytest.raises(FetchError) as caught:
        fetch_profile(server.url("good"), "trace", seconds=1, deadline=DEADLINE)
    assert (caught.value.code, caught.value.status) == ("not_a_trace", "refused")


def test_a_custom_path_keeps_its_query(server: FaultServer) -> None:
    fetch_profile(server.url("good"), "profile", seconds=1, custom="/debug/fgprof?seconds=1&x=y", deadline=DEADLINE)
    assert server.paths[-1] == "/good/debug/fgprof?seconds=1&x=y"


def test_an_answer_that_repeats_a_secret_is_not_quoted(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAULTS, "echo", lambda: whole(b"<html>canary-token-1</html>"))
    with pytest.raises(FetchError) as caught:
        fetch_profile(server.url("echo"), "heap", deadline=DEADLINE, access=Access(secrets=("canary-token-1",)))
    assert caught.value.code == "not_a_profile"
    assert "canary" not in str(caught.value)
