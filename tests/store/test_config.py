"""Settings: where they come from, who wins, and that every fault is told at once without telling a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.model.config import Config
from pipeline.store.config import load_config

SERVICE = '[components.api]\nurl = "http://localhost:8080"\n'


def project(tmp_path: Path, text: str, name: str = "profbook.toml") -> Path:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def faults(root: Path, environ: dict[str, str] | None = None, **overrides: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(root, environ or {}, overrides)
    assert caught.value.exit_code == 2
    return caught.value.message.splitlines()


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_config(tmp_path, {}) == Config()


def test_own_file_is_read(tmp_path: Path) -> None:
    config = load_config(project(tmp_path, SERVICE + "[collect]\ncpu_seconds = 3\n"), {})
    assert (config.components["api"].url, config.collect.cpu_seconds) == ("http://localhost:8080", 3)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "profbook.toml").write_bytes(b"\xef\xbb\xbf" + SERVICE.encode())
    assert "api" in load_config(tmp_path, {}).components


def test_pyproject_is_read_when_there_is_no_own_file(tmp_path: Path) -> None:
    root = project(tmp_path, "[tool.profbook.site]\nname = 'x'\n", "pyproject.toml")
    assert load_config(root, {}).site.name == "x"


def test_pyproject_without_our_table_is_no_fault(tmp_path: Path) -> None:
    project(tmp_path, "[project]\nname = 'other'\n", "pyproject.toml")
    assert load_config(project(tmp_path, SERVICE), {}).components


def test_settings_in_two_places_are_refused(tmp_path: Path) -> None:
    project(tmp_path, "[tool.profbook]\nformat = 1\n", "pyproject.toml")
    assert "both" in faults(project(tmp_path, SERVICE))[0]


def test_later_wins(tmp_path: Path) -> None:
    root = project(tmp_path, "[collect]\ncpu_seconds = 1\ninterval = 1.0\n[load]\nduration = 1\n")
    environ = {"E2E_PROFILE_INTERVAL": "2", "PROFBOOK_COLLECT__CPU_SECONDS": "2", "PROFBOOK_LOAD__DURATION": "2"}
    config = load_config(root, environ, {"load.duration": "3", "collect": {"plan": None}})
    assert (config.collect.cpu_seconds, config.collect.interval, config.load.duration) == (2, 2.0, 3.0)
    assert config.collect.plan == "phases"


def test_our_names_win_over_aliases(tmp_path: Path) -> None:
    environ = {"PROFBOOK_COLLECT__INTERVAL": "7", "E2E_PROFILE_INTERVAL": "5", "TEST_PROFILE_INTERVAL": "6"}
    assert load_config(tmp_path, environ).collect.interval == 7.0


def test_components_of_older_scripts(tmp_path: Path) -> None:
    (tmp_path / "profbook.toml").write_text('[components.api]\nurl = "http://127.0.0.1:6060"\n')
    text = "manager:olmv1-system:manager-deploy:6060; catalogd:olmv1-system:catalogd-deploy:7070;"
    found = load_config(tmp_path, {"TEST_PROFILE_COMPONENTS": text}).components
    assert list(found) == ["manager", "catalogd"]
    pods = found["catalogd"].kubernetes
    assert pods is not None
    assert (pods.namespace, pods.deployment, pods.port) == ("olmv1-system", "catalogd-deploy", 7070)


@pytest.mark.parametrize("part", ["manager", "manager:ns:deploy:http", "manager::deploy:6060", "a:b:c:1:2"])
def test_components_of_older_scripts_that_cannot_be_read(tmp_path: Path, part: str) -> None:
    with pytest.raises(ConfigError, match=r"TEST_PROFILE_COMPONENTS: .* should be name:namespace:deployment:port"):
        load_config(tmp_path, {"TEST_PROFILE_COMPONENTS": f"good:ns:deploy:6060;{part}"})


@pytest.mark.parametrize("prefix", ["E2E_PROFILE_", "TEST_PROFILE_"])
def test_aliases(tmp_path: Path, prefix: str) -> None:
    environ = {
        f"{prefix}INTERVAL": "5",
        f"{prefix}CPU_DURATION": "4",
        f"{prefix}DIR": "./e2e-profiles",
        f"{prefix}MODE": "heap",
        f"{prefix}TEST_TARGET": "test-e2e",
        f"{prefix}NAMESPACE": "olmv1-system",
    }
    config = load_config(tmp_path, environ)
    collect = config.collect
    assert (collect.interval, collect.cpu_seconds, collect.profiles_dir) == (5.0, 4, "./e2e-profiles")
    assert (collect.mode, config.load.target) == ("heap", "test-e2e")
    assert faults(tmp_path, {f"{prefix}MODE": "all"}) == [
        f"{prefix}MODE: collect.mode: should be 'both', 'heap' or 'cpu'"
    ]
    (fault,) = faults(tmp_path, {f"{prefix}TEST_TARGET": "--eval=x"})
    assert fault.startswith(f"{prefix}TEST_TARGET: load.target: ")


def test_environment_finds_keys_in_any_case_and_keeps_names_of_variables(tmp_path: Path) -> None:
    root = project(tmp_path, '[components.My-Api]\nurl = "http://h"\n')
    environ = {
        "PROFBOOK_COMPONENTS__MY_API__READY": "/ready",
        "PROFBOOK_COMPONENTS__MY_API__ENV__GOGC": "50",
        "PROFBOOK_COLLECT__BEFORE": '["heap"]',
        "PROFBOOK_DEBUG": "1",
    }
    config = load_config(root, environ)
    assert list(config.components) == ["My-Api"]
    assert config.components["My-Api"].ready == "/ready"
    assert config.components["My-Api"].env == {"GOGC": "50"}
    assert config.collect.before == ("heap",)


def test_all_faults_are_told_at_once_with_place_and_key(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        """
        colect = 1
        [components.api]
        comand = ["x"]
        [components."../up"]
        url = "ftp://user:hunter2@h"
        [components.API]
        url = "http://h"
        [collect]
        cpu_second = 3
        interval = -1
        plan = "sometimes"
        before = ["heap", "cmdline", "cpu", 7]
        [[compare]]
        base = "a"
        """,
    )
    told = faults(root, {"PROFBOOK_SITE__NAM": "hunter2", "PROFBOOK_LOAD__DURATION": "hunter2"}, **{"limits.x": 1})
    assert set(told) == {
        "profbook.toml: colect: unknown setting; did you mean collect?",
        "profbook.toml: components.api.comand: unknown setting; did you mean command?",
        (
            "profbook.toml: components.api: needs a url (it runs already), a command (to start it) or kubernetes "
            "(its pods)"
        ),
        "profbook.toml: components.API: differs from api only in case",
        'profbook.toml: components."../up": is not a safe name: letters, digits, and . _ - inside, up to 100',
        'profbook.toml: components."../up".url: should be http://HOST[:PORT][/PATH], without ? or #',
        "profbook.toml: collect.cpu_second: unknown setting; did you mean cpu_seconds?",
        "profbook.toml: collect.interval: should be greater than 0",
        "profbook.toml: collect.plan: should be 'phases', 'interval', 'window', 'snapshot', 'program' or 'bench'",
        "profbook.toml: collect.before[1]: cmdline is never fetched: it is not a profile",
        "profbook.toml: collect.before[2]: the CPU profile is taken during the load, for collect.cpu_seconds",
        "profbook.toml: collect.before[3]: should be a valid string",
        "profbook.toml: compare[0].head: is missing",
        "PROFBOOK_SITE__NAM: site.nam: unknown setting; did you mean name?",
        "PROFBOOK_LOAD__DURATION: load.duration: should be a valid number, unable to parse string as a number",
        "command line: limits.x: unknown setting",
    }
    assert "hunter2" not in "".join(told)


def test_a_table_made_by_the_environment_is_told_by_its_name(tmp_path: Path) -> None:
    assert faults(tmp_path, {"PROFBOOK_COLECT__X": "1"}) == [
        "PROFBOOK_COLECT__X: colect: unknown setting; did you mean collect?"
    ]


def test_a_value_where_a_table_is_needed(tmp_path: Path) -> None:
    told = faults(project(tmp_path, "collect = 3\ncomponents = 4\n"), {"PROFBOOK_COLLECT__INTERVAL": "3"})
    assert "PROFBOOK_COLLECT__INTERVAL: collect.interval: collect is not a table" in told
    assert "profbook.toml: collect: should be a table" in told
    assert "profbook.toml: components: should be a table" in told


def test_a_newer_format_is_refused_with_a_sentence(tmp_path: Path) -> None:
    told = faults(project(tmp_path, "format = 99\nsomething_new = 1\n"))
    assert told == ["profbook.toml: these settings have format 99, and this profbook reads up to 1"]


@pytest.mark.parametrize("text", ["x = ", "[a\n", "\x00"])
def test_broken_toml_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    assert "not valid TOML" in faults(project(tmp_path, text))[0]


@pytest.mark.parametrize("url", ["localhost:80", "http://localhost:80/debug/pprof/", "localhost:80/debug/pprof/heap"])
def test_an_address_is_taken_as_people_write_it(tmp_path: Path, url: str) -> None:
    config = load_config(tmp_path, {}, {"components": {"api": {"url": url}}})
    assert config.components["api"].url == "http://localhost:80"


@pytest.mark.parametrize("url", ["http://", "file:///x", "http://h:99999", "http://h?a=1", "http://[::"])
def test_urls_that_are_no_base_are_refused(tmp_path: Path, url: str) -> None:
    assert "components.api.url" in faults(tmp_path, {}, components={"api": {"url": url}})[0]


def test_topics_of_the_preset_come_first_and_the_module_is_named(tmp_path: Path) -> None:
    text = """
