from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from pipeline.model.goroutine_group import GoroutineGroup, GoroutineGroups
from pipeline.model.growth import Trend
from pipeline.model.record import RunRecord
from pipeline.model.source import AnnotatedFunction, AnnotatedLine, Extract, SourceFile, SourceStore, StoredFunction
from pipeline.render.env import environment
from pipeline.render.explore_page import CATALOGUE, explore_page, operations, run_catalogue, runs_catalogue
from pipeline.render.payload import opened
from pipeline.render.summary import summarize
from pipeline.site.templates import read_templates, templates_dir
from tests.records import HOSTILE, comparison, empty_record, hostile_record, load, profile, record


def told(files: dict[str, bytes], place: str, key: str) -> dict[str, object]:
    """Read what a data script says under a key."""
    text = files[place].decode()
    if place == CATALOGUE:
        begin, end = (
            "(globalThis.profbook ??= {}).catalogue = ",
            ';\nprofbook.data?.("catalogue", profbook.catalogue);\n',
        )
        assert text.startswith(begin)
        assert text.endswith(end)
        return json.loads(text.removeprefix(begin).removesuffix(end))
    found = re.fullmatch(r'profbook\.data\("([A-Za-z0-9._/-]*)","[A-Za-z0-9+/=]*"\);\n', text)
    assert found
    assert found[1] == key
    return opened(files[place])  # type: ignore[no-any-return]


def test_the_catalogue_lists_the_runs_that_have_profiles() -> None:
    newer = record("20260105_000000-b", label="b")
    files = {CATALOGUE: runs_catalogue([summarize(one) for one in (newer, empty_record(), record())])}
    assert told(files, CATALOGUE, "catalogue") == {
        "format": 1,
        "runs": [
            ["20260105_000000-b", "b", "2026-01-02T03:04:05Z"],
            ["20260102_030405-baseline", "baseline", "2026-01-02T03:04:05Z"],
        ],
        "bare": [[1, empty_record().run.id]],
        "compared": [],
        "outcomes": [],
    }
    assert set(run_catalogue(newer)) == {"runs/20260105_000000-b/profiles.js"}
    assert run_catalogue(empty_record()) == {}


def test_the_catalogue_knows_what_each_run_is_compared_in() -> None:
    runs = [summarize(one) for one in (record("20260103_030405-optimized", label="optimized"), record())]
    one = replace(
        comparison(), base_runs=("20260102_030405-baseline",), head_runs=("20260103_030405-optimized", "gone")
    )
    other = replace(one, head_label="zero", head_runs=("gone",), outcome="regressed")
    found = told({CATALOGUE: runs_catalogue(runs, (one, other))}, CATALOGUE, "catalogue")
    outcomes = [word for word, _, _ in found["outcomes"]]
    assert [(address, outcomes[place], runs) for address, _, place, runs in found["compared"]] == [
        ("compare/baseline..zero/index.html", "regressed", [1]),
        ("compare/baseline..optimized/index.html", one.outcome, [0, 1]),
    ]


def test_a_runs_list_says_what_the_explorer_needs() -> None:
    series = tuple(
        profile(f"worker/heap{index}.pprof", component="worker", phase="series", index=index, tree=f"t{index}")
        for index in (10, 9)
    )
    cpu = profile("cpu.prof", kind="cpu", phase="during", duration_nanos=4_000_000_000)
    lost = profile("mutex.prof", kind="mutex", tree="")
    one = replace(record(), profiles=(*series, profile(), cpu, lost))
    data = told(run_catalogue(one), f"runs/{one.run.id}/profiles.js", f"run/{one.run.id}")
    profiles = data["profiles"]
    assert isinstance(profiles, list)
    assert [each["path"] for each in profiles] == [
        "cpu.prof",
        "heap-after.prof",
        "worker/heap9.pprof",
        "worker/heap10.pprof",
    ]
    assert profiles[1] == {
        "path": "heap-after.prof",
        "component": "service",
        "kind": "heap",
        "phase": "after",
        "index": None,
        "payload": "0123456789abcdef",
        "types": [["inuse_objects", "count"], ["inuse_space", "bytes"]],
        "default": 1,
        "totals": [7, 400],
        "operations": 1000.0,
        "title": "Heap, after",
        "hasSource": False,
        "hasGoroutines": False,
    }
    assert [each["operations"] for each in profiles] == [500.0, 1000.0, 0.0, 0.0]
    assert profiles[2]["title"] == "Heap, snapshot 9"


def test_operations_of_a_window_follow_its_length() -> None:
    window = profile(kind="cpu", duration_nanos=2_000_000_000)
    assert operations(window, load(operations_per_second=125.0)) == 250.0
    assert operations(profile(kind="allocs"), load(operations=7)) == 7.0
    assert operations(profile(), None) == 0.0
    assert operations(profile(phase="before"), load()) == 0.0


FILE = SourceFile(
    "a b/x.go",
    "",
    False,
    "ab" * 32,
    400,
    (),
    (StoredFunction("main.work", 5, 7),),
    (Extract(4, ("", "func", "\tuse()")),),
)
STORE = SourceStore("c" * 40, "https://git.test/o/r/blob/{commit}/{path}#L{line}", (FILE,))


