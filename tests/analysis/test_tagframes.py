"""Labels as frames at the root and the leaf."""

from __future__ import annotations

from pipeline.analysis.tagframes import add_label_frames
from tests.analysis.drawing import labelled, stacks_of

PROFILE = labelled([(["main"], 5, {"user": "ann", "size": (2048, "bytes")}), (["main", "f"], 7, {"zone": "eu"})])


def test_the_first_root_key_is_the_root_and_the_last_leaf_key_the_leaf() -> None:
    profile, missed = add_label_frames(PROFILE, ("user", "zone"), ("user", "size"), "minimum")
    assert stacks_of(profile) == [["ann", "", "main", "ann", "2kB"], ["", "eu", "main", "f", "", ""]]
    assert missed == ()


def test_frames_are_made_once_and_name_their_key() -> None:
    profile, _ = add_label_frames(PROFILE, ("user",), (), "minimum")
    assert profile.functions.name[-2:] == ("ann", "")
    assert profile.functions.filename[-2:] == ("user", "user")
    assert profile.locations.mapping.tolist()[-2:] == [-1, -1]
    assert len(PROFILE.functions) == len(profile.functions) - 2


def test_keys_that_no_sample_has_are_told() -> None:
    profile, missed = add_label_frames(PROFILE, ("nothing",), ("user",), "minimum")
    assert missed == ("TagRoot expression matched no samples",)
    assert stacks_of(profile)[1] == ["", "main", "f", ""]


def test_numbers_without_unit_are_shown_as_they_are() -> None:
    profile, _ = add_label_frames(labelled([(["main"], 5, {"id": (4096, "")})]), (), ("id",), "MB")
    assert stacks_of(profile) == [["main", "4096"]]


def test_no_keys_change_nothing() -> None:
    assert add_label_frames(PROFILE, (), (), "minimum") == (PROFILE, ())
