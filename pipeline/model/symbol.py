"""Names of functions: the package a Go function belongs to, and the short form for tight places.

Rules: names are Go's symbol names: ``import/path.Func``, ``import/path.(*T).Method``, ``import/path.F[...].func1``;
dots inside the last path element are written ``%2e``. Other languages give an empty package where none can be told.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_CPP_ANONYMOUS: Final = re.compile(r"^\(anonymous namespace\)::")
_GO_VERSION: Final = re.compile(r"^(.*?)/v(?:[2-9]|[1-9][0-9]+)([./].*)$")
_SHORT: Final = (
    re.compile(r"^(?:[\w\-.]+/)+([^.]+\..+)", re.ASCII),
    re.compile(r"^(?:[a-z]\w*\.)*([A-Z][\w$]*\.(?:<init>|[a-z][\w$]*(?:\$\d+)?))(?:\(|$)", re.ASCII),
    re.compile(r"^(?:[_a-zA-Z]\w*::)+(_*[A-Z]\w*::~?[_a-zA-Z]\w*(?:<.*>)?)", re.ASCII),
)
_ESCAPED: Final = re.compile("%([0-9a-f]{2})")
_OPENING: Final = re.compile(r"[\[({ ]")
_TYPE_PREFIX: Final = re.compile(r"^type[:.]\.?(?:eq|hash)\.|^go:(?:struct|interface)\b.*")


@lru_cache(maxsize=1 << 15)
def package_of(name: str) -> str:
    """Tell the import path a Go function lives in; empty when the name is not a Go function's.

    ``net/http.(*Server).Serve`` gives ``net/http``; equality and hash functions of types (``type:.eq.…``) give the
    package of the type.
    """
    if name.startswith(("type", "go:")):
        name = _TYPE_PREFIX.sub("", name)
    if "::" in name or not name or name.startswith(("[", "<")):
        return ""
    # Type arguments and struct types hold paths of their own, so only what stands before them counts.
    opening = _OPENING.search(name)
    head = name[: opening.start()] if opening else name
    folder, slash, last = head.rpartition("/")
    package, dot, _ = last.partition(".")
    if not dot or not package:
        return ""
    path = folder + slash + package
    return _ESCAPED.sub(lambda code: chr(int(code.group(1), 16)), path) if "%" in path else path


@lru_cache(maxsize=1 << 15)
def shorten(name: str) -> str:
    """Shorten a name as pprof does in graphs: without the path of the package, namespaces or Java packages."""
    name = _CPP_ANONYMOUS.sub("", name)
    name = _GO_VERSION.sub(r"\1\2", name)
    for pattern in _SHORT:
        if found := pattern.match(name):
            return found.group(1)
    return name
