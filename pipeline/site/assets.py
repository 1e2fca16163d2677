"""The scripts and styles of the site: our modules linked into one classic script, our styles into one sheet.

Rules: ES modules and ``fetch`` do not work from ``file://``, so a browser gets one classic script. The sources stay
plain ES modules with named imports and exports only; the linker refuses everything else with file and line. Linking is
pure; `read_assets` reads the folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import SiteError

ENTRY: Final = "main.js"
STANDALONE: Final = ("early.js",)
"""Scripts that must run before the theme's own, and so stay outside the linked script."""

_NAME: Final = r"[A-Za-z_$][\w$]*"
_IMPORT: Final = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*["\']\./([\w-]+\.js)["\'];?[ \t]*$', re.MULTILINE)
_EXPORT: Final = re.compile(rf"^export\s+((?:async\s+)?function\*?|const|let|class)\s+({_NAME})", re.MULTILINE)
_REFUSED: Final = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)
_DYNAMIC: Final = re.compile(r"(?<![\w$.*])import\s*\(")


@dataclass(frozen=True, slots=True)
class _Module:
    imports: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    exports: tuple[str, ...]
    body: str


def link_modules(sources: Mapping[str, str], entry: str = ENTRY) -> str:
    """Link modules into one classic script, each in a scope of its own, dependencies first.

    ``import { a, b as c } from "./x.js"`` and ``export function|const|let|class`` at the start of a line are
    understood; anything else raises SiteError, as do missing modules, missing names and circles.
    """
    modules = {name: _parse(name, text) for name, text in sources.items()}
    order: list[str] = []
    _visit(entry, modules, order, ())
    parts = ['"use strict";\n(() => {\n']
    parts += [_scope(name, modules[name]) for name in order]
    return "".join([*parts, "})();\n"])


def _parse(name: str, text: str) -> _Module:
    imports = tuple((match[2], _names(name, match[1])) for match in _IMPORT.finditer(text))
    exports = tuple(match[2] for match in _EXPORT.finditer(text))
    body = _EXPORT.sub(lambda match: f"{match[1]} {match[2]}", _IMPORT.sub("", text))
    refused = _REFUSED.search(body) or _DYNAMIC.search(_without_comments(body))
    if refused:
        line = text[: text.find(refused[0])].count("\n") + 1
        raise SiteError(
            f"{name}, line {line}: the linker does not know {refused[0].strip()!r}.",
            cure='Use named forms: import { a } from "./b.js"; export function, const, let or class.',
        )
    return _Module(imports, exports, body)


def _without_comments(text: str) -> str:
    return re.sub(r"/\*[\s\S]*?\*/|^\s*//.*$", "", text, flags=re.MULTILINE)


def _names(module: str, clause: str) -> tuple[tuple[str, str], ...]:
    """Read ``a, b as c`` as ((a, a), (b, c))."""
    found: list[tuple[str, str]] = []
    for part in (piece.strip() for piece in clause.split(",")):
        match = re.fullmatch(rf"({_NAME})(?:\s+as\s+({_NAME}))?", part)
        if match:
            found.append((match[1], match[2] or match[1]))
        elif part:
            raise SiteError(f"{module}: the linker does not know the import {part!r}.")
    return tuple(found)


def _visit(name: str, modules: Mapping[str, _Module], order: list[str], path: tuple[str, ...]) -> None:
    if name in order:
        return
    if name in path:
        raise SiteError(f"The scripts import each other in a circle: {' → '.join((*path, name))}.")
    if name not in modules:
        raise SiteError(f"{path[-1] if path else 'the site'} imports {name}, which does not exist.")
    for target, names in modules[name].imports:
        _visit(target, modules, order, (*path, name))
        missing = [wanted for wanted, _ in names if wanted not in modules[target].exports]
        if missing:
            raise SiteError(f"{name} imports {', '.join(missing)} from {target}, which does not export it.")
    order.append(name)


def _scope(name: str, module: _Module) -> str:
    lines = [f"// {name}\nconst {_variable(name)} = (() => {{\n"]
    for target, names in module.imports:
        bound = ", ".join(wanted if wanted == local else f"{wanted}: {local}" for wanted, local in names)
        lines.append(f"const {{ {bound} }} = {_variable(target)};\n")
    lines.append(module.body.strip("\n"))
    return "".join([*lines, f"\nreturn {{ {', '.join(module.exports)} }};\n}})();\n"])


def _variable(name: str) -> str:
    return "module_" + re.sub(r"\W", "_", name.removesuffix(".js"))


def read_assets(folder: Path) -> dict[str, bytes]:
    """Read site_templates/assets into the files of the site's ``assets/``: script, styles, pictures.

    Raises SiteError when the scripts cannot be linked.
    """
    sources = {path.name: path.read_text("utf-8") for path in sorted((folder / "js").glob("*.js"))}
    styles = [path.read_text("utf-8") for path in sorted((folder / "css").glob("*.css"))]
    found = {
        "assets/profbook.js": link_modules(sources).encode(),
        "assets/profbook.css": "\n".join(styles).encode(),
    }
    found |= {f"assets/{name}": sources[name].encode() for name in STANDALONE if name in sources}
    found |= {f"assets/{path.name}": path.read_bytes() for path in sorted((folder / "img").glob("*"))}
    return found
