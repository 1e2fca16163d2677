"""A folder of texts by key, for what is slow to make and depends on nothing but its key.

Rules: a key covers everything the text depends on but our own code, so an entry is never updated, or the text says it
itself, and whoever finds it outdated replaces it; the code that renders is covered by the folder's name, and what other
code made is dropped. A damaged entry is no entry: each file starts with the digest of the rest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, MutableMapping
from functools import cache
from pathlib import Path

from pipeline import render


class FileCache(MutableMapping[str, str]):
    """A mapping kept in a folder; keys are plain file names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _code()

    def open(self) -> None:
        """Make the folder, without what other code kept in it."""
        if not self._folder.is_dir():
            shutil.rmtree(self._folder.parent, ignore_errors=True)
            self._folder.mkdir(parents=True, exist_ok=True)

    def __getitem__(self, key: str) -> str:
        """Read one text. Raises KeyError when it is absent or damaged."""
        try:
            digest, _, text = (self._folder / key).read_bytes().partition(b"\n")
        except OSError as error:
            raise KeyError(key) from error
        if hashlib.sha256(text).hexdigest().encode() != digest:
            raise KeyError(key)
        return text.decode()

    def __setitem__(self, key: str, value: str) -> None:
        """Keep one text, whole or not at all."""
        self.open()
        data = value.encode()
        partial = self._folder / f".{key}.{os.getpid()}"
        partial.write_bytes(hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
        partial.replace(self._folder / key)

    def __delitem__(self, key: str) -> None:
        """Forget one text. Raises KeyError when there is none."""
        try:
            (self._folder / key).unlink()
        except FileNotFoundError as error:
            raise KeyError(key) from error

    def __iter__(self) -> Iterator[str]:
        """Go over the keys in order of name."""
        names = sorted(path.name for path in self._folder.glob("*")) if self._folder.is_dir() else []
        return (name for name in names if not name.startswith("."))

    def __len__(self) -> int:
        """Count the entries."""
        return sum(1 for _ in self)


@cache
def _code() -> str:
    """Digest of the code that renders."""
    digest = hashlib.sha256()
    for path in sorted(Path(render.__path__[0]).glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
