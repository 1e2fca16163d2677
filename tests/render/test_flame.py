"""The static picture of a flame graph: exact, bounded, and safe whatever the names are."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from pipeline.analysis.calltree import build_call_tree
from pipeline.analysis.top import build_top_tables
from pipeline.decode import decode_profile
from pipeline.model.calltree import CallTree
from pipeline.render.flame import BRIEF, LEAD, Head, flame_svg, hue, linked, short_name
from pipeline.units import show
from tests.render import format_cases
from tests.trees import call_tree, random_samples

HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "<!-- {{ x }} {% y %}",
    "line\u2028sep\u2029arators",
    "bidi\u202eevil",
    "lone\ud800surrogate",
    "]]>&amp;'`",
)


def hostile_tree() -> CallTree:
    return call_tree([(HOSTILE[: i + 1], [i, i * 1000]) for i in range(len(HOSTILE))], inlined=frozenset(HOSTILE[2:3]))


def deep_tree(depth: int = 5000) -> CallTree:
    return call_tree([([f"pkg{i % 7}.f{i}" for i in range(depth)], [1, 10_000_000])])


def signed_tree() -> CallTree:
    return call_tree(
        [(["m.m", "a.grew"], [5, 50]), (["m.m", "b.shrank"], [-9, -90]), (["m.m", "b.shrank", "c.c"], [1, 10])]
    )


TREES = {
    "random": call_tree(random_samples(1, 300, depth=9), inlined=frozenset({"example.com/pkg1.f1"})),
    "wide": call_tree([([f"p{i % 50}.f{i}"], [1, i + 1]) for i in range(2000)]),
    "deep": deep_tree(),
    "signed": signed_tree(),
    "hostile": hostile_tree(),
    "one": call_tree([(["main.main"], [3, 30])]),
    "empty": call_tree([]),
    "stackless": call_tree([((), [2, 20]), (["a.a"], [3, 30])]),
    "huge": call_tree([(["a.a"], [1, 2**62]), (["a.a", "b.b"], [1, 12345])]),
    "four": call_tree(
        [(["a.a", "b.b"], [1, 0, 512, 0]), (["a.a", "c.c"], [0, 7, 0, 4096]), (["d.d"], [0, 0, 0, 0])],
        (("alloc_objects", "count"), ("inuse_objects", "count"), ("alloc_space", "bytes"), ("inuse_space", "bytes")),
    ),
}


@pytest.mark.parametrize("name", TREES)
def test_bytes_are_the_same_each_time(name: str) -> None:
    tree = TREES[name]
    assert flame_svg(tree, tree.default_index) == flame_svg(tree, tree.default_index)


# ---- the static picture ------------------------------------------------------------------------------------------

SVG = "{http://www.w3.org/2000/svg}"


def boxes(tree: CallTree, type_index: int, rows: Sequence[str] = (), *, head: Head = LEAD) -> list[dict[str, Any]]:
    """Parse the picture; raises when it is not well-formed. A row is an SVG with a height, a box one with a class."""
    text = flame_svg(tree, type_index, rows, head=head).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    picture = ET.fromstring(text)
    lines = [(0, [each for each in picture if each.get("class")])]
    lines += [(int(line.get("y", "")) // 20, list(line)) for line in picture if line.get("y")]
    found = [
        (row, *((each, each.find(f"{SVG}svg")) if each.tag == f"{SVG}a" else (None, each)))
        for row, line in lines
        for each in line
    ]
    return [
        {
            "href": link.get("href") if link is not None else None,
            "class": box.get("class"),
            "x": float(box.get("x", "0%").removesuffix("%")),
            "width": float(box.get("width", "").removesuffix("%")),
            "row": row,
            "title": box.findtext(f"{SVG}title"),
            "text": box.findtext(f"{SVG}text"),
        }
        for row, link, box in found
        if box is not None
    ]


def expected_titles(tree: CallTree, type_index: int) -> list[str]:
    total = tree.totals[type_index]
    values = [(tree.frames.name[frame], int(cum)) for frame, cum in zip(tree.frame, tree.cum[type_index], strict=True)]
    return sorted(f"{name}\n{show(cum / total, 'ratio')}" for name, cum in values if cum >= 0.0025 * total)


@pytest.mark.parametrize("type_index", [0, 1])
def test_every_frame_of_a_quarter_percent_is_drawn(type_index: int) -> None:
    tree = TREES["random"]
    everything = Head(0.0025, 10_000, 10**9, has_explorer=True)
    drawn = [box for box in boxes(tree, type_index, head=everything) if box["class"].startswith("h")]
    assert len(drawn) > 50
    assert sorted(box["title"] for box in drawn) == expected_titles(tree, type_index)


@pytest.mark.parametrize("name", ["random", "wide", "signed", "stackless", "hostile"])
def test_boxes_never_overlap_and_stay_below_their_parent(name: str) -> None:
    tree = TREES[name]
    found = boxes(tree, 1)
    for row in range(1, 1 + max(box["row"] for box in found)):
        line = sorted((box["x"], box["x"] + box["width"]) for box in found if box["row"] == row)
        above = [(box["x"], box["x"] + box["width"]) for box in found if box["row"] == row - 1]
        assert all(left[1] <= right[0] + 0.02 for left, right in pairwise(line))
        assert all(any(p[0] - 0.02 <= box[0] and box[1] <= p[1] + 0.02 for p in above) for box in line)


def test_what_is_not_drawn_is_counted() -> None:
    tree = TREES["wide"]
    found = boxes(tree, 1)
    drawn = [box for box in found if box["class"].startswith("h")]
    (more,) = [box for box in found if box["class"] == "m"]
    rest = tree.totals[1] - sum(sorted(tree.cum[1].tolist())[-len(drawn) :]) if drawn else tree.totals[1]
    assert more["text"] == f"{2000 - len(drawn):,} more, {show(rest / tree.totals[1], 'ratio')}"
    assert sum(box["width"] for box in found if box["row"] == 1) == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize(("head", "most"), [(LEAD, 5_000), (BRIEF, 2_000)])
def test_the_picture_is_small(head: Head, most: int) -> None:
    samples = [([f"example.com/very/long/path/p{j}.F{i * 40 + j}" for j in range(40)], [1, 7]) for i in range(390)]
    svg = flame_svg(call_tree(samples), 1, ["main.main"], head=head)
    there = linked(svg, rows="#profile-heap-row-", explorer=f"../../explore/index.html?p={'x' * 80}#d=sandwich&c=")
    assert len(gzip.compress(there.encode(), 6)) <= most


def test_the_picture_of_half_a_million_random_frames_is_small() -> None:
    """Each frame's parent is an earlier one, each name is long and like no other: the worst a profile can be."""
    chance, count = np.random.default_rng(8), 500_000
    level = np.sort(chance.integers(0, 40, count))
    starts = np.searchsorted(level, np.arange(41))
    low, high = starts[np.maximum(level - 1, 0)], starts[level]
    parent = np.where(level == 0, -1, (low + chance.random(count) * (high - low)).astype(np.int64))
    flat = chance.integers(1, 1000, count)
    cum = flat.copy()
    for depth in range(39, 0, -1):
        mine = slice(starts[depth], starts[depth + 1])
        np.add.at(cum, parent[mine], cum[mine])
    order = np.arange(count)
    names = tuple(chance.bytes(60).hex() for _ in range(3000))
    empty = ("",) * len(names)
    small = call_tree([(["a.a"], [1, 1])])
    frames = replace(small.frames, **{field.name: empty for field in fields(small.frames)} | {"name": names})
    tree = replace(
        small,
        sample_types=small.sample_types[:1],
        totals=(int(flat.sum()),),
        frames=frames,
        parent=parent,
        frame=order % len(names),
        inlined=np.zeros(count, bool),
        flat=flat[None],
        cum=cum[None],
        default_index=0,
    )
    assert len(tree) == count
    there = linked(flame_svg(tree, 0), rows="#row-", explorer=f"../../explore/index.html?p={'x' * 80}#d=sandwich&c=")
    assert len(gzip.compress(there.encode(), 6)) <= 15_000
    assert there.count("<title>") > 50


