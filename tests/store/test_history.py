"""The history store: the same runs are the same files, only what is new is read, and damage is repaired."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.model.history import RunHistory, Stretch
from pipeline.store import history
from pipeline.store.history import Placed
from tests.overtime import functions, kept


class House:
    """Runs by name, the store that keeps them, and which of them were asked for."""

    def __init__(self, folder: Path, runs: dict[str, RunHistory]) -> None:
        self.folder, self.runs, self.keys, self.asked = folder, runs, dict.fromkeys(runs, "k1"), []

    def make(self, run: str) -> RunHistory:
        self.asked.append(run)
        return self.runs[run]

    def stretches(self) -> tuple[Stretch, ...]:
        return history.stretches(placed(self.runs.values(), self.keys))

    def keep(self) -> list[str]:
        """Bring the store up to date; tells which runs were asked for."""
        self.asked.clear()
        history.keep(self.folder, self.stretches(), self.keys, self.make)
        return list(self.asked)

    def read(self) -> dict[str, RunHistory]:
        return history.read(self.folder, self.stretches(), self.runs)

    def files(self) -> dict[str, bytes]:
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in self.folder.rglob("*.*")}


def placed(runs, keys) -> list[Placed]:
    return [Placed(one.facts.id, keys[one.facts.id], one.facts.started, one.facts.label) for one in runs]


def plain(one: RunHistory) -> object:
    tables = [(*(getattr(table, name) for name in ("component", "kind", "sample_type", "unit", "path", "total",
               "operations", "names")), table.flat.tolist(), table.cum.tolist()) for table in one.tables]  # fmt: skip
    return one.facts, one.metrics, tables


def some(count: int, start: int = 0) -> dict[str, RunHistory]:
    runs = (
        kept(place, "main" if place % 3 else "other", functions({"main.work": (50.0 + place, 90.0), "b": (3.0, 3.0)}),
             functions({}, kind="heap", sample_type="inuse_space", unit="bytes", operations=0.0, total=1.0),
             rate=100.0 + place, branch="main", commit="ab" * 20, dirty=None if place % 2 else False)
        for place in range(start, start + count)
    )  # fmt: skip
    return {one.facts.id: one for one in runs}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(history, "_MOST", 8)
    return House(tmp_path, some(30))


def test_what_is_kept_is_read_as_it_was(house: House) -> None:
    assert sorted(house.keep()) == sorted(house.runs)
    found = house.read()
    assert {name: plain(one) for name, one in found.items()} == {name: plain(one) for name, one in house.runs.items()}


def test_only_the_runs_asked_for_are_read(house: House) -> None:
    house.keep()
    wanted = list(house.runs)[3:5]
    assert list(history.read(house.folder, house.stretches(), wanted)) == wanted


def test_what_is_there_is_not_made_again(house: House) -> None:
    house.keep()
    before = house.files()
    assert house.keep() == []
    assert house.files() == before


def test_a_new_run_is_all_that_is_asked_for_and_writes_the_last_stretch_alone(house: House) -> None:
    house.keep()
    before = house.files()
    house.runs |= some(1, 30)
    house.keys |= dict.fromkeys(some(1, 30), "k1")
    assert house.keep() == [*some(1, 30)]
    after = house.files()
    assert len({name for name in after if name.endswith(".parquet")} - set(before)) == len(history.TABLES)
    assert plain(house.read()["20261101_103000-other"]) == plain(house.runs["20261101_103000-other"])


def test_a_run_that_changed_or_went_leaves_the_others_alone(house: House) -> None:
    house.keep()
    changed, gone = list(house.runs)[4], list(house.runs)[20]
    house.runs[changed] = replace(house.runs[changed], metrics=(("app", "ops_per_sec", 1.0),))
    house.keys[changed] = "k2"
    del house.runs[gone]
    assert house.keep() == [changed]
    assert house.read()[changed].metrics == (("app", "ops_per_sec", 1.0),)
    assert gone not in house.read()
    fresh = House(house.folder.parent / "fresh", house.runs)
    fresh.keys = dict(house.keys)
    fresh.keep()
    assert fresh.files() == house.files()


def test_the_files_do_not_depend_on_the_order_in_which_runs_came(house: House, tmp_path: Path) -> None:
    house.keep()
    slow = House(tmp_path / "slow", {})
    names = list(house.runs)
    random.Random(1).shuffle(names)
    for name in names:
        slow.runs, slow.keys = {**slow.runs, name: house.runs[name]}, {**slow.keys, name: "k1"}
        slow.keep()
    whole = {name: data for name, data in house.files().items() if not name.startswith("slow/")}
    assert slow.files() == whole


@pytest.mark.parametrize("table", history.TABLES)
@pytest.mark.parametrize("damage", [b"", b"PAR1 nothing", None])
def test_a_damaged_part_is_made_again(house: House, table: str, damage: bytes | None) -> None:
    house.keep()
    whole = house.files()
    path = min((house.folder / table).iterdir())
    runs = next(one.runs for one in house.stretches() if one.key == path.stem)
    path.unlink() if damage is None else path.write_bytes(damage)
    assert sorted(house.keep()) == sorted(runs)
    assert house.files() == whole


def test_a_damaged_list_of_parts_is_made_again(house: House) -> None:
    house.keep()
    whole = house.files()
    (house.folder / "parts.json").write_bytes(whole["parts.json"][:-20])
    assert sorted(house.keep()) == sorted(house.runs)
    assert house.files() == whole


def test_a_part_that_is_gone_while_it_is_read_is_told(house: House) -> None:
    house.keep()
    min((house.folder / "metrics").iterdir()).write_bytes(b"PAR1 nothing")
    with pytest.raises(StoreError, match="cannot be read"):
        house.read()


def test_no_run_leaves_no_part(house: House) -> None:
    house.keep()
    house.runs, house.keys = {}, {}
    house.keep()
    assert [name for name in house.files() if name.endswith(".parquet")] == []
    assert house.read() == {}


def test_names_that_are_no_text_are_kept(house: House) -> None:
    name = next(iter(house.runs))
    house.runs[name] = replace(house.runs[name], tables=(functions({"a\ud800b": (1.0, 1.0), "é\u2028": (1.0, 1.0)}),))
    house.keep()
    assert house.read()[name].tables[0].names == ("a?b", "é\u2028")


@given(st.sets(st.integers(0, 400), max_size=200), st.integers(0, 400), st.randoms())
def test_a_run_more_or_less_changes_the_stretches_around_it_alone(places: set[int], one: int, chance) -> None:
    def of(chosen: set[int]) -> tuple[Stretch, ...]:
        runs = [Placed(f"run-{place}", "k", f"2026-01-01T{place:05}", "main") for place in chosen]
        chance.shuffle(runs)
        return history.stretches(runs)

    without, with_one = of(places - {one}), of(places | {one})
    assert [run for stretch in with_one for run in stretch.runs] == [f"run-{place}" for place in sorted(places | {one})]
    before = {stretch for stretch in without if f"2026-01-01T{one:05}" > f"2026-01-01T{stretch.runs[-1][4:]:0>5}"}
    assert before <= {*with_one, *(stretch for stretch in without if not stretch.closed)}
    assert all(len(stretch.runs) <= 64 for stretch in with_one)
    assert [stretch.closed for stretch in with_one[:-1]] == [True] * (len(with_one) - 1)
