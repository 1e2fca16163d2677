"""What small files made to cost much do cost: ``python -m tests.bench.bombs [SHAPE...]``.

Prints for each shape of bomb the code it ends with, the peak memory of the process and the CPU time, each in a process
of its own: once packed to 65 kB (or what unpacks to 64 MB, if that is less), and once as large as is still read.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from tests.builders import pprof_message

PACKED: Final = 65_000
UNPACKED: Final = 64_000_000
ADDRESS_SPACE: Final = 1 << 30


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def field(number: int, body: bytes) -> bytes:
    """Write a length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(body)) + body


HEAD: Final = pprof_message([(("main", "work"), (1, 2))]).SerializeToString()
SAMPLE: Final = b"\x12\x02\x01\x02"
_CPU: Final = b"".join(word.to_bytes(8, "little") for word in (0, 3, 0, 10_000, 0))
_SPEEDSCOPE: Final = (
    b'{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":[{"name":"a"}]},"profiles":'
    b'[{"type":"%s","name":"x","unit":"none","startValue":0,"endValue":1,'
)


class Shape(NamedTuple):
    """Bytes that stand once, bytes that are repeated, bytes that end it; ``wrap`` makes one field of the repeats."""

    head: bytes
    unit: bytes
    tail: bytes = b""
    wrap: Callable[[bytes], bytes] = bytes

    def build(self, count: int) -> bytes:
        """Make the unpacked bytes with ``count`` repeats."""
        return self.head + self.wrap(self.unit * count) + self.tail


def _in_sample(body: bytes) -> bytes:
    return field(2, SAMPLE + body)


