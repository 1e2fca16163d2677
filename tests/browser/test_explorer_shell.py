"""The pure parts of the explorer's shell in a real browser: addresses, pairs, sentences, what a link may do."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.model.calltree import CallTree
from pipeline.model.pfv import pack
from pipeline.site.assets import link_modules, read_modules
from pipeline.site.templates import templates_dir
from tests.trees import call_tree, random_samples

pytestmark = pytest.mark.browser

ENTRY = """import { readState, writeHash, writeSearch, isFiltered } from "./explorer/shell/state.js";
import { besideTrees, pairWeights, pairRows, scaleTree } from "./explorer/shell/pair.js";
import { pairOrder } from "./explorer/shell/pair_view.js";
import { counterpart, firstOf, partsOf, seriesOf } from "./explorer/shell/catalogue.js";
import { sentences } from "./explorer/shell/words.js";
import { decodePfv } from "./explorer/data/pfv.js";
import { weights } from "./explorer/data/tree.js";
globalThis.shell = { readState, writeHash, writeSearch, isFiltered, besideTrees, pairWeights, pairRows, scaleTree,
  pairOrder, counterpart, firstOf, partsOf, seriesOf, sentences, weights,
  read: (text) => decodePfv(Uint8Array.from(atob(text), (char) => char.charCodeAt(0))) };
"""


@pytest.fixture
def shell(page: Any) -> Any:
    """Open an empty page that holds the shell's modules."""
    sources = read_modules(templates_dir() / "assets" / "js")
    page.evaluate(link_modules(sources | {"entry.js": ENTRY}, "entry.js"))
    return page


# ---- addresses ----------------------------------------------------------------------------------------------------


def test_a_state_comes_back_from_its_address(shell: Any) -> None:
    state = {
        "profile": "20260102_030405-a/service/heap-after.prof",
        "base": "run-b/cpu 1&2=#?.prof",
        "view": "top",
        "type": "alloc_space",
        "focus": r"^net/http\.|\(\*conn\)",
        "ignore": "a b+c",
        "hide": "x&y=z",
        "show": "#",
        "showFrom": "main",
        "tagFocus": "bytes=1kb:",
        "tagIgnore": "key=ä\u202e",
        "granularity": "lines",
        "noinlines": True,
        "dropNegative": True,
        "normalize": True,
        "scale": "perop",
        "zoom": "U2b9k",
        "direction": "up",
        "center": "main.main",
        "collapse": True,
        "color": "origin",
        "query": "<script>",
        "sort": "-cum",
    }
    told = shell.evaluate(
        """(state) => {
        const { readState, writeHash, writeSearch } = shell;
        const search = writeSearch(state);
        return { apart: readState(search, writeHash(state, search)), alone: readState("", writeHash(state)),
          both: readState("?p=other/x&base=other/y", writeHash(state, "?p=other/x&base=other/y")), search,
          nobase: readState("?p=a/b&base=c/d", writeHash({ ...state, base: "" }, "?p=a/b&base=c/d")).base };
        }""",
        state,
    )
    assert told["apart"] == told["alone"] == told["both"] == state
    assert told["search"].startswith("?p=20260102_030405-a/service/heap-after.prof&base=run-b/cpu+1%262%3D%23%3F.prof")
    assert told["nobase"] == ""


def test_defaults_are_left_out(shell: Any) -> None:
    assert shell.evaluate("shell.writeHash(shell.readState('?p=a/b', ''), '?p=a/b')") == ""


@pytest.mark.parametrize(
    ("hash_", "field", "value"),
    [
        ("v=__proto__", "view", "flame"),
        ("v=top&v=tree", "view", "top"),
        ("g=constructor", "granularity", "functions"),
        ("sc=9", "scale", "absolute"),
        ("o=toString", "sort", "flat"),
        ("z=../../x", "zoom", ""),
        ("ni=maybe", "noinlines", False),
        ("f=" + "x" * 2001, "focus", ""),
        ("__proto__=1&nothing=2&f=a", "focus", "a"),
        ("f=%E0%A4%A", "focus", "\ufffd%A"),
        ("&&==&", "focus", ""),
    ],
)
def test_what_cannot_be_meant_is_ignored(shell: Any, hash_: str, field: str, value: object) -> None:
    state = shell.evaluate("(hash) => shell.readState('', '#' + hash)", hash_)
    assert state[field] == value
    assert set(state) == set(shell.evaluate("shell.readState('', '')"))