def annotated(name: str = "main.work", path: str = "a b/x.go") -> AnnotatedFunction:
    return AnnotatedFunction(name, path, 5, 7, (0, 100), (7, 200), (AnnotatedLine(6, (0, 10), (1, 60)),))


def test_stored_source_is_a_file_of_its_own_with_every_sample_type() -> None:
    one = replace(record(), profiles=(profile(source=(annotated(), annotated(path="gone.go"))),), source=STORE)
    files = run_catalogue(one)
    place = f"runs/{one.run.id}/source-0123456789abcdef.js"
    link = f"https://git.test/o/r/blob/{'c' * 40}/a%20b/x.go"
    lines = [[5, "func", [], [], f"{link}#L5"], [6, "\tuse()", [0, 10], [1, 60], f"{link}#L6"]]
    assert told(files, place, "source/0123456789abcdef") == {
        "format": 1,
        "functions": [{"name": "main.work", "path": "a b/x.go", "dirty": False, "lines": lines}],
    }
    listed = told(files, f"runs/{one.run.id}/profiles.js", f"run/{one.run.id}")
    assert [each["hasSource"] for each in listed["profiles"]] == [True]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("source", "store"), [((), STORE), ((annotated(),), None), ((annotated(path="z.go"),), STORE)])
def test_without_stored_source_there_is_no_file(source: tuple[AnnotatedFunction, ...], store: SourceStore) -> None:
    one = replace(record(), profiles=(profile(source=source),), source=store)
    files = run_catalogue(one)
    assert not [place for place in files if "source" in place]
    listed = told(files, f"runs/{one.run.id}/profiles.js", f"run/{one.run.id}")
    assert [each["hasSource"] for each in listed["profiles"]] == [False]  # type: ignore[attr-defined]


def followed(text: str = "main.work", path: str = "goroutine-before.prof") -> GoroutineGroups:
    trend = Trend("growing", 2)
    group = GoroutineGroup(text, text, (1, 9), trend, text, text, text, text, 12, 3)
    return GoroutineGroups("service", (path, "goroutine-after.prof"), (2, 10), trend, (group,), 4, "", "leak.prof")


def test_goroutines_the_run_followed_are_a_file_of_their_own() -> None:
    taken = [profile(path, kind="goroutine") for path in ("goroutine-after.prof", "leak.prof", "other/goroutine.prof")]
    one = replace(record(), profiles=tuple(taken), goroutines=(followed(),))
    files = run_catalogue(one)
    (component,) = told(files, f"runs/{one.run.id}/goroutines.js", f"goroutines/{one.run.id}")["components"]  # type: ignore[misc]
    assert component["paths"] == ["goroutine-before.prof", "goroutine-after.prof"]
    assert (component["count"], component["proof"], component["dump"]) == (4, "leak.prof", "")
    assert component["groups"] == [
        {
            "entry": "main.work",
            "runs": "main.work",
            "counts": [1, 9],
            "sign": "↗",
            "word": "grew",
            "createdBy": "main.work",
            "createdAt": "main.work",
            "waitsIn": "main.work",
            "state": "main.work",
            "minutes": 12,
            "leaked": 3,
        }
    ]
    listed = told(files, f"runs/{one.run.id}/profiles.js", f"run/{one.run.id}")
    has = {each["path"]: each["hasGoroutines"] for each in listed["profiles"]}  # type: ignore[attr-defined]
    assert has == {"goroutine-after.prof": True, "leak.prof": True, "other/goroutine.prof": False}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_data(text: str) -> None:
    one = hostile_record(text)
    file = replace(FILE, path=text, extracts=(Extract(5, (text,)),))
    hostile = profile(text, component=text, kind=text, source=(annotated(text, text),))
    one = replace(one, profiles=(hostile,), source=replace(STORE, files=(file,)), goroutines=(followed(text, text),))
    files = run_catalogue(one) | {CATALOGUE: runs_catalogue([summarize(one)])}
    assert len(files) == 4
    for place, data in files.items():
        assert re.fullmatch(r"[A-Za-z0-9._/-]*", place)
        script = data.decode()
        assert not re.search(r"[<>&\u2028\u2029]", script)
        if place != CATALOGUE:
            json.loads(script[script.index(",") + 1 : script.rindex(")")])
    assert told(files, CATALOGUE, "catalogue")


def test_a_path_that_is_no_text_is_kept() -> None:
    one: RunRecord = replace(record(), profiles=(profile("heap\udc80.prof"),))
    data = told(run_catalogue(one), f"runs/{one.run.id}/profiles.js", f"run/{one.run.id}")
    assert data["profiles"][0]["path"] == "heap\udc80.prof"  # type: ignore[index]


def test_the_page_says_what_it_needs() -> None:
    page = explore_page(environment(read_templates(templates_dir())))
    assert page.url == "explore/"
    assert page.body.count("<h1") == 1
    assert "<noscript>" in page.body
    assert 'data-root="../"' in page.body
