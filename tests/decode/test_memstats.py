"""MemStats as Go prints them, whole or alone; half of one is refused."""

from __future__ import annotations

import pytest

from pipeline.decode.memstats import decode_memstats, memstats_part
from pipeline.errors import DecodeError
from tests.memstats import memstats_text

PROFILE = (
    b"heap profile: 1: 112 [1: 113] @ heap/1048576\n1: 112 [1: 112] @ 0x48a8f3\n#\t0x48a8f2\truntime.mallocgc+0x112\n\n"
)


def test_every_value_is_read() -> None:
    read = decode_memstats(PROFILE + memstats_text(num_gc=3, pauses=(10, 20, 30), ends=(1, 2, 3), total_alloc=5000))
    assert (read.num_gc, read.num_forced_gc, read.total_alloc) == (3, 0, 5000)
    assert (read.pause_ns[:4], read.pause_end[:4]) == ((10, 20, 30, 0), (1, 2, 3, 0))
    assert len(read.pause_ns) == len(read.pause_end) == 256
    assert read.max_rss == 9158656
    assert read.gc_cpu_fraction == pytest.approx(0.0125)
    assert (read.heap_alloc, read.heap_inuse, read.heap_sys, read.sys) == (300016, 966656, 3833856, 8083720)


def test_the_lines_alone_are_enough_and_say_the_same() -> None:
    data = PROFILE + memstats_text(num_gc=2)
    part = memstats_part(data)
    assert part.startswith(b"# runtime.MemStats\n")
    assert decode_memstats(part) == decode_memstats(data)


def test_a_name_in_the_profile_is_not_taken_for_the_values() -> None:
    data = b"#\t0x1\t# runtime.MemStats\n# NumGC = 99\n" + memstats_text(num_gc=2)
    assert decode_memstats(data).num_gc == 2


def test_other_systems_have_no_resident_memory() -> None:
    assert decode_memstats(memstats_text(drop=b"MaxRSS")).max_rss is None


def test_unknown_values_of_a_newer_go_are_skipped() -> None:
    assert decode_memstats(memstats_text(num_gc=4) + b"# Novelty = [a b]\n").num_gc == 4


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PROFILE,
        memstats_text(drop=b"NumGC"),
        memstats_text(drop=b"PauseNs"),
        memstats_text()[:200],
        memstats_text().replace(b"NumGC = 0", b"NumGC = -1"),
        memstats_text().replace(b"NumGC = 0", b"NumGC = x"),
        memstats_text().replace(b"PauseNs = [0 ", b"PauseNs = ["),
        memstats_text().replace(b"GCCPUFraction = 0.0125", b"GCCPUFraction = NaN"),
    ],
)
def test_what_is_not_whole_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_memstats(data)
    assert caught.value.code == "not_memstats"
    assert caught.value.cure
