"""Listings of the layouts people have, and the runs that are in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.collect.layouts import Entry, find_runs, label_from, stamp_in

Drawn = dict[str, list[str]]


def runs_of(name: str, *paths: str) -> tuple[Drawn, list[str]]:
    """Draw what is found: ``origin|name|label`` -> paths inside the run."""
    found, ignored = find_runs(name, [Entry(path, Path(path)) for path in paths])
    return {f"{one.origin}|{one.name}|{one.label}": sorted(one.files) for one in found}, list(ignored)


def test_one_stamped_directory_is_one_run() -> None:
    assert runs_of("20251218_120000-sqlite", "cpu.prof", "README.md", "pebble-disk-usage.txt") == (
        {"|20251218_120000-sqlite|sqlite": ["README.md", "cpu.prof", "pebble-disk-usage.txt"]},
        [],
    )


def test_a_folder_of_stamped_directories_is_searched() -> None:
    drawn, ignored = runs_of(
        "profiles",
        "20251218_120000/cpu.prof",
        "20251218_130000-pebble/heap-after.prof",
        "20251218_140000-comparison/sqlite/cpu.prof",
        "20251218_140000-comparison/pebble/cpu.prof",
        "20251218_140000-comparison/README.md",
        "notes.txt",
    )
    assert drawn == {
        "20251218_120000|20251218_120000|": ["cpu.prof"],
        "20251218_130000-pebble|20251218_130000-pebble|pebble": ["heap-after.prof"],
        "20251218_140000-comparison/pebble|20251218_140000-pebble|pebble": ["README.md", "cpu.prof"],
        "20251218_140000-comparison/sqlite|20251218_140000-sqlite|sqlite": ["README.md", "cpu.prof"],
    }
    assert ignored == ["profiles: 1 files beside the runs"]


def test_sides_of_a_comparison_name_each_other() -> None:
    found, _ = find_runs("20251218_140000-comparison", [Entry(f"{side}/cpu.prof", Path()) for side in ("a", "b")])
    assert [one.note for one in found] == [
        "Side a of 20251218_140000-comparison; compared there with: b.",
        "Side b of 20251218_140000-comparison; compared there with: a.",
    ]


E2E = (
    "my-test/operator-controller/heap0.pprof",
    "my-test/operator-controller/cpu0.pprof",
    "my-test/catalogd/heap0.pprof",
    "my-test/test.log",
    "my-test/collection.log",
    "my-test/analysis.md",
)


def test_a_folder_of_e2e_runs_is_searched() -> None:
    drawn, ignored = runs_of(
        "e2e-profiles",
        *E2E,
        "manual/heap-20251028-113000.pprof",
        "manual/heap-20251028-120000.pprof",
        "comparisons/a-vs-b.md",
    )
    assert drawn == {
        "manual|20251028_113000|manual": ["heap-20251028-113000.pprof"],
        "manual|20251028_120000|manual": ["heap-20251028-120000.pprof"],
        "my-test|my-test|my-test": sorted(path.removeprefix("my-test/") for path in E2E),
    }
    assert ignored == ["comparisons: reports made from runs, not a run"]


@pytest.mark.parametrize("kept", [E2E, E2E[:3], (E2E[0], E2E[3])])
def test_one_e2e_run_keeps_its_components_together(kept: tuple[str, ...]) -> None:
    drawn, _ = runs_of("my-test", *(path.removeprefix("my-test/") for path in kept))
    assert list(drawn) == ["|my-test|my-test"]


def test_folders_of_whole_profiles_are_runs_of_their_own() -> None:
    drawn, _ = runs_of("profiles", "baseline/allocs-after.prof", "optimized/allocs-after.prof")
    assert list(drawn) == ["baseline|baseline|baseline", "optimized|optimized|optimized"]


def test_loose_files_are_one_run_and_stamped_folders_beside_them_are_others() -> None:
    drawn, _ = runs_of("x", "default.pgo", "heap.out", "20251218_120000/cpu.prof", "extra/notes.txt")
    assert drawn == {
        "|x|x": ["default.pgo", "extra/notes.txt", "heap.out"],
        "20251218_120000|20251218_120000|": ["cpu.prof"],
    }


def test_a_manifest_makes_a_run_whatever_lies_below() -> None:
    drawn, _ = runs_of("artifact", "20260102_030405-a/run.json", "20260102_030405-a/20251218_120000/heap.prof")
    assert drawn == {"20260102_030405-a|20260102_030405-a|a": ["20251218_120000/heap.prof", "run.json"]}


def test_what_holds_no_profile_is_no_run() -> None:
    assert runs_of("src", "main.go", "doc/README.md") == (
        {},
        ["src: 1 files beside the runs", "doc: 1 files beside the runs"],
    )


@pytest.mark.parametrize(
    ("name", "stamp"),
    [
        ("heap-20251028-113000.pprof", "20251028_113000"),
        ("20251218_120000-x", "20251218_120000"),
        ("p20251218120000", "20251218_120000"),
        ("heap-99999999-999999.pprof", ""),
        ("20251318_120000", ""),
        ("20250231_120000", ""),
        ("00000101_120000", ""),
        ("1644509296350592000.pb.gz", ""),
        ("heap", ""),
    ],
)
def test_stamps(name: str, stamp: str) -> None:
    assert stamp_in(name) == stamp


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("20251218_120000-sqlite", "sqlite"),
        ("20251218_120000", ""),
        ("my test (2)", "my-test-2"),
        ("../..", ""),
        ("Größe", "Gr-e"),
        ("x" * 200, "x" * 80),
    ],
)
def test_labels(name: str, label: str) -> None:
    assert label_from(name) == label
