"""What the explorer works out without laying call paths together: boxes of a pair, tables under filters."""

from __future__ import annotations

import base64
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest

from pipeline.model.calltree import CallTree
from pipeline.model.pfv import pack
from pipeline.site.assets import link_modules, read_modules
from pipeline.site.templates import templates_dir
from tests.trees import call_tree, random_samples

pytestmark = pytest.mark.browser

Samples = Sequence[tuple[Sequence[str], Sequence[int]]]
Box = tuple[int, int, int]

ENTRY = """import { decodePfv } from "./explorer/data/pfv.js";
import { filterTree } from "./explorer/filter/plain.js";
import { quickSums, rankedSums, rehearseSums, tableSums } from "./explorer/filter/sums.js";
import { weights } from "./explorer/data/tree.js";
import { rankRows, topTable } from "./explorer/filter/top.js";
import { largest } from "./explorer/views/reports.js";
import { RankedRows } from "./explorer/views/ranked.js";
import { Callees } from "./explorer/flame/callees.js";
import { Callers } from "./explorer/flame/callers.js";
import { findPath } from "./explorer/flame/find_path.js";
import { layOut, pathOf } from "./explorer/flame/layout.js";
import { measure } from "./explorer/flame/measure.js";
import { hashNames } from "./explorer/flame/path_hash.js";
import { besideTrees, pairRows, pairTrees, pairWeights, partTrees } from "./explorer/shell/pair.js";
import { scaleTree, tableWeights } from "./explorer/shell/pair.js";
globalThis.pure = { Callees, Callers, layOut, pathOf, measure, findPath, hashNames, besideTrees, pairRows, pairTrees,
  pairWeights, partTrees, scaleTree, tableWeights, filterTree, tableSums, rankRows, topTable, quickSums,
  largest, RankedRows, rehearseSums, rankedSums, weights,
  read: (text) => decodePfv(Uint8Array.from(atob(text), (char) => char.charCodeAt(0))) };
"""
BOXES = """async ([head, base, direction, collapse, isParted, scale]) => {
  const [one, other] = [await pure.read(head), await pure.read(base)];
  const made = isParted ? pure.partTrees(pure.besideTrees(one, other)) : pure.pairTrees(one, other);
  const tree = pure.scaleTree(made, 1, { ...scale, unit: "ns" });
  const measured = pure.measure(tree, pure.pairWeights(tree, 1));
  const parted = new (direction === "up" ? pure.Callers : pure.Callees)(measured, { collapse });
  const layout = pure.layOut(parted, [], 1e9);
  const boxes = layout.rows.flat().filter((box) => box.parent && !box.more);
  const lost = boxes.filter((box) => {
    const path = pure.pathOf(box);
    const hash = pure.hashNames(path.map((key) => tree.names[key]));
    const found = pure.findPath(measured, hash, { isUp: direction === "up", collapse });
    return JSON.stringify(found) !== JSON.stringify(path);
  });
  const isIn = (box, { x, width }) => box.x > x - 1e-3 && box.x + box.width < x + width + 1e-3;
  const over = boxes.filter((box) => !isIn(box, box.parent));
  const figures = ({ base, head, cum, width }) => [base, head, cum, width];
  const names = (box) => pure.pathOf(box).map((key) => tree.names[key]);
  return { lost: lost.length, over: over.length, whole: measured.whole,
    boxes: boxes.map((box) => [names(box), figures(box.item)]) };
}"""


@pytest.fixture
def pure(page: Any) -> Any:
    """Open an empty page that holds the modules."""
    sources = read_modules(templates_dir() / "assets" / "js")
    page.evaluate(link_modules(sources | {"entry.js": ENTRY}, "entry.js"))
    return page


def packed(samples: Samples) -> str:
    return base64.b64encode(pack(tree_of(samples))).decode()


def tree_of(samples: Samples) -> CallTree:
    return call_tree(samples)


def path_sums(samples: Samples, *, is_up: bool, collapse: bool) -> dict[tuple[str, ...], int]:
    """What every path weighs, the slow way."""
    found: dict[tuple[str, ...], int] = defaultdict(int)
    for stack, values in samples:
        names = [name for at, name in enumerate(stack) if not collapse or at == 0 or stack[at - 1] != name]
        names = names[::-1] if is_up else names
        for end in range(1, len(names) + 1):
            found[tuple(names[:end])] += values[1]
    return found


