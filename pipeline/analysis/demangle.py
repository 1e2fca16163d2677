"""Function names as pprof shows them: mangled C++ and Rust symbols made readable, parameter lists dropped.

Rules: a name that differs from its system name was made readable by the producer and is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.analysis.itanium import read_cpp
from pipeline.model.profile import Functions, Profile


@dataclass(frozen=True, slots=True)
class NameStyle:
    """What to drop from names; ``force`` starts from the system name even where a producer gave a better one."""

    parameters: bool = True
    templates: bool = True
    force: bool = False


DEFAULT: Final = NameStyle()
AS_GIVEN: Final = NameStyle(parameters=False, templates=False)
_FOREIGN: Final = ("_Z", "::", "<", ">", "[", "]")
_RUST_HASH: Final = re.compile(r"(.*)17h([0-9a-f]{16})E(?:\..*)?", re.DOTALL)
_RUST_SIGN: Final = re.compile(r"\$(SP|BP|RF|LT|GT|LP|RP|C|u[0-7][0-9a-f])\$|\.\.|\.")
_RUST_SIGNS: Final = {"SP": "@", "BP": "*", "RF": "&", "LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ","}


def demangle_names(profile: Profile, style: NameStyle = DEFAULT) -> Profile:
    """Give every function the name pprof gives it; by default without parameters and template parameters."""
    functions = profile.functions
    foreign = _foreign(functions.system_name)
    if not foreign and functions.name == functions.system_name:
        return profile
    names = tuple(
        name
        if name and name != system and not (style.force and system)
        else simplify(system, style)
        if system in foreign
        else system
        for name, system in zip(functions.name, functions.system_name, strict=True)
    )
    if names == functions.name:
        return profile
    renamed = Functions(names, functions.system_name, functions.filename, functions.start_line)
    return replace(profile, functions=renamed)


def _foreign(names: Sequence[str]) -> frozenset[str]:
    """Choose the names that are mangled or look like demangled C++; most Go names have none of the signs."""
    joined = "\n".join(names)
    signs = [sign for sign in _FOREIGN if sign in joined]
    return frozenset(name for sign in signs for name in names if sign in name)


def simplify(name: str, style: NameStyle = DEFAULT) -> str:
    """Make a mangled name readable, and drop parameter and template lists from one that looks like demangled C++.

    Go's ``T[...]`` looks like that, too.
    """
    if style.parameters and style.templates:
        readable = demangle(name) or (demangle(name[1:]) if name.startswith("_") else None)
        if readable:
            return readable
    if not _looks_like_cpp(name):
        return name
    if style.parameters:
        name = _drop_nested(name, "(", ")")
    return _drop_nested(name, "<", ">") if style.templates else name


def _looks_like_cpp(name: str) -> bool:
    if ".<" in name or "])." in name:
        return False
    return "::" in name or any(sign in name for sign in "<>[]")


def _drop_nested(name: str, opening: str, closing: str) -> str:
    """Remove every outermost ``opening … closing``; a stray closing sign stops the work where it stands."""
    kept: list[str] = []
    depth = 0
    first = 0
    for position, sign in enumerate(name):
        if sign == opening:
            if depth == 0:
                first = position
            depth += 1
        elif sign == closing:
            depth -= 1
            if depth < 0:
                return "".join(kept) + name[position:]
        if depth == 0 and sign != closing:
            kept.append(sign)
    return "".join(kept) + (name[first:] if depth > 0 else "")


def demangle(symbol: str) -> str | None:
    """Give the readable name of a C++ or older Rust symbol; None when it is not one, or not one we understand."""
    if not symbol.startswith("_Z"):
        return None
    rust = _rust(symbol[3:]) if symbol.startswith("_ZN") else None
    return rust or read_cpp(symbol[2:])


def _rust(rest: str) -> str | None:
    found = _RUST_HASH.fullmatch(rest)
    if not found or len(set(found.group(2))) < 5:
        return None
    path, parts = found.group(1), []
    while path:
        length = re.match("[0-9]{1,9}", path)
        if not length:
            return None
        size, path = int(length.group()), path[length.end() :]
        if path.startswith("_"):
            size, path = size - 1, path[1:]
        if len(path) < size:
            return None
        part = path[:size].removeprefix("_") if path.startswith("_$") else path[:size]
        parts.append(_RUST_SIGN.sub(_rust_sign, part))
        path = path[size:]
    return "::".join(parts)


def _rust_sign(found: re.Match[str]) -> str:
    code = found.group(1)
    if code is None:
        return "::" if found.group() == ".." else "."
    return _RUST_SIGNS.get(code) or chr(int(code[1:], 16))
