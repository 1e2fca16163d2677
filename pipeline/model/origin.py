"""Whose code a Go package is: one's own, a dependency's, the standard library's, the runtime's.

Rules: decided by the import path alone; `analysis.origin` adds what file names tell. The runtime is told apart from the
rest of the standard library, because it works for everybody. Source: the top of the standard library's import paths,
`go list std` of Go 1.27.
"""

from __future__ import annotations

from typing import Final, Literal

Origin = Literal["own", "dependency", "standard", "runtime", "other"]
"""``other`` has no Go package: C, the kernel, addresses without a name."""

ORIGINS: Final[tuple[Origin, ...]] = ("own", "dependency", "standard", "runtime", "other")
STANDARD: Final = frozenset({
    "archive", "arena", "bufio", "builtin", "bytes", "cmd", "cmp", "compress", "container", "context", "crypto",
    "database", "debug", "embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html", "image", "index",
    "internal", "io", "iter", "log", "maps", "math", "mime", "net", "os", "path", "plugin", "reflect", "regexp",
    "runtime", "simd", "slices", "sort", "strconv", "strings", "structs", "sync", "syscall", "testing", "text", "time",
    "unicode", "unique", "unsafe", "uuid", "vendor", "weak",
})  # fmt: skip


def is_runtime(package: str) -> bool:
    """Tell whether an import path is the runtime's: ``runtime``, ``internal/runtime`` and what is below them."""
    return package in {"runtime", "internal/runtime"} or package.startswith(("runtime/", "internal/runtime/"))


def is_standard(package: str) -> bool:
    """Tell whether an import path is of the standard library, the runtime included."""
    return package.partition("/")[0] in STANDARD
