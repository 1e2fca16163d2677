"""Cutting frames: drop_frames and prune_from."""

from __future__ import annotations

import re

import pytest

from pipeline.analysis.prune import prune_from, remove_uninteresting
from tests.analysis.drawing import decoded, drawn, inlined_message, stacks_of, string


def test_drop_frames_cuts_from_the_frame_nearest_the_root() -> None:
    profile = drawn([(["main", "work", "malloc", "inner", "malloc", "deep"], [1, 1])], drop_frames="malloc")
    assert stacks_of(remove_uninteresting(profile)) == [["main", "work"]]


def test_a_stack_is_never_cut_whole() -> None:
    profile = drawn([(["malloc", "inner"], [1, 1]), (["malloc", "main", "malloc"], [1, 1])], drop_frames="malloc")
    assert stacks_of(remove_uninteresting(profile)) == [["malloc", "inner"], ["malloc", "main"]]


def test_keep_frames_win() -> None:
    profile = drawn([(["main", "malloc_a", "x"], [1, 1])], drop_frames="malloc_.*", keep_frames="malloc_a")
    assert stacks_of(remove_uninteresting(profile)) == [["main", "malloc_a", "x"]]


def test_names_are_matched_whole_and_without_arguments() -> None:
    profile = drawn([(["main", "xmalloc", "malloc(int)", "y"], [1, 1])], drop_frames="malloc")
    assert stacks_of(remove_uninteresting(profile)) == [["main", "xmalloc"]]


@pytest.mark.parametrize("pattern", ["(", "(?=x)", ""])
def test_a_bad_pattern_cuts_nothing(pattern: str) -> None:
    profile = drawn([(["main", "malloc"], [1, 1])], drop_frames=pattern)
    assert stacks_of(remove_uninteresting(profile)) == [["main", "malloc"]]


def test_of_an_inlined_call_only_the_inner_part_goes() -> None:
    message = inlined_message()
    message.drop_frames = string(message, "leaf")
    assert stacks_of(remove_uninteresting(decoded(message))) == [["outer", "middle"]]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [("b", ["d", "b", "c", "b"]), ("d", ["d"]), ("a", ["d", "b", "c", "b", "a"]), ("none", ["d", "b", "c", "b", "a"])],
)
def test_prune_from_cuts_below_the_match_nearest_the_leaf(pattern: str, left: list[str]) -> None:
    profile = drawn([(["d", "b", "c", "b", "a"], [1, 1])])
    assert stacks_of(prune_from(profile, lambda name: re.fullmatch(pattern, name) is not None)) == [left]
