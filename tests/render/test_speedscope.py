"""speedscope files out, and back in."""

from __future__ import annotations

import json

import pytest

from pipeline.decode import decode_profile
from pipeline.errors import UsageError
from pipeline.model.profile import Profile
from pipeline.render.speedscope import speedscope
from tests.builders import pprof_bytes
from tests.decode.frames import stacks

HEAP = (("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes"))
DATA = pprof_bytes(
    [
        (("main", "F[struct { A int; B int }]"), (1, 10, 0, 0)),
        (("main",), (2, 20, 2, 20)),
        (("main", "F[struct { A int; B int }]"), (3, 30, 1, 10)),
        (("main", "</script>\u2028"), (0, 0, 0, 0)),
    ],
    HEAP,
    default_type="inuse_space",
)


def sums(profile: Profile) -> dict[tuple[str, ...], tuple[int, ...]]:
    found: dict[tuple[str, ...], tuple[int, ...]] = {}
    for stack, values in stacks(profile):
        before = found.get(stack, (0,) * len(values))
        found[stack] = tuple(a + b for a, b in zip(before, values, strict=True))
    return {stack: values for stack, values in found.items() if any(values)}


def test_the_file_is_one_profile_for_each_sample_type() -> None:
    document = json.loads(speedscope(decode_profile(DATA), "heap-after"))
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert (document["name"], document["activeProfileIndex"]) == ("heap-after", 3)
    assert document["shared"]["frames"][0] == {"name": "main", "file": "main.go", "line": 10}
    assert [(p["name"], p["unit"], p["endValue"]) for p in document["profiles"]] == [
        ("alloc_objects/count", "none", 6),
        ("alloc_space/bytes", "bytes", 60),
        ("inuse_objects/count", "none", 3),
        ("inuse_space/bytes", "bytes", 30),
    ]
    assert document["profiles"][3]["samples"] == [[0, 1], [0]]
    assert document["profiles"][3]["weights"] == [10, 20]


def test_what_is_written_is_read_back() -> None:
    profile = decode_profile(DATA)
    written = speedscope(profile, "x")
    read = decode_profile(written)
    assert (read.format, read.sample_types, read.default_sample_type) == (
        "speedscope",
        profile.sample_types,
        "inuse_space",
    )
    assert sums(read) == sums(profile)
    assert speedscope(read, "x") == written
    assert written.isascii()


@pytest.mark.parametrize("unit", ["seconds", "milliseconds", "microseconds", "nanoseconds", "bytes", "GB", "a/b", ""])
def test_units_are_read_back_as_they_were(unit: str) -> None:
    data = pprof_bytes([(("main",), (7, 9))], (("delay", unit), ("other/kind", "count")))
    read = decode_profile(speedscope(decode_profile(data), "x"))
    assert [str(kind) for kind in read.sample_types] == [f"delay/{unit}", "other/kind/count"]
    assert stacks(read) == [(("main",), (7, 9))]


def test_a_difference_is_refused() -> None:
    with pytest.raises(UsageError, match="samples/count has negative values"):
        speedscope(decode_profile(pprof_bytes([(("main",), (-1, 1))])), "x")


def test_a_profile_without_samples_is_written_and_read() -> None:
    read = decode_profile(speedscope(decode_profile(pprof_bytes([])), "x"))
    assert [str(kind) for kind in read.sample_types] == ["samples/count", "cpu/nanoseconds"]
    assert len(read.samples) == 0
