"""Flame graph data and static picture: complete, exact, bounded, and safe whatever the names are."""

from __future__ import annotations

import gzip
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from pipeline.analysis.calltree import build_call_tree
from pipeline.decode import decode_profile
from pipeline.model.calltree import CallTree
from pipeline.render.flame import flame_data, flame_script, flame_svg, hue, register, short_name
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


def read_script(script: bytes) -> tuple[str, dict[str, Any]]:
    """Take the file apart as a browser would: the arguments of profbook.data."""
    text = script.decode("utf-8")
    assert text.startswith("profbook.data(")
    assert text.endswith(");\n")
    key, data = json.loads(f"[{text[len('profbook.data(') : -3]}]")
    return key, data


def unpack(data: dict[str, Any]) -> tuple[list[int], np.ndarray, np.ndarray, np.ndarray]:
    """Decode columns the plain way: parents, inlined, flat and cum."""
    count = data["nodes"]["count"]
    ups = dict(zip((np.cumsum(data["nodes"]["up_at"]) - 1).tolist(), data["nodes"]["up"], strict=True))
    parents: list[int] = []
    path: list[int] = []
    for node in range(count):
        for _ in range(ups.get(node, 0)):
            path.pop()
        parents.append(path[-1] if path else -1)
        path.append(node)
    inlined = np.zeros(count, dtype=np.int64)
    inlined[np.cumsum(data["nodes"]["inlined"], dtype=np.int64) - 1] = 1
    flat = np.zeros((len(data["types"]), count), dtype=np.int64)
    at = np.cumsum(data["flat"]["at"], dtype=np.int64) - 1
    for row, (scale, values) in enumerate(zip(data["flat"]["scale"], data["flat"]["value"], strict=True)):
        flat[row, at] = np.array(values, dtype=np.int64) * scale
    cum = flat.copy()
    for node in range(count - 1, -1, -1):
        if parents[node] >= 0:
            cum[:, parents[node]] += cum[:, node]
    return parents, inlined, flat, cum


@pytest.mark.parametrize("name", TREES)
def test_the_data_file_holds_the_whole_tree(name: str) -> None:
    tree = TREES[name]
    key, data = read_script(flame_script(tree, "ab" * 32))
    parents, inlined, flat, cum = unpack(data)
    assert key == "ab" * 32
    assert data["format"] == 1
    assert parents == tree.parent.tolist()
    assert data["nodes"]["frame"] == tree.frame.tolist()
    assert inlined.tolist() == tree.inlined.tolist()
    assert (flat == tree.flat).all()
    assert (cum == tree.cum).all()
    assert data["totals"] == list(tree.totals)
    assert data["default"] == tree.default_index
    assert data["types"] == [[kind.type, kind.unit] for kind in tree.sample_types]
    frames = data["frames"]
    assert len(frames["name"]) == len(frames["file"]) == len(frames["package"]) == len(tree.frames)
    if name != "hostile":
        assert frames["name"] == list(tree.frames.name)
        assert [data["files"][i] for i in frames["file"]] == list(tree.frames.file)
        assert [data["packages"][i] for i in frames["package"]] == list(tree.frames.package)


@pytest.mark.parametrize("name", TREES)
def test_bytes_are_the_same_each_time(name: str) -> None:
    tree = TREES[name]
    assert flame_script(tree, "k") == flame_script(tree, "k")
    assert flame_svg(tree, tree.default_index) == flame_svg(tree, tree.default_index)


def test_data_are_the_same_under_every_key() -> None:
    data = flame_data(TREES["hostile"])
    assert register("k", data) == flame_script(TREES["hostile"], "k")
    assert read_script(register("a", data))[1] == read_script(register("b", data))[1]


def test_nothing_in_the_data_file_can_end_its_script() -> None:
    script = flame_script(hostile_tree(), '</script>"\u2028').decode()
    assert not set("<>&\u2028\u2029\u202e") & set(script)
    key, data = read_script(script.encode())
    assert key == '</script>"\u2028'
    assert data["frames"]["name"][0] == HOSTILE[0]
    assert "bidi\\u202eevil" in data["frames"]["name"]


def test_repeated_paths_stay_small() -> None:
    tree = call_tree(random_samples(3, 4_000, depth=20))
    assert len(gzip.compress(flame_script(tree, "k"), 9)) / len(tree) < 5


# ---- the static picture ------------------------------------------------------------------------------------------

SVG = "{http://www.w3.org/2000/svg}"


def boxes(tree: CallTree, type_index: int) -> list[dict[str, Any]]:
    """Parse the picture; raises when it is not well-formed."""
    text = flame_svg(tree, type_index).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return [
        {
            "class": box.get("class"),
            "x": float(box.get("x", "").removesuffix("%")),
            "width": float(box.get("width", "").removesuffix("%")),
            "row": int(box.get("y", "")) // 20,
            "title": box.findtext(f"{SVG}title"),
            "text": box.findtext(f"{SVG}text"),
        }
        for box in ET.fromstring(text).findall(f"{SVG}svg")
    ]