def test_a_deep_stack_is_cut_with_a_word() -> None:
    svg = flame_svg(deep_tree(), 1)
    assert int(re.findall(r'height="(\d+)"', svg)[0]) < 3000
    found = boxes(deep_tree(), 1)
    last = max(found, key=lambda box: box["row"])
    assert last["class"] == "m"
    assert last["text"] == "1 more, 100 %"


def test_hostile_names_are_text() -> None:
    svg = flame_svg(hostile_tree(), 1)
    assert not re.search(r"<(?!/?(svg|title|rect|text|a)\b)", svg)
    assert not set("\u2028\u2029\u202e\ud800") & set(svg)
    titles = [box["title"].split("\n")[0] for box in boxes(hostile_tree(), 1)]
    assert HOSTILE[0] in titles
    assert HOSTILE[1] in titles


def test_signs_and_inlining_are_marked() -> None:
    marks = {box["title"].split("\n")[0]: box["class"].split()[1:] for box in boxes(signed_tree(), 1)}
    assert marks["b.shrank"] == ["neg"]
    assert marks["a.grew"] == []
    tree = signed_tree()
    added_up = int(tree.cum[1][tree.parent < 0].sum())
    assert added_up == 50 - 90 + 10
    assert boxes(tree, 1)[0]["title"].endswith(f": {show(added_up, tree.sample_types[1].unit)}")
    shrank = next(box for box in boxes(signed_tree(), 1) if box["title"].startswith("b.shrank"))
    assert shrank["title"] == "b.shrank\n-53.33 %"
    assert shrank["width"] == pytest.approx(100 * 100 / 150, abs=0.01)
    assert any("i" in box["class"].split() for box in boxes(hostile_tree(), 1))