@pytest.mark.parametrize("collapse", [False, True])
@pytest.mark.parametrize("direction", ["down", "up"])
@pytest.mark.parametrize("seed", range(3))
def test_boxes_of_a_pair_hold_both_sides(pure: Any, seed: int, direction: str, collapse: bool) -> None:
    head, base = (random_samples(31 * seed + side, 110, depth=8) for side in (0, 1))
    sides = [path_sums(one, is_up=direction == "up", collapse=collapse) for one in (head, base)]
    for is_parted in (False, True):
        scale = {"head": 1, "base": 1}
        told = pure.evaluate(BOXES, [packed(head), packed(base), direction, collapse, is_parted, scale])
        assert (told["lost"], told["over"]) == (0, 0)
        found = {tuple(path): tuple(figures) for path, figures in told["boxes"]}
        expected = {
            path: (theirs, ours, ours - theirs, ours + theirs)
            for path in sides[0] | sides[1]
            for ours, theirs in [(sides[0].get(path, 0), sides[1].get(path, 0))]
            if ours or theirs
        }
        assert found == expected
        assert len(told["boxes"]) == len(expected)
        assert told["whole"] == sum(values[1] for one in (head, base) for _, values in one)


def test_each_side_of_a_picture_has_a_divisor_of_its_own(pure: Any) -> None:
    head, base = [(["a.a", "b.b"], [1, 30])], [(["a.a"], [1, 50])]
    told = pure.evaluate(BOXES, [packed(head), packed(base), "down", False, False, {"head": 10, "base": 100}])
    assert told["boxes"] == [[["a.a"], [0.5, 3, 2.5, 3.5]], [["a.a", "b.b"], [0, 3, 3, 3]]]


@pytest.mark.parametrize("direction", ["down", "up"])
def test_a_side_may_be_empty(pure: Any, direction: str) -> None:
    some: Samples = [(["a.a"], [1, 30])]
    for head, base, figures in ((some, [], [0, 30, 30, 30]), ([], some, [30, 0, -30, 30])):
        told = pure.evaluate(BOXES, [packed(head), packed(base), direction, False, False, {"head": 1, "base": 1}])
        assert told["boxes"] == [[["a.a"], figures]]
    none = pure.evaluate(BOXES, [packed([]), packed([]), direction, False, True, {"head": 1, "base": 1}])
    assert none["boxes"] == []


TABLES = """async ([text, asks]) => {
  const tree = await pure.read(text);
  return asks.map(([filters, options]) => {
    const { tree: whole, warnings } = pure.filterTree(tree, filters);
    const slow = pure.topTable(whole, 1, options);
    const found = pure.tableSums(tree, null, filters, { type: "cpu", known: false });
    const fast = pure.rankRows(found.tree, found.sums, options);
    const [one, other] = [[slow, warnings], [fast, found.tree.warnings]].map((told) => JSON.stringify(told));
    return { slow: one, fast: other, count: slow.length,
      kept: found.kept, sum: whole.flat[1].value.reduce((all, one) => all + one, 0) };
  });
}"""


QUICK = """async ([text, asks]) => {
  const tree = await pure.read(text);
  return asks.map((filters) => {
    const found = pure.quickSums(tree, filters, "cpu");
    if (!found) return null;
    const whole = pure.filterTree(tree, filters);
    const [slow, fast] = [pure.topTable(whole.tree, 1), pure.rankRows(found.tree, found.sums)];
    return JSON.stringify([fast, found.tree.warnings]) === JSON.stringify([slow, whole.warnings]);
  });
}"""


def test_a_small_table_is_made_at_once_where_that_is_sure_to_end(pure: Any) -> None:
    here = [{"focus": "f[05-7]$", "ignore": "pkg3"}, {"hide": "(?i)pkg[12]+|f\\.*"}, {"show": "nothing like it"}]
    elsewhere = [
        {},
        {"focus": "(a+)+!"},
        {"focus": "f", "ignore": "(?:f|g)*!"},
        {"focus": "f?f?f?fff"},
        {"hide": ".*.*.*!"},
        {"show": "(a|b)(a|b)(a|b)"},
        {"hide": "f*[|]g*"},
        {"focus": "f", "tagFocus": "key=value"},
    ]
    told = pure.evaluate(QUICK, [packed(random_samples(5, 150, depth=10)), [*here, *elsewhere]])
    assert told == [True] * len(here) + [None] * len(elsewhere)


def filters_of(chance: random.Random) -> dict[str, str]:
    pattern = ["pkg[1-4]", "f[05-7]$", "example", "pkg3|pkg5", "nothing like it", "file\\.go", "\\.f2$"]
    return {name: chance.choice(pattern) for name in ("focus", "ignore", "hide", "show") if chance.random() < 0.5}


