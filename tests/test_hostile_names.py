"""Hostile names come back as they are from every text format, and make nothing else of it."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pipeline.decode.gobench import decode_gobench
from pipeline.model.gate import GateResult
from pipeline.model.metric import Metric
from pipeline.render import encode
from pipeline.render.export_benchfmt import benchfmt
from pipeline.render.export_compare import _result, compare_json, sarif
from pipeline.render.export_reports import _table
from pipeline.render.export_rows import Row, openmetrics, rows_csv, rows_json
from tests.hostile import COUNT, hostile_names
from tests.records import comparison, record

NAMES = hostile_names()
SEEN = [encode.visible(name) for name in NAMES]
METRIC = Metric("ops_per_sec", "Throughput", "ops/s", "higher", "test")
ROWS = [
    Row(f"r{place}", name, "", "", component=name, metric=METRIC.name, value=1.5) for place, name in enumerate(SEEN)
]


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) >= min(COUNT, 436)


def test_csv() -> None:
    read = list(csv.DictReader(io.StringIO(rows_csv(ROWS).decode(), newline="")))
    assert [row["component"].removeprefix("'") for row in read] == [name.removeprefix("'") for name in SEEN]
    assert not [row for row in read if row["component"].startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert {row["value"] for row in read} == {"1.5"}


def test_json() -> None:
    assert [row["component"] for row in json.loads(rows_json(ROWS))["rows"]] == SEEN


def test_openmetrics() -> None:
    lines = openmetrics(ROWS, {METRIC.name: METRIC}).decode().splitlines()
    assert len(lines) == len(ROWS) + 3
    unescape = {r"\\": "\\", r"\n": "\n", r"\"": '"'}
    found = []
    for line in lines[2:-1]:
        match = re.fullmatch(
            r'profbook_ops_per_sec\{run="r\d+",label="((?:[^"\\]|\\.)*)",component="(.*)"\} 1\.5', line
        )
        assert match, line
        found.append(re.sub(r"\\.", lambda one: unescape[one[0]], match[1]))
    assert found == SEEN


def test_sarif_and_comparison() -> None:
    results = [_result("function_regressed", "warning", name, name, {name: (name, 1)}) for name in NAMES]
    assert [one["message"]["text"] for one in results] == SEEN
    for one, name in zip(results, SEEN, strict=True):
        uri = one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]*", uri), name
    whole = [replace(comparison(), reasons=tuple(NAMES))]
    assert json.loads(compare_json(whole))["comparisons"][0]["reasons"] == SEEN
    assert json.loads(sarif(whole, GateResult("passed", 0, (), (), ()), {}, version="1"))["version"] == "2.1.0"


def test_yaml() -> None:
    yaml = pytest.importorskip("yaml")
    for name in NAMES:
        assert yaml.safe_load(f"a: {encode.yaml_text(name)}\nb: 1") == {"a": encode.visible(name), "b": 1}


def test_benchfmt() -> None:
    for name in NAMES:
        one = record()
        text = benchfmt([replace(one, run=replace(one.run, label=name)), one], {METRIC.name: METRIC})
        read = decode_gobench(text)
        assert read.faults == (), name
        assert len(read.results) == 2, name


class _Reader(HTMLParser):
    """Collects the tags and the text of a fragment."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag if not attrs else f"{tag} {attrs}")

    def handle_data(self, data: str) -> None:
        self.text += data


def read_html(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def one_line(text: str) -> str:
    return re.sub(r"[\n\t]", " ", text)


def test_code_spans_of_markdown() -> None:
    markdown = pytest.importorskip("markdown")
    for name in SEEN:
        shown = read_html(markdown.markdown(f"x {encode.code_span(name)} y"))
        assert shown.tags == ["p", "code"], name
        assert " ".join(shown.text.split()) == " ".join(f"x {one_line(name)} y".split()), name


def test_sentences_of_markdown() -> None:
    markdown = pytest.importorskip("markdown")
    extensions = ["tables", "attr_list", "def_list", "pymdownx.magiclink", "pymdownx.tilde"]
    for name in SEEN:
        shown = read_html(markdown.markdown(f"x {encode.markdown_words(name)} y", extensions=extensions))
        assert shown.tags == ["p"], name
        assert " ".join(shown.text.split()) == " ".join(f"x {name} y".split()), name


def test_cells_of_markdown_tables_stay_cells() -> None:
    for name in SEEN:
        row = _table(("a", "b"), [(encode.code_span(name, table=True), "z")])[-1]
        assert len(re.findall(r"(?<!\\)\|", row)) == 3, name
        assert "\n" not in row
