"""What stored lines weigh."""

from __future__ import annotations

from pipeline.analysis.annotate import annotate
from pipeline.analysis.top import build_top_tables
from pipeline.decode import decode_profile
from pipeline.model.source import AnnotatedLine, Extract, SourceFile, SourceStore, StoredFunction, name_digest
from tests.analysis.drawing import decoded, inlined_message
from tests.builders import pprof_bytes

FILES = {"m.Root": "/w/a.go", "m.Hot": "/w/b.go", "m.Warm": "/w/b.go"}
SAMPLES = [(["m.Root", "m.Hot"], [1, 60]), (["m.Root", "m.Warm", "m.Root"], [3, 40])]


def stored(path: str, filename: str, *names: str) -> SourceFile:
    functions = tuple(StoredFunction(name, 1, 90) for name in names)
    return SourceFile(path, "", False, "ab" * 32, 99, (name_digest(filename),), functions, (Extract(1, ("x",) * 90),))


STORE = SourceStore("", "", (stored("a.go", "/w/a.go", "m.Root"), stored("b.go", "/w/b.go", "m.Hot", "m.Warm")))


def test_lines_weigh_what_the_top_table_says() -> None:
    profile = decode_profile(pprof_bytes(SAMPLES, files=FILES))
    found = annotate(profile, STORE)
    assert [(one.name, one.path, one.flat, one.cum) for one in found] == [
        ("m.Hot", "b.go", (1, 60), (1, 60)),
        ("m.Root", "a.go", (3, 40), (4, 100)),
        ("m.Warm", "b.go", (0, 0), (3, 40)),
    ]
    assert found[1].lines == (AnnotatedLine(10, (3, 40), (4, 100)),)
    for index, table in enumerate(build_top_tables(profile)):
        rows = {row.name: (row.flat, row.cum) for row in table.rows}
        assert rows == {one.name: (one.flat[index], one.cum[index]) for one in found}


def test_inlined_calls_have_lines_of_their_own() -> None:
    store = SourceStore("", "", (stored("middle.go", "middle.go", "middle"), stored("o.go", "outer.go", "outer")))
    found = {one.name: one.lines for one in annotate(decoded(inlined_message()), store)}
    assert found["middle"] == (AnnotatedLine(20, (0, 0), (1, 10)),)
    assert found["outer"] == (AnnotatedLine(10, (0, 0), (1, 10)),)


def test_other_names_and_files_are_nothing() -> None:
    profile = decode_profile(pprof_bytes(SAMPLES, files=FILES))
    assert annotate(profile, SourceStore("", "", ())) == ()
    assert annotate(profile, SourceStore("", "", (stored("a.go", "/other/a.go", "m.Root"),))) == ()
    assert annotate(profile, SourceStore("", "", (stored("a.go", "/w/a.go", "m.Other"),))) == ()
    assert annotate(decode_profile(pprof_bytes([])), STORE) == ()


def test_only_the_hottest_are_kept() -> None:
    profile = decode_profile(pprof_bytes(SAMPLES, files=FILES))
    assert [one.name for one in annotate(profile, STORE, limit=2)] == ["m.Hot", "m.Root"]
