"""Call trees: shape, weights, order; compared with a plain walk over random stacks."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.calltree import build_call_tree
from pipeline.analysis.source import open_profile
from pipeline.model.calltree import CallTree
from pipeline.model.profile import Profile
from pipeline.model.report import NodeInfo
from pipeline.model.symbol import package_of
from pipeline.proto import profile_pb2
from tests.analysis.drawing import decoded, drawn, inlined_message, inlined_profile, string
from tests.builders import pprof_message


def paths(tree: CallTree) -> list[tuple[str, ...]]:
    """Spell out the path of every node, in the order of the tree."""
    result: list[tuple[str, ...]] = []
    for parent, frame in zip(tree.parent.tolist(), tree.frame.tolist(), strict=True):
        result.append((*(result[parent] if parent >= 0 else ()), tree.frames.name[frame]))
    return result


def test_depth_first_heaviest_first() -> None:
    tree = build_call_tree(
        drawn(
            [(["m", "b"], [9, 10]), (["m", "a"], [1, 10]), (["m", "c", "d"], [1, 30]), (["z"], [1, 100]), ([], [1, 5])]
        )
    )
    assert paths(tree) == [("z",), ("m",), ("m", "c"), ("m", "c", "d"), ("m", "a"), ("m", "b")]
    assert tree.flat[1].tolist() == [100, 0, 0, 30, 10, 10]
    assert tree.cum[1].tolist() == [100, 50, 30, 30, 10, 10]
    assert tree.cum[0].tolist() == [1, 11, 1, 1, 1, 9]
    assert tree.totals == (13, 155)
    assert tree.default_index == 1


def test_recursion_makes_the_path_longer() -> None:
    tree = build_call_tree(drawn([(["f", "f", "f"], [1, 7]), (["f"], [1, 3])]))
    assert tree.cum[1].tolist() == [10, 7, 7]
    assert len(tree.frames) == 1


def test_inlined_calls_are_marked() -> None:
    tree = build_call_tree(inlined_profile())
    assert paths(tree) == [("outer",), ("outer", "middle"), ("outer", "middle", "leaf")]
    assert tree.inlined.tolist() == [0, 0, 1]


def test_a_call_inlined_only_sometimes_is_not_marked() -> None:
    message = inlined_message()
    middle, leaf = message.location.add(id=20, mapping_id=1), message.location.add(id=21, mapping_id=1)
    middle.line.add(function_id=2, line=1)
    leaf.line.add(function_id=9, line=1)
    message.sample.add(location_id=[21, 20, 1], value=[1, 1])
    assert build_call_tree(decoded(message)).inlined.tolist() == [0, 0, 0]


def test_one_name_in_two_files_is_two_frames() -> None:
    message = pprof_message([(["a"], [1, 1]), (["b"], [1, 1])])
    message.function[1].name = message.function[1].system_name = message.function[0].name
    tree = build_call_tree(decoded(message))
    assert tree.frames.name == ("a", "a")
    assert tree.frames.file == ("a.go", "b.go")


def test_siblings_of_one_name_and_weight_are_in_the_order_of_their_files() -> None:
    message = pprof_message([(["b"], [1, 1]), (["a"], [1, 1])])
    message.function[1].name = message.function[1].system_name = message.function[0].name
    tree = build_call_tree(decoded(message))
    assert [tree.frames.file[frame] for frame in tree.frame.tolist()] == ["a.go", "b.go"]


def test_samples_that_are_zero_everywhere_make_no_node() -> None:
    assert paths(build_call_tree(drawn([(["a"], [0, 0]), (["b"], [1, 0])]))) == [("b",)]


def test_no_samples() -> None:
    tree = build_call_tree(decoded(pprof_message([])))
    assert len(tree) == 0
    assert tree.flat.shape == tree.cum.shape == (2, 0)


@pytest.mark.parametrize("seed", range(8))
def test_equals_a_plain_walk(seed: int) -> None:
    chance = random.Random(seed)
    samples = [
        ([chance.choice("abcd") for _ in range(chance.randint(0, 9))], [chance.randint(0, 3), chance.randint(-5, 50)])
        for _ in range(200)
    ]
    flat, cum = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for stack, values in samples:
        if any(values) and stack:
            flat[tuple(stack)] += values[1]
            for depth in range(1, len(stack) + 1):
                cum[tuple(stack[:depth])] += values[1]
    tree = build_call_tree(drawn(samples))
    spelt = paths(tree)
    assert dict(zip(spelt, tree.cum[1].tolist(), strict=True)) == dict(cum)
    assert dict(zip(spelt, tree.flat[1].tolist(), strict=True)) == {path: flat[path] for path in spelt}
    assert (tree.parent < np.arange(len(tree))).all()
    siblings: dict[tuple[str, ...], list[tuple[int, str]]] = {}
    for path, weight in zip(spelt, tree.cum[1].tolist(), strict=True):
        siblings.setdefault(path[:-1], []).append((-abs(weight), path[-1]))
    assert all(order == sorted(order) for order in siblings.values())
    for index, path in enumerate(spelt[1:], 1):
        assert spelt[index - 1][: len(path) - 1] == path[:-1], "depth first"


# ---- frames: named once for each function of each mapped file, as if every location were asked ----------------------

Place = tuple[str, str, str, int]
TEXTS = st.sampled_from(["", "a.f", "b.g", "/x/a.go", "/bin/app"])
FUNCTIONS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4)
LOCATIONS = st.lists(st.tuples(st.integers(0, 2), st.lists(st.integers(0, 3), max_size=3)), min_size=1, max_size=8)
"""Of each location: its mapping (0: none) and the functions of its lines, innermost first."""


def drawn_message(functions: list[tuple[str, str]], locations: list[tuple[int, list[int]]]) -> profile_pb2.Profile:
    """Draw a profile in which every location is a stack of its own, of the weight 1."""
    message = pprof_message([], [("cpu", "nanoseconds")])
    del message.mapping[:]
    for at, file in enumerate(("/bin/app", "")):
        message.mapping.add(
            id=at + 1, memory_start=at << 20, memory_limit=(at + 1) << 20, filename=string(message, file)
        )
    for at, (name, file) in enumerate(functions):
        name_at = string(message, name)
        message.function.add(id=at + 1, name=name_at, system_name=name_at, filename=string(message, file))
    for at, (mapping, lines) in enumerate(locations):
        location = message.location.add(id=at + 1, mapping_id=mapping, address=(max(mapping, 1) - 1 << 20) + at)
        for function in lines:
            location.line.add(function_id=function % len(functions) + 1, line=1)
        message.sample.add(location_id=[at + 1], value=[1])
    return message


def plain_paths(profile: Profile) -> Counter[tuple[Place, ...]]:
    """Name the frames of every sample one by one, root first, and count what ends there."""
    functions, locations, samples = profile.functions, profile.locations, profile.samples
    found = Counter[tuple[Place, ...]]()
    for begin, end in pairwise(samples.stack_offset.tolist()):
        path: list[Place] = []
        for at in samples.stack[begin:end].tolist():
            mapped = profile.mappings[locations.mapping[at]].file if locations.mapping[at] >= 0 else ""
            lines = locations.line_function[locations.line_offset[at] : locations.line_offset[at + 1]].tolist()
            for name, file in [(functions.name[line], functions.filename[line]) for line in lines] or [("", "")]:
                bare = 0 if name else 2 if lines else 1
                path.append((name or file or NodeInfo(object_file=mapped).printable(), file, mapped, bare))
        found[tuple(reversed(path))] += 1
    return found


@given(functions=FUNCTIONS, locations=LOCATIONS)
def test_frames_are_those_of_a_plain_walk(
    functions: list[tuple[str, str]], locations: list[tuple[int, list[int]]]
) -> None:
    profile = decoded(drawn_message(functions, locations))
    tree = build_call_tree(profile)
    frames = tree.frames
    places = list(zip(frames.name, frames.file, frames.mapping, frames.bare, strict=True))
    assert len(set(places)) == len(places), "each frame once"
    assert frames.package == tuple(map(package_of, frames.name))
    spelt: list[tuple[Place, ...]] = []
    for parent, frame in zip(tree.parent.tolist(), tree.frame.tolist(), strict=True):
        spelt.append((*(spelt[parent] if parent >= 0 else ()), places[frame]))
    found = Counter(dict(zip(spelt, tree.flat[0].tolist(), strict=True)))
    assert +found == plain_paths(open_profile(profile))
    assert set(places) == {place for path in spelt for place in path}, "none that is nowhere"
