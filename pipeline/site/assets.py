"""The scripts and styles of the site: our modules linked into classic scripts, our styles into one sheet.

Rules: ES modules and ``fetch`` do not work from ``file://``, so a browser gets classic scripts. The sources stay plain
ES modules with named imports and exports only; the linker refuses everything else with file and line. Linking is pure;
`read_assets` reads the folder. Every page loads the first of the `PARTS`; the others are loaded when a reader needs
them, and no module is in two. A worker is started from the text of its parts (``profbook.linked``), because a worker of
a second file does not work from ``file://`` either.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import SiteError
from pipeline.render import charts
from pipeline.render.style import squeeze_style

ENTRY: Final = "main.js"
STANDALONE: Final = ("early.js",)
"""Scripts that must run before the theme's own, and so stay outside the linked scripts."""


@dataclass(frozen=True, slots=True)
class Part:
    """One linked script: its entry module, the parts that must run before it, whether the worker runs it too, and the
    modules it ``carries`` for later parts that do not need each other.
    """

    name: str
    entry: str
    needs: tuple[str, ...] = ()
    in_worker: bool = False
    carries: tuple[str, ...] = ()


PARTS: Final = (
    Part("profbook", ENTRY),
    Part("lists", "run_table.js", ("profbook",)),
    Part("late", "late.js", ("profbook",)),
    Part("around", "around.js", ("profbook",)),
    Part("base", "format.js", in_worker=True, carries=("explorer/data/scripts.js", "explorer/shell/element.js")),
    Part("trends", "trends/pages.js", ("profbook", "base")),
    Part("engine", "explorer/filter/serve.js", ("base",), in_worker=True, carries=("explorer/data/next_task.js",)),
    Part("viewer", "explorer/flame/viewer.js", ("profbook", "base", "engine")),
    Part("patterns", "explorer/filter/re2.js", ("base",), in_worker=True),
    Part("filters", "explorer/filter/desk.js", ("base", "engine", "patterns"), in_worker=True),
    Part("tools", "explorer/flame/tools.js", ("profbook", "base", "engine", "viewer", "patterns")),
    Part(
        "pair",
        "explorer/shell/pair_page.js",
        ("profbook", "base", "engine", "viewer", "patterns", "filters", "tools"),
    ),
    Part(
        "explorer",
        "explorer/shell/explorer.js",
        ("profbook", "base", "engine", "viewer", "patterns", "filters", "tools", "pair"),
    ),
)
"""Every part names all it needs, in the order they run. The worker has base and engine, and what else of its parts is
loaded."""

_NAME: Final = r"[A-Za-z_$][\w$]*"
_IMPORT: Final = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*["\'](\.{1,2}/[\w./-]+\.js)["\'];?[ \t]*$', re.MULTILINE)
_EXPORT: Final = re.compile(rf"^export\s+((?:async\s+)?function\*?|const|let|class)\s+({_NAME})", re.MULTILINE)
_REFUSED: Final = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)
_COMMENT: Final = re.compile(r"^[ \t]*(?:/\*\*[\s\S]*?\*/|//[^\n]*)[ \t]*\n", re.MULTILINE)
_DYNAMIC: Final = re.compile(r"(?<![\w$.*])import\s*\(")


@dataclass(frozen=True, slots=True)
class _Module:
    imports: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    exports: tuple[str, ...]
    body: str


def link_modules(sources: Mapping[str, str], entry: str = ENTRY) -> str:
    """Link modules (text by path) into one classic script, each in a scope of its own, dependencies first.

    ``import { a, b as c } from "./x.js"`` (a path from the module's own folder) and ``export
    function|const|let|class`` at the start of a line are understood; anything else raises SiteError, as do missing
    modules, missing names and circles.
    """
    return link_parts(sources, (Part("all", entry, in_worker=True),))["all"]


def link_parts(sources: Mapping[str, str], parts: Sequence[Part] = PARTS) -> dict[str, str]:
    """Link modules into one script for each part: a module is in the first part that imports it.

    Raises SiteError as `link_modules` does, and when a part imports a module of a part it does not need.
    """
    modules = {name: _parse(name, text) for name, text in sources.items()}
    owners: dict[str, str] = {}
    names = _handed_over(modules, {part.entry for part in parts})
    scripts: dict[str, str] = {}
    for part in parts:
        order: list[str] = []
        for name in (*part.carries, part.entry):
            _visit(name, modules, order, ())
        own = [name for name in order if name not in owners]
        for name in order:
            owner = owners.setdefault(name, part.name)
            if owner not in (part.name, *part.needs):
                raise SiteError(f"The script {part.name!r} imports {name} of {owner!r}, which it does not need.")
        scopes = [_scope(name, modules[name], names) for name in own]
        scripts[part.name] = _script(part, scopes, names.get(part.entry, {}))
    return scripts


