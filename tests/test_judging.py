"""The gate as a whole: real folders of runs in, an exit code and reasons out; each kind of failure flips it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pipeline import gathering, judging, sites, stages
from pipeline.compare.gate import judge_gate
from pipeline.errors import ConfigError
from pipeline.model.config import CompareConfig, Config
from pipeline.model.court import Objection
from pipeline.model.decision import DecisionConfig
from pipeline.model.gate import AcceptConfig
from pipeline.model.rules import RuleResult
from pipeline.model.run import LoadReport, Manifest
from pipeline.model.verdict import Comparison
from pipeline.store import records, runs
from tests.builders import pprof_bytes, write_run

TODAY = date(2026, 11, 20)
HEAP = (("inuse_objects", "count"), ("inuse_space", "bytes"))
CONFIG = Config(compare=(CompareConfig(base="before", head="after"),))
Told = list[str]


def load(place: int = 0, **facts: object) -> bytes:
    """Write a load result; runs of a side differ a little, as real ones do."""
    rate = 1000.0 + place
    plain = {
        "timestamp": "2026-11-20T10:15:00Z", "duration_s": 10.0, "total_ops": round(rate * 10), "writes": 9000,
        "reads": 1000, "errors": 0, "ops_per_sec": rate, "avg_latency_ms": 1.0 + place / 1000,
    }  # fmt: skip
    return json.dumps(plain | facts).encode()


def heap(size: int) -> bytes:
    return pprof_bytes([(("main.main",), (1, size))], HEAP)


def write(root: Path, label: str, place: int, files: dict[str, bytes]) -> Path:
    return write_run(root / "profiles", f"20261120_1015{place:02}-{label}", files)


def write_side(root: Path, label: str, **facts: object) -> None:
    for place in range(4):
        rate = facts.get("ops_per_sec")
        mine = (
            {**facts, "ops_per_sec": float(rate) + place, "total_ops": round(float(rate) + place) * 10}
            if rate
            else facts
        )  # type: ignore[arg-type]
        size = 10_000_000 + 1000 * place
        files = {"heap-before.prof": heap(size), "heap-after.prof": heap(size + 500)}
        write(root, label, place, {"load-test-results.json": load(place, **mine), **files})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a project whose two labels are the same."""
    write_side(tmp_path, "before")
    write_side(tmp_path, "after")
    return tmp_path


def gate(root: Path, config: Config = CONFIG, **words: object) -> tuple[int, str]:
    lines: Told = []
    code = judging.gate(root, config, say=lines.append, **{"today": TODAY, **words})  # type: ignore[arg-type]
    return code, "\n".join(lines)


def slower(root: Path, percent: float) -> None:
    write_side(root, "after", ops_per_sec=1000 * (1 - percent / 100), avg_latency_ms=1 / (1 - percent / 100))


def test_like_runs_pass(root: Path) -> None:
    code, told = gate(root, strict=True)
    assert (code, told.splitlines()[0]) == (0, "gate passed")
    assert told.splitlines()[-1].startswith("more: ")


# --- what flips it ---------------------------------------------------------------------------------------------------


def regressed(root: Path) -> None:
    slower(root, 20)


def within(root: Path) -> None:
    slower(root, 5)


def memory(root: Path) -> None:
    for place in range(4):
        write(root, "after", place, {"heap-after.prof": heap(16_000_000)})


def failing(root: Path) -> None:
    write(root, "after", 2, {"load-test-results.json": load(2, errors=103)})


def budget(root: Path) -> None:
    write(root, "after", 1, {"heap-after.prof": heap(10_600_000)})


def nothing(root: Path) -> None:
    for run in (root / "profiles").glob("*-after"):
        for file in run.iterdir():
            file.unlink()
            (run / f"{file.name}.note").write_text("not kept")


def gone(root: Path) -> None:
    for run in (root / "profiles").glob("*-after"):
        run.rename(run.with_name(run.name.replace("after", "other")))


def broken(root: Path) -> None:
    write(root, "after", 3, {"allocs-after.prof": b"\x1f\x8bnot a profile"})


def invalid(root: Path) -> None:
    write(root, "after", 0, {"load-test-results.json": load(0, duration_s=20.0, total_ops=20_000)})


def invalid_and_slower(root: Path) -> None:
    regressed(root)
    invalid(root)


def ended(root: Path, exit_code: int) -> None:
    """Say of the head's runs how their load command ended."""
    for run in (root / "profiles").glob("*-after"):
        told = Manifest(run.name, "after", load=LoadReport(("load",), exit_code))
        (run / "run.json").write_bytes(runs.manifest_bytes(told))


def went_well(root: Path) -> None:
    ended(root, 0)


def crashed(root: Path) -> None:
    ended(root, 2)


