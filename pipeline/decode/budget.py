"""What decoding may cost: how far a file may unpack, and how much memory its objects may take.

Rules: limits guard memory, never counts; an honest file, however large, stays far below them. Memory is bounded by the
size of the file as stored, because a file that packs a thousand bytes into one says next to nothing: up to
``_FREE_BYTES`` and ``_FREE_COST`` anything may be read, beyond that only ``_RATIO`` bytes for each stored one, and
objects worth ``_COST_OF_STORED`` and ``_COST_OF_RAW`` times the stored and the unpacked bytes. Both free amounts grow
with the limit of the settings. Costs are estimates from above: measured peaks of each smallest message and line
(tests/bench/bombs.py measures them again), taken before a decoder makes its first object.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from pipeline.decode.sniff import CPU, FOLDED, GOROUTINE_DUMP, PPROF, SPEEDSCOPE
from pipeline.decode.wire import read_varint
from pipeline.errors import DecodeError

_USUAL_MAX: Final = 1 << 30
_FREE_BYTES: Final = 16 << 20
_RATIO: Final = 150
_FREE_COST: Final = 96 << 20
_COST_OF_STORED: Final = 1500
_COST_OF_RAW: Final = 120
_CHUNK: Final = 1 << 18


class _Cost(NamedTuple):
    """Bytes of memory: for one message, for each of its bytes, for each message inside, begun by one of ``marks``."""

    each: int
    per_byte: int
    marks: tuple[bytes, ...] = ()
    per_mark: int = 0


_FIELDS: Final = {
    0x0A: _Cost(120, 48),  # sample_type
    0x12: _Cost(250, 45, (b"\x1a", b"\x9a\x00", b"\x9a\x80"), 300),  # sample; labels
    0x1A: _Cost(350, 48),  # mapping
    0x22: _Cost(660, 48, (b"\x22", b"\xa2\x00", b"\xa2\x80"), 250),  # location, with lines
    0x2A: _Cost(280, 48),  # function
    0x32: _Cost(140, 12),
    0x4A: _Cost(100, 30),  # time_nanos, packed
    0x5A: _Cost(100, 48),  # period_type
    0x6A: _Cost(100, 34),  # comment, packed
}
_UNKNOWN: Final = _Cost(100, 3)
_SCALAR_COST: Final = 100
_BYTE_COST: Final = 50
"""More than a byte costs that begins no message: half a scalar, or an unknown field in a message."""

_TEXTS: Final = {
    CPU: (14, b"", 0),
    GOROUTINE_DUMP: (8, b"\n", 250),
    FOLDED: (35, b"\n", 400),
    SPEEDSCOPE: (25, b"[", 550),
}
_OTHER_TEXT: Final = (10, b"\n", 700)
"""Per format: memory for each byte, what begins a record, memory for each record."""


def most_unpacked(stored: int, max_bytes: int) -> int:
    """Give the most bytes a file of ``stored`` bytes may unpack to."""
    return min(max_bytes, max(_free(_FREE_BYTES, max_bytes), _RATIO * stored))


def check_cost(kind: str, raw: bytes, stored: int, max_bytes: int) -> None:
    """Refuse bytes whose objects would take more memory than a file of ``stored`` bytes may ask for.

    Raises DecodeError ``too_large``.
    """
    limit = max(_free(_FREE_COST, max_bytes), min(_COST_OF_RAW * len(raw), _COST_OF_STORED * stored))
    if estimate(kind, raw, limit) > limit:
        raise DecodeError(
            "too_large",
            f"a file of {stored:,} bytes would take more than {limit:,} bytes of memory, as only a file made to do"
            " harm does",
            cure="If it is genuine, raise limits.max_decoded_bytes.",
        )


def estimate(kind: str, raw: bytes, limit: int) -> int:
    """Estimate the memory that decoding takes, in bytes, from above; stops once ``limit`` is passed."""
    if kind != PPROF:
        per_byte, mark, per_mark = _TEXTS.get(kind, _OTHER_TEXT)
        return per_byte * len(raw) + (per_mark * raw.count(mark) if mark else 0)
    most = _most(raw)
    return most if most <= limit else _walk(raw, limit)


def _most(raw: bytes) -> int:
    """Bound the cost of a profile.proto without reading it: as if each byte that can begin a message began one."""
    data = np.frombuffer(raw, np.uint8)
    begins = long_tags = 0
    for start in range(0, len(data), _CHUNK):
        part = data[start : start + _CHUNK + 1]
        begins += sum(cost.each * int(np.count_nonzero(part[:_CHUNK] == tag)) for tag, cost in _FIELDS.items())
        # A tag may be written with more bytes than it needs: its first has the high bit, the next adds nothing.
        long_tags += int(np.count_nonzero((part[:-1] >= 0x8A) & (part[1:] & 0x7F == 0)))
    return begins + long_tags * max(cost.each for cost in _FIELDS.values()) + _BYTE_COST * len(raw) + _SCALAR_COST


def _walk(raw: bytes, limit: int) -> int:
    """Add up the top-level fields of a profile.proto, as far as it can be read."""
    cost = position = 0
    end = len(raw)
    while position < end and cost <= limit:
        tag, position = read_varint(raw, position)
        match tag & 7:
            case 2:
                length, position = read_varint(raw, position)
                stop = position + length
                if stop > end:
                    break
                cost += _cost_of(_FIELDS.get(tag, _UNKNOWN), raw, position, stop)
                position = stop
            case 0:
                _, position = read_varint(raw, position)
                cost += _SCALAR_COST
            case 3 | 4:
                cost += _BYTE_COST
            case 1 | 5:
                position += 8 if tag & 7 == 1 else 4
                cost += _SCALAR_COST
            case _:
                break
    return cost


def _cost_of(cost: _Cost, raw: bytes, start: int, stop: int) -> int:
    total = cost.each + cost.per_byte * (stop - start)
    # The tag of a message inside may be written with more bytes than it needs, too.
    return total + cost.per_mark * sum(raw.count(mark, start, stop) for mark in cost.marks)


def _free(usual: int, max_bytes: int) -> int:
    return max(usual, usual * max_bytes // _USUAL_MAX)
