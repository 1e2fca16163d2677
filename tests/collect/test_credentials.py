"""Secrets come from the environment or a file, are refused with a word when they do not, and show nowhere."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from pipeline.collect.credentials import known_secrets, read_access, tls_doubts
from pipeline.errors import ConfigError
from pipeline.model.config import Config, VariantConfig
from pipeline.model.target import TargetConfig
from tests.collect.fakes import collect, settings
from tests.collect.faultserver import CERTIFICATES, FAULTS, GOOD, FaultServer, whole
from tests.memstats import memstats_text

ENVIRON = {"TOKEN": "canary-token", "PASSWORD": "canary-password", "KEY": "canary-key", "TWO_LINES": "a\nb"}


def access(root: Path, **settings: Any) -> Any:
    return read_access("api", TargetConfig(**settings), root, ENVIRON)


def test_a_bearer_token_comes_from_a_variable_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("canary-file\n")
    assert access(tmp_path, bearer_env="TOKEN").headers == {"Authorization": "Bearer canary-token"}
    assert access(tmp_path, bearer_file="token").headers == {"Authorization": "Bearer canary-file"}
    assert access(tmp_path, bearer_file=str(tmp_path / "token")).secrets == ("canary-file",)


def test_basic_authentication_and_headers(tmp_path: Path) -> None:
    got = access(
        tmp_path,
        basic_user="ann",
        basic_password_env="PASSWORD",
        headers={"X-Tenant": "blue"},
        headers_env={"X-Api-Key": "KEY"},
    )
    pair = base64.b64encode(b"ann:canary-password").decode()
    assert got.headers == {"X-Tenant": "blue", "X-Api-Key": "canary-key", "Authorization": f"Basic {pair}"}
    assert set(got.secrets) == {"canary-key", "canary-password", pair}


def test_no_secret_is_in_a_repr_and_all_are_masked(tmp_path: Path) -> None:
    got = access(tmp_path, url="http://ann:canary%2Duser@h:1", bearer_env="TOKEN", headers_env={"X-Api-Key": "KEY"})
    assert "canary" not in repr(got)
    assert got.hide("canary-token, canary-key and canary-user") == "***, *** and ***"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"bearer_env": "NOT_THERE"}, r"api\.bearer_env: the environment variable NOT_THERE is not set"),
        ({"bearer_env": "TWO_LINES"}, r"api\.bearer_env: the value is empty, or holds"),
        ({"bearer_file": "nothing"}, r"api\.bearer_file: there is no such file"),
        ({"bearer_file": "empty"}, r"api\.bearer_file: the value is empty"),
        ({"headers_env": {"X-Api-Key": "NOT_THERE"}}, r"api\.headers_env\.X-Api-Key: .* NOT_THERE is not set"),
        ({"ca_file": "nothing.pem"}, r"api\.ca_file: there is no such file"),
        ({"ca_file": "empty"}, r"api\.ca_file: no certificate"),
        ({"cert_file": str(CERTIFICATES / "ca.pem")}, r"api\.cert_file: .* its key is missing"),
        ({"cert_file": str(CERTIFICATES / "client-locked.pem")}, r"api\.cert_file: .* encrypted"),
    ],
)
def test_what_is_not_there_is_told_by_its_setting(tmp_path: Path, settings: dict[str, Any], told: str) -> None:
    (tmp_path / "empty").write_text("")
    with pytest.raises(ConfigError, match=told) as caught:
        access(tmp_path, **settings)
    assert caught.value.cure
    assert str(tmp_path) not in str(caught.value)


def test_certificates_are_found_from_the_project_folder(tmp_path: Path) -> None:
    (tmp_path / "client.pem").write_bytes((CERTIFICATES / "client.pem").read_bytes())
    got = access(tmp_path, ca_file=str(CERTIFICATES / "ca.pem"), cert_file="client.pem")
    assert got.cert_file == str(tmp_path / "client.pem")


def test_insecure_tls_is_a_doubt() -> None:
    config = Config.model_validate(
        {"components": {"a": {"url": "https://h", "insecure": True}, "b": {"url": "https://h"}}}
    )
    assert [(one.code, one.subject) for one in tls_doubts(config)] == [("tls_insecure", "a")]


def test_every_secret_of_a_run_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEARER", "canary-bearer")
    monkeypatch.setenv("DB_PASSWORD", "canary-outside")
    monkeypatch.setenv("DB_HOST", "db.internal")
    part = {"url": "http://h", "bearer_env": "BEARER", "env": {"API_KEY": "canary-component", "MODE": "production"}}
    config = Config.model_validate({"components": {"api": part}})
    found = known_secrets(config, VariantConfig(env={"PG_TOKEN": "canary-variant", "SECRET": "abc"}), tmp_path)
    assert {"canary-bearer", "canary-outside", "canary-component", "canary-variant"} <= set(found)
    assert not {"db.internal", "production", "abc"} & set(found)


def external(url: str, **settings_of_it: Any) -> dict[str, Any]:
    table = settings([], before=["heap"], after=["heap"], memstats=True) | {
        "components": {"ext": {"url": url, **settings_of_it}}
    }
    table["load"]["duration"] = 0.05
    return table


def test_a_collect_shows_its_token_to_its_own_service_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEARER", "canary-bearer")
    server = FaultServer(tls=True)
    try:
        part = {"bearer_env": "BEARER", "ca_file": str(CERTIFICATES / "ca.pem"), "profiles": ["heap"]}
        run = collect(tmp_path, external(server.url("good"), **part))
    finally:
        server.close()
    assert all(b"authorization: bearer canary-bearer" in request.lower() for request in server.requests)
    statuses = {report.path: report.code or report.status for report in run.manifest.files}
    assert statuses == {
        "ext/heap-before.prof": "ok", "ext/memstats-before.txt": "not_memstats",
        "ext/heap-after.prof": "ok", "ext/memstats-after.txt": "not_memstats",
    }  # fmt: skip
    assert run.manifest.status == "complete"
    assert "canary" not in (run.path / "run.json").read_text()


def test_a_secret_that_is_not_there_stops_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="BEARER_NOT_THERE"):
        collect(tmp_path, external("http://127.0.0.1:9", bearer_env="BEARER_NOT_THERE"))
    assert not (tmp_path / "profiles").exists()


def test_insecure_tls_and_a_skewed_clock_are_in_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = "Mon, 02 Jan 2006 15:04:05 GMT"
    good = FAULTS["good"]
    monkeypatch.setitem(FAULTS, "good", lambda: whole(b"".join(good()).partition(b"\r\n\r\n")[2], Date=old))  # type: ignore[arg-type]
    server = FaultServer(tls=True)
    try:
        run = collect(tmp_path, external(server.url("good"), insecure=True, profiles=["heap"]))
    finally:
        server.close()
    assert [finding.code for finding in run.manifest.findings] == ["tls_insecure", "clock_skew"]


def test_a_restart_between_two_snapshots_is_in_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processes = iter(
        [memstats_text(num_gc=2, ends=(7, 8)), memstats_text(num_gc=9, ends=range(50, 59), total_alloc=10**9)]
    )
    server = FaultServer()
    monkeypatch.setitem(FAULTS, "good", lambda: whole(next(processes) if b"debug=1" in server.requests[-1] else GOOD))
    try:
        run = collect(tmp_path, external(server.url("good"), profiles=["heap"]))
    finally:
        server.close()
    (finding,) = run.manifest.findings
    assert (finding.code, finding.subject) == ("restarted", "ext/memstats-after.txt")