def test_a_table_needs_no_filtered_tree(pure: Any) -> None:
    chance, compared = random.Random(11), 0
    for seed in range(4):
        samples = random_samples(seed, 150, depth=10)
        if seed == 3:  # one that went down
            signs = [-1 if at % 3 else 1 for at in range(len(samples))]
            samples = [
                (stack, [sign * one for one in values]) for sign, (stack, values) in zip(signs, samples, strict=True)
            ]
        flags = [{"byCum": chance.random() < 0.5, "dropNegative": chance.random() < 0.3} for _ in range(40)]
        asks = [[filters_of(chance), options] for options in flags]
        for ask, told in zip(asks, pure.evaluate(TABLES, [packed(samples), asks]), strict=True):
            assert told["fast"] == told["slow"], ask
            assert told["kept"] == told["sum"], ask
            compared += told["count"]
    assert compared > 500


WHOLE = """async ([text]) => {
  const tree = await pure.read(text);
  const weights = pure.weights(tree, 1);
  const found = await pure.rankedSums(tree, weights);
  const rows = new pure.RankedRows(tree, found).slice(0);
  const isSame = found === (await pure.rankedSums(tree, weights));
  const sorted = (value) => JSON.stringify(value, ["id", "name", "flat", "cum"]);
  return [sorted(rows), sorted(pure.topTable(tree, 1)), found.ranked.sum, rows.at(-1).sum, isSame];
}"""


def test_the_table_of_a_tree_the_page_has_is_that_of_its_nodes(pure: Any) -> None:
    for seed in range(3):
        rows, wanted, total, last, is_same = pure.evaluate(WHOLE, [packed(random_samples(seed, 150, depth=10))])
        assert rows == wanted
        assert total == last > 0
        assert is_same


RANKED = """async ([text, asks]) => {
  const tree = await pure.read(text);
  return asks.map((filters) => {
    const found = pure.tableSums(tree, null, filters, { type: "cpu", known: false });
    const all = pure.rankRows(found.tree, found.sums);
    let sum = 0;
    for (const row of all) Object.assign(row, { file: tree.files[tree.fileOf[row.id]], sum: (sum += row.flat) });
    const rows = new pure.RankedRows(found.tree, found);
    const [middle, later] = [all.length >> 1, all.length >> 2];
    const seen = [rows.slice(0, later), rows.at(middle), rows.slice(later, middle), rows.slice(0)];
    const wanted = [all.slice(0, later), all[middle], all.slice(later, middle), all];
    const sorted = (value) => JSON.stringify(value, ["id", "name", "file", "flat", "cum", "sum"]);
    const facts = (list, sum) => [list.length, sum, pure.largest(list, "flat"), pure.largest(list, "cum")];
    return [sorted(seen), sorted(wanted), facts(rows, rows.all.sum), facts(all, sum)];
  });
}"""


def test_rows_in_view_are_those_of_the_whole_table(pure: Any) -> None:
    chance = random.Random(13)
    asks = [filters_of(chance) for _ in range(30)]
    told = pure.evaluate(RANKED, [packed(random_samples(9, 400, depth=12)), asks])
    for ask, (seen, wanted, facts, all_facts) in zip(asks, told, strict=True):
        assert seen == wanted, ask
        assert facts == all_facts, ask
    assert max(facts[0] for _, _, facts, _ in told) > 12


REHEARSED = """async (text) => {
  const tree = await pure.read(text);
  const acts = [];
  globalThis.requestIdleCallback = (act) => acts.push(act);
  pure.rehearseSums(tree);
  pure.rehearseSums(tree);
  let count = 0;
  while (acts.length) {
    acts.shift()();
    count += 1;
  }
  return count;
}"""


def test_a_tree_is_rehearsed_once_and_an_empty_one_never(pure: Any) -> None:
    assert 3 <= pure.evaluate(REHEARSED, packed(random_samples(3, 100))) <= 30
    assert pure.evaluate(REHEARSED, packed([])) == 0


PAIR_TABLE = """async ([head, base, filters]) => {
  const [one, other] = [await pure.read(head), await pure.read(base)];
  const left = pure.filterTree(one, filters), right = pure.filterTree(other, filters);
  const tree = pure.besideTrees(left.tree, right.tree), scale = { head: 4, base: 8, unit: "cpu/op" };
  const scaled = pure.scaleTree(tree, 1, scale);
  const slow = pure.pairRows(scaled, pure.pairWeights(scaled, 1));
  const found = pure.tableWeights(pure.tableSums(one, other, filters, { type: "cpu" }), 1, scale);
  return [slow, pure.pairRows(found.tree, found.weights)].map((rows) => JSON.stringify(rows));
}"""


def test_a_table_of_a_pair_needs_no_filtered_trees(pure: Any) -> None:
    chance = random.Random(12)
    for seed in range(12):
        head, base = (packed(random_samples(17 * seed + side, 90, depth=7)) for side in (0, 1))
        slow, fast = pure.evaluate(PAIR_TABLE, [head, base, filters_of(chance)])
        assert fast == slow
