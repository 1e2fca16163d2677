"""Bounded decompression: the bytes of a file -> the bytes of a profile.

Rules: a profile is stored raw or as gzip (one or more members). Nothing here ever holds more output than a file of its
size may unpack to (``budget``), so a bomb costs no more memory than an honest file. What Go's gzip reader refuses is
refused; one thing is repaired: a file compressed twice by a proxy.
"""

from __future__ import annotations

import io
import zlib

from pipeline.decode.budget import most_unpacked
from pipeline.errors import DecodeError
from pipeline.model.finding import Finding

MAGIC = b"\x1f\x8b"
_IN_CHUNK = 1 << 16
_OUT_CHUNK = 1 << 20
_GZIP_WINDOW = 31

_FETCH_AGAIN = "Fetch the profile again; copy it in binary mode and wait until the writer has closed the file."


def unpack(data: bytes, max_bytes: int) -> tuple[bytes, tuple[Finding, ...]]:
    """Give the uncompressed bytes of a file, and what there is to doubt about its packing.

    Raises DecodeError: ``empty``, ``too_large``, ``gzip_truncated``, ``gzip_crc``, ``trailing_data``.
    """
    if not data:
        raise _empty("the file is empty")
    findings: list[Finding] = []
    most = most_unpacked(len(data), max_bytes)
    for layer in range(2):
        if not data.startswith(MAGIC):
            break
        data = _gunzip(data, most)
        if not data:
            raise _empty("the file is the gzip of nothing")
        if layer:
            findings.append(
                Finding(
                    "double_gzip",
                    "warning",
                    "the profile was compressed twice",
                    cure="A proxy added Content-Encoding: gzip; send Accept-Encoding: identity.",
                )
            )
    if len(data) > max_bytes:
        raise _too_large(max_bytes)
    return data, tuple(findings)


def _gunzip(data: bytes, most: int) -> bytes:
    """Join all members of a gzip file."""
    out = io.BytesIO()
    start = 0
    while start < len(data):
        if start and not data.startswith(MAGIC, start):
            raise DecodeError(
                "trailing_data",
                f"{len(data) - start:,} bytes follow the gzip stream, which ends at byte {start:,}",
                cure="A shorter profile was written over a longer file, or something was appended. Write it again.",
            )
        start = _member(data, start, out, most)
    return out.getvalue()


def _member(data: bytes, start: int, out: io.BytesIO, most: int) -> int:
    """Unpack one gzip member into ``out``; return where it ends."""
    stream = zlib.decompressobj(_GZIP_WINDOW)
    view = memoryview(data)
    position = start
    while not stream.eof:
        chunk: bytes | memoryview = view[position : position + _IN_CHUNK]
        if not chunk:
            raise DecodeError(
                "gzip_truncated",
                f"the gzip stream stops before its end, after {len(data):,} bytes",
                cure=f"The download or copy was cut off. {_FETCH_AGAIN}",
            )
        position += len(chunk)
        while chunk and not stream.eof:
            out.write(_inflate(stream, chunk, position))
            if out.tell() > most:
                raise _too_large(most)
            chunk = stream.unconsumed_tail
    return position - len(stream.unused_data)


def _inflate(stream: zlib._Decompress, chunk: bytes | memoryview, position: int) -> bytes:
    try:
        return stream.decompress(chunk, _OUT_CHUNK)
    except zlib.error as error:
        checksum = "incorrect" in str(error)
        raise DecodeError(
            "gzip_crc",
            "the gzip checksum is wrong" if checksum else f"the gzip stream is damaged near byte {position:,}",
            cure=f"The bytes were changed on the way. {_FETCH_AGAIN}",
        ) from error


def _empty(message: str) -> DecodeError:
    return DecodeError("empty", message, cure="The service was down or the writer was stopped; collect again.")


def _too_large(max_bytes: int) -> DecodeError:
    return DecodeError(
        "too_large",
        f"the profile unpacks to more than {max_bytes:,} bytes",
        cure="If it is genuine, raise limits.max_decoded_bytes.",
    )