# ---- choosing -----------------------------------------------------------------------------------------------------


def test_the_other_side_is_the_same_file_or_what_comes_nearest(shell: Any) -> None:
    def one(path: str, component: str, kind: str, phase: str) -> dict[str, object]:
        return {"path": path, "component": component, "kind": kind, "phase": phase, "index": None}

    profiles = [
        one("heap-before.prof", "service", "heap", "before"),
        one("heap-after.prof", "service", "heap", "after"),
        one("worker/heap9.prof", "worker", "heap", "series"),
        one("cpu.prof", "service", "cpu", "during"),
    ]
    find = "([entry, list]) => shell.counterpart(entry, list)?.path ?? null"
    for entry, expected in (
        (one("heap-after.prof", "x", "heap", ""), "heap-after.prof"),
        (one("service/heap.prof", "service", "heap", "before"), "heap-before.prof"),
        (one("heap3.prof", "service", "heap", "series"), "heap-after.prof"),
        (one("other/heap3.prof", "other", "heap", "series"), "worker/heap9.prof"),
        (one("mutex.prof", "service", "mutex", "after"), None),
    ):
        assert shell.evaluate(find, [entry, profiles]) == expected


def test_looked_at_first_is_the_heaviest_of_cpu_then_the_last_heap(shell: Any) -> None:
    def one(path: str, kind: str, *totals: int) -> dict[str, object]:
        return {"path": path, "kind": kind, "totals": totals, "defaultType": 1}

    heaps = [one("heap1", "heap", 9, 9), one("heap2", "heap", 1, 1)]
    windows = [one("cpu1", "cpu", 1, 20), one("cpu2", "cpu", 2, 90), one("cpu3", "cpu", 99, 3)]
    for profiles, expected in (
        ([*heaps, *windows], "cpu2"),
        ([one("cpu1", "cpu", 1, 5), one("cpu2", "cpu", 1, 5)], "cpu2"),
        ([one("cpu1", "cpu")], "cpu1"),
        ([one("mutex", "mutex", 1, 1), *heaps], "heap2"),
        ([one("mutex", "mutex", 1, 1)], "mutex"),
    ):
        assert shell.evaluate("(list) => shell.firstOf(list).path", profiles) == expected


def test_a_series_is_in_the_order_it_was_taken(shell: Any) -> None:
    entries = [
        {"path": f"heap{index}", "component": part, "kind": "heap", "index": index}
        for index in (10, 9, None, 0)
        for part in ("a", "b")
    ]
    told = shell.evaluate("(all) => [shell.seriesOf(all[0], all), shell.seriesOf(all[4], all)]", entries)
    assert [one["path"] for one in told[0]] == ["heap0", "heap9", "heap10"]
    assert {one["component"] for one in told[0]} == {"a"}
    assert told[1] == [entries[4]]


# ---- pairs --------------------------------------------------------------------------------------------------------


def packed(tree: CallTree) -> str:
    return base64.b64encode(pack(tree)).decode()


def sums(tree: CallTree, kind: int) -> dict[str, tuple[int, int]]:
    """Flat and cum of every function, the slow way."""
    found: dict[str, list[int]] = {}
    paths: list[frozenset[str]] = []
    for node, parent in enumerate(tree.parent.tolist()):
        name = tree.frames.name[tree.frame[node]]
        above = paths[parent] if parent >= 0 else frozenset()
        paths.append(above | {name})
        flat = int(tree.flat[kind, node])
        found.setdefault(name, [0, 0])[0] += flat
        for one in paths[node]:
            found.setdefault(one, [0, 0])[1] += flat
    return {name: (flat, cum) for name, (flat, cum) in found.items()}


