"""Annotated source on a run's page: the hottest stored functions of a profile, line by line. Pure.

Rules: values are of the default sample type. A line links to its commit where the file had no changes and the run knows
an address for it. Of a long function only the lines near one with a value are shown. Ids are stable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.model.record import ProfileRecord
from pipeline.model.source import AnnotatedFunction, SourceFile, SourceStore
from pipeline.render import encode

_WHOLE: Final = 80
"""Functions of up to this many lines are shown whole."""
_NEAR: Final = 6


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line; without values ``flat`` and ``cum`` are 0. ``after_gap`` says that lines before it are left out."""

    number: int
    text: str
    flat: int
    cum: int
    share: float
    href: str
    after_gap: bool


@dataclass(frozen=True, slots=True)
class SourceFunction:
    """One function; shares are of the profile's total (None where that is 0), ``largest`` of them scales the bars."""

    id: str
    name: str
    path: str
    dirty: bool
    flat: int
    cum: int
    flat_share: float | None
    cum_share: float | None
    largest: float
    lines: tuple[SourceLine, ...]


@dataclass(frozen=True, slots=True)
class SourceView:
    """The annotated source of one profile; ``ids`` lead from a function's name to its place on the page."""

    type: str
    unit: str
    commit: str
    functions: tuple[SourceFunction, ...]
    ids: Mapping[str, str]


def source_view(profile: ProfileRecord, store: SourceStore | None, section_id: str) -> SourceView | None:
    """Prepare the annotated source of a profile; None when the run stores none of its functions."""
    if store is None or not profile.source or profile.default_index >= len(profile.sample_types):
        return None
    files = {file.path: file for file in store.files}
    kind = profile.sample_types[profile.default_index]
    total = profile.tables[profile.default_index].total if profile.tables else 0
    functions = tuple(
        _function(one, files[one.path], profile.default_index, total, (store, section_id))
        for one in profile.source
        if one.path in files
    )
    ids: dict[str, str] = {}
    for function in functions:
        ids.setdefault(function.name, function.id)
    return SourceView(kind.type, kind.unit, store.commit, functions, ids) if functions else None


def _function(
    one: AnnotatedFunction, file: SourceFile, index: int, total: int, where: tuple[SourceStore, str]
) -> SourceFunction:
    store, section_id = where
    flat, cum = one.flat[index], one.cum[index]
    lines = _lines(one, file, index, store)
    digest = hashlib.sha256(f"{one.path}\x00{one.name}".encode()).hexdigest()
    return SourceFunction(
        id=f"{section_id}-{digest[:8]}",
        name=one.name,
        path=one.path,
        dirty=file.dirty,
        flat=flat,
        cum=cum,
        flat_share=flat / total if total else None,
        cum_share=cum / total if total else None,
        largest=max((line.share for line in lines), default=0.0),
        lines=lines,
    )


def _lines(one: AnnotatedFunction, file: SourceFile, index: int, store: SourceStore) -> tuple[SourceLine, ...]:
    values = {line.number: (line.flat[index], line.cum[index]) for line in one.lines}
    texts = file.numbered()
    heaviest = max((abs(cum) for _, cum in values.values()), default=0) or 1
    lines: list[SourceLine] = []
    for number in _shown(one, {number for number, pair in values.items() if any(pair)}):
        flat, cum = values.get(number, (0, 0))
        gap = bool(lines) and lines[-1].number + 1 < number
        href = permalink(store, file, number)
        lines.append(SourceLine(number, texts.get(number, ""), flat, cum, abs(cum) / heaviest, href, gap))
    return tuple(lines)


def _shown(one: AnnotatedFunction, valued: set[int]) -> list[int]:
    whole = range(one.first, one.last + 1)
    if len(whole) <= _WHOLE:
        return list(whole)
    near = {number for line in (one.first, *valued) for number in range(line - _NEAR, line + _NEAR + 1)}
    return [number for number in whole if number in near]


def permalink(store: SourceStore, file: SourceFile, number: int) -> str:
    """Link a line at the run's commit; empty where the commit does not have the line as it was."""
    if not store.url or not store.commit or file.dirty:
        return ""
    link = store.url.replace("{commit}", store.commit).replace("{line}", str(number))
    return link.replace("{path}", encode.url_path(file.path))