def few(root: Path) -> None:
    for place in range(3):
        for file in (root / "profiles" / f"20261120_1015{place:02}-after").iterdir():
            file.unlink()
        (root / "profiles" / f"20261120_1015{place:02}-after").rmdir()


ROLES = Config.model_validate(
    {
        "compare": [{"base": "before", "head": "after"}],
        "components": {"service": {"url": "http://127.0.0.1:1", "role": "small"}},
        "roles": {"small": {"heap_limit": 10_550_000}},
    }
)


@pytest.mark.parametrize(
    ("spoil", "config", "codes", "reason"),
    [
        (regressed, CONFIG, (1, 1), "Throughput 20 % worse"),
        (within, CONFIG, (0, 0), "worse, but within what the rules allow"),
        (memory, CONFIG, (1, 1), "times the base's: 9.54 MB → 15.26 MB"),
        (failing, CONFIG, (1, 1), "At most 1 % of the operations fail: Error rate 1.02 %"),
        (budget, ROLES, (1, 1), "Memory within the limits of the component's role"),
        (budget, CONFIG, (0, 0), "gate passed"),
        (nothing, CONFIG, (1, 1), "before..after: nothing was measured on both sides"),
        (gone, CONFIG, (1, 1), "no run is labelled 'after'"),
        (broken, CONFIG, (3, 3), "data is missing: 20261120_101503-after/allocs-after.prof"),
        (invalid, CONFIG, (0, 4), "before..after is invalid: load durations differ: 10 s to 20 s"),
        (invalid_and_slower, CONFIG, (0, 4), "not judged: load_or_test_failed, memory, regression"),
        (went_well, CONFIG, (0, 0), "gate passed"),
        (crashed, CONFIG, (1, 1), "The load, a test or a program failed: the load command of 20261120_101500-after"),
        (few, CONFIG, (0, 4), "before..after is inconclusive: needs"),
    ],
)
def test_exit_codes(
    root: Path, spoil: Callable[[Path], None], config: Config, codes: tuple[int, int], reason: str
) -> None:
    assert gate(root, config)[0] == 0, "as it is, it passes"
    spoil(root)
    for strict, code in zip((False, True), codes, strict=True):
        found, told = gate(root, config, strict=strict)
        assert found == code, told
        assert reason in told
        assert "0x" not in told


def test_a_failure_is_told_before_missing_data(root: Path) -> None:
    regressed(root)
    broken(root)
    code, told = gate(root)
    assert code == 1
    assert told.splitlines()[0] == "gate failed"
    assert "note: before..after: data is missing" in told


def test_without_a_comparison_there_is_nothing_to_judge(root: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to judge"):
        gate(root, Config(compare=()))


def test_outcomes_are_told_with_their_reasons(root: Path) -> None:
    said: list[str] = []
    assert judging.tell_comparisons(root, CONFIG, say=said.append) == 0
    assert said[0] == "before..after: unchanged"
    assert all(line.startswith("  ") for line in said[1:])
    assert not (root / "build/site").exists()


def test_with_one_label_compare_says_what_it_takes(tmp_path: Path) -> None:
    said: list[str] = []
    assert judging.tell_comparisons(tmp_path, Config(compare=()), say=said.append) == 0
    assert said == [
        (
            "nothing to compare: that takes runs of the label 'baseline' (comparison.baseline) and of another, "
            "or a [[compare]] with base and head in profbook.toml"
        )
    ]


def test_red_flags_are_told_before_doubts(root: Path) -> None:
    (one,), _ = judging.judge(root, CONFIG, today=TODAY)
    flag = RuleResult("errors", "red_flag", "Errors", "met", "2 errors", ">", 0.0, "", "largest", 2.0, "", "", "")
    odd = replace(one, rules=(flag,), objections=(Objection("few_samples", "doubt", "few samples"),))
    notes = judge_gate([odd], (), today=TODAY).notes
    assert [note.partition(": ")[2] for note in notes if "Errors" in note or "few" in note] == [
        "red flag: Errors: 2 errors",
        "doubt: few samples",
    ]


def test_two_labels_can_be_named(root: Path) -> None:
    slower(root, 20)
    assert gate(root, Config(compare=()), pair=("before", "after"))[0] == 1
    assert gate(root, Config(compare=()), pair=("after", "before"))[0] == 0


def test_one_comparison_that_measured_nothing_is_not_hidden_by_others(root: Path) -> None:
    config = Config(compare=(*CONFIG.compare, CompareConfig(base="before", head="misspelt")))
    assert gate(root, config)[0] == 1


# --- accepted regressions --------------------------------------------------------------------------------------------


def accepting(**facts: object) -> Config:
    plain = {"until": "2026-11-20", "reason": "known"}
    one = [AcceptConfig.model_validate({"metric": name, **plain, **facts}) for name in ("ops_per_sec", "latency_mean")]
    return CONFIG.model_copy(update={"accept": tuple(one)})


def test_what_is_accepted_passes_until_its_last_day(root: Path) -> None:
    regressed(root)
    code, told = gate(root, accepting())
    assert code == 0
    assert "accepted until 2026-11-20: known" in told
    code, told = gate(root, accepting(), today=date(2026, 11, 21))
    assert code == 1
    assert "its acceptance ended on 2026-11-20: known" in told


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"component": "service"}, 0),
        ({"component": "other"}, 1),
        ({"rule": "regression"}, 0),
        ({"rule": "memory"}, 1),
        ({"metric": "elapsed"}, 1),
        ({"function": "main.other"}, 1),
    ],
)
def test_an_acceptance_is_about_what_it_names(root: Path, facts: dict[str, object], code: int) -> None:
    regressed(root)
    assert gate(root, accepting(**facts))[0] == code


