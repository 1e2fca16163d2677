"""Many trees on one: nothing is lost, nothing is merged that has another path."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.compare.diff import Replicate, align, diff_tree, mean_flat
from pipeline.model.calltree import CallTree
from pipeline.model.difference import DiffTree, Sides
from tests.trees import call_tree

STACKS = st.lists(
    st.tuples(st.lists(st.sampled_from(["f", "g", "h", "F[int]"]), max_size=6), st.integers(-(10**6), 10**6)),
    max_size=20,
)


def tree(samples: list[tuple[list[str], int]]) -> CallTree:
    return call_tree([(stack, [1, value]) for stack, value in samples])


def diff(base: CallTree, head: CallTree, names: dict[str, str] | None = None) -> DiffTree:
    alignment = align([Replicate(((base, 1),)), Replicate(((head, 1),))], names or {})
    return diff_tree(alignment, *(mean_flat(alignment, [row], "cpu", per_op=False) for row in (0, 1)))


def by_hand(samples: list[tuple[list[str], int]]) -> dict[str, tuple[int, int]]:
    found: dict[str, list[int]] = {}
    for stack, value in samples:
        for name in set(stack):
            found.setdefault(name, [0, 0])[1] += value
        if stack:
            found[stack[-1]][0] += value
    return {name: (flat, cum) for name, (flat, cum) in found.items()}


@settings(deadline=None)
@given(STACKS, STACKS)
def test_every_function_has_what_its_samples_say(
    base: list[tuple[list[str], int]], head: list[tuple[list[str], int]]
) -> None:
    expected = by_hand(base), by_hand(head)
    found = diff(tree(base), tree(head)).functions()
    assert found.keys() == expected[0].keys() | expected[1].keys()
    for name, (flat, cum) in found.items():
        told = [side.get(name, (0, 0)) for side in expected]
        assert (flat, cum) == tuple(Sides(float(told[0][at]), float(told[1][at])) for at in (0, 1))


@settings(deadline=None)
@given(STACKS)
def test_a_tree_against_itself_has_no_difference(samples: list[tuple[list[str], int]]) -> None:
    one = tree(samples)
    found = diff(one, one)
    assert len(found) == len(one)
    np.testing.assert_array_equal(found.base_cum, found.head_cum)
    assert sorted(found.base_cum.tolist()) == sorted(one.cum[1].tolist())


def test_new_and_gone_nodes_are_kept_below_their_callers() -> None:
    found = diff(tree([(["a", "b"], 5)]), tree([(["a", "c"], 7), (["b"], 1)]))
    paths = {}
    for node, parent in enumerate(found.parent.tolist()):
        assert parent < node
        paths[node] = (*paths.get(parent, ()), found.names[found.frame[node]])
    cums = {paths[node]: (found.base_cum[node], found.head_cum[node]) for node in paths}
    assert cums == {("a",): (5, 7), ("a", "b"): (5, 0), ("a", "c"): (0, 7), ("b",): (0, 1)}


def test_matched_names_share_a_node() -> None:
    found = diff(tree([(["F[int]", "g"], 5)]), tree([(["F[...]", "g"], 7)]), {"F[...]": "F[int]"})
    assert len(found) == 2
    assert found.functions()["F[int]"][1] == Sides(5.0, 7.0)


def test_trees_of_one_run_add_up_with_their_signs() -> None:
    before, after = tree([(["f"], 10)]), tree([(["f"], 25), (["g"], 4)])
    alignment = align([Replicate(((after, 1), (before, -1)), operations=3.0)], {})
    flat = mean_flat(alignment, [0], "cpu", per_op=True)
    assert {alignment.names[at]: weight for at, weight in zip(alignment.frame, flat, strict=True)} == {
        "f": 5.0,
        "g": pytest.approx(4 / 3),
    }
    assert alignment.replicates[0].total("cpu") == 19
    assert alignment.replicates[0].total("nothing") == 0
