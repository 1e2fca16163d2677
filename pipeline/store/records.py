"""Derived values on disk: one JSON document each, which proves by itself that it is whole and what it was made from.

    {"format":1,"kind":"run","key":"…","sha256":"<of the body>","files":{"<name>":"<sha256>"},
    "body":{…}}

Rules: the body is on one line of its own, so it is checked without being parsed; ``files`` are data files that belong
to it, under a folder of its own; those of a run are in one (`model.archive`). They are written first and the document
last, so a document vouches for all of it.
Anything that does not check out is simply not current, and is computed again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from pipeline.errors import StoreError
from pipeline.model import archive, pfv
from pipeline.model.calltree import CallTree
from pipeline.model.record import RECORD_FORMAT
from pipeline.render.payload import TREE, unwrapped
from pipeline.store import atomic, codec

Value = TypeVar("Value")
_SEAM: Final = b',\n"body":'
_END: Final = b"}\n"
RECORD: Final = "record.json"
_HEAD_KEYS: Final = ("format", "kind", "key", "sha256", "files")


def derived(build: Path) -> Path:
    """Say where all that is derived from runs is, a folder for each."""
    return build / "derived"


def run_record(build: Path, run_id: str) -> Path:
    """Say where the record of a run is."""
    return derived(build) / run_id / RECORD


def comparison(build: Path, slug: str) -> Path:
    """Say where a comparison is."""
    return build / "compare" / f"{slug}.json"


def history(build: Path) -> Path:
    """Say where the history of all labels is."""
    return build / "history.json"


def write(path: Path, value: object, *, kind: str, key: str, files: Mapping[str, bytes] | None = None) -> None:
    """Write a value, and its data files beside it; other files of a record's own folder are removed.

    Only under the lock of what is written: leftovers of killed writers are cleared.
    """
    for name, data in (files or {}).items():
        # Flushing each costs more than making them, and `is_current` checks every one.
        atomic.write_if_changed(path.parent / name, data, flush=False)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in (files or {}).items()}
    seal(path, value, kind=kind, key=key, files=digests)
    if files is not None:
        for other in path.parent.iterdir():
            if other.name not in files and other.name != path.name:
                atomic.remove(other)


def seal(path: Path, value: object, *, kind: str, key: str, files: Mapping[str, str]) -> None:
    """Write a document about data files that are in place already, given by their digests."""
    body = codec.dump(value)
    digest = hashlib.sha256(body).hexdigest()
    text = _head({"format": RECORD_FORMAT, "kind": kind, "key": key, "sha256": digest, "files": dict(files)})
    atomic.clear_leftovers(path)
    atomic.write_if_changed(path, text + _SEAM + body + _END)


def is_current(path: Path, *, kind: str, key: str) -> bool:
    """Tell whether a document has this key and it and all its data files are whole."""
    return whole_key(path, kind=kind) == key


def whole_key(path: Path, *, kind: str) -> str:
    """Key of a document that is whole, with all its data files; empty when it is not, or not of this kind."""
    parts = _split(path)
    if parts is None or parts[0]["kind"] != kind:
        return ""
    key: str = parts[0]["key"]
    expected: dict[str, str] = parts[0]["files"]
    return key if all(_file_digest(path.parent / name) == sha256 for name, sha256 in expected.items()) else ""


def head(path: Path, *, kind: str) -> tuple[str, dict[str, str]]:
    """Key of a document that is whole itself, and the digests it gives; both empty when it is not."""
    parts = _split(path)
    return (parts[0]["key"], parts[0]["files"]) if parts and parts[0]["kind"] == kind else ("", {})


def read(path: Path, value_type: type[Value], *, kind: str) -> Value:
    """Read a document's value; raises StoreError when it is missing, damaged or of another kind."""
    return read_whole(path, value_type, kind=kind)[0]


def read_whole(path: Path, value_type: type[Value], *, kind: str) -> tuple[Value, dict[str, str]]:
    """Read a document's value and the digests it gives; raises StoreError as `read` does."""
    parts = _split(path)
    if parts is None or parts[0]["kind"] != kind:
        raise StoreError(f"{path} is missing or damaged", cure="Run `doit derive compare`: it is made again.")
    try:
        return codec.load(parts[1], value_type), parts[0]["files"]
    except ValueError as error:
        raise StoreError(f"{path} is of another version: {error}", cure="Remove it and run `doit`.") from error


def call_tree(build: Path, run_id: str, name: str) -> CallTree:
    """Read the call tree a run's record names; raises StoreError when it is missing or damaged."""
    file = f"{name}{TREE}.js"
    try:
        return pfv.unpack(unwrapped(data_files(build, run_id, [file])[file]))
    except ValueError as error:
        raise _unreadable(run_record(build, run_id).with_name(archive.NAME), error) from error


def data_files(build: Path, run_id: str, names: Collection[str]) -> dict[str, bytes]:
    """Read data files of a run, by name; raises StoreError when one is missing or damaged."""
    path = run_record(build, run_id).with_name(archive.NAME)
    try:
        with archive.opened(path.read_bytes()) as opened:
            return {name: archive.member(opened, name) for name in names}
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> StoreError:
    return StoreError(f"{path} cannot be read: {error}", cure="Run `doit derive`: it is made again.")


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _head(values: Mapping[str, Any]) -> bytes:
    ordered = {key: values[key] for key in _HEAD_KEYS}
    return json.dumps(ordered, separators=(",", ":"))[:-1].encode("ascii")


def _split(path: Path) -> tuple[dict[str, Any], bytes] | None:
    """Take a document apart and check it; None unless every byte is as it was written."""
    try:
        data = path.read_bytes()
        text, seam, rest = data.partition(_SEAM)
        found = json.loads(text + b"}")
        whole = bool(seam) and rest.endswith(_END) and _head(found) == text and found["format"] == RECORD_FORMAT
        body = rest.removesuffix(_END)
        return (found, body) if whole and hashlib.sha256(body).hexdigest() == found["sha256"] else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
