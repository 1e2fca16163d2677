"""Histories and default comparisons as a whole: folders of runs in, what is written and said out."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import history, judging, sites, stages
from pipeline.model.config import Config
from pipeline.model.history import History, OverTime
from pipeline.model.run import Environment, Manifest
from pipeline.model.verdict import Comparison
from pipeline.store import fingerprint, records, runs
from tests.builders import pprof_bytes, write_run

CONFIG = Config()
COMMITS = ("a" * 40, "b" * 40)


def write(root: Path, label: str, place: int, rate: float, sha: str = "") -> str:
    name = f"20261101_1000{place:02}-{label}"
    told = Manifest(name, label, f"2026-11-01T10:00:{place:02}Z", environment=Environment(git_sha=sha))
    load = {
        "timestamp": "2026-11-01T10:00:00Z", "duration_s": 10.0, "total_ops": round(rate * 10), "writes": 900,
        "reads": 100, "errors": 0, "ops_per_sec": rate, "avg_latency_ms": 1.5,
    }  # fmt: skip
    profile = pprof_bytes([(("main.main", "main.work"), (3, 10**9))], duration_nanos=10**10)
    files = {"load-test-results.json": json.dumps(load).encode(), "cpu.prof": profile}
    write_run(root / "profiles", name, {**files, "run.json": runs.manifest_bytes(told)})
    return name


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for place in range(12):
        slow = place >= 6
        write(tmp_path, "main", place, (600.0 if slow else 1000.0) + place, COMMITS[slow])
    return tmp_path


def written(root: Path) -> History:
    return records.read(records.history(root / "build"), History, kind="history")


def tell(root: Path, config: Config = CONFIG, label: str = "") -> list[str]:
    said: list[str] = []
    assert judging.tell_history(root, config, label=label, say=said.append) == 0
    return said


def test_a_history_is_written_with_the_site_and_told(root: Path) -> None:
    sites.build_site(root, CONFIG, say=lambda _: None)
    found = written(root)
    assert [(one.label, one.runs) for one in found.labels] == [("main", 12)]
    first = found.steps[0]
    assert (first.series.measure, first.run, first.commit) == ("ops_per_sec", "20261101_100006-main", COMMITS[1])
    page = (root / "build/site/index.html").read_text()
    assert "Changes over time" in page
    assert 'href="runs/20261101_100006-main/index.html">20261101_100006-main</a><span class="pb-sub">commit' in page
    assert tell(root)[0].startswith("worse: main/service: Throughput: 1,002 ops/s → 608.5 ops/s (−39.")


def test_what_is_not_proved_is_counted_and_listed_when_asked_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sites.build_site(root, CONFIG, say=lambda _: None)
    found = written(root)
    doubtful = replace(found, steps=tuple(replace(one, certain=False) for one in found.steps))
    monkeypatch.setattr(history, "find", lambda *_: doubtful)
    *_, last = tell(root)
    assert re.match(r"\d+ candidates? not proved", last)
    assert not [line for line in tell(root) if line.startswith("worse")]
    said: list[str] = []
    judging.tell_history(root, CONFIG, candidates=True, say=said.append)
    assert said[0].startswith("worse, candidate: main/service: Throughput")


def test_the_site_is_not_current_without_its_history(root: Path) -> None:
    sites.build_site(root, CONFIG, say=lambda _: None)
    look = stages.look(root, CONFIG)
    assert sites.is_built(root, CONFIG, look)
    whole = records.history(root / "build").read_bytes()
    for damage in (b"", whole[:-5], whole.replace(b"main", b"mean")):
        records.history(root / "build").write_bytes(damage)
        assert not sites.is_built(root, CONFIG, look)
        assert sites.build_site(root, CONFIG, say=lambda _: None)
        assert records.history(root / "build").read_bytes() == whole


def test_a_history_is_searched_once_and_again_when_a_run_or_a_setting_changes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.compare import history as searched

    real, calls = searched.search_label, []
    monkeypatch.setattr(searched, "search_label", lambda *given: calls.append(1) or real(*given))
    first = tell(root)
    assert tell(root) == first
    assert len(calls) == 1
    assert tell(root, Config.model_validate({"history": {"change": 0.9}})) == ["no lasting change in 7 series of main"]
    assert len(calls) == 2
    write(root, "main", 12, 610.0)
    tell(root)
    assert len(calls) == 3


def test_one_label_can_be_asked_for(root: Path) -> None:
    assert len(tell(root, label="main")) == len(tell(root)) > 0
    assert tell(root, label="other") == [
        "nothing to search: a history takes 6 runs of one label, with their start known"
    ]


def test_a_label_of_two_commits_is_compared_without_being_asked(root: Path) -> None:
    sites.build_site(root, CONFIG, say=lambda _: None)
    slug = "main@aaaaaaa..main@bbbbbbb"
    made = records.read(records.comparison(root / "build", slug), Comparison, kind="comparison")
    assert (len(made.base_runs), len(made.head_runs), made.outcome) == (6, 6, "regressed")
    assert (root / "build/site/compare" / slug / "index.html").is_file()
    assert f'compare/{slug}/index.html"' in (root / "build/site/index.html").read_text()


def test_comparisons_that_suit_the_runs_no_more_are_removed(root: Path) -> None:
    sites.build_site(root, CONFIG, say=lambda _: None)
    write(root, "main", 13, 600.0, "c" * 40)
    sites.build_site(root, CONFIG, say=lambda _: None)
    assert [path.name for path in (root / "build/compare").iterdir()] == ["main@bbbbbbb..main@ccccccc.json"]


def test_what_pairs_rest_on_is_known_of_every_run(root: Path) -> None:
    def facts(found: Sequence[runs.Listed]) -> list[tuple[str, str, str, Environment | None]]:
        return [
            (one.run.id, one.run.label, one.run.started, one.run.manifest.environment if one.run.manifest else None)
            for one in found
        ]

    for _ in range(2):
        known = stages.known_runs(root, CONFIG)
        assert facts(known) == facts(runs.list_runs(root / "profiles"))
        assert stages.pairs(CONFIG, [one.run for one in known])
        (root / "profiles/20261101_100000-main/run.json").write_bytes(b"{")
    assert known[0].run.manifest is None


def test_the_gate_judges_what_suits_the_runs(root: Path) -> None:
    from datetime import date

    said: list[str] = []
    code = judging.gate(root, CONFIG, today=date(2026, 11, 2), say=said.append)
    assert code == 1
    assert any("main@aaaaaaa..main@bbbbbbb" in line for line in said)


def test_a_matrix_and_what_is_left_out_are_on_the_page_of_all_comparisons(root: Path) -> None:
    for label in ("baseline", "one", "two"):
        write(root, label, 20, 500.0)
    config = Config.model_validate({"comparison": {"pairs": 3}})
    sites.build_site(root, config, say=lambda _: None)
    page = (root / "build/site/compare/index.html").read_text()
    assert 'id="matrix-' in page
    assert "comparisons_cut" in page
    assert "4 comparisons suit the runs; the newest 3 are made" in page
    front = (root / "build/site/index.html").read_text()
    assert "labels against baseline, side by side" in front


def test_only_the_label_of_a_new_run_is_searched_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.compare import history as searched

    for place in range(6):
        write(root, "other", 20 + place, 500.0 + place)
    first, real, calls = tell(root), searched.search_label, []
    monkeypatch.setattr(
        searched, "search_label", lambda label, *given: calls.append(label.label) or real(label, *given)
    )
    write(root, "other", 30, 505.0)
    assert tell(root) == first
    assert calls == ["other"]


def test_one_run_more_reads_one_record(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(root)
    write(root, "main", 12, 610.0)
    real, opened = stages.record_of, []
    monkeypatch.setattr(stages, "record_of", lambda root, name, *given: opened.append(name) or real(root, name, *given))
    tell(root)
    assert opened == ["20261101_100012-main"]


def over_time(root: Path) -> OverTime:
    keys = stages.record_keys(stages.known_runs(root, CONFIG), CONFIG)
    found = [stages.summary_of(root, name, key, CONFIG) for name, key in keys.items()]
    return history.over_time(root / "build", found, lambda name: stages.record_of(root, name, keys[name], CONFIG))


def scripts(root: Path) -> dict[str, bytes]:
    folder = root / "build/history/site"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.js")}


def test_scripts_are_the_same_whatever_order_the_runs_came_in(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    at_once = over_time(root)
    other = tmp_path_factory.mktemp("slowly")
    for name in sorted((path.name for path in (root / "profiles").iterdir()), reverse=True):
        (other / "profiles").mkdir(exist_ok=True)
        shutil.copytree(root / "profiles" / name, other / "profiles" / name)
        grown = over_time(other)
    assert grown.stretches == at_once.stretches
    assert scripts(other) == scripts(root) != {}


def test_scripts_that_were_damaged_or_are_wanted_no_more_are_put_right(root: Path) -> None:
    over_time(root)
    whole = scripts(root)
    for name, data in whole.items():
        (root / "build/history/site" / name).write_bytes(data[:-9])
    stranger = root / "build/history/site/0123456789abcdef"
    stranger.mkdir()
    over_time(root)
    assert scripts(root) == whole
    assert not stranger.exists()


def test_a_label_that_is_gone_leaves_nothing(root: Path) -> None:
    tell(root)
    assert len(list((root / "build/history/labels").iterdir())) == 1
    for place in range(7):
        shutil.rmtree(root / f"profiles/20261101_1000{place:02}-main")
    tell(root)
    assert list((root / "build/history/labels").iterdir()) == []
    assert over_time(root).newest[0].facts.id == "20261101_100011-main"


def test_the_intervals_of_a_median_are_told_where_there_are_any(root: Path) -> None:
    orders = over_time(root).orders
    assert orders[:5] == ((0, 0),) * 5
    assert orders[5] == (1, 6)
    assert all(1 <= low < high <= count for count, (low, high) in enumerate(orders, 1) if low)


def test_history_is_current_only_for_its_own_runs(root: Path) -> None:
    keys = stages.record_keys(stages.known_runs(root, CONFIG), CONFIG)
    mine, others = (fingerprint.of_records(one) for one in (keys, dict(list(keys.items())[1:])))
    assert not history.is_current(root / "build", mine, CONFIG)
    tell(root)
    assert history.is_current(root / "build", mine, CONFIG)
    assert not history.is_current(root / "build", others, CONFIG)
