"""Secrets are masked, and nothing else is."""

from __future__ import annotations

import pytest

from pipeline.collect.secrets import hidden_parts, hide_paths, is_telling, mask, mask_text, printable, safe_url

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("words", "masked"),
    [
        (["--password=hunter2"], ["--password=***"]),
        (["--password", "hunter2", "--workers", "10"], ["--password", "***", "--workers", "10"]),
        (["--api-key", "hunter2"], ["--api-key", "***"]),
        (["-H", "Authorization: Bearer hunter2hunter2"], ["-H", "Authorization: ***"]),
        (["DB_PASSWORD=hunter2", "x"], ["DB_PASSWORD=***", "x"]),
        (["postgres://user:hunter2@db:5432/x?sslmode=off"], ["postgres://***@db:5432/x?***"]),
        (["--url", "http://localhost:1/a"], ["--url", "http://localhost:1/a"]),
        (
            ["{bin}/loadgen", "--duration", "30s", "--workers=10"],
            ["{bin}/loadgen", "--duration", "30s", "--workers=10"],
        ),
        (["--token", "--verbose"], ["--token", "--verbose"]),
        (["--key=ghp_" + "a" * 36], ["--key=***"]),
        ([JWT], ["***"]),
        (["AKIA" + "A" * 16], ["***"]),
    ],
)
def test_mask(words: list[str], masked: list[str]) -> None:
    assert list(mask(words)) == masked


@pytest.mark.parametrize(
    "text",
    [
        "password: hunter2",
        '{"password": "hunter2", "a": 1}',
        "secret='hunter2'",
        "GET http://user:hunter2@h/x?y=1",
        "curl -H 'authorization: basic hunter2hunter2'",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
        "Set-Cookie: hunter2",
    ],
)
def test_mask_text_hides(text: str) -> None:
    assert "hunter2" not in mask_text(text)


@pytest.mark.parametrize("text", ["author wrote it", "12 tokens read", "a = b", "http://h:80/debug/pprof/heap", "ok"])
def test_mask_text_leaves(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://u:p@h:1/a?b=c#d", "http://h:1/a"),
        ("https://[::1]:8/x", "https://[::1]:8/x"),
        ("http://h:badport/", "(not a URL)"),
        ("/only/path?x=1", "/only/path"),
    ],
)
def test_safe_url(url: str, shown: str) -> None:
    assert safe_url(url) == shown


def test_printable() -> None:
    assert printable("a\x1b[31m\n\tb\u202ec") == "a [31m b c"
    assert printable("x" * 200, 10) == "xxxxxxxxx…"
    assert printable("token=hunter2") == "token=***"


def test_hide_paths_names_whole_parts_longest_first() -> None:
    names = {"/home/ann": "~", "/home/ann/app": ".", "/home/ann/app/build/bin": "{bin}", "/": "never", "": "never"}
    text = "/home/ann/app/build/bin/x /home/ann/app/main.go:3 /home/ann/go /home/annabel /home/ann. /mnt/home/ann"
    assert hide_paths(text, names) == "{bin}/x ./main.go:3 ~/go /home/annabel ~. /mnt/home/ann"


def test_what_is_masked_in_a_command_is_known_by_value() -> None:
    words = [
        "load",
        "--token",
        "alpha-1",
        "--db-password=beta-2",
        "http://ann:gamma-3@h/x?key=delta-4",
        "--workers",
        "10",
    ]
    assert {"alpha-1", "beta-2", "gamma-3", "delta-4"} <= set(hidden_parts(words))
    assert not {"10", "load", "--workers"} & set(hidden_parts(words))


@pytest.mark.parametrize(
    ("name", "telling"),
    [
        ("DB_PASSWORD", True),
        ("GITHUB_TOKEN", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("PATH", False),
        ("SSH_AUTH_SOCK", False),
    ],
)
def test_names_of_variables_that_tell(name: str, telling: bool) -> None:
    assert is_telling(name) is telling
