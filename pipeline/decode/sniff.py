"""What is this? Formats are recognised by content, never by name.

Rules: text formats have a header line that says what they are; a file that is none of them but is printable text, or
begins like another well-known format, is named for what it is, so that the reader learns what was saved in the
profile's place. Everything else is taken for profile.proto, whose decoder has the last word.
"""

from __future__ import annotations

import re

from pipeline.decode.clean import clean_bytes, excerpt
from pipeline.decode.folded import is_folded
from pipeline.decode.legacy_cpu import find_layout
from pipeline.decode.speedscope import MARK as SPEEDSCOPE_MARK
from pipeline.errors import DecodeError

PPROF = "pprof"
GO_COUNT = "go count text"
GOROUTINE_DUMP = "goroutine debug=2"
HEAP = "heap text"
CONTENTION = "contention text"
THREADS = "threadz text"
CPU = "legacy cpu"
JAVA_HEAP = "java heap text"
JAVA_CONTENTION = "java contention text"
FOLDED = "folded"
SPEEDSCOPE = "speedscope"
READABLE = frozenset(
    {PPROF, GO_COUNT, GOROUTINE_DUMP, HEAP, CONTENTION, THREADS, CPU, JAVA_HEAP, JAVA_CONTENTION, FOLDED, SPEEDSCOPE},
)

COUNT_HEADER = re.compile(r"(\S+) profile: total (\d+)", re.ASCII)
HEAP_HEADER = re.compile(r"heap profile: *(\d+): *(\d+) *\[ *(\d+): *(\d+) *\] *@ *(heap[_a-z0-9]*)/?(\d*)", re.ASCII)
GROWTH_HEADER = re.compile(
    r"heap profile: *(\d+): *(\d+) *\[ *(\d+): *(\d+) *\] @ (?:growth|fragmentation)z?", re.ASCII
)
THREADZ_HEADER = re.compile(r"--- threadz \d+ ---", re.ASCII)
THREAD_HEADER = re.compile(r"--- Thread ([0-9A-Fa-f]+) \(name: (.*)/(\d+)\) stack: ---", re.ASCII)
GOROUTINE_HEADER = re.compile(r"goroutine (\d+)(?: [^\[\]]*)? \[([^\]]+)\](?: \{(.*)\})?:?\s*", re.ASCII)
_CONTENTION_HEADERS = ("--- contentionz ", "--- mutex:", "--- contention:")
_JAVA_HEAP_HEADER = "--- heapz 1 ---"
_JAVA_CONTENTION_HEADER = "--- contentionz 1 ---"
_JAVA_FORMAT = re.compile(rb"^\s*format\s*=\s*java\b", re.MULTILINE)

_HEAD = 4096
_DUMP_HEAD = 1 << 16
_TEXT_CONTROLS = frozenset(b"\t\n\r\x0b\x0c\x1b\x08")

