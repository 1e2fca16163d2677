"""Redaction takes away labels, secrets and homes, and no value."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis.masking import mask_random, mask_text, may_hold_home, may_hold_key, trim_homes
from pipeline.analysis.redact import (
    Redactor,
    redact_profile,
    redact_source,
    redact_values,
    redaction_findings,
)
from pipeline.decode import decode_profile
from pipeline.model.finding import Finding
from pipeline.model.redact import SHOW_ALL, RedactConfig, RedactRules
from pipeline.model.run import Manifest, ProgramReport
from pipeline.model.source import Extract, SourceFile, SourceStore, StoredFunction, name_digest
from tests.builders import pprof_message

TOKEN = "ghp_" + "kanarieKANARIE0123456789" + "abcd"
KEY = "AKIA" + "KANARIE012345678"


def labelled(**labels: str | int):
    message = pprof_message([(("main.main", "main.work"), (1, 10)), (("main.main",), (2, 20))])
    strings = [text.decode() for text in message.string_table]

    def text(value: str) -> int:
        strings.append(value)
        return len(strings) - 1

    for key, value in labels.items():
        name = text(key.replace("__", "::"))
        if isinstance(value, int):
            message.sample[0].label.add(key=name, num=value)
        else:
            message.sample[0].label.add(key=name, str=text(value))
    message.comment.append(text(f"built with https://ann:hunter2@proxy/x by {KEY}"))
    message.function[0].filename = text("/home/kanarie/src/app/main.go")
    message.function[1].name = text(f"main.{TOKEN}")
    message.mapping[0].filename = text("/Users/kanarie/app")
    del message.string_table[:]
    message.string_table.extend(value.encode() for value in strings)
    return decode_profile(message.SerializeToString())


def every_text(profile) -> str:
    functions = profile.functions
    mapped = [one.file for one in profile.mappings]
    groups = (functions.name, functions.system_name, functions.filename, mapped, profile.comments, profile.labels.text)
    return "\n".join(text for group in (*groups, profile.labels.key) for text in group)


def test_labels_are_left_out_but_those_that_are_allowed() -> None:
    profile = labelled(tenant="acme", team_a="x", bytes=512, pprof__base="true")
    keys = lambda *shown: sorted(redact_profile(profile, Redactor(RedactRules(shown))).profile.labels.key)  # noqa: E731
    assert keys() == ["bytes", "pprof::base"]
    assert keys("tenant") == ["bytes", "pprof::base", "tenant"]
    assert keys("team*") == ["bytes", "pprof::base", "team_a"]
    assert keys("*") == sorted(profile.labels.key)


def test_nothing_planted_is_left() -> None:
    profile = labelled(tenant=TOKEN, request=f"Bearer {TOKEN}")
    found = redact_profile(profile, Redactor(RedactRules(("*",))))
    text = every_text(found.profile).lower()
    assert "kanarie" in every_text(profile).lower()
    assert "kanarie" not in text
    assert "hunter2" not in text
    assert "~/src/app/main.go" in text
    assert found.masked
    assert found.changed


def test_values_and_stacks_stay() -> None:
    profile = labelled(tenant="acme")
    found = redact_profile(profile, Redactor(RedactRules())).profile
    assert np.array_equal(found.samples.values, profile.samples.values)
    assert np.array_equal(found.samples.stack, profile.samples.stack)
    assert found.total(1) == 30


def test_rules_that_show_all_change_nothing() -> None:
    profile = labelled(tenant=TOKEN)
    found = redact_profile(profile, Redactor(SHOW_ALL))
    assert found.profile is profile
    assert not found.changed


def test_what_was_left_out_is_told_without_telling_it() -> None:
    found = redact_profile(labelled(tenant=TOKEN), Redactor(RedactRules()))
    told = redaction_findings({"cpu.prof": found})
    assert [one.code for one in told] == ["labels_left_out", "secret_masked"]
    assert told[0].evidence == "tenant"
    assert told[1].subject == "cpu.prof"
    assert "kanarie" not in repr(told).lower()


def test_an_example_of_cleaned_text_does_not_show_a_label() -> None:
    profile = labelled(tenant="kanarie\x1b")
    assert any("kanarie" in one.evidence for one in profile.findings)
    found = redact_profile(profile, Redactor(RedactRules()))
    assert [one.evidence for one in found.profile.findings if one.code == "text_cleaned"] == [""]


def test_labels_our_readers_make_are_shown() -> None:
    dump = b"goroutine 1 [select, 5 minutes]:\nmain.main()\n\t/home/ann/main.go:3 +0x1\n\n"
    found = redact_profile(decode_profile(dump), Redactor(RedactRules()))
    assert {"state", "wait_minutes"} <= set(found.profile.labels.key)
    assert found.profile.functions.filename == ("~/main.go",)


def test_own_patterns_are_masked_everywhere() -> None:
    found = redact_profile(labelled(), Redactor(RedactRules(patterns=("app",))))
    assert "/app" not in every_text(found.profile)
    assert redact_values(Finding("c", "info", "on app-7"), Redactor(RedactRules(patterns=("app-[0-9]",))).text) == (
        Finding("c", "info", "on ***")
    )


@pytest.mark.parametrize("pattern", ["(", ".*", ""])
def test_a_pattern_that_cannot_be_meant_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"regular expression|matches everything"):
        RedactConfig(patterns=(pattern,))


def test_values_are_redacted_within_values() -> None:
    manifest = Manifest(
        "r", programs=(ProgramReport("a", "b", command=("x", "--password=kanarie", "--token", "kanarie", "-v")),)
    )
    redacted = Redactor(RedactRules()).all_of(manifest)
    assert redacted.programs[0].command == ("x", "--password=***", "--token", "***", "-v")
    assert Redactor(RedactRules()).all_of(redacted) is redacted


def test_the_address_of_stored_source_keeps_its_line_and_loses_a_password() -> None:
    url = "https://ann:hunter2@git.example.com/shop/blob/{commit}/{path}#L{line}"
    store = SourceStore(commit="c", url=url, files=())
    redacted = redact_source(store, Redactor(RedactRules()), {})
    assert redacted.url == "https://***@git.example.com/shop/blob/{commit}/{path}#L{line}"


def test_stored_source_is_found_by_the_new_name_too() -> None:
    digests = (name_digest("/home/ann/main.go"),)
    file = SourceFile("main.go", "", False, "0" * 64, 9, digests, (StoredFunction("main.f", 1, 2),), (
        Extract(1, ("package main", f'const key = "{TOKEN}"')),
    ))  # fmt: skip
    store = SourceStore("", "", (file,))
    redacted = redact_source(store, Redactor(RedactRules()), {"/home/ann/main.go": "~/main.go"})
    assert redacted.find("~/main.go") == redacted.find("/home/ann/main.go") == redacted.files[0]
    assert redacted.files[0].extracts[0].lines[1] == 'const key = "***"'


@pytest.mark.parametrize(
    ("text", "trimmed"),
    [
        ("/home/ann/go/pkg/mod/x@v1.2.3/a.go", "~/go/pkg/mod/x@v1.2.3/a.go"),
        ("/Users/ann/a.go", "~/a.go"),
        ("/root/a.go", "~/a.go"),
        (r"C:\Users\ann\a.go", r"~\a.go"),
        ("file:///home/ann/x", "file://~/x"),
        ("at /home/ann: no", "at ~: no"),
        ("/data/home/ann/x", "/data/home/ann/x"),
        ("example.com/home/page.go", "example.com/home/page.go"),
        ("/usr/local/go/src/runtime/proc.go", "/usr/local/go/src/runtime/proc.go"),
        ("/rooted/x", "/rooted/x"),
    ],
)
def test_homes(text: str, trimmed: str) -> None:
    assert trim_homes(text) == trimmed


@pytest.mark.parametrize(
    "text",
    [
        "0123456789abcdef0123456789abcdef01234567",
        "/home/ann/go/pkg/mod/k8s.io/apimachinery@v0.31.1/pkg/runtime/serializer/json.go",
        "k8s.io/client-go/tools/cache.(*Reflector).ListAndWatch",
        "TestExtensionDeveloperUpgradeExperimentalE2E",
        "github.com/cyphar/filepath-securejoin",
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask_random(text) == text
    assert mask_text(text) == text


@pytest.mark.parametrize("before", ["\\x0a", "\\u202e", " ", "="])
def test_a_control_character_spelt_out_hides_no_secret(before: str) -> None:
    text = Redactor(RedactRules()).text
    for secret in (TOKEN, KEY, "Bearer kanarie-1234567", "/home/kanarie/x", "wJalrXUtnFEMIK7MDENGbPxRfiKANARIEKEY0"):
        assert "kanarie" not in text(f"a{before}{secret}").lower(), secret


def test_whatever_is_masked_has_a_mark() -> None:
    secrets = [f"gh{kind}_{'aA1' * 12}" for kind in "pousr"]
    secrets += ["github_pat_" + "a" * 30, "glpat-" + "a" * 20, KEY, "ASIA" + "B" * 16, "xoxb-" + "1" * 12]
    secrets += ["eyJhbGciOi.eyJzdWIiOi.x", "AIza" + "a" * 35, "sk-" + "a" * 24, "-----BEGIN PRIVATE KEY-----x"]
    secrets += ["/home/ann/x", "/Users/ann/x", "/root/x", "C:\\Users\\ann\\x", "C:/Users/ann/x", "/var/home/ann/x"]
    redactor = Redactor(RedactRules())
    for secret in secrets:
        assert redactor.path(f"a {secret} b") != f"a {secret} b", secret
        assert may_hold_key(secret) or may_hold_home(secret), secret


def test_words_drawn_by_chance_are_masked() -> None:
    assert mask_random("key wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY0 x") == "key *** x"


@pytest.mark.parametrize("name", ["std::auth::token::check", "tokio::task-runner-something-quite-long-indeed"])
def test_names_of_code_stay(name: str) -> None:
    assert Redactor(RedactRules()).name(name) == name