def expected_titles(tree: CallTree, type_index: int) -> list[str]:
    total, unit = tree.totals[type_index], tree.sample_types[type_index].unit
    values = [(tree.frames.name[frame], int(cum)) for frame, cum in zip(tree.frame, tree.cum[type_index], strict=True)]
    return sorted(
        f"{name}\n{show(cum, unit)}, {show(cum / total, 'ratio')} of total"
        for name, cum in values
        if cum >= 0.0025 * total
    )


@pytest.mark.parametrize("type_index", [0, 1])
def test_every_frame_of_a_quarter_percent_is_drawn(type_index: int) -> None:
    tree = TREES["random"]
    drawn = [box for box in boxes(tree, type_index) if box["class"].startswith("h")]
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


def test_the_picture_is_small_whatever_the_profile() -> None:
    samples = [([f"example.com/very/long/path/p{j}.F{i * 40 + j}" for j in range(40)], [1, 7]) for i in range(390)]
    assert len(gzip.compress(flame_svg(call_tree(samples), 1).encode(), 9)) <= 15_000


def test_a_deep_stack_is_cut_with_a_word() -> None:
    svg = flame_svg(deep_tree(), 1)
    assert int(re.findall(r'height="(\d+)"', svg)[0]) < 3000
    found = boxes(deep_tree(), 1)
    last = max(found, key=lambda box: box["row"])
    assert last["class"] == "m"
    assert last["text"] == "1 more, 100 %"


def test_hostile_names_are_text() -> None:
    svg = flame_svg(hostile_tree(), 1)
    assert not re.search(r"<(?!/?(svg|title|rect|text)\b)", svg)
    assert not set("\u2028\u2029\u202e\ud800") & set(svg)
    titles = [box["title"].split("\n")[0] for box in boxes(hostile_tree(), 1)]
    assert HOSTILE[0] in titles
    assert HOSTILE[1] in titles


def test_signs_and_inlining_are_marked() -> None:
    marks = {box["title"].split("\n")[0]: box["class"].split()[1:] for box in boxes(signed_tree(), 1)}
    assert marks["b.shrank"] == ["neg"]
    assert marks["a.grew"] == []
    shrank = next(box for box in boxes(signed_tree(), 1) if box["title"].startswith("b.shrank"))
    assert shrank["title"] == "b.shrank\n-80 ns, -53.33 % of total"
    assert shrank["width"] == pytest.approx(100 * 100 / 150, abs=0.01)
    assert any("i" in box["class"].split() for box in boxes(hostile_tree(), 1))


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
    assert 'role="img"' in svg
    assert 'aria-label="Flame graph of cpu: total 30 ns, 1 frames, heaviest first."' in svg


# ---- what the browser must agree with ------------------------------------------------------------------------------


def test_the_shared_cases_are_what_python_prints() -> None:
    assert format_cases.FILE.read_text(encoding="utf-8") == format_cases.text(), (
        "run: python -m tests.render.format_cases"
    )


def test_short_names_and_hues() -> None:
    assert short_name("github.com/a/b/v2.(*T[x/y.Z]).Do") == "v2.(*T[x/y.Z]).Do"
    assert hue("runtime") == hue("internal/runtime/maps") == hue("") == -1
    assert len({hue(f"example.com/p{i}") for i in range(200)}) == 12


def test_the_browser_modules_are_plain_named_es_modules() -> None:
    folder = Path(__file__).parents[2] / "site_templates" / "assets" / "js"
    modules = sorted([*folder.glob("flame_*.js"), folder / "format.js"])
    assert len(modules) >= 3
    for module in modules:
        lines = module.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 400, module.name
        for line in lines:
            assert not re.match(r"export (default|\{|\*)", line), line
            if line.startswith("import "):
                assert re.fullmatch(r'import \{ [\w, ]+ \} from "\./\w+\.js";', line), line


CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "profiles"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the profile corpus is not beside this checkout")
@pytest.mark.parametrize(
    "name", ["cpu/mtg-4.pgo", "cpu/prometheus-amd64.pprof", "cpu/large.cpu", "heap/krawler-2.heap.out"]
)
def test_real_profiles_are_whole_and_small(name: str) -> None:
    raw = (CORPUS / name).read_bytes()
    tree = build_call_tree(decode_profile(raw))
    script = flame_script(tree, "k")
    _, _, flat, cum = unpack(read_script(script)[1])
    assert (flat == tree.flat).all()
    assert (cum == tree.cum).all()
    packed = raw if raw.startswith(b"\x1f\x8b") else gzip.compress(raw, 9)
    assert len(gzip.compress(script, 9)) <= 0.55 * len(packed)
    for index in range(len(tree.sample_types)):
        assert len(gzip.compress(flame_svg(tree, index).encode(), 9)) <= 15_000