def _handed_over(modules: Mapping[str, _Module], entries: set[str]) -> dict[str, dict[str, str]]:
    """Name what a module hands to others, in the one object they share: by its own name, unless that is taken."""
    wanted = {(target, name) for module in modules.values() for target, names in module.imports for name, _ in names}
    found: dict[str, dict[str, str]] = {}
    taken: set[str] = set()
    for at, (module, parsed) in enumerate(modules.items()):
        for name in parsed.exports:
            if module in entries or (module, name) in wanted:
                known = f"{name}${at}" if name in taken else name
                taken.add(known)
                found.setdefault(module, {})[name] = known
    return found


def _pairs(names: Iterable[tuple[str, str]]) -> str:
    """Write the inside of an object or of its pattern: key, then value."""
    return ", ".join(key if key == value else f"{key}: {value}" for key, value in names)


def _script(part: Part, scopes: Sequence[str], entry: Mapping[str, str]) -> str:
    worker = "(book.linked ??= []).push(link);\n" if part.in_worker else ""
    offered = _pairs((name, f"modules.{known}") for name, known in entry.items())
    run = f"(book.entries ??= {{}}).{part.name} = link(book.modules ??= {{}});\n"
    return (
        f"((book, link) => {{\n{worker}{run}}})(globalThis.profbook ??= {{}}, function (modules) {{\n"
        f'"use strict";\n{"".join(scopes)}return {{ {offered} }};\n}});\n'
    )


def _parse(name: str, text: str) -> _Module:
    folder = posixpath.dirname(name)
    imports = tuple(
        (posixpath.normpath(posixpath.join(folder, match[2])), _names(name, match[1]))
        for match in _IMPORT.finditer(text)
    )
    exports = tuple(match[2] for match in _EXPORT.finditer(text))
    body = _EXPORT.sub(lambda match: f"{match[1]} {match[2]}", _IMPORT.sub("", text))
    refused = _REFUSED.search(body) or _DYNAMIC.search(_without_comments(body))
    if refused:
        line = text[: text.find(refused[0])].count("\n") + 1
        raise SiteError(
            f"{name}, line {line}: the linker does not know {refused[0].strip()!r}.",
            cure='Use named forms: import { a } from "./b.js"; export function, const, let or class.',
        )
    return _Module(imports, exports, _COMMENT.sub("", body))


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


def _scope(name: str, module: _Module, names: Mapping[str, Mapping[str, str]]) -> str:
    bound = [(names[target][wanted], local) for target, all_names in module.imports for wanted, local in all_names]
    lines = [f"// {name}\n(() => {{\n"]
    if bound:
        lines.append(f"const {{ {_pairs(bound)} }} = modules;\n")
    lines.append(module.body.strip("\n") + "\n")
    if handed := names.get(name):
        own = _pairs((known, exported) for exported, known in handed.items())
        lines.append(f"Object.assign(modules, {{ {own} }});\n")
    return "".join([*lines, "})();\n"])


def read_modules(folder: Path) -> dict[str, str]:
    """Read the scripts of a folder and its subfolders: text by path from that folder."""
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.js"))}


def read_assets(folder: Path, squeeze: Callable[[str], str] = charts.squeeze_script) -> dict[str, bytes]:
    """Read site_templates/assets into the files of the site's ``assets/``: scripts, styles, pictures.

    ``squeeze`` makes a script smaller. Raises SiteError when the scripts cannot be linked.
    """
    sources = read_modules(folder / "js")
    styles = [path.read_text("utf-8") for path in sorted((folder / "css").glob("*.css"))]
    found = {f"assets/{name}": text.encode() for name, text in _published(sources, squeeze).items()}
    found["assets/profbook.css"] = "\n".join(map(squeeze_style, styles)).encode()
    found |= {f"assets/{path.name}": path.read_bytes() for path in sorted((folder / "img").glob("*"))}
    return found


def _published(sources: Mapping[str, str], squeeze: Callable[[str], str]) -> dict[str, str]:
    """Squeeze the scripts; the first one knows where the others are, by address and version."""
    scripts = {name: squeeze(text) for name, text in link_parts(sources).items()}
    first, *later = PARTS
    places = {
        part.name: {
            "src": f"{part.name}.js?v={hashlib.sha256(scripts[part.name].encode()).hexdigest()[:8]}",
            "needs": [name for name in part.needs if name != first.name],
        }
        for part in later
    }
    scripts[first.name] = f"(globalThis.profbook ??= {{}}).parts = {json.dumps(places)};\n{scripts[first.name]}"
    scripts |= {name.removesuffix(".js"): squeeze(sources[name]) for name in STANDALONE if name in sources}
    return {f"{name}.js": text for name, text in scripts.items()}
