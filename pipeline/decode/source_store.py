"""``source.json`` of a run -> SourceStore.

Rules: bounded and strict: unknown keys, wrong types, lines out of order or beyond their file, paths that leave the
repository and links that are not plain web addresses are refused with `bad_source`. Text is cleaned like that of
profiles.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline.decode.clean import clean_text
from pipeline.decode.strict_json import MAX_BYTES, Node, parse_json
from pipeline.errors import DecodeError
from pipeline.model.source import LINK_TEMPLATE, SOURCE_FORMAT, Extract, SourceFile, SourceStore, StoredFunction

__all__ = ["MAX_BYTES", "decode_source"]

_MAX_FILES: Final = 2000
_MAX_LINES: Final = 200_000
_OBJECT: Final = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})?")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_NAME: Final = re.compile(r"[0-9a-f]{16}")
_CURE: Final = "Collect the run again with source.store, or remove the file; the run's other files are used."


def decode_source(data: bytes) -> SourceStore:
    """Read the stored source of a run. Raises DecodeError `bad_source`."""
    try:
        return _store(parse_json(data))
    except DecodeError as error:
        message = error.message.replace("Load test result", "Stored source", 1)
        raise DecodeError("bad_source", message, cure=_CURE) from error


def _store(node: Node) -> SourceStore:
    _keys(node, "commit", "files", "format", "url")
    version = node.need("format").whole()
    if version != SOURCE_FORMAT:
        raise node.refuse(f"format {version} is not known to this version")
    url = node.need("url").text()
    if url and not re.fullmatch(LINK_TEMPLATE, url):
        raise node.need("url").refuse("is not a plain link with {commit}, {path} and {line}")
    files = node.need("files").items()
    if len(files) > _MAX_FILES:
        raise node.refuse(f"has more than {_MAX_FILES} files")
    return SourceStore(_matching(node.need("commit"), _OBJECT), url, tuple(map(_file, files)), version)


def _file(node: Node) -> SourceFile:
    _keys(node, "blob", "dirty", "extracts", "functions", "line_count", "names", "path", "sha256")
    path, dirty = node.need("path"), node.need("dirty")
    parts = path.text().split("/")
    if any(part in {"", ".", ".."} for part in parts) or clean_text(path.text()) != path.text():
        raise path.refuse("must be a path inside the repository")
    if not isinstance(dirty.value, bool):
        raise dirty.refuse("must be true or false")
    count = node.need("line_count").whole()
    extracts, end = [], 0
    for one in node.need("extracts").items():
        part = _extract(one)
        if part.first <= end or part.first + len(part.lines) - 1 > count:
            raise one.refuse("must come after the one before it and end within the file")
        end = part.first + len(part.lines) - 1
        extracts.append(part)
    return SourceFile(
        path=path.text(),
        blob=_matching(node.need("blob"), _OBJECT),
        dirty=dirty.value,
        sha256=_matching(node.need("sha256"), _SHA256),
        line_count=count,
        names=tuple(_matching(one, _NAME) for one in node.need("names").items()),
        functions=tuple(map(_function, node.need("functions").items())),
        extracts=tuple(extracts),
    )


def _extract(node: Node) -> Extract:
    _keys(node, "first", "lines")
    lines = node.need("lines").items()
    if len(lines) > _MAX_LINES:
        raise node.refuse(f"has more than {_MAX_LINES} lines")
    return Extract(node.need("first").whole(), tuple(clean_text(line.text()) for line in lines))


def _function(node: Node) -> StoredFunction:
    _keys(node, "first", "last", "name")
    first, last = node.need("first").whole(), node.need("last").whole()
    if not 1 <= first <= last:
        raise node.refuse("must have its first line before its last")
    return StoredFunction(clean_text(node.need("name").text()), first, last)


def _keys(node: Node, *known: str) -> None:
    for key, member in node.members():
        if key not in known:
            raise member.refuse("is not a known key")


def _matching(node: Node, pattern: re.Pattern[str]) -> str:
    text = node.text()
    if not pattern.fullmatch(text):
        raise node.refuse("has not the form it must have")
    return text
