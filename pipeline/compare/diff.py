"""Call trees of many runs on one tree: the diff tree of two groups, and the weight of each function in each run.

Rules: nodes are the same where their whole paths of function names are (base's names where `symbols` matched others).
A run's weight is what its trees add up to, each taken with its sign: after minus before, or several windows. Values
are linear in the samples, so head minus base has the flat and cum that ``pprof -base`` and ``-diff_base`` print.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.model.calltree import CallTree
from pipeline.model.difference import DiffTree, Float
from pipeline.model.profile import Index


@dataclass(frozen=True, slots=True, eq=False)
class Replicate:
    """One run's trees of one kind, each with its sign; ``operations`` is what they are divided by (0: not known)."""

    parts: tuple[tuple[CallTree, int], ...]
    operations: float = 0.0

    def total(self, sample_type: str) -> float:
        """Add up a sample type over all samples, those without a stack too."""
        return float(sum(sign * tree.totals[at] for tree, sign in self.parts for at in _columns(tree, sample_type)))


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """The union of the trees of all replicates: N nodes, level by level.

    ``first`` holds where each level begins, then the end; ``nodes`` has, for each replicate and each of its trees,
    the union node of every node. See `DiffTree` for the other columns.
    """

    names: tuple[str, ...]
    parent: Index
    frame: Index
    outermost: NDArray[np.bool_]
    first: tuple[int, ...]
    replicates: tuple[Replicate, ...]
    nodes: tuple[tuple[Index, ...], ...]

    def flat(self, replicate: int, sample_type: str) -> Float:
        """Flat weight of every node in one replicate: float64[N]."""
        weights = np.zeros(len(self.parent))
        for (tree, sign), nodes in zip(self.replicates[replicate].parts, self.nodes[replicate], strict=True):
            for at in _columns(tree, sample_type):
                np.add.at(weights, nodes, sign * tree.flat[at].astype(np.float64))
        return weights

    def cum(self, flat: Float) -> Float:
        """Add flat weights up towards the roots."""
        weights = flat.copy()
        for start, end in reversed(list(pairwise(self.first))[1:]):
            np.add.at(weights, self.parent[start:end], weights[start:end])
        return weights

    def by_function(self, flat: Float, cum: Float) -> tuple[Float, Float]:
        """Add up the flat and cum of nodes by function: two float64[F]."""
        count, once = len(self.names), self.outermost
        sums = np.zeros((2, count))
        np.add.at(sums[0], self.frame, flat)
        np.add.at(sums[1], self.frame[once], cum[once])
        return sums[0], sums[1]


def diff_tree(alignment: Alignment, base: Float, head: Float) -> DiffTree:
    """Put the flat weights (float64[N]) of both sides on the tree."""
    return DiffTree(
        alignment.names,
        alignment.parent,
        alignment.frame,
        alignment.outermost,
        base,
        head,
        alignment.cum(base),
        alignment.cum(head),
    )


def mean_flat(alignment: Alignment, rows: Sequence[int], sample_type: str, *, per_op: bool) -> Float:
    """Average the flat weights of some replicates, each divided by its operations first where asked."""
    total = np.zeros(len(alignment.parent))
    for row in rows:
        total += alignment.flat(row, sample_type) / (alignment.replicates[row].operations if per_op else 1.0)
    return total / max(len(rows), 1)


def align(replicates: Sequence[Replicate], names: Mapping[str, str]) -> Alignment:
    """Merge the trees of all replicates by path; ``names`` gives the names to use in place of others."""
    trees = [tree for replicate in replicates for tree, _ in replicate.parts]
    positions: dict[str, int] = {}
    frames = [
        np.array([positions.setdefault(names.get(name, name), len(positions)) for name in tree.frames.name], np.int64)
        for tree in trees
    ]
    offset = np.concatenate(([0], np.cumsum([len(tree) for tree in trees]))).astype(np.int64)
    parent = _join([np.where(tree.parent >= 0, tree.parent + offset[at], -1) for at, tree in enumerate(trees)])
    frame = _join([frames[at][tree.frame] for at, tree in enumerate(trees)])
    node, parents, met, first = _merge_levels(parent, frame, len(positions))
    split = iter([node[start:end] for start, end in pairwise(offset.tolist())])
    nodes = tuple(tuple(next(split) for _ in replicate.parts) for replicate in replicates)
    return Alignment(tuple(positions), parents, met, _outermost(parents, met), first, tuple(replicates), nodes)


def _merge_levels(parent: Index, frame: Index, count: int) -> tuple[Index, Index, Index, tuple[int, ...]]:
    """Number the distinct (parent, frame) pairs level by level: node of each row, then the columns of the nodes."""
    node = np.full(len(parent), -1, np.int64)
    level = np.flatnonzero(parent < 0)
    below = np.argsort(parent, kind="stable")
    starts = np.searchsorted(parent[below], np.arange(len(parent) + 1))
    parents, frames, first = [], [], [0]
    while len(level):
        above = np.where(parent[level] >= 0, node[parent[level]], -1)
        keys, met = np.unique((above + 1) * max(count, 1) + frame[level], return_inverse=True)
        node[level] = first[-1] + met
        parents.append(keys // max(count, 1) - 1)
        frames.append(keys % max(count, 1))
        first.append(first[-1] + len(keys))
        sizes = starts[level + 1] - starts[level]
        ends = np.cumsum(sizes)
        level = below[np.arange(int(ends[-1])) + np.repeat(starts[level] - (ends - sizes), sizes)]
    return node, _join(parents), _join(frames), tuple(first)


def _outermost(parent: Index, frame: Index) -> NDArray[np.bool_]:
    """Mark the nodes that have no node of the same function above them."""
    result = np.ones(len(parent), np.bool_)
    rows, above = np.arange(len(parent)), parent.copy()
    while len(rows):
        kept = above >= 0
        rows, above = rows[kept], above[kept]
        same = frame[above] == frame[rows]
        result[rows[same]] = False
        rows, above = rows[~same], parent[above[~same]]
    return result


def _columns(tree: CallTree, sample_type: str) -> list[int]:
    return [at for at, kind in enumerate(tree.sample_types) if kind.type == sample_type][:1]


def _join(parts: Sequence[Index]) -> Index:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