topics_preset = "kubernetes"
[[topics]]
name = "pgx"
pattern = 'github\\.com/jackc/pgx'
sample_types = ["cpu"]
[module]
path = "example.com/shop"
"""
    rules = load_config(project(tmp_path, text)).cost
    assert rules.module == "example.com/shop"
    assert [topic.name for topic in rules.topics] == [
        "OpenAPI", "JSON", "Dynamic client", "Informer and cache", "Reconcile", "pgx",
    ]  # fmt: skip
    assert rules.topics[-1].sample_types == ("cpu",)
    assert load_config(tmp_path / "none").cost.topics == ()


def test_a_topic_that_cannot_be_is_told_with_its_key_and_without_its_pattern(tmp_path: Path) -> None:
    text = """
topics_preset = "kubernetes"
[[topics]]
name = "JSON"
pattern = "x"
[[topics]]
name = "a"
pattern = "sesame("
[[topics]]
name = "a"
pattern = "(?!x)"
"""
    assert faults(project(tmp_path, text)) == [
        "profbook.toml: topics[0].name: is the name of another topic",
        "profbook.toml: topics[1].pattern: is not a pattern in Go's syntax: missing closing )",
        "profbook.toml: topics[2].name: is the name of another topic",
        "profbook.toml: topics[2].pattern: is not a pattern in Go's syntax: invalid or unsupported Perl syntax",
    ]


@pytest.mark.parametrize(
    "text", ['topics_preset = "k8s"', "[module]\npath = 'a b'", "[[topics]]\nname = ''\npattern = 'x'"]
)
def test_other_settings_of_cost_are_checked_too(tmp_path: Path, text: str) -> None:
    assert len(faults(project(tmp_path, text))) == 1
