"""Summaries come back as they were written, and from the memory only while the record is whole."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import archive
from pipeline.model.finding import Finding
from pipeline.model.summary import Cell, RunSummary, SummaryMeasurement, SummaryProfile
from pipeline.render.summary import FUNCTIONS_OF_RUN, summarize
from pipeline.store import records, seen, summaries
from tests.records import empty_record, failed_record, hostile_record, profile, record, top_table

WORDS = st.text(max_size=8) | st.text("|;~^", max_size=8)
SUMMARIES = st.builds(
    RunSummary,
    *[WORDS] * 6,
    st.sampled_from([True, False, None]),
    st.tuples(WORDS),
    WORDS,
    st.integers(0, 9),
    st.integers(0, 9),
    st.lists(st.builds(SummaryMeasurement, WORDS, st.floats(allow_nan=False), WORDS)).map(tuple),
    st.lists(WORDS).map(tuple),
    st.lists(st.builds(SummaryProfile, WORDS, WORDS, WORDS, WORDS, st.none() | st.integers(0, 9), WORDS, WORDS)).map(
        tuple
    ),
    st.lists(st.builds(Cell, WORDS, WORDS)).map(tuple),
    st.just((Finding("code", "error", "message", "subject"),)),
)


@given(SUMMARIES)
def test_a_summary_comes_back_and_is_one_line(summary: RunSummary) -> None:
    data = summaries.dump(summary)
    assert summaries.load(data) == summary
    assert b"\n" not in data


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"id":1}'])
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"no summary|Expecting|indices"):
        summaries.load(data)


def test_a_column_is_one_text_where_it_can_be() -> None:
    one = replace(summarize(record()), functions=("f|g", "f;g"))
    value = json.loads(summaries.dump(one))
    metrics, values, components = value["measurements"]
    assert metrics == "".join(f"|{each.metric}" for each in one.measurements)
    assert list(values) == ["f8"]
    assert components == "|service" * len(one.measurements)
    assert value["functions"] == "~f|g~f;g"
    named = replace(one, functions=("f|g", "f;g", "~", "^"), measurements=())
    assert json.loads(summaries.dump(named))["functions"] == ["f|g", "f;g", "~", "^"]
    assert json.loads(summaries.dump(named))["measurements"] == [[], [], []]


@pytest.mark.parametrize(
    "columns",
    [
        [],
        ["|a", [1.0]],
        ["|a", [1.0], []],
        ["|a", [1.0], "|", "|"],
        ["|a|b", [1.0], "||"],
        ["|a", {"f8": "AAA="}, "|"],
        ["|a", {}, "|"],
        ["|a", 1.0, "|"],
    ],
)
def test_columns_that_do_not_belong_together_are_refused(columns: list[object]) -> None:
    value = json.loads(summaries.dump(summarize(record()))) | {"measurements": columns}
    with pytest.raises(ValueError, match="no summary"):
        summaries.load(json.dumps(value))


def test_a_summary_says_what_lists_need() -> None:
    made = summarize(failed_record())
    assert (made.state, made.errors) == ("load_failed", len(made.failures))
    assert all(one.severity == "error" for one in made.failures)
    assert summarize(empty_record()).profiles == ()
    plain = summarize(record())
    assert plain.functions == ("main.work", "runtime.mallocgc")
    assert plain.measurements == tuple((one.metric, one.value, one.component) for one in record().measurements)
    many = tuple(
        profile(f"{n}.prof", tables=(top_table(names=tuple(f"f{n}.{k}" for k in range(40))),), default_index=0)
        for n in range(9)
    )
    assert len(summarize(record(profiles=many)).functions) == FUNCTIONS_OF_RUN
    assert summaries.load(summaries.dump(summarize(hostile_record("\udc80\n\t")))).id == hostile_record("x").run.id


def test_the_memory_answers_only_for_a_folder_that_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, build = record(), tmp_path / "build"
    path = records.run_record(build, one.run.id)
    text = summaries.dump(summarize(one))
    packed = archive.pack({"a.js": b"1234", summaries.SUMMARY: text})
    records.write(path, one, kind="run", key="k", files={archive.NAME: packed})
    memory = seen.Memory(tmp_path / "memory")
    later = time.time_ns() + 10**10
    monkeypatch.setattr(seen.time, "time_ns", lambda: later)
    for _ in range(2):
        assert summaries.key_of(build, one.run.id, memory) == "k"
        assert summaries.find(build, one.run.id, "k", memory) == summarize(one)
        assert summaries.find(build, one.run.id, "other", memory) is None
    reads: list[Path] = []
    monkeypatch.setattr(summaries.records, "whole_key", lambda place, **_: reads.append(place) or "")
    assert summaries.key_of(build, one.run.id, seen.Memory(tmp_path / "memory")) == "k"
    assert not reads
    monkeypatch.undo()
    (path.parent / "left").touch()
    assert summaries.key_of(build, one.run.id, memory) == ""
    (path.parent / "left").unlink()
    assert summaries.key_of(build, one.run.id, memory) == "k"
    (path.parent / archive.NAME).write_bytes(packed.replace(b"1234", b"1235"))
    assert summaries.key_of(build, one.run.id, memory) == ""
    assert summaries.find(build, one.run.id, "k", memory) is None
    assert summaries.key_of(build, "gone", memory) == ""
