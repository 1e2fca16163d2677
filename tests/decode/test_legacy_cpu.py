"""Binary CPU profiles: word layouts, the handler's frames, cut files."""

from __future__ import annotations

import struct

import pytest

from pipeline.decode import decode_profile
from pipeline.decode.legacy_cpu import decode_legacy_cpu, find_layout
from pipeline.errors import DecodeError
from pipeline.model.profile import SampleType
from tests.decode.frames import stacks

MAPS = b"00400000-00500000 r-xp 00000000 08:02 17 /bin/app\n"


def words(layout: str, *values: int) -> bytes:
    return struct.pack(f"{layout[0]}{len(values)}{layout[1]}", *values)


def cpu(layout: str, *samples: tuple[int, list[int]], java: int = 0) -> bytes:
    body = [word for count, stack in samples for word in (count, len(stack), *stack)]
    return words(layout, 0, 3, java, 10_000, 0, *body, 0, 1, 0)


@pytest.mark.parametrize("layout", ["<I", ">I", "<Q", ">Q"])
def test_every_word_layout_is_read(layout: str) -> None:
    profile = decode_profile(cpu(layout, (3, [0x400010, 0x400020]), (1, [0x400010, 0x400030])) + MAPS)
    assert profile.format == "legacy cpu"
    assert profile.sample_types == (SampleType("samples", "count"), SampleType("cpu", "nanoseconds"))
    assert profile.period == 10_000_000
    assert stacks(profile) == [
        (("0x400010", "0x40001f"), (3, 30_000_000)),
        (("0x400010", "0x40002f"), (1, 10_000_000)),
    ]
    assert profile.mappings[0].file == "/bin/app"
    assert "prof_handler" in profile.drop_frames


def test_frames_of_the_signal_handler_are_dropped() -> None:
    samples = [(1, [0x400010 + i, 0x400666, 0x400777, 0x400900 + 8 * i]) for i in range(64)]
    samples[5] = (1, [0x400010, 0x400800])
    profile = decode_profile(cpu("<Q", *samples) + MAPS)
    frames = [frame for stack, _ in stacks(profile) for frame in stack]
    assert "0x400665" not in frames
    assert "0x400776" not in frames
    assert "0x4007ff" in frames


def test_a_frame_most_but_not_nearly_all_share_stays() -> None:
    samples = [(1, [0x400010 + i, 0x400666, 0x400900]) for i in range(60)] + [(1, [0x400010, 0x400800])] * 4
    assert any("0x400665" in stack for stack, _ in stacks(decode_profile(cpu("<Q", *samples) + MAPS)))


def test_a_file_without_an_end_mark_is_read() -> None:
    data = words("<Q", 0, 3, 0, 10_000, 0, 1, 2, 0x400010, 0x400020, 1, 2, 0x400010, 0x400030)
    assert stacks(decode_legacy_cpu(data)) == [
        (("0x400010", "0x40001f"), (1, 10_000_000)),
        (("0x400010", "0x40002f"), (1, 10_000_000)),
    ]


@pytest.mark.parametrize("tail", [words("<Q", 1), words("<Q", 1, 999), b"abc", words("<Q", 1, 2**64 - 1)])
def test_a_cut_or_impossible_stack_is_refused(tail: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_legacy_cpu(words("<Q", 0, 3, 0, 10_000, 0) + tail)
    assert caught.value.code == "text_corrupt"


def test_java_profiles_name_their_locations_in_a_list() -> None:
    symbols = b"\n 0x0000000b com.example.Leaf.run (Leaf.java:12)\n 0x0c com.example.Main.main (Main.java:7)\n"
    profile = decode_profile(cpu("<I", (2, [0xB, 0xC, 0xD]), java=1) + symbols)
    assert profile.format == "java cpu"
    assert stacks(profile) == [(("com.example.Leaf.run", "com.example.Main.main", "0x0"), (2, 20_000_000))]
    assert profile.locations.line_number.tolist() == [12, 7]


def test_other_data_has_no_layout() -> None:
    assert find_layout(b"") is None
    assert find_layout(words("<Q", 0, 3, 2, 1, 0)) is None
