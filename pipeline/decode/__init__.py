"""bytes -> Profile: unpack, recognise, decode, doubt.

Rules: a decoder takes bytes, not paths, and either gives a whole profile or raises ``DecodeError`` with a stable code;
nothing partial ever comes out. What a reader should doubt travels as ``Profile.findings``.
"""

from __future__ import annotations

from dataclasses import replace

from pipeline.decode.budget import check_cost
from pipeline.decode.doubts import doubts
from pipeline.decode.folded import decode_folded
from pipeline.decode.goroutine import decode_goroutine_dump
from pipeline.decode.legacy_contention import decode_contention
from pipeline.decode.legacy_count import decode_go_count
from pipeline.decode.legacy_cpu import decode_legacy_cpu
from pipeline.decode.legacy_heap import decode_heap_text
from pipeline.decode.legacy_java import decode_java_contention, decode_java_heap
from pipeline.decode.legacy_threadz import decode_threadz
from pipeline.decode.pprof import decode_pprof
from pipeline.decode.sniff import (
    CONTENTION,
    CPU,
    FOLDED,
    GO_COUNT,
    GOROUTINE_DUMP,
    HEAP,
    JAVA_CONTENTION,
    JAVA_HEAP,
    PPROF,
    READABLE,
    SPEEDSCOPE,
    THREADS,
    not_a_profile,
    sniff,
    text_format,
)
from pipeline.decode.speedscope import decode_speedscope
from pipeline.decode.unpack import unpack
from pipeline.errors import DecodeError
from pipeline.model.profile import Profile

__all__ = ["decode_profile", "sniff"]

_WITH_SYMBOLS = {GO_COUNT: decode_go_count, HEAP: decode_heap_text, CONTENTION: decode_contention}
_OTHERS = {
    GOROUTINE_DUMP: decode_goroutine_dump,
    CPU: decode_legacy_cpu,
    THREADS: decode_threadz,
    JAVA_HEAP: decode_java_heap,
    JAVA_CONTENTION: decode_java_contention,
    FOLDED: decode_folded,
    SPEEDSCOPE: decode_speedscope,
}


def decode_profile(data: bytes, *, max_bytes: int = 1 << 30, symbolize: bool = False) -> Profile:
    """Decode any profile Go tools can read, goroutine dumps, folded stacks and speedscope files.

    ``max_bytes`` bounds the unpacked size, and ``budget`` the memory for it. ``symbolize`` takes function names from
    the comment lines of Go's text profiles; without it the result is what ``go tool pprof`` makes of the file. Raises
    DecodeError with the codes of the decoders, ``not_a_profile`` and ``too_large``.
    """
    raw, packing = unpack(data, max_bytes)
    kind = sniff(raw)
    if kind not in READABLE:
        raise not_a_profile(kind, raw)
    try:
        profile = _read(kind, raw, len(data), max_bytes, symbolize=symbolize)
    except MemoryError as error:
        raise DecodeError(
            "too_large",
            "the profile does not fit into memory",
            cure="Use a machine with more memory, or lower limits.max_decoded_bytes to refuse it early.",
        ) from error
    return replace(profile, findings=(*packing, *profile.findings, *doubts(profile)))


def _read(kind: str, raw: bytes, stored: int, max_bytes: int, *, symbolize: bool) -> Profile:
    """Decode within the budget; a text with stray control bytes is tried as text once it is known to be no proto."""
    check_cost(kind, raw, stored, max_bytes)
    try:
        return _decode(kind, raw, symbolize=symbolize)
    except DecodeError as error:
        kind = text_format(raw) if kind == PPROF and error.code == "proto_corrupt" else ""
        if not kind:
            raise
    check_cost(kind, raw, stored, max_bytes)
    return _decode(kind, raw, symbolize=symbolize)


def _decode(kind: str, raw: bytes, *, symbolize: bool) -> Profile:
    """Open the one door that fits."""
    if kind == PPROF:
        return decode_pprof(raw)
    if kind in _WITH_SYMBOLS:
        return _WITH_SYMBOLS[kind](raw, symbolize=symbolize)
    return _OTHERS[kind](raw)