_MAGIC = (
    (b"\x7fELF", "an ELF program"),
    (b"MZ\x90\x00", "a Windows program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\x89PNG", "a PNG picture"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "a zip archive"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data"),
    (b"BZh", "bzip2-compressed data"),
    (b"\xfd7zXZ", "xz-compressed data"),
    (b"\x78\x01", "a bare zlib stream"),
    (b"\x78\x9c", "a bare zlib stream"),
    (b"\x78\xda", "a bare zlib stream"),
    (b"FLR\x00", "a Java flight recording"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
    (b"\x1f\xef\xbf\xbd", "gzip data spoilt by a conversion to UTF-8"),
    (b"\x1f\xc2\x8b", "gzip data spoilt by a conversion from Latin-1 to UTF-8"),
    (b"go 1.", "a Go execution trace"),
)
_TEXTS = (
    (re.compile(rb"version https://git-lfs\.github\.com/"), "a git-LFS pointer"),
    (re.compile(rb"(?i)<!doctype html|<html|<head|<body"), "an HTML page"),
    (re.compile(rb"<\?xml|<[a-zA-Z]"), "an XML or HTML text"),
    (re.compile(rb"[\[{]"), "a JSON text"),
    (re.compile(rb"HTTP/[0-9.]+ \d{3}"), "an HTTP answer with its headers"),
    (re.compile(rb"H4sI[A-Za-z0-9+/=\s]+\Z"), "a base64 text of a gzip file"),
    (re.compile(rb"1f8b[0-9a-f\s]+\Z"), "a hex dump of a gzip file"),
    (re.compile(rb"404 page not found|Unknown profile|Could not enable CPU profiling"), "an error text of the service"),
    (re.compile(rb"mode: (set|count|atomic)"), "a Go coverage profile"),
)

_URL_SECRETS = re.compile(r"(\w+://)(?:[^\s/@]*@)?([^\s?\"'<>]*)(?:\?[^\s\"'<>]*)?")
_NAMED_SECRETS = re.compile(r"(?i)((?:token|secret|passw(?:or)?d|api.?key|authorization|bearer|cookie)\W{1,4})\S+")

_CURES = {
    "a git-LFS pointer": "Run `git lfs pull` to get the profile itself.",
    "a Go execution trace": "Read it with `go tool trace`; collect a profile for this page.",
    "an error text of the service": (
        "Check the address and that net/http/pprof is mounted there; one CPU profile runs at a time."
    ),
    "an HTTP answer with its headers": "Save the body alone (curl without -i).",
    "a base64 text of a gzip file": "Decode it with `base64 -d` first.",
    "a hex dump of a gzip file": "Turn it back into bytes with `xxd -r -p` first.",
}


def sniff(data: bytes) -> str:
    """Name the format of unpacked bytes: one of ``READABLE``, or in words what they are instead."""
    if find_layout(data):
        return CPU
    is_text = _is_text(data[:_HEAD])
    known = text_format(data) if is_text else ""
    known = known or (_export_format(data) if is_text else "")
    if known:
        return known
    head = data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    for pattern, name in _TEXTS:
        if pattern.match(head) and (is_text or name.startswith("an HTTP")):
            return name
    if is_text:
        return "a text" if head else "blank"
    if data[257:262] == b"ustar":
        return "a tar archive"
    if not data[:_HEAD].strip(b"\x00"):
        return "a run of zero bytes"
    return PPROF


def not_a_profile(kind: str, data: bytes) -> DecodeError:
    """Make the error that says what was found in the profile's place, and how it begins."""
    begin = excerpt(_mask(" ".join(clean_bytes(data[:240].replace(b"\n", b" ")).split())))
    cure = _CURES.get(kind, "Check the address, the answer's status and the tool that wrote the file.")
    return DecodeError("not_a_profile", f"this is {kind}, not a profile: {begin}", cure=cure)


def _mask(text: str) -> str:
    """Take out what may be secret in an answer: userinfo and query of an address, values of telling names."""
    text = _URL_SECRETS.sub(r"\1\2", text)
    return _NAMED_SECRETS.sub(r"\1…", text)


def text_format(data: bytes) -> str:
    """Recognise the text formats by their first line, or first line after comments where pprof skips those."""
    lines = data[:_DUMP_HEAD].decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
    lines = [line[:_HEAD].removesuffix("\r") for line in lines]
    first = lines[0]
    if HEAP_HEADER.search(first) or GROWTH_HEADER.search(first):
        return HEAP
    header = next((line for line in lines if line.strip() and not line.strip().startswith("#")), "")
    if COUNT_HEADER.fullmatch(header):
        return GO_COUNT
    if THREADZ_HEADER.search(header) or THREAD_HEADER.search(header):
        return THREADS
    if first.startswith(_CONTENTION_HEADERS):
        is_java = first.strip() == _JAVA_CONTENTION_HEADER and _JAVA_FORMAT.search(data[:_HEAD])
        return JAVA_CONTENTION if is_java else CONTENTION
    if first.strip() == _JAVA_HEAP_HEADER:
        return JAVA_HEAP
    return GOROUTINE_DUMP if any(GOROUTINE_HEADER.fullmatch(line) for line in lines) else ""


def _export_format(data: bytes) -> str:
    """Recognise what flame graph tools exchange: speedscope by its schema, folded stacks by every line looking so."""
    if data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return SPEEDSCOPE if SPEEDSCOPE_MARK in data else ""
    return FOLDED if is_folded(data[:_DUMP_HEAD].decode("utf-8", "replace")) else ""


def _is_text(head: bytes) -> bool:
    """Tell printable text (UTF-8, or a legacy text with a few odd bytes) from binary data."""
    if any(byte < 0x20 and byte not in _TEXT_CONTROLS for byte in head):
        return False
    odd = head.decode("utf-8", "replace").count("\ufffd")
    return odd * 16 <= len(head)
