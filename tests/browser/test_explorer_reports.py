"""The explorer's views say what `go tool pprof` says: -dot, -tree, -peek, -traces and -tags of real profiles.

The views' pure modules run in Chromium on the payloads the site publishes; the reports come from the real tool. Of a
picture the functions in their order and the calls between them are compared, of the others every number too. Left out:
traces and labels of weight zero, which the views do not show.
"""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipeline.analysis.calltree import build_call_tree
from pipeline.analysis.source import open_profile
from pipeline.analysis.stacktree import build_stack_tree
from pipeline.model.pfv import pack
from pipeline.model.stacks import pack_samples
from pipeline.site.assets import link_modules, read_modules
from pipeline.site.templates import templates_dir
from tests.oracle.commands import decoded, own_profiles, random_name
from tests.oracle.conftest import Oracle, go, go_profiles, pprof, utc

__all__ = ["go", "go_profiles", "pprof", "utc"]
pytestmark = [pytest.mark.browser, pytest.mark.oracle, pytest.mark.usefixtures("utc")]

ENTRY = """import { weights } from "./explorer/data/tree.js";
import { openDesk } from "./explorer/filter/desk.js";
import { compileRe2 } from "./explorer/filter/re2.js";
import { peekBlocks, treeBlocks } from "./explorer/views/reports.js";
import { framesOf, pictureLabels, tags, traces } from "./explorer/views/samples.js";
import { trimmedGraph } from "./explorer/views/trim.js";
const desk = openDesk();
const mark = (inline) => (inline ? " (inline)" : "");
const blockRows = (blocks) =>
  blocks.flatMap(({ node, callers, callees }) => [
    ...callers.map((edge) => [edge.weight, edge.source.name + mark(edge.inline)]),
    [node.flat, node.cum, node.name],
    ...callees.map((edge) => [edge.weight, edge.target.name + mark(edge.inline)]),
  ]);
const pictureOf = ({ nodes }) => {
  const calls = nodes.flatMap((node) => [...node.callees.values()]);
  const edges = calls.map(({ source, target, inline, residual }) => [source.name, target.name, inline, residual]);
  return [nodes.map(({ name }) => name), edges];
};
globalThis.report = async ([key, tree, samples], kind, type, filters, options) => {
  const asked = { source: { key, tree: { text: tree }, samples: { text: samples } }, filters, type };
  const filtered = (await desk.tree(asked)).tree;
  const weighed = weights(filtered, type);
  if (kind === "tree") return blockRows(treeBlocks(filtered, weighed, options).blocks);
  if (kind === "peek") {
    const pattern = compileRe2(options.pattern);
    return blockRows(peekBlocks(filtered, weighed, (name) => pattern.test(name), options));
  }
  const left = await desk.samples(asked);
  const picture = { ...options, picture: true, labels: pictureLabels(left) };
  if (kind === "dot") return pictureOf(trimmedGraph(filtered, weighed, picture));
  const tagRows = ({ total, key, values }) => [[total, key], ...values.map(({ text, value }) => [value, text])];
  if (kind === "tags") return tags(left).flatMap(tagRows);
  const given = traces(filtered, weighed, left);
  return given.map((one) => [one.value, ...framesOf(one).map(({ name, inline }) => name + mark(inline))]);
};
"""
UNITS = {"bytes": "B", "nanoseconds": "ns"}
_NODE = re.compile(r'^N(\d+) \[label=.* tooltip="(.*) \(\S+\)" color', re.MULTILINE)
_EDGE = re.compile(r"^N(\d+) -> N(\d+) \[(.*)\]$", re.MULTILINE)
_TRACE = re.compile(r"^(?: *(-?\d\S*) {3}| {13})(\S.*)$")
_TAG = re.compile(r"^ *(.+?): Total (\S+) of|^ +(\S+)(?: \(.*?\))?: (.*)$")


@cache
def payload(path: Path) -> tuple[str, str, str]:
    profile = decoded(path)
    opened, tree = open_profile(profile), build_call_tree(profile)
    files = pack(tree), pack_samples(opened, build_stack_tree(opened), tree.frames)
    tree, samples = (base64.b64encode(data).decode() for data in files)
    return str(path), tree, samples


def number(text: str) -> int:
    """Read a value printed in the unit of its type."""
    return int(re.match(r"-?\d+", text)[0])  # type: ignore[index]


