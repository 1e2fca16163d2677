"""Settings of a target: addresses as people write them, sizes, and secrets that have no place in settings."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.model.config import Config
from pipeline.model.target import Budget, RoleConfig, TargetConfig, service_root


@pytest.mark.parametrize(
    ("written", "root"),
    [
        ("", ""),
        ("localhost:6060", "http://localhost:6060"),
        ("web", "http://web"),
        ("[::1]:6060", "http://[::1]:6060"),
        ("http://h:1", "http://h:1"),
        ("http://h:1/debug/pprof", "http://h:1"),
        ("http://h:1/debug/pprof/", "http://h:1"),
        ("https://h/app/debug/pprof/heap", "https://h/app"),
        ("h:1/debug/pprof/profile", "http://h:1"),
        ("http://h/debug/pprofs", "http://h/debug/pprofs"),
    ],
)
def test_service_root(written: str, root: str) -> None:
    assert service_root(written) == root
    assert TargetConfig(url=written).url == root


@pytest.mark.parametrize(
    ("written", "size"),
    [("256MB", 256 << 20), ("1.5 GiB", 3 << 29), ("512kb", 512 << 10), ("2T", 2 << 40), ("77", 77), (77, 77), ("0", 0)],
)
def test_sizes(written: str | int, size: int) -> None:
    assert RoleConfig(rss_limit=written).rss_limit == size  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["many", "-1", "1e9", "5 MBit", "MB", -5])
def test_what_is_no_size(written: object) -> None:
    with pytest.raises(ValidationError):
        RoleConfig(rss_limit=written)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"headers": {"Authorization": "Bearer canary"}}, "Authorization looks like a secret"),
        ({"headers": {"X-Api-Key": "canary"}}, "headers_env"),
        ({"headers": {"Cookie": "canary"}}, "looks like a secret"),
        ({"headers": {"X-Session": "canary"}}, "looks like a secret"),
        ({"headers": {"X-A": "canary\r\nX-B: 1"}}, "cannot be sent"),
        ({"headers": {"X A": "canary"}}, "cannot be sent as a header"),
        ({"headers": {"Host": "canary"}}, "cannot be sent as a header"),
        ({"headers_env": {"X\n": "A"}}, "cannot be sent as a header"),
        ({"bearer_env": "A", "bearer_file": "b"}, "bearer_env and bearer_file, not both"),
        ({"bearer_env": "A", "basic_user": "u", "basic_password_env": "B"}, "not both"),
        ({"basic_user": "u"}, "basic_user needs"),
        ({"basic_password_env": "A"}, "they need it"),
        ({"key_file": "k"}, "key_file needs cert_file"),
        ({"insecure": True, "ca_file": "c"}, "has no meaning"),
        ({"custom": {"fgprof": "debug/fgprof"}}, "begins with /"),
        ({"custom": {"fgprof": "//other.host/x"}}, "begins with /"),
        ({"custom": {"heap": "/x"}}, "not one of net/http/pprof's"),
        ({"custom": {"../up": "/x"}}, "letters, digits"),
        ({"custom": {"args": "/debug/pprof/cmdline?debug=1"}}, "never fetched"),
    ],
)
def test_what_is_refused_and_why(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told) as caught:
        TargetConfig(**settings)
    assert "canary" not in " ".join(fault["msg"] for fault in caught.value.errors())


def test_budgets_of_components_by_role() -> None:
    table = {
        "components": {"a": {"url": "h:1", "role": "manager"}, "b": {"url": "h:2"}},
        "roles": {"manager": {"rss_target": "256MB", "rss_limit": "512MB"}},
    }
    assert Config.model_validate(table).budgets == {"a": Budget("manager", 256 << 20, 512 << 20)}
