"""Samples in files: what is packed holds all there is, the same bytes each time; stacks become trees and back."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.source import open_profile
from pipeline.analysis.stacktree import build_stack_tree
from pipeline.decode import decode_profile
from pipeline.model.pfv import decode_varints
from pipeline.model.profile import Profile
from pipeline.model.stacks import COLUMNS, COUNTS, StackTree, pack_samples
from tests.builders import pprof_bytes

STACKS = st.lists(st.lists(st.sampled_from("abcd"), max_size=6), max_size=20)
PROFILES = sorted((Path(__file__).parents[2] / "profiles").glob("*-baseline/eventstore/*.prof"))


def drawn(stacks: list[list[str]]) -> Profile:
    return decode_profile(pprof_bytes([(stack, [1, row + 1]) for row, stack in enumerate(stacks)]))


def path_to(tree: StackTree, node: int) -> list[int]:
    path = []
    while node >= 0:
        path.append(int(tree.location[node]))
        node = int(tree.parent[node])
    return path


def check(profile: Profile) -> StackTree:
    tree = build_stack_tree(profile)
    samples = profile.samples
    for row, leaf in enumerate(tree.leaf.tolist()):
        stack = samples.stack[samples.stack_offset[row] : samples.stack_offset[row + 1]]
        assert path_to(tree, leaf) == stack.tolist()
    pairs = list(zip(tree.parent.tolist(), tree.location.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    ancestors: list[int] = []
    for node, parent in enumerate(tree.parent.tolist()):
        while ancestors and ancestors[-1] != parent:
            ancestors.pop()
        assert (ancestors[-1] if ancestors else -1) == parent
        ancestors.append(node)
    return tree


@settings(deadline=None)
@given(STACKS)
def test_any_stacks_become_a_tree_in_depth_first_order(stacks: list[list[str]]) -> None:
    check(drawn(stacks))


@pytest.mark.parametrize("path", PROFILES[:4], ids=lambda path: path.stem)
def test_real_stacks_become_a_tree(path: Path) -> None:
    tree = check(decode_profile(path.read_bytes()))
    assert len(tree) > 1


def opened(data: bytes) -> tuple[dict[str, object], dict[str, bytes]]:
    plain = gzip.decompress(data)
    (length,) = struct.unpack_from("<I", plain)
    header = json.loads(plain[4 : 4 + length])
    columns, at = {}, 4 + length
    header["counts"] = dict(zip(COUNTS, header["counts"], strict=True))
    names = (*COLUMNS, *(f"flat.{index}" for index in range(len(header["types"]))))
    for name, size in zip(names, header["columns"], strict=True):
        columns[name] = plain[at : at + size]
        at += size
    assert at == len(plain)
    return header, columns


def test_samples_are_written_whole() -> None:
    profile = open_profile(drawn([["main", "f"], ["main"], [], ["main", "f", "g"], ["main", "f"]]))
    data = pack_samples(profile, build_stack_tree(profile))
    assert data == pack_samples(profile, build_stack_tree(profile))
    header, columns = opened(data)
    assert (header["format"], header["section"], header["labels"]) == (2, "samples", [[]])
    rows = np.cumsum(decode_varints(columns["row.node"])) - 1
    assert rows.tolist() == [-1, 0, 1, 1, 2]
    assert decode_varints(columns["flat.1"]).tolist() == [3, 2, 1, 5, 4]


def test_samples_that_are_zero_in_every_type_are_left_out() -> None:
    profile = decode_profile(pprof_bytes([(["a"], [0, 0]), (["b"], [1, 0])]))
    header, _ = opened(pack_samples(profile, build_stack_tree(profile)))
    assert header["counts"]["rows"] == 1