def test_frames_lead_to_their_row_or_to_the_explorer() -> None:
    generic = "a.(*T[x/y.Z]).Do"
    tree = call_tree([(["m.m", generic], [1, 800]), (["m.m", "b.b+c&d"], [1, 190]), (["m.m", "s.s"], [1, 10])])
    found = {box["title"].split("\n")[0]: box["href"] for box in boxes(tree, 1, ["b.b+c&d", "m.m", "gone.gone", "m.m"])}
    assert found == {
        "total cpu: 1 us": None,
        "m.m": "#2",
        generic: "?a.(*T%5Bx/y.Z%5D).Do",
        "b.b+c&d": "#1",
        "s.s": None,
    }
    assert {box["href"] for box in boxes(tree, 1, ["s.s"])} == {
        None,
        "#1",
        "?m.m",
        "?a.(*T%5Bx/y.Z%5D).Do",
        "?b.b%2Bc%26d",
    }
    drawn = boxes(TREES["random"], 1)
    assert all((box["href"] is not None) == (box["width"] >= 16) for box in drawn if box["class"].startswith("h"))
    assert not [box for box in drawn if box["href"] and not box["class"].startswith("h")]
    brief = boxes(tree, 1, ["m.m"], head=BRIEF)
    assert {box["href"] for box in brief} == {None, "#1"}


def test_links_are_completed_and_texts_are_not() -> None:
    evil = 'href="#1" href="?x'
    tree = call_tree([(["m.m", evil], [1, 10])])
    svg = linked(flame_svg(tree, 1, ["m.m"]), rows="../index.html#profile-cpu-row-", explorer="../../explore/?p=a&b#c=")
    drawn = ET.fromstring(svg)
    assert [link.get("href") for link in drawn.iter("a")] == [
        "../index.html#profile-cpu-row-1",
        "../../explore/?p=a&b#c=" + "href%3D%22%231%22%20href%3D%22%3Fx",
    ]
    assert [title.text.split("\n")[0] for title in drawn.iter("title") if title.text][-1] == evil
    assert all(link.get("tabindex") == "-1" for link in drawn.iter("a"))


@pytest.mark.parametrize(
    ("tree", "type_index", "sentence"),
    [
        (TREES["empty"], 1, "No flame graph: this profile recorded no cpu."),
        (call_tree([(["a.a"], [1, 0])]), 1, "No flame graph: this profile recorded no cpu."),
        (call_tree([((), [1, 10])]), 1, "cpu: 10 ns was recorded, but without any call stack"),
    ],
)
def test_an_empty_profile_says_so(tree: CallTree, type_index: int, sentence: str) -> None:
    svg = flame_svg(tree, type_index)
    assert sentence in svg
    assert "<svg" not in svg


def test_a_frame_full_width_has_no_stretched_text() -> None:
    svg = flame_svg(TREES["one"], 1)
    assert "viewBox" not in svg
    assert 'role="group"' in svg
    assert 'aria-label="Flame graph of cpu: total 30 ns, the 1 heaviest of 1 frames."' in svg


# ---- what the browser must agree with ------------------------------------------------------------------------------


def test_the_shared_cases_are_what_python_prints() -> None:
    assert format_cases.FILE.read_text(encoding="utf-8") == format_cases.text(), (
        "run: python -m tests.render.format_cases"
    )


def test_short_names_and_hues() -> None:
    assert short_name("github.com/a/b/v2.(*T[x/y.Z]).Do") == "v2.(*T[x/y.Z]).Do"
    assert hue("runtime") == hue("internal/runtime/maps") == hue("") == -1
    assert len({hue(f"example.com/p{i}") for i in range(200)}) == 12


CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "profiles"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the profile corpus is not beside this checkout")
@pytest.mark.parametrize(
    "name", ["cpu/mtg-4.pgo", "cpu/prometheus-amd64.pprof", "cpu/large.cpu", "heap/krawler-2.heap.out"]
)
def test_pictures_of_real_profiles_are_small(name: str) -> None:
    profile = decode_profile((CORPUS / name).read_bytes())
    tree = build_call_tree(profile)
    for index, table in enumerate(build_top_tables(profile, limit=15)):
        svg = flame_svg(tree, index, [row.name for row in table.rows])
        there = linked(svg, rows="profile-heap-row-", explorer=f"../../explore/index.html?p=run/{name}#d=sandwich&c=")
        assert len(gzip.compress(there.encode(), 9)) <= 15_000
