"""The cases of tests/data/format_cases.json: what Python prints, for the browser's twin to print too.

``python -m tests.render.format_cases`` writes the file anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.render.flame import hue, short_name
from pipeline.units import show

FILE = Path(__file__).parents[1] / "data" / "format_cases.json"
UNITS = (
    "bytes", "B", "kilobytes", "nanoseconds", "ns", "microseconds", "ms", "seconds", "hours", "count", "", "objects",
    "ratio", "bytes/op", "ns/op", "ops/s", "allocs/op", "GCU", "milligcu", "/s",
)  # fmt: skip
VALUES = (
    0, 1, -1, 0.5, 0.125, 0.375, 2.5, 3.5, 12.345, 99.995, 100.05, 100.25, 999.5, 999.999, 1000, 1000.5, 1023, 1024,
    1536, 1048575, 1048576, 123456789, -987654321, 1e9, 3.6e12, 1e15, 2**53, 123456789012345680, 1e21, 1e22,
    0.0001, 0.00005, 0.00001, 1.005e-7, -0.00001234, 0.00123, 0.01, 0.1, 1 / 3, 2 / 3,
)  # fmt: skip
NAMES = (
    "main.main", "net/http.(*conn).serve", "github.com/a/b/v2.(*T[go.shape.struct { X/Y int }]).Do", "(anonymous)",
    "example.com/x.F[...]", "std::map<a/b, c>::find", "a/b c/d", "runtime.mallocgc", "/", "",
    "<script>alert(1)</script>",
)  # fmt: skip
PACKAGES = (
    "", "main", "runtime", "runtime/pprof", "internal/runtime/maps", "runtimex", "net/http", "sync", "日本/語",
    "github.com/a/b", "encoding/json", "internal/poll", "k8s.io/client-go/rest", "é", "🙂",
)  # fmt: skip


def cases() -> dict[str, list[list[Any]]]:
    """All cases: [input…, text] each."""
    chance = np.random.default_rng(7)
    drawn = [float(f"{value:.6g}") for value in 10 ** chance.uniform(-7, 18, 60)]
    values: list[float | None] = [*VALUES, *drawn, None]
    return {
        "show": [[value, unit, show(value, unit)] for unit in UNITS for value in values],
        "short": [[name, short_name(name)] for name in NAMES],
        "hue": [[package, hue(package)] for package in PACKAGES],
    }


def text() -> str:
    """Print the file: one case a line, so that a change shows as its own line."""
    blocks = []
    for name, rows in cases().items():
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        blocks.append(f"{json.dumps(name)}: [\n{lines}\n]")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