PAIR = """async ([headText, baseText, type]) => {
  const tree = shell.besideTrees(await shell.read(headText), await shell.read(baseText));
  const weights = shell.pairWeights(tree, type);
  const bad = [];
  for (let node = 0; node < tree.count; node++) {
    const up = tree.parent[node];
    const isInside = up < 0 || (up < node && node < tree.end[up]);
    if (!isInside || tree.depth[node] !== (up < 0 ? 0 : tree.depth[up] + 1)) bad.push(node);
  }
  return { rows: shell.pairRows(tree, weights), bad, total: weights.total, sorted:
    shell.pairRows(tree, weights).sort(shell.pairOrder("flat")).map((row) => Math.abs(row.flat)) };
}"""


@pytest.mark.parametrize("seed", range(6))
def test_a_pair_holds_both_sides_of_every_function(shell: Any, seed: int) -> None:
    head, base = (call_tree(random_samples(seed * 2 + side, 90, depth=7)) for side in (0, 1))
    told = shell.evaluate(PAIR, [packed(head), packed(base), 1])
    assert told["bad"] == []
    assert told["total"] == base.totals[1]
    assert told["sorted"] == sorted(told["sorted"], reverse=True)
    rows: Mapping[str, Any] = {row["name"]: row for row in told["rows"]}
    left, right = sums(head, 1), sums(base, 1)
    expected = {name for name in {*left, *right} if any((*left.get(name, (0, 0)), *right.get(name, (0, 0))))}
    assert set(rows) == expected
    for name, row in rows.items():
        for part, index in (("flat", 0), ("cum", 1)):
            ours, theirs = left.get(name, (0, 0))[index], right.get(name, (0, 0))[index]
            assert (row["head"][part], row["base"][part], row[part]) == (ours, theirs, ours - theirs), name


def test_new_and_gone_are_told(shell: Any) -> None:
    head = call_tree([(["main.main", "a.fresh"], [1, 10]), (["main.main", "b.both"], [1, 5])])
    base = call_tree([(["main.main", "b.both"], [1, 7]), (["main.main", "c.old"], [1, 3])])
    told = shell.evaluate(PAIR, [packed(head), packed(base), 1])
    fates = {row["name"]: (row["fate"], row["flat"]) for row in told["rows"]}
    assert fates == {"main.main": ("", 0), "a.fresh": ("new", 10), "b.both": ("", -2), "c.old": ("gone", -3)}


def test_a_type_the_base_has_not_is_zero_there(shell: Any) -> None:
    head = call_tree([(["a.a"], [4, 9])], [("samples", "count"), ("wall", "nanoseconds")])
    base = call_tree([(["a.a"], [3, 8])], [("samples", "count"), ("cpu", "nanoseconds")])
    (row,) = shell.evaluate(PAIR, [packed(head), packed(base), 1])["rows"]
    assert (row["fate"], row["flat"]) == ("new", 9)
    (row,) = shell.evaluate(PAIR, [packed(head), packed(base), 0])["rows"]
    assert (row["fate"], row["flat"]) == ("", 1)


def test_scaling_keeps_the_proportions_and_names_the_unit(shell: Any) -> None:
    tree = call_tree([(["a.a", "b.b"], [1, 30]), (["a.a"], [1, 10])])
    told = shell.evaluate(
        """async (text) => {
        const tree = shell.scaleTree(await shell.read(text), 1, { head: 40, base: 1, unit: "ratio" });
        const { flat, cum, unit, total } = shell.weights(tree, 1);
        return { flat: [...flat], cum: [...cum], unit, total };
        }""",
        packed(tree),
    )
    assert told == {"flat": [0.25, 0.75], "cum": [1, 0.75], "unit": "ratio", "total": 1}


