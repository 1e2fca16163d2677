"""TLS, credentials and proxies of one request, and what all misbehaviours together cost in memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from pipeline.collect.capture import fetch_profile
from pipeline.collect.credentials import OPEN, Access
from pipeline.collect.faults import FetchError
from pipeline.collect.fetch import get
from tests.collect.faultserver import CERTIFICATES, FAULTS, GOOD, FaultServer, whole
from tests.test_house import ROOT

CA = Access(ca_file=str(CERTIFICATES / "ca.pem"))
CLIENT = Access(ca_file=CA.ca_file, cert_file=str(CERTIFICATES / "client.pem"))
LOCKED = Access(ca_file=CA.ca_file, cert_file=str(CERTIFICATES / "client-locked.pem"))
WRONG_CA = Access(ca_file=str(CERTIFICATES / "README.md"))
INSECURE = Access(insecure=True)
SHORT = 1.5


@pytest.fixture(scope="module")
def plain() -> Iterator[FaultServer]:
    server = FaultServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def secure() -> Iterator[FaultServer]:
    server = FaultServer(tls=True)
    yield server
    server.close()


@pytest.fixture(scope="module")
def mutual() -> Iterator[FaultServer]:
    server = FaultServer(mutual=True)
    yield server
    server.close()


def outcome(url: str, access: Access, deadline: float = 20.0) -> str:
    begun = time.monotonic()
    try:
        data = fetch_profile(url, "heap", deadline=deadline, access=access).data
    except FetchError as fault:
        return fault.code
    finally:
        assert time.monotonic() - begun < deadline + 1
    return "ok" if data == GOOD else "other bytes"


@pytest.mark.parametrize(
    ("access", "code"),
    [(OPEN, "tls"), (CA, "ok"), (INSECURE, "ok"), (CLIENT, "ok"), (WRONG_CA, "tls"), (LOCKED, "tls")],
)
def test_an_unknown_authority_is_refused_unless_it_is_trusted(secure: FaultServer, access: Access, code: str) -> None:
    assert outcome(secure.url("good"), access) == code


def test_a_certificate_for_another_host_is_refused(secure: FaultServer) -> None:
    assert outcome(f"https://127.1:{secure.port}/good", CA) == "tls"
    assert outcome(f"https://localhost:{secure.port}/good", CA) == "ok"


@pytest.mark.parametrize(("access", "code"), [(CA, "tls"), (INSECURE, "tls"), (CLIENT, "ok")])
def test_a_client_certificate_that_is_wanted(mutual: FaultServer, access: Access, code: str) -> None:
    assert outcome(mutual.url("good"), access) == code


def test_http_on_a_tls_port_and_tls_on_an_http_port(secure: FaultServer, plain: FaultServer) -> None:
    assert outcome(secure.url("good").replace("https", "http"), OPEN) == "http_400"
    assert outcome(plain.url("good").replace("http", "https"), OPEN) == "tls"


@pytest.mark.parametrize("fault", ["drip_body", "drip_headers", "drip_chunk", "hang", "hang_body"])
def test_a_dripping_tls_answer_ends_at_the_deadline(secure: FaultServer, fault: str) -> None:
    assert outcome(secure.url(fault), CA, SHORT) == "timeout"


@pytest.mark.parametrize(
    ("fault", "code"), [("short", "truncated"), ("endless", "too_large"), ("reset", "reset"), ("loop", "redirect")]
)
def test_faults_have_the_same_code_under_tls(secure: FaultServer, fault: str, code: str) -> None:
    with pytest.raises(FetchError) as caught:
        get(secure.url(fault), deadline=20, max_bytes=1 << 20, access=CA)
    # A connection that is reset inside TLS has no proper end: that is a fault of TLS as well.
    assert caught.value.code in ({code, "tls", "truncated"} if fault == "reset" else {code})


def test_a_handshake_that_never_comes_ends_at_the_deadline() -> None:
    server = FaultServer(deaf=True)
    try:
        assert outcome(f"https://127.0.0.1:{server.port}/", CA, SHORT) == "timeout"
    finally:
        server.close()


def test_headers_are_sent_and_win_over_the_user_of_the_url(plain: FaultServer) -> None:
    access = Access(headers={"Authorization": "Bearer canary-token", "X-Tenant": "blue"})
    assert outcome(plain.url("good").replace("//", "//user:pw@"), access) == "ok"
    request = plain.requests[-1].lower()
    assert b"authorization: bearer canary-token\r\n" in request
    assert b"x-tenant: blue\r\n" in request
    assert b"accept-encoding: identity\r\n" in request


@pytest.mark.parametrize("fault", ["loop", "to_metadata"])
def test_credentials_do_not_follow_a_redirect(plain: FaultServer, fault: str) -> None:
    before = len(plain.requests)
    assert outcome(plain.url(fault), Access(headers={"Authorization": "Bearer canary-token"})) == "redirect"
    assert len(plain.requests) == before + 1


def test_secrets_that_a_server_sends_back_are_masked(monkeypatch: pytest.MonkeyPatch, plain: FaultServer) -> None:
    monkeypatch.setitem(FAULTS, "echo", lambda: whole(b"bad value canary-token-1 given\n", "401 Unauthorized"))
    with pytest.raises(FetchError) as caught:
        get(plain.url("echo"), deadline=5, max_bytes=1 << 20, access=Access(secrets=("canary-token-1",)))
    assert caught.value.code == "http_401"
    assert "canary" not in str(caught.value)
    assert "bad value *** given" in str(caught.value)
    assert "bearer_env" in caught.value.cure


def test_a_proxy_is_used_only_when_asked_for(plain: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = FaultServer()
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    try:
        assert outcome(plain.url("good"), OPEN) == "ok"
        assert proxy.requests == []
        # The fault server knows no such path as the absolute address that a proxy is asked for.
        with pytest.raises(FetchError, match="404"):
            get(f"http://service.invalid:{plain.port}/good", deadline=2, max_bytes=1 << 20, access=Access(proxy=True))
        assert proxy.requests[-1].startswith(f"GET http://service.invalid:{plain.port}/good HTTP/1.1\r\n".encode())
    finally:
        proxy.close()


def test_a_proxied_request_ends_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = FaultServer(deaf=True)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    try:
        assert outcome("http://service.invalid/good", Access(proxy=True), SHORT) == "timeout"
    finally:
        proxy.close()


@pytest.mark.parametrize(("ahead", "skewed"), [(0, False), (1, False), (3600, True), (-3600, True)])
def test_the_clock_of_the_server_is_compared(
    plain: FaultServer, monkeypatch: pytest.MonkeyPatch, ahead: float, skewed: bool
) -> None:
    monkeypatch.setitem(FAULTS, "dated", lambda: whole(GOOD, Date=formatdate(time.time() + ahead, usegmt=True)))
    skew = get(plain.url("dated"), deadline=5, max_bytes=1 << 20).skew
    assert abs(skew - ahead) < 2 if skewed else abs(skew) <= 1


MEMORY = """
import json, resource, sys
from concurrent.futures import ThreadPoolExecutor
from pipeline.collect.capture import Limits, fetch_profile
from pipeline.collect.credentials import Access
from pipeline.collect.faults import FetchError

def attempt(case):
    url, ca = case
    try:
        fetch_profile(url, "heap", deadline=2, limits=Limits(4 << 20, 16 << 20), access=Access(ca_file=ca))
    except FetchError as fault:
        return fault.code
    return "ok"

cases = json.load(sys.stdin)
attempt(cases[0]), attempt(cases[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with ThreadPoolExecutor(4) as pool:
    codes = list(pool.map(attempt, cases))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
json.dump({"codes": codes, "grown": (after - before) * 1024}, sys.stdout)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
def test_no_misbehaviour_costs_much_memory(plain: FaultServer, secure: FaultServer) -> None:
    cases = [(plain.url("good"), ""), (secure.url("good"), CA.ca_file)]
    cases += [(plain.url(fault), "") for fault in FAULTS] + [(secure.url(fault), CA.ca_file) for fault in FAULTS]
    assert len(FAULTS) >= 29
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], input=json.dumps(cases), cwd=ROOT, capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    assert told["codes"][:2] == ["ok", "ok"]
    assert {"timeout", "truncated", "too_large", "redirect", "protocol"} <= set(told["codes"])
    assert told["grown"] <= 64 << 20
