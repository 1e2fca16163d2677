"""Annotated source on a run's page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pipeline.model.record import ProfileRecord
from pipeline.model.source import AnnotatedFunction, AnnotatedLine, Extract, SourceFile, SourceStore, StoredFunction
from pipeline.render.env import environment, render
from pipeline.render.source_section import SourceView, permalink, source_view
from pipeline.site.templates import read_templates, templates_dir
from tests.records import HOSTILE, profile, top_table

URL = "https://github.com/o/r/blob/{commit}/{path}#L{line}"


def file(lines: tuple[str, ...] = ("func work() {", "\tuse()", "}"), *, path: str = "a b/x.go") -> SourceFile:
    functions = (StoredFunction("main.work", 5, 4 + len(lines)),)
    return SourceFile(path, "", False, "ab" * 32, 400, (), functions, (Extract(5, lines),))


def annotated(*numbers: int, last: int = 7, path: str = "a b/x.go", name: str = "main.work") -> AnnotatedFunction:
    lines = tuple(AnnotatedLine(number, (0, 10), (1, 10 * number)) for number in numbers)
    return AnnotatedFunction(name, path, 5, last, (0, 100), (7, 200), lines)


def record(*functions: AnnotatedFunction) -> ProfileRecord:
    return replace(profile(tables=(top_table(), top_table())), source=functions)


def view(found: ProfileRecord, store: SourceStore) -> SourceView:
    made = source_view(found, store, "profile-heap")
    assert made is not None
    return made


def test_lines_have_values_and_permalinks() -> None:
    made = view(record(annotated(6)), SourceStore("c" * 40, URL, (file(),)))
    (function,) = made.functions
    assert (made.type, made.unit, function.flat, function.cum) == ("inuse_space", "bytes", 100, 200)
    assert (function.flat_share, function.cum_share) == (0.25, 0.5)
    assert [(line.number, line.text, line.flat, line.cum) for line in function.lines] == [
        (5, "func work() {", 0, 0),
        (6, "\tuse()", 10, 60),
        (7, "}", 0, 0),
    ]
    assert function.lines[1].href == f"https://github.com/o/r/blob/{'c' * 40}/a%20b/x.go#L6"
    assert made.ids == {"main.work": function.id}


def test_ids_are_stable() -> None:
    store = SourceStore("", "", (file(), file(path="y.go")))
    here = [one.id for one in view(record(annotated(6), annotated(6, path="y.go")), store).functions]
    assert len(set(here)) == 2
    assert here[:1] == [one.id for one in view(record(annotated(5, 6, 7)), store).functions]


@pytest.mark.parametrize("change", [{"dirty": True}, {"commit": ""}, {"url": ""}])
def test_no_link_to_what_was_never_committed(change: dict[str, object]) -> None:
    one = replace(file(), **{key: value for key, value in change.items() if key == "dirty"})
    store = replace(
        SourceStore("c" * 40, URL, (one,)), **{key: value for key, value in change.items() if key != "dirty"}
    )
    assert permalink(store, one, 6) == ""


def test_long_functions_show_what_is_near_values() -> None:
    long = file(tuple(f"line {number}" for number in range(5, 305)))
    (function,) = view(record(annotated(150, last=304)), SourceStore("", "", (long,))).functions
    assert [line.number for line in function.lines] == [*range(5, 12), *range(144, 157)]
    assert [line.number for line in function.lines if line.after_gap] == [144]


def test_without_source_there_is_no_view() -> None:
    assert source_view(record(annotated(6)), None, "x") is None
    assert source_view(profile(), SourceStore("", "", (file(),)), "x") is None
    assert source_view(record(annotated(6)), SourceStore("", "", ()), "x") is None


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(text: str) -> None:
    store = SourceStore("c" * 40, URL, (file((text, text), path="x.go"),))
    made = view(record(annotated(6, last=6, path="x.go", name=text)), store)
    caller = '{% from "partials/source.html.j2" import annotated_source %}{{ annotated_source(view, title) }}'
    env = environment({**read_templates(templates_dir()), "caller": caller})
    html = render(env, "caller", view=made, title=text)
    plain = render(env, "caller", view=view(record(annotated(6, last=6, path="x.go")), store), title="")
    tags = re.findall(r"<[^>]*>", html)
    allowed = r"/?(h4|p|i|span|code|wbr|details|summary|div|table|caption|thead|tbody|tr|th|td|a)\b"
    assert all(re.match(rf"<{allowed}", tag) for tag in tags)
    assert html.count("<td") == plain.count("<td")
    assert "javascript:" not in "".join(re.findall(r'href="[^"]*"', html))
