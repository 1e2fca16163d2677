"""Measuring until it is certain, as a whole: programs run, runs derived and compared, looks told, and the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UsageError
from pipeline.measuring import collect_until_certain, compare_refs_until_certain
from pipeline.model.config import Config
from pipeline.model.court import ComparisonConfig
from tests.builders import pprof_bytes, write_run
from tests.collect.fakes import visible
from tests.collect.test_worktree import repository

RESULT = {
    "timestamp": "2026-11-20T10:15:00Z", "duration_s": 10.0, "writes": 9000, "reads": 1000, "errors": 0,
}  # fmt: skip
HEAP = pprof_bytes([(("main.main",), (1, 1000))], (("inuse_objects", "count"), ("inuse_space", "bytes")))
# A program whose results vary a little from run to run: the place of a run is the number of runs before it.
SCRIPT = """
name=$(cat version 2>/dev/null || echo new)
place=$(ls -d "PROFILES"/*-"$name"* 2>/dev/null | wc -l)
rate=$((1000 + place)) latency=1.0
[ "$name" = "SLOWER" ] && rate=$((rate - 100)) latency=1.1
printf 'RESULT' "$latency" "$place" "$rate" "${rate}0" > "$1/load-test-results.json"
cp "$0.prof" "$1/heap.prof"
"""


def result(rate: float) -> bytes:
    facts = {"avg_latency_ms": 1000 / rate, "ops_per_sec": rate, "total_ops": round(rate * 10)}
    return json.dumps(RESULT | facts).encode()


def settings(root: Path, *, slower: str = "") -> Config:
    """Write the program, and settings that run it; it is 10 % slower as ``slower``."""
    form = json.dumps(RESULT)[:-1] + ', "avg_latency_ms": %s%02d, "ops_per_sec": %s, "total_ops": %s}'
    text = SCRIPT.replace("PROFILES", str(root / "profiles")).replace("SLOWER", slower).replace("RESULT", form)
    program = root.with_name("program.sh")
    program.write_text(text)
    root.with_name("program.sh.prof").write_bytes(HEAP)
    table = {"command": ["sh", str(program), "{profile_dir}"], "profiles": {"heap": "{profile_dir}/heap.prof"}}
    return Config.model_validate({"collect": {"plan": "program"}, "programs": {"show": table}})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "project"
    place.mkdir()
    return place


def write(root: Path, name: str, content: bytes) -> None:
    write_run(root / "profiles", name, {"show/load-test-results.json": content, "show/heap.prof": HEAP})


def write_base(root: Path, count: int = 6, **facts: object) -> None:
    for place in range(count):
        content = json.dumps(json.loads(result(1000.0 + place)) | facts).encode()
        write(root, f"20261119_1015{place:02}-old", content)


def test_two_commits_are_measured_until_it_is_certain(tmp_path: Path) -> None:
    root, told = repository(tmp_path / "repo"), list[str]()
    code = compare_refs_until_certain(root, settings(root, slower="head"), base="base", head="head", say=told.append)
    assert code == 0
    assert told[0] == "looks after 6, 8, 12, 16 rounds; stops as soon as it is certain"
    assert told[-2].startswith("stopped after 6 rounds: regressed: show: Throughput −10.0 %, q = 0.00")
    assert told[-1] == "6 runs of base, 6 of head"
    assert len(visible(root)) == 12


def test_runs_are_taken_until_the_comparison_with_a_label_is_certain(root: Path) -> None:
    told: list[str] = []
    write_base(root)
    write(root, "20261120_101500-new", result(900.5))
    config = settings(root, slower="new")
    code = collect_until_certain(root, config, label="new", against="old", say=told.append)
    assert code == 0
    assert len(told) == 2
    assert told[-1].startswith("stopped after 6 rounds: regressed: show: Throughput −1")
    # The run that was there already counts.
    assert sum("-new" in name for name in visible(root)) == 6


def test_each_look_is_told_until_the_rounds_are_used_up(root: Path) -> None:
    told: list[str] = []
    for place, rate in enumerate((900.0, 950.0, 1050.0, 1100.0)):
        write(root, f"20261119_1015{place:02}-old", result(rate))
    config = settings(root)
    collect_until_certain(root, config, label="new", against="old", max_rounds=9, say=told.append)
    assert told[0] == "looks after 6, 8, 9 rounds; stops as soon as it is certain"
    assert [line.split(":")[0] for line in told[1:]] == [
        "look after 6 rounds of at most 9",
        "look after 8 rounds of at most 9",
        "stopped after 9 rounds",
    ]
    assert "may differ by −" in told[1]
    assert "not settled after 9 rounds" in told[-1]


def test_runs_that_must_not_be_compared_end_it_at_once(root: Path) -> None:
    told: list[str] = []
    write_base(root, 4, duration_s=20.0)
    config = settings(root)
    assert collect_until_certain(root, config, label="new", against="old", say=told.append) == 0
    # Against 4 runs of the base, 6 cannot be as certain as the first look asks.
    assert told[0] == "looks after 8, 12, 16 rounds; stops as soon as it is certain"
    assert told[-1].startswith("stopped after 1 round: more runs would not help: ")
    assert len(visible(root)) == 5
    allowed = config.model_copy(update={"comparison": ComparisonConfig(duration=2.0)})
    collect_until_certain(root, allowed, label="other", against="old", max_rounds=4, say=told.append)
    assert told[-1].startswith("stopped after 4 rounds: ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "old"}, "two different labels"),
        ({"label": ""}, "two different labels"),
        ({"against": "none"}, "too few runs of 'none'"),
        ({"against": "single"}, "too few runs of 'single'"),
        ({"max_rounds": 3}, "--max-rounds must be from 4 to 1000"),
        ({"max_rounds": 1001}, "--max-rounds must be from 4 to 1000"),
        ({"label": "many", "max_rounds": 4}, "there are 4 runs of 'many' already"),
    ],
)
def test_what_can_give_no_answer_is_refused(root: Path, options: dict[str, Any], message: str) -> None:
    write_base(root)
    for name in ("20261120_101500-single", *(f"20261120_10160{place}-many" for place in range(4))):
        write(root, name, result(1000.0))
    before = visible(root)
    given = {"label": "new", "against": "old", "say": lambda _: None} | options
    with pytest.raises(UsageError, match=message):
        collect_until_certain(root, settings(root), **given)
    assert visible(root) == before