def rows_of(text: str) -> list[list[Any]]:
    """Read the rows of a tree or peek report: callers and callees as [weight, name], functions as [flat, cum, name]."""
    rows: list[list[Any]] = []
    for line in text.splitlines():
        left, bar, name = line.partition(" | ")
        cells = [cell for cell in left.split() if not cell.endswith("%")]
        if bar and cells and cells[0][-1:].isalnum() and cells[0] != "flat":
            rows.append([*map(number, cells), name.strip()])
    return rows


def traces_of(text: str) -> list[list[Any]]:
    found: list[list[Any]] = []
    for part in re.split(r"^-+\+-+\n", text, flags=re.MULTILINE)[1:]:
        lines = [match for line in part.splitlines() if (match := _TRACE.match(line))]
        if lines and number(lines[0][1]):
            found.append([number(lines[0][1]), *(match[2] for match in lines)])
    return found


def tags_of(text: str) -> list[list[Any]]:
    matches = filter(None, map(_TAG.match, text.splitlines()))
    found = ([number(one[2] or one[3]), one[1] or one[4]] for one in matches)
    return [row for row in found if row[0]]


def picture_of(text: str) -> list[Any]:
    names = {match[1]: match[2].replace('\\"', '"').replace("\\\\", "\\") for match in _NODE.finditer(text)}
    edges = [
        [names[match[1]], names[match[2]], "(inline)" in match[3], 'style="dotted"' in match[3]]
        for match in _EDGE.finditer(text)
    ]
    return [list(names.values()), sorted(edges)]


READERS: dict[str, Callable[[str], list[Any]]] = {
    "tree": rows_of,
    "peek": rows_of,
    "traces": lambda text: sorted(traces_of(text)),
    "tags": tags_of,
    "dot": picture_of,
}


def expected(pprof: Oracle, path: Path, kind: str, type_index: int, options: list[str]) -> list[Any]:
    unit = UNITS.get(decoded(path).sample_types[type_index].unit, "count")
    # Labels of a picture and of tags would be written in the unit asked for, which decides what counts as one label.
    plain = [] if kind in {"dot", "tags"} else [f"-unit={unit}"]
    name, _, pattern = kind.partition("=")
    code, text = pprof([f"-{kind}", *plain, f"-sample_index={type_index}", *options, str(path)])
    # pprof fails where a peek finds nothing.
    assert code == 0 or pattern, text
    return READERS[name](text)


def found(
    page: Any, path: Path, kind: str, type_index: int, filters: dict[str, str], options: dict[str, Any]
) -> list[Any]:
    rows: list[Any] = page.evaluate(
        "(words) => globalThis.report(...words)", [list(payload(path)), kind, type_index, filters, options]
    )
    if kind == "traces":
        return sorted(rows)
    return [rows[0], sorted(rows[1])] if kind == "dot" else rows


@pytest.fixture
def reports(page: Any) -> Any:
    sources = read_modules(templates_dir() / "assets" / "js")
    page.evaluate(link_modules(sources | {"entry.js": ENTRY}, "entry.js"))
    return page


@pytest.mark.parametrize("path", own_profiles(), ids=lambda path: f"{path.parent.parent.name}/{path.name}")
def test_every_view_of_a_real_profile(reports: Any, pprof: Oracle, path: Path) -> None:
    for index, measured in enumerate(decoded(path).sample_types):
        for kind in ("dot", "tree", "traces", "tags"):
            wanted = expected(pprof, path, kind, index, [])
            told = found(reports, path, kind, index, {}, {})
            if kind == "tags" and measured.unit in UNITS:  # values are rounded then
                wanted, told = ([text for _, text in rows] for rows in (wanted, told))
            assert told == wanted, (kind, measured)


@pytest.mark.parametrize("seed", range(60))
def test_random_filters(reports: Any, pprof: Oracle, go_profiles: list[Path], seed: int) -> None:
    chance = random.Random(seed)
    path = chance.choice([*go_profiles, *own_profiles()])
    profile = decoded(path)
    names = [name for name in ("focus", "ignore", "hide", "show") if chance.random() < 0.3]
    filters = {name: random_name(chance, profile) for name in names}
    index = chance.randrange(len(profile.sample_types))
    cum = chance.random() < 0.4
    kind = chance.choice(("dot", "tree", "peek", "traces"))
    pattern = random_name(chance, profile) if kind == "peek" else ""
    options = [f"-{name}={value}" for name, value in filters.items()] + ["-cum"] * cum
    wanted = expected(pprof, path, f"peek={pattern}" if pattern else kind, index, options)
    told = found(reports, path, kind, index, filters, {"sort": "cum" if cum else "flat", "pattern": pattern})
    assert told == wanted, (kind, options, path)
