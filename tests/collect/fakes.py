"""Collects for tests: settings of the fake service, a clock that stands still, a progress that remembers, a look at
processes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.collect.clock import SystemClock
from pipeline.collect.services import Prepared
from pipeline.collect.session import CollectedRun, collect_run
from pipeline.model.config import Config
from pipeline.model.run import FileReport

SERVICE = [sys.executable, "-S", str(Path(__file__).with_name("fakeservice.py")), "{port}"]
LOAD = """
import json, sys, time
time.sleep(float(sys.argv[1]))
json.dump({}, open(sys.argv[2] + '/load-test-results.json', 'w'))
"""
CHEAP = {"before": ["heap"], "after": ["heap", "goroutineleak"], "cpu_seconds": 1, "memstats": False}


class FrozenClock(SystemClock):
    """Stands still for names and records; waits are real."""

    def now(self) -> datetime:
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Recorder:
    """A progress that remembers."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.files: list[FileReport] = []

    def step(self, text: str, seconds: float = 0) -> None:
        self.steps.append(text)

    def file(self, report: FileReport) -> None:
        self.files.append(report)

    def close(self) -> None:
        pass


def settings(load: float | list[str] = 1.6, *, service: list[str] | None = None, **collect: object) -> dict[str, Any]:
    command = [sys.executable, "-S", "-c", LOAD, "{duration}", "{profile_dir}"] if isinstance(load, float) else load
    return {
        "components": {"api": {"command": service or SERVICE, "ready_seconds": 5}},
        "load": {"command": command, "duration": load if isinstance(load, float) else 1.6},
        "collect": CHEAP | collect,
        "variants": {"fast": {"args": ["--variant=fast"], "env": {"GOGC": "50", "FAKE": "from-env"}}},
    }


def collect(root: Path, table: dict[str, Any], **options: Any) -> CollectedRun:
    options = {"progress": Recorder(), "prepared": Prepared(root / "bin")} | options
    return collect_run(Config.model_validate(table), root=root, **options)


def visible(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "profiles").iterdir() if not path.name.startswith("."))


def hidden(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "profiles").iterdir() if path.name.startswith("."))


class ImpatientClock(SystemClock):
    """Twenty seconds pass in one."""

    def monotonic(self) -> float:
        return time.monotonic() * 20

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / 20)


def until(condition: Callable[[], object], what: str) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail(f"never happened: {what}")


def assert_gone(words: str) -> None:
    until(lambda: not running(words), f"end of {words}")


def running(words: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if words in command and "launch.py" not in command and "pytest" not in command:
            found.append(command)
    return found
