"""What decoding may cost: bombs of every shape are refused before they go off, honest files are not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pipeline.decode import decode_profile
from pipeline.decode.budget import check_cost, estimate, most_unpacked
from pipeline.decode.sniff import PPROF, READABLE, sniff
from pipeline.errors import DecodeError
from tests.bench.bombs import PACKED, SHAPES, climbing_events, explode, full_bomb, largest_read
from tests.builders import pprof_message

GIB = 1 << 30
PROFILES = Path(__file__).parents[2] / "profiles"
CHEAP = {"one long string", "one string of controls", "goroutine dump", "legacy cpu", "speedscope, events"}
"""Shapes that 16 MiB of are worth reading, or nearly."""


@pytest.mark.parametrize("name", SHAPES)
def test_a_bomb_of_any_shape_is_refused_before_an_object_is_made(name: str) -> None:
    shape = SHAPES[name]
    raw = shape.build((40 << 20 if name in CHEAP else 16 << 20) // len(shape.unit))
    kind = sniff(raw)
    if kind not in READABLE:
        return
    with pytest.raises(DecodeError) as caught:
        check_cost(kind, raw, PACKED, GIB)
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    "name", ["samples", "empty strings", "one string of controls", "one deep stack", "folded stacks", "heap text"]
)
def test_the_largest_that_is_read_stays_small(name: str) -> None:
    end = explode(largest_read(SHAPES[name]))
    assert end.code == "ok"
    assert end.peak_bytes < 200e6


@pytest.mark.parametrize("name", ["empty samples", "zero bytes"])
def test_65_kilobytes_end_refused_in_little_memory(name: str) -> None:
    packed = full_bomb(SHAPES[name])
    assert len(packed) <= PACKED
    end = explode(packed)
    assert end.code == "too_large"
    assert end.peak_bytes < 100e6


def test_events_that_open_without_end_are_refused() -> None:
    packed = gzip.compress(climbing_events(16_000), mtime=0)
    end = explode(packed)
    assert len(packed) < PACKED
    assert end.code == "too_large"
    assert end.peak_bytes < 150e6


def test_the_same_bytes_are_read_when_the_file_is_as_large() -> None:
    raw = SHAPES["samples"].build(300_000)
    with pytest.raises(DecodeError, match="as only a file made to do harm"):
        check_cost(PPROF, raw, 4_000, GIB)
    check_cost(PPROF, raw, len(raw), GIB)


def test_raising_the_limit_lets_it_through() -> None:
    raw = SHAPES["samples"].build(300_000)
    check_cost(PPROF, raw, 4_000, 8 * GIB)
    assert most_unpacked(4_000, 8 * GIB) == 8 * most_unpacked(4_000, GIB)


def test_a_text_that_is_taken_for_a_proto_at_first_is_weighed_as_text() -> None:
    text = gzip.compress(b"# \x01\nheap profile: 1: 1 [1: 1] @ heap/2\n" + b"1: 1 [1: 1] @ 0x1\n" * 300_000)
    with pytest.raises(DecodeError):
        decode_profile(text)


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*/*/*.p*")), ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_honest_profiles_stay_far_below(path: Path) -> None:
    packed = path.read_bytes()
    raw = gzip.decompress(packed)
    cost = estimate(PPROF, raw, GIB)
    assert cost < 120 * len(raw)
    assert cost < 500 * len(packed)


def test_a_large_honest_profile_is_within_its_budget() -> None:
    names = [f"example.org/module/pkg{i % 97}.(*Type{i}).Method" for i in range(20_000)]
    stacks = [([names[(i * 7 + j * 13) % 20_000] for j in range(20)], (i + 1, i * 10)) for i in range(20_000)]
    raw = pprof_message(stacks).SerializeToString()
    packed = len(gzip.compress(raw))
    assert len(raw) > 2 << 20
    check_cost(PPROF, raw, packed, GIB)
    check_cost(PPROF, raw * 40, packed * 40, GIB)