def test_an_acceptance_nothing_needs_is_told(root: Path) -> None:
    code, told = gate(root, accepting())
    assert code == 0
    assert "accepted but not needed: ops_per_sec (until 2026-11-20)" in told


def test_an_acceptance_of_everything_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a metric, a rule or a function"):
        AcceptConfig.model_validate({"until": "2026-11-20", "reason": "x"})


# --- files -----------------------------------------------------------------------------------------------------------


def test_the_result_is_written_as_json_and_junit(root: Path) -> None:
    regressed(root)
    gate(root, json_file="out/gate.json", junit_file="out/gate.xml")
    told = json.loads((root / "out/gate.json").read_bytes())
    assert (told["format"], told["outcome"], told["exit_code"]) == (1, "failed", 1)
    (suite,) = ET.parse(root / "out/gate.xml").getroot()
    assert suite.get("name") == "before..after"
    assert int(suite.get("failures", "0")) == 2
    first = [(root / name).read_bytes() for name in ("out/gate.json", "out/gate.xml")]
    gate(root, json_file="out/gate.json", junit_file="out/gate.xml")
    assert [(root / name).read_bytes() for name in ("out/gate.json", "out/gate.xml")] == first


# --- the published figure that was an error rate -------------------------------------------------------------------


def eventodb(errors: int, operations: int) -> bytes:
    """Write a result as the event store's load test did; every operation it counted had failed."""
    return json.dumps(
        {
            "timestamp": "2025-12-20T11:17:00Z",
            "duration_s": 30.01,
            "total_ops": operations,
            "writes": round(operations * 0.909),
            "reads": operations - round(operations * 0.909),
            "errors": errors,
            "ops_per_sec": operations / 30.01,
            "avg_latency_ms": 0.9,
        }
    ).encode()


def test_a_published_gain_in_throughput_that_was_an_error_rate_is_invalid(tmp_path: Path) -> None:
    """lib/pq to pgx, "+40.5 %": 10,242 errors per second became 14,395."""
    sides = {"lib-pq": eventodb(307_381, 120), "pgx": eventodb(432_007, 140)}
    for label, result in sides.items():
        write_run(tmp_path / "collected", label, {"load-test-results.json": result, "cpu.prof": heap(1)})
        config = Config(compare=(CompareConfig(base="lib-pq", head="pgx"),))
        gathering.import_paths(tmp_path, config, paths=[f"collected/{label}"], label=label, say=[].append)
    assert stages.compare_labels(tmp_path, config.compare[0], config)
    found = records.read(tmp_path / "build/compare/lib-pq..pgx.json", Comparison, kind="comparison")
    assert found.outcome == "invalid"
    assert any("307,381 errors in 30.01 s" in reason for reason in found.reasons)
    assert any("432,007 errors in 30.01 s" in reason for reason in found.reasons)
    assert not [one for one in found.rules if one.kind == "goal" and one.state == "met"]
    code, told = gate(tmp_path, config, strict=True)
    assert code == 1
    assert "At most 1 % of the operations fail" in told


# --- decisions -------------------------------------------------------------------------------------------------------


def test_a_decision_brings_its_comparison_and_its_page(root: Path) -> None:
    asked = DecisionConfig(name="pools", base="before", head="after")
    config = Config(compare=(), decisions=(asked,))
    assert [stages.slug(pair) for pair in stages.pairs(config)] == ["before..after"]
    assert sites.build_site(root, config, say=[].append)
    page = (root / "build/site/decisions/pools/index.html").read_text("utf-8")
    assert "More than 30 % fewer GC runs" in page
    assert "decisions/pools/index.html" in (root / "build/site/index.html").read_text("utf-8")
    assert "decisions/pools/index.html" in (root / "build/site/compare/before..after/index.html").read_text("utf-8")