SHAPES: Final = {
    "empty samples": Shape(HEAD, b"\x12\x00"),
    "samples without stack": Shape(HEAD, field(2, SAMPLE)),
    "samples": Shape(HEAD, field(2, b"\x0a\x02\x01\x02" + SAMPLE)),
    "samples, not packed": Shape(HEAD, field(2, b"\x08\x01\x10\x01\x10\x02")),
    "samples, long tags": Shape(HEAD, b"\x92\x00\x04" + SAMPLE),
    "samples, unknown field": Shape(HEAD, field(2, SAMPLE + b"\x38\x01")),
    "empty strings": Shape(HEAD, b"\x32\x00"),
    "one long string": Shape(HEAD, b"A", wrap=lambda body: field(6, body)),
    "one string of controls": Shape(HEAD, b"\x1b", wrap=lambda body: field(6, body)),
    "empty functions": Shape(HEAD, b"\x2a\x00"),
    "empty locations": Shape(HEAD, b"\x22\x00"),
    "lines of one location": Shape(HEAD, b"\x22\x02\x08\x01", wrap=lambda body: field(4, b"\x08\x63" + body)),
    "empty mappings": Shape(HEAD, b"\x1a\x00"),
    "sample types": Shape(HEAD, b"\x0a\x00"),
    "comments": Shape(HEAD, b"\x68\x00"),
    "packed comments": Shape(HEAD, b"\x00", wrap=lambda body: field(13, body)),
    "period types": Shape(HEAD, b"\x5a\x00"),
    "start times": Shape(HEAD, b"\x48\x00"),
    "labels of one sample": Shape(HEAD, b"\x1a\x04\x08\x01\x18\x01", wrap=_in_sample),
    "empty labels of one sample": Shape(HEAD, b"\x1a\x00", wrap=_in_sample),
    "one deep stack": Shape(HEAD, b"\x01", wrap=lambda body: _in_sample(field(1, body))),
    "one deep stack, not packed": Shape(HEAD, b"\x08\x01", wrap=_in_sample),
    "values of one sample": Shape(HEAD, b"\x01", wrap=lambda body: field(2, field(2, body))),
    "unknown numbers": Shape(HEAD, b"\xa0\x06\x01"),
    "unknown texts": Shape(HEAD, b"\xa2\x06\x00"),
    "unknown fields of one sample": Shape(HEAD, b"\x38\x01", wrap=_in_sample),
    "another wire type": Shape(HEAD, b"\x10\x01"),
    "nested groups": Shape(HEAD, b"\x93\x03"),
    "corrupt at the end": Shape(HEAD, field(2, SAMPLE), b"\x12\x7f"),
    "zero bytes": Shape(b"", b"\x00"),
    "blanks": Shape(b"", b" "),
    "lines": Shape(b"", b"\n"),
    "a word": Shape(b"", b"a"),
    "folded stacks": Shape(b"", b"a;b 1\n"),
    "one folded stack": Shape(b"a;b 1\n", b"ab;", b"c 1\n"),
    "heap text": Shape(b"heap profile: 1: 1 [1: 1] @ heap/2\n", b"1: 1 [1: 1] @ 0x1\n"),
    "heap text, one stack": Shape(b"heap profile: 1: 1 [1: 1] @ heap/2\n1: 1 [1: 1] @", b" 0x1", b"\n"),
    "heap text, symbols": Shape(b"heap profile: 1: 1 [1: 1] @ heap/2\n1: 1 [1: 1] @ 0x1\n", b"#\t0x1\ta+0x1\tb:1\n"),
    "goroutine text": Shape(b"goroutine profile: total 1\n", b"1 @ 0x1\n"),
    "goroutine text, labels": Shape(b"goroutine profile: total 1\n", b'1 @ 0x1\n# labels: {"a":"b"}\n'),
    "goroutine text, mappings": Shape(
        b"goroutine profile: total 1\n1 @ 0x1\n--- Memory map: ---\n", b"400000-500000 r-xp 0 0 0 x\n"
    ),
    "goroutine dump": Shape(b"", b"goroutine 1 [running]:\na()\n\tb:1\n\n"),
    "goroutine dump, frames": Shape(b"goroutine 1 [running]:\n", b"a()\n\tb:1\n"),
    "contention text": Shape(b"--- mutex:\ncycles/second=5\n", b"4 3 @ 0x1\n"),
    "threads": Shape(b"--- threadz 1 ---\n", b"--- Thread 1 (name: a/1) stack: ---\n 0x1\n", b"--- Memory map: ---\n"),
    "java heap": Shape(
        b"--- heapz 1 ---\nformat = java\nresolution = bytes\n", b" 4 3 @ 0x1\n", b" 0x1 a (b.java:1)\n"
    ),
    "legacy cpu": Shape(_CPU, b"".join(word.to_bytes(8, "little") for word in (1, 1, 7))),
    "speedscope": Shape(
        _SPEEDSCOPE % b"sampled",
        b"[0],",
        wrap=lambda body: b'"samples":[' + body + b'[0]],"weights":[' + b"1," * (len(body) // 4) + b"1]}]}",
    ),
    "speedscope, lists": Shape(_SPEEDSCOPE % b"sampled" + b'"x":[', b"[],", b"[]]}]}"),
    "speedscope, events": Shape(
        _SPEEDSCOPE % b"evented" + b'"events":[',
        b'{"type":"O","frame":0,"at":0},{"type":"C","frame":0,"at":0},',
        b'{"type":"O","frame":0,"at":0},{"type":"C","frame":0,"at":1}]}]}',
    ),
}


def climbing_events(count: int) -> bytes:
    """Make speedscope events that open frame after frame and close none: each moment has a longer stack."""
    events = b",".join(b'{"type":"O","frame":0,"at":%d}' % at for at in range(count))
    return _SPEEDSCOPE % b"evented" + b'"events":[' + events + b"]}]}"


def full_bomb(shape: Shape) -> bytes:
    """Pack as many repeats as unpack to 64 MB, or as many as 65 kB hold."""
    count = UNPACKED // len(shape.unit)
    packed = gzip.compress(shape.build(count), 6, mtime=0)
    while len(packed) > PACKED:
        count = count * (PACKED - 500) // len(packed)
        packed = gzip.compress(shape.build(count), 6, mtime=0)
    return packed


def largest_read(shape: Shape) -> bytes:
    """Pack as many repeats as are not refused for their size: what they cost is linear in their number."""
    from pipeline.decode import budget
    from pipeline.decode.sniff import PPROF, sniff

    def price(count: int) -> int:
        raw = shape.build(count)
        kind = sniff(raw)
        return budget._walk(raw, 1 << 60) if kind == PPROF else budget.estimate(kind, raw, 1 << 60)

    few, more = price(1_000), price(2_000)
    fits = (budget._FREE_COST - few) * 1_000 // (more - few) + 900
    count = min(fits, budget.most_unpacked(PACKED, 1 << 30) // len(shape.unit) - len(shape.head))
    return gzip.compress(shape.build(count), 6, mtime=0)


_CHILD: Final = """
import json, sys, time
from pipeline.decode import decode_profile
from pipeline.errors import DecodeError
data = sys.stdin.buffer.read()
begun, code = time.process_time(), "ok"
try:
    decode_profile(data)
except DecodeError as error:
    code = error.code
took = time.process_time() - begun
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(json.dumps({"code": code, "seconds": took, "peak_kib": int(peak.split()[1])}))
"""


class Outcome(NamedTuple):
    """How a file ended; memory is that of the whole process, time the CPU time of decoding."""

    code: str
    seconds: float
    peak_bytes: int


def explode(packed: bytes) -> Outcome:
    """Decode a file in a process that may have 1 GiB of addresses."""
    limited = f"ulimit -v {ADDRESS_SPACE >> 10}; exec '{sys.executable}' -c \"$0\""
    done = subprocess.run(["sh", "-c", limited, _CHILD], input=packed, capture_output=True, check=True)
    told = json.loads(done.stdout)
    return Outcome(told["code"], told["seconds"], told["peak_kib"] << 10)


def _columns(packed: bytes) -> str:
    end = explode(packed)
    return f"{len(packed):8,} {end.code:14} {end.peak_bytes / 1e6:6.0f} {end.seconds:6.2f}"


def main(argv: list[str]) -> int:
    """Print the table."""
    columns = f"{'packed':>8} {'code':14} {'MB':>6} {'s':>6}"
    print(f"{'':32} {'65 kB':38}  largest that is read\n{'shape':32} {columns}  {columns}")
    begun = time.monotonic()
    for name, shape in SHAPES.items():
        if not argv or name in argv:
            print(f"{name:32} {_columns(full_bomb(shape))}  {_columns(largest_read(shape))}", flush=True)
    if not argv:
        climbing = gzip.compress(climbing_events(16_000), 9, mtime=0)
        print(f"{'speedscope, climbing events':32} {_columns(climbing)}")
    print(f"{time.monotonic() - begun:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
