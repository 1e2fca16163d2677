"""The guide's table of settings, made from the descriptions in `model.config`, so that it cannot fall behind. Pure.

Rules: every field is one row; a table of settings is one section, named as it is written in profbook.toml. Words in
backquotes become code, all else is plain text.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pipeline.model.config import Config
from pipeline.render import encode
from pipeline.render.env import Html, trusted

_NAME = "NAME"


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting: its key, default (none: must be given), name in the environment, what it does; Markdown cells."""

    key: str
    default: Html
    variable: str
    about: Html


@dataclass(frozen=True, slots=True)
class SettingSection:
    """One table of profbook.toml: its header as it is written there, what it is for, its settings."""

    header: str
    about: Html
    rows: tuple[SettingRow, ...]


def setting_sections() -> tuple[SettingSection, ...]:
    """List every setting there is, section by section, in the order of the model."""
    return tuple(_sections(Config, (), listed=False))


def _sections(model: type[BaseModel], path: tuple[str, ...], *, listed: bool) -> Iterator[SettingSection]:
    rows: list[SettingRow] = []
    inner: list[SettingSection] = []
    for name, field in model.model_fields.items():
        place = (*path, name)
        nested, many = _nested(field.annotation)
        if nested is None:
            rows.append(_row(place, field, listed=listed))
            continue
        below = (*place, _NAME) if many == "dict" else place
        inner += _sections(nested, below, listed=many == "tuple")
    header = f"[{'.'.join(path)}]" if path else ""
    if listed:
        header = f"[{header}]"
    if rows:
        yield SettingSection(header, _text(_first_sentence(model) if path else ""), tuple(rows))
    yield from inner


def _first_sentence(model: type[BaseModel]) -> str:
    text = " ".join(inspect.cleandoc(model.__doc__ or "").split("\n\n")[0].split())
    return text.partition(". ")[0].rstrip(".:") + "."


def _nested(kind: Any) -> tuple[type[BaseModel] | None, str]:
    """Find the table a field holds, if it holds one: alone, by name (``dict``) or in a list (``tuple``)."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind, ""
    origin, words = get_origin(kind), get_args(kind)
    many = "dict" if origin is dict else "tuple" if origin is tuple else ""
    for word in words[1:] if many == "dict" else words:
        if word not in {NoneType, Ellipsis}:
            found, _ = _nested(word)
            if found is not None:
                return found, many
    return None, ""


def _row(path: tuple[str, ...], field: FieldInfo, *, listed: bool) -> SettingRow:
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    about = (field.description or "") + (f" One of {', '.join(f'`{one}`' for one in choices)}." if choices else "")
    variable = "PROFBOOK_" + "__".join(part if part == _NAME else part.upper() for part in path)
    return SettingRow(path[-1], _default(field), "" if listed else variable, _text(about))


def _default(field: FieldInfo) -> Html:
    """Write a default as TOML does."""
    value = field.default
    if value is PydanticUndefined:
        return trusted("*must be given*")
    plain = list(value) if isinstance(value, tuple) else value
    return trusted(_code(json.dumps(plain, ensure_ascii=False)))


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _text(text: str) -> Html:
    """Write a description into a Markdown table: code stays code, nothing else is markup."""
    parts = text.replace("``", "`").split("`")
    written = (
        _code(part) if index % 2 and index < len(parts) - 1 else _plain(part) for index, part in enumerate(parts)
    )
    return trusted("".join(written))


def _plain(text: str) -> str:
    return "".join(encode.markdown(char) if char in "|<>*_[]\\&" else char for char in text)