def test_each_side_of_a_pair_has_a_divisor_of_its_own(shell: Any) -> None:
    head = call_tree([(["a.a"], [1, 30]), (["b.b"], [1, 10])])
    base = call_tree([(["a.a"], [1, 50]), (["b.b"], [1, 50])])
    told = shell.evaluate(
        """async ([head, base]) => {
        const tree = shell.besideTrees(await shell.read(head), await shell.read(base));
        const scaled = shell.scaleTree(tree, 1, { head: 40, base: 100, unit: "ratio" });
        const weights = shell.pairWeights(scaled, 1);
        const rows = shell.pairRows(scaled, weights);
        const { unit, total, pair } = weights;
        const [flat, cum] = [rows.map((row) => row.flat), rows.map((row) => row.head.cum)];
        return { flat, unit, total, head: cum, base: pair.base.total };
        }""",
        [packed(head), packed(base)],
    )
    assert told == {"flat": [0.25, -0.25], "unit": "ratio", "total": 1, "head": [0.75, 0.25], "base": 1}


# ---- words --------------------------------------------------------------------------------------------------------


def shown(**changes: Any) -> dict[str, Any]:
    entry = {"run": "r1", "component": "service", "title": "Heap, after", "operations": 2000}
    weights = {"name": "inuse_space", "unit": "bytes", "total": 4096, "kept": 4096}
    return {"entry": entry, "other": None, "weights": weights} | changes


def sentences(shell: Any, what: dict[str, Any], hash_: str = "") -> str:
    return " ".join(shell.evaluate("([what, hash]) => shell.sentences(what, shell.readState('', hash))", [what, hash_]))


def test_one_profile_in_words(shell: Any) -> None:
    assert sentences(shell, shown()) == "r1, service, Heap, after. inuse_space: 4 kB."
    what = shown()
    what["weights"]["kept"] = 1024
    assert sentences(shell, what, "#f=x").endswith("The filters keep 1 kB, 25 % of it.")
    what["weights"] |= {"signed": True, "kept": -2048}
    assert sentences(shell, what).endswith("It adds up absolute values; with their signs: −2 kB.")
    nothing = shown(weights={"name": "delay", "unit": "nanoseconds", "total": 0, "kept": 0})
    assert sentences(shell, nothing).endswith("delay: 0 s. Nothing was recorded.")


@pytest.mark.parametrize(
    ("head", "base", "said"),
    [
        (3072, 2048, "head − base = +1 kB (+50 %): head costs more. Positive = head costs more."),
        (1024, 2048, "head − base = −1 kB (−50 %): head costs less. Positive = head costs more."),
        (2048, 2048, "head − base = 0 B (0 %): both cost the same. Positive = head costs more."),
        (1024, 0, "head − base = +1 kB: head costs more. Positive = head costs more."),
    ],
)
def test_a_pair_states_its_sides_and_its_sign(shell: Any, head: int, base: int, said: str) -> None:
    other = {"run": "r0", "component": "", "title": "Heap, after", "operations": 1000}
    pair = {side: {"kept": 1, "total": total} for side, total in (("head", head), ("base", base))}
    weights = {"name": "inuse_space", "unit": "bytes", "total": base, "kept": head - base, "pair": pair}
    text = sentences(shell, shown(other=other, weights=weights), "#b=r0/heap-after")
    assert text.startswith("Head: r1, service, Heap, after. Base: r0, Heap, after. inuse_space: head ")
    assert text.endswith(said)
    perop = sentences(shell, shown(other=other, weights=weights), "#b=r0/heap-after&sc=perop")
    assert "per operation (head 2,000, base 1,000 operations)" in perop
    share = sentences(shell, shown(other=other, weights=weights), "#b=r0/heap-after&sc=share")
    assert share.endswith("change = head − base. Positive = a larger share in head.")
    level = sentences(shell, shown(other=other, weights=weights), "#b=r0/heap-after&n=1")
    assert re.search(r"scaled to the base's total, .*; change = head − base\. Positive = a larger part of it", level)
