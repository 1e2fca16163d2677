"""The source a run stored, as the explorer reads it: one data file for each profile that has some. Pure.

``profbook.data("source/<payload>", {format, functions: [{name, path, dirty, lines: [[number, text, flat, cum, link]]}]
})``; ``flat`` and ``cum`` hold a value for each sample type, empty where the line has none.
"""

from __future__ import annotations

from typing import Any, Final

from pipeline.model.record import ProfileRecord
from pipeline.model.source import AnnotatedFunction, SourceFile, SourceStore
from pipeline.render import encode
from pipeline.render.source_section import permalink

FORMAT: Final = 1


def stored_source(profile: ProfileRecord, store: SourceStore | None) -> dict[str, Any] | None:
    """Say what the run stored of a profile's functions; None when that is nothing."""
    files = {file.path: file for file in store.files} if store else {}
    functions = [_function(one, files[one.path], store) for one in profile.source if store and one.path in files]
    return {"format": FORMAT, "functions": functions} if functions else None


def _function(one: AnnotatedFunction, file: SourceFile, store: SourceStore) -> dict[str, Any]:
    texts, values = file.numbered(), {line.number: line for line in one.lines}
    lines = []
    for number in sorted({*values, *(at for at in texts if one.first <= at <= one.last)}):
        line = values.get(number)
        flat, cum = (list(line.flat), list(line.cum)) if line else ([], [])
        lines.append([number, encode.visible(texts.get(number, "")), flat, cum, permalink(store, file, number)])
    return {"name": one.name, "path": encode.visible(one.path), "dirty": file.dirty, "lines": lines}
