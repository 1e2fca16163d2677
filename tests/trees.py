"""Call trees for tests, drawn as lists of stacks, with no decoder in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.model.calltree import CallTree, Frames
from pipeline.model.profile import SampleType
from tests.builders import Stack

CPU = (("samples", "count"), ("cpu", "nanoseconds"))


def package_of(name: str) -> str:
    """Guess a Go package from a plain name; enough for tests."""
    folder, slash, rest = name.rpartition("/")
    return folder + slash + rest.split(".")[0] if "." in rest else ""


def call_tree(
    samples: Sequence[tuple[Stack, Sequence[int]]],
    sample_types: Sequence[tuple[str, str]] = CPU,
    *,
    inlined: frozenset[str] = frozenset(),
    packages: Mapping[str, str] | None = None,
) -> CallTree:
    """Build a call tree: heaviest child first by the last sample type, then name. An empty stack: no frame."""
    kinds = len(sample_types)
    root: dict[str, Any] = {}
    for stack, values in samples:
        level, node = root, None
        for name in stack:
            node = level.setdefault(name, {"flat": [0] * kinds, "below": {}})
            level = node["below"]
        if node is not None:
            node["flat"] = [old + new for old, new in zip(node["flat"], values, strict=True)]
    parents: list[int] = []
    names: list[str] = []
    flats: list[list[int]] = []
    _sum(root, kinds)
    pending = [(-1, name, node) for name, node in _lightest_first(root)]
    while pending:
        parent, name, node = pending.pop()
        here = len(parents)
        parents.append(parent)
        names.append(name)
        flats.append(node["flat"])
        pending.extend((here, child, below) for child, below in _lightest_first(node["below"]))
    position = {name: at for at, name in enumerate(dict.fromkeys(names))}
    distinct = list(position)
    flat = np.array(flats, dtype=np.int64).reshape(-1, kinds).T.copy()
    cum = flat.copy()
    for node_index in range(len(parents) - 1, -1, -1):
        if parents[node_index] >= 0:
            cum[:, parents[node_index]] += cum[:, node_index]
    return CallTree(
        frames=Frames(
            name=tuple(distinct),
            file=tuple(f"/src/{package_of(name)}/file.go" for name in distinct),
            package=tuple((packages or {}).get(name, package_of(name)) for name in distinct),
        ),
        sample_types=tuple(SampleType(*kind) for kind in sample_types),
        default_index=kinds - 1,
        parent=np.array(parents, dtype=np.int64),
        frame=np.array([position[name] for name in names], dtype=np.int64),
        inlined=np.array([name in inlined for name in names], dtype=np.bool_),
        flat=flat,
        cum=cum,
        totals=tuple(sum(abs(values[kind]) for _, values in samples) for kind in range(kinds)),
    )


def _sum(root: dict[str, Any], kinds: int) -> None:
    order = list(root.values())
    for node in order:
        order.extend(node["below"].values())
    for node in reversed(order):
        node["cum"] = [
            node["flat"][kind] + sum(below["cum"][kind] for below in node["below"].values()) for kind in range(kinds)
        ]


def _lightest_first(level: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(sorted(level.items(), reverse=True), key=lambda item: item[1]["cum"][-1])


def random_samples(seed: int, count: int, *, depth: int = 12, names: int = 60) -> list[tuple[list[str], list[int]]]:
    """Draw stacks that share their beginnings, as real ones do; values are (samples, nanoseconds)."""
    chance = np.random.default_rng(seed)
    samples = []
    for _ in range(count):
        length = int(chance.integers(1, depth + 1))
        stack = [f"example.com/pkg{int(x) % 9}.f{int(x)}" for x in chance.geometric(0.35, length) % names]
        hits = int(chance.geometric(0.3))
        samples.append((stack, [hits, hits * 10_000_000]))
    return samples
