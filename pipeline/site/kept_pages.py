"""Finished bodies of pages, kept compressed: a new theme then stamps them into its shells and renders nothing again.

Rules: an entry begins with the key of what its page was made of and the digest of the rest; one that does not check out
is no entry. Losing the folder costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from contextlib import suppress
from pathlib import Path

from pipeline.model.page import StampedPage


class KeptPages:
    """A folder of pages by their address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, url: str, key: str) -> StampedPage | None:
        """Read the page kept for an address, if it was made of what ``key`` covers."""
        try:
            head, _, data = self._path(url).read_bytes().partition(b"\n")
            if head != _head(key, data):
                return None
            address, title, body, toc = json.loads(zlib.decompress(data))
            return StampedPage(address, title, body, tuple((anchor, text) for anchor, text in toc))
        except (OSError, ValueError, zlib.error):
            return None

    def put(self, key: str, page: StampedPage) -> None:
        """Keep a page, whole or not at all."""
        data = zlib.compress(json.dumps([page.url, page.title, page.body, page.toc]).encode(), 1)
        path = self._path(page.url)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.part")
        partial.write_bytes(_head(key, data) + b"\n" + data)
        partial.replace(path)

    def forget_others(self, urls: set[str]) -> None:
        """Remove the entries of pages that are no more."""
        names = {self._path(url).name for url in urls}
        with suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                if path.name not in names:
                    path.unlink()

    def _path(self, url: str) -> Path:
        return self._folder / hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _head(key: str, data: bytes) -> bytes:
    return f"{key} {hashlib.sha256(data).hexdigest()}".encode()
