"""Boxes of the flame graph in every direction, against sums by path worked out here on the samples."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.analysis.calltree import build_call_tree
from pipeline.analysis.top import build_top_tables
from pipeline.decode import decode_profile
from tests.browser.flame_page import SAMPLES, Open, open_flame
from tests.trees import call_tree

__all__ = ["open_flame"]
pytestmark = pytest.mark.browser

LAY = """([direction, center, collapse, width, path, side]) => {
  const m = pure.measured(), key = center ? m.tree.names.indexOf(center) : -1, how = { collapse, key };
  const keys = path.map((name) => m.tree.names.indexOf(name));
  const up = () => new pure.Callers(m, how), down = () => new pure.Callees(m, how);
  const layout = direction === "sandwich" ? pure.layOutSandwich(up(), down(), keys, side, width)
    : pure.layOut(direction === "up" ? up() : down(), keys, width);
  return layout.rows.flatMap((row, at) => row.map((box) => ({
    path: pure.pathOf(box).map((one) => m.tree.names[one]), side: box.side, row: at, x: box.x, width: box.width,
    more: box.more, value: box.more ? box.value : box.item.width, flat: box.item.flat, cum: box.item.cum })));
}"""


def folded(stack: Sequence[str], *, collapse: bool) -> list[str]:
    return [name for at, name in enumerate(stack) if not collapse or at == 0 or stack[at - 1] != name]


def paths_of(direction: str, center: str, *, collapse: bool) -> list[tuple[list[str], int, int]]:
    """Give every sample as a path away from the root of the picture, its side and its value."""
    found = []
    for stack, values in RECURSIVE:
        names = folded(stack, collapse=collapse)
        if direction == "down":
            found.append((names, 1, values[1]))
        elif direction == "up":
            found.append((names[::-1], 1, values[1]))
        elif center in names:
            first = names.index(center)
            found.append((names[first + 1 :], 1, values[1]))
            found.append((names[:first][::-1], -1, values[1]))
    return found


def sums_of(paths: list[tuple[list[str], int, int]]) -> dict[tuple[int, tuple[str, ...]], int]:
    sums: dict[tuple[int, tuple[str, ...]], int] = {}
    for path, side, value in paths:
        for length in range(1, len(path) + 1):
            key = (side, tuple(path[:length]))
            sums[key] = sums.get(key, 0) + value
    return sums


RECURSIVE = [
    ([*stack, *stack[-1:], *stack[:1]] if at % 3 else stack, values) for at, (stack, values) in enumerate(SAMPLES)
]
CENTER = max(
    (name for stack, _ in SAMPLES for name in stack), key=lambda name: sum(name in stack for stack, _ in SAMPLES)
)


@pytest.mark.parametrize("collapse", [False, True])
@pytest.mark.parametrize("direction", ["down", "up", "sandwich"])
def test_boxes_are_the_sums_of_their_paths(open_flame: Open, direction: str, collapse: bool) -> None:
    page = open_flame(call_tree(RECURSIVE))
    center = CENTER if direction == "sandwich" else ""
    boxes = page.evaluate(LAY, [direction, center, collapse, 1200, [], 1])
    paths = paths_of(direction, center, collapse=collapse)
    whole = sum(value for _, side, value in paths if side == 1)
    expected = {key: value for key, value in sums_of(paths).items() if value / whole * 1200 >= 1}
    shown = {(box["side"], tuple(box["path"])): box["value"] for box in boxes if box["path"] and not box["more"]}
    assert len(expected) > 50
    assert shown == expected
    drawn = sum(box["value"] for box in boxes if len(box["path"]) == 1 and box["side"] == 1)
    assert drawn == sum(value for path, side, value in paths if path and side == 1)


@pytest.mark.parametrize("direction", ["down", "up"])
def test_no_boxes_overlap_and_none_leaves_its_parent(open_flame: Open, direction: str) -> None:
    page = open_flame(call_tree(RECURSIVE))
    boxes = page.evaluate(LAY, [direction, "", False, 700, [], 1])
    by_path = {tuple(box["path"]): box for box in boxes if not box["more"]}
    rows: dict[int, list[Any]] = {}
    for box in boxes:
        rows.setdefault(box["row"], []).append(box)
        if box["row"]:
            parent = by_path[tuple(box["path"] if box["more"] else box["path"][:-1])]
            assert parent["x"] - 1e-6 <= box["x"] <= box["x"] + box["width"] <= parent["x"] + parent["width"] + 1e-6
    for row in rows.values():
        for left, right in pairwise(row):
            assert left["x"] + left["width"] <= right["x"] + 1e-6


@pytest.mark.parametrize(("direction", "side"), [("down", 1), ("up", 1), ("sandwich", 1), ("sandwich", -1)])
def test_a_zoomed_path_is_as_wide_as_the_picture_and_its_hash_finds_it(
    open_flame: Open, direction: str, side: int
) -> None:
    page = open_flame(call_tree(RECURSIVE))
    center = CENTER if direction == "sandwich" else ""
    sums = sums_of([one for one in paths_of(direction, center, collapse=False) if one[1] == side])
    path = max((path for _, path in sums if len(path) == 3), key=lambda path: (sums[side, path], path))
    boxes = page.evaluate(LAY, [direction, center, False, 800, list(path), side])
    zoomed = [box for box in boxes if tuple(box["path"]) == path and box["side"] == side and not box["more"]]
    assert [(box["width"], box["value"]) for box in zoomed] == [(800, sums[side, path])]
    below = [box for box in boxes if tuple(box["path"][:3]) == path and len(box["path"]) == 4 and box["side"] == side]
    assert {tuple(box["path"]): box["value"] for box in below if not box["more"]} == {
        key: value
        for (_, key), value in sums.items()
        if key[:3] == path and len(key) == 4 and value / sums[side, path] * 800 >= 1
    }
    found_path = page.evaluate(
        """([names, isUp, center]) => {
        const m = pure.measured(), key = center ? m.tree.names.indexOf(center) : -1;
        const keys = pure.findPath(m, pure.hashNames(names), { isUp, key });
        return keys && keys.map((one) => m.tree.names[one]); }""",
        [list(path), direction == "up" or side < 0, center],
    )
    assert found_path == list(path)


@pytest.mark.parametrize(
    "pattern", ["*-baseline/**/cpu*", "*-heap-leak/**/heap7*", "*-goroutine-leak/**/goroutine-after*"]
)
def test_a_sandwich_weighs_what_the_top_table_says(open_flame: Open, pattern: str) -> None:
    """Recursion counts once: on a real profile every function's middle box is its cum, as pprof has it."""
    path = next((Path(__file__).parents[2] / "profiles").glob(pattern))
    profile = decode_profile(path.read_bytes())
    tree = build_call_tree(profile)
    page = open_flame(tree)
    boxes = page.evaluate(
        """() => { const m = pure.measured();
        return m.tree.names.map((name, key) => {
          const down = new pure.Callees(m, { key }).root(), up = new pure.Callers(m, { key }).root();
          return [name, m.tree.files[m.tree.fileOf[key]], down.cum, up.cum, up.width]; }); }"""
    )
    top = build_top_tables(profile)[tree.default_index]
    cums = {(row.name, row.file): row.cum for row in top.rows}
    assert top.count == len(top.rows) > 20
    shown = {(name, file): cum for name, file, cum, _, _ in boxes if cum}
    assert shown == {key: cum for key, cum in cums.items() if cum}
    assert all(down == up == width for _, _, down, up, width in boxes)
