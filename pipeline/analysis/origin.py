"""Whose code the functions of a profile are: own module, dependencies, standard library, runtime.

Rules: a named module path decides what is own. Without one, file names do: the sources of a dependency lie in the
module cache (``…/pkg/mod/PATH@VERSION/…``, with ``-trimpath`` ``PATH@VERSION/…``), in ``vendor/`` or in Bazel's
``external/``; what lies elsewhere is own code. Package ``main`` is always own. Some functions of the standard library
have no package in their name; their file tells it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pipeline.model.origin import Origin, is_runtime, is_standard
from pipeline.model.symbol import package_of

_NAMELESS: Final = frozenset({"", "_"})
"""What `package_of` says of functions in assembly (``memeqbody``) and of inlined closures (``_.goready.func1``)."""
_DEPENDENCY: Final = re.compile(r"@v\d|/pkg/mod/|/vendor/|(?:^|/)external/")


def find_packages(names: Sequence[str], files: Sequence[str]) -> list[str]:
    """Name the package of each function; empty where there is none."""
    found = []
    for name, file in zip(names, files, strict=True):
        package = package_of(name)
        found.append(_package_of_file(file) if package in _NAMELESS else package)
    return found


def find_origins(packages: Sequence[str], files: Sequence[str], module: str = "") -> dict[str, Origin]:
    """Say of each package whose it is; ``files`` are those of the functions, ``module`` is the path of the own one."""
    places: dict[str, list[str]] = {}
    for package, file in zip(packages, files, strict=True):
        known = places.setdefault(package, [])
        if file and not file.startswith("<"):
            known.append(file)
    return {package: _origin(package, known, module) for package, known in places.items()}


def _origin(package: str, files: Sequence[str], module: str) -> Origin:
    path = package.removesuffix("_test").removesuffix(".test")
    if not package:
        return "other"
    if path in {"main", module} or (module and path.startswith(f"{module}/")):
        return "own"
    if is_runtime(package):
        return "runtime"
    if is_standard(package):
        return "standard"
    if module or any(_DEPENDENCY.search(file) for file in files):
        return "dependency"
    # Without a file nothing speaks for own code but a path that no other module can have.
    return "own" if files or "." not in path.partition("/")[0] else "dependency"


def _package_of_file(file: str) -> str:
    """Tell the package of a file of the standard library: ``/usr/local/go/src/runtime/asm_amd64.s`` is the runtime."""
    if not file.endswith((".go", ".s")):
        return ""
    folder = file.rpartition("/src/")[2].rpartition("/")[0]
    return folder if is_standard(folder) else ""
