"""The load command: what each plan runs, and the targets of a test suite run with make."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.collect.load import load_of
from pipeline.errors import ConfigError
from pipeline.model.config import Config
from tests.collect.fakes import collect, settings

TARGETS = (
    "test-e2e",
    "test-experimental-e2e",
    "test-extension-developer-e2e",
    "test-upgrade-e2e",
    "test-upgrade-experimental-e2e",
)


def config(load: dict[str, Any], **plan: Any) -> Config:
    return Config.model_validate({"load": load, "collect": plan})


def test_a_snapshot_has_no_load() -> None:
    assert load_of(config({"command": ["hey"]}, plan="snapshot")).command == ()


def test_a_series_lasts_as_long_as_its_load_or_its_own_time() -> None:
    assert load_of(config({}, plan="interval")).duration == math.inf
    assert load_of(config({}, plan="window", duration=5)).duration == 5
    assert load_of(config({}, plan="phases", duration=5)).duration == 30
    assert load_of(config({"command": ["make"]}, plan="interval")).timeout == math.inf
    assert load_of(config({"command": ["make"], "timeout": 9}, plan="interval")).timeout == 9
    assert load_of(config({"command": ["hey", "{duration}s"]}, plan="interval")).timeout == 0
    assert load_of(config({"command": ["make"]}, plan="phases")).timeout == 0


def test_target_is_filled_in_or_asked_for() -> None:
    assert load_of(config({"target": "test-e2e"})).command == ("make", "test-e2e")
    assert load_of(config({"target": "a", "command": ["x", "{target}:{url}", "{{target}}"]})).command == (
        "x",
        "a:{url}",
        "{{target}}",
    )
    with pytest.raises(ConfigError, match=r"load\.target: is empty"):
        load_of(config({"command": ["make", "{target}"]}))


def test_a_missing_target_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"load\.target"):
        collect(tmp_path, settings(["make", "{target}"]))
    assert not (tmp_path / "profiles").exists()


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
@pytest.mark.parametrize("target", TARGETS)
def test_every_target_of_a_test_suite_is_run(tmp_path: Path, target: str) -> None:
    rules = "".join(f"{name}:\n\t@echo running $@; sleep 0.3; test $@ != test-upgrade-e2e\n" for name in TARGETS)
    (tmp_path / "Makefile").write_text(f".PHONY: {' '.join(TARGETS)}\n{rules}")
    table = settings([], plan="interval", interval=0.2, series=["heap"])
    table["load"]["target"] = target
    run = collect(tmp_path, table)
    load = run.manifest.load
    assert load is not None
    assert load.command == ("make", target)
    assert (run.path / "test.log").read_text().startswith(f"running {target}\n")
    failed = target == "test-upgrade-e2e"
    assert (load.exit_code, run.manifest.status) == ((2, "partial") if failed else (0, "complete"))
    assert [finding.code for finding in run.manifest.findings] == (["load_failed"] if failed else [])
