"""Call trees: shape, weights, order; compared with a plain walk over random stacks."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from pipeline.analysis.calltree import build_call_tree
from pipeline.model.calltree import CallTree
from tests.analysis.drawing import decoded, drawn, inlined_message, inlined_profile
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
