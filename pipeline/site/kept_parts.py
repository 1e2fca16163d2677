"""Finished parts of the site, kept compressed: a new theme, or a site that is gone, then renders nothing again.

Rules: an entry begins with the key of what its part was made of and the digest of the rest; one that does not check out
is no entry. Files a part copies are named and not kept. Losing the folder costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Final

from pipeline.model.page import SitePart, StampedPage

_LEVEL: Final = 1


class KeptParts:
    """A folder of parts by their address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, url: str, key: str) -> bool:
        """Tell whether the part of an address is kept as made of what ``key`` covers; `get` has the last word."""
        try:
            with self._path(url).open("rb", buffering=0) as file:
                return file.read(len(key) + 1) == f"{key} ".encode()
        except OSError:
            return False

    def get(self, url: str, key: str) -> SitePart | None:
        """Read the part kept for an address, if it was made of what ``key`` covers."""
        try:
            head, _, data = self._path(url).read_bytes().partition(b"\n")
            return _unpack(data) if head == _head(key, data) else None
        except (OSError, ValueError, zlib.error):
            return None

    def put(self, key: str, part: SitePart) -> None:
        """Keep a part, whole or not at all."""
        data = _pack(part)
        path = self._path(part.page.url)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.part")
        partial.write_bytes(_head(key, data) + b"\n" + data)
        partial.replace(path)

    def forget_others(self, urls: set[str]) -> None:
        """Remove the entries of parts that are no more."""
        with suppress(FileNotFoundError):
            for name in set(os.listdir(self._folder)) - set(map(_name, urls)):  # noqa: PTH208 - names alone, and fast
                (self._folder / name).unlink()

    def _path(self, url: str) -> Path:
        return self._folder / _name(url)


def _name(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _head(key: str, data: bytes) -> bytes:
    return f"{key} {hashlib.sha256(data).hexdigest()}".encode()


def _pack(part: SitePart) -> bytes:
    """Write the lengths and names of all texts on a line, then the texts: none of them is searched or escaped."""
    page, body = part.page, part.page.body.encode()
    sizes = [[path, len(data)] for path, data in part.data.items()]
    about = json.dumps([page.url, page.title, page.toc, len(body), sizes, part.copies], separators=(",", ":"))
    return zlib.compress(b"".join([about.encode(), b"\n", body, *part.data.values()]), _LEVEL)


def _unpack(packed: bytes) -> SitePart:
    about, _, texts = zlib.decompress(packed).partition(b"\n")
    url, title, toc, at, sizes, copies = json.loads(about)
    page = StampedPage(url, title, texts[:at].decode(), tuple((anchor, text) for anchor, text in toc))
    data = {}
    for path, size in sizes:
        data[path] = texts[at : at + size]
        at += size
    return SitePart(page, data, copies)
