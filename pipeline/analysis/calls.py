"""Calls between nodes: who called whom on which stack, as columns.

Rules: as in pprof, a stack counts a call once, and the one nearest the root says whether it was inlined and whether
frames that are not kept stood between; a node does not call itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.analysis.columns import Mask, last_of_each, owners
from pipeline.analysis.graph import Graph
from pipeline.model.profile import Index, Int


@dataclass(frozen=True, slots=True, eq=False)
class Calls:
    """C distinct calls in the order they are met, stack by stack from the root, and the stacks they are on: P pairs.

    ``caller`` and ``callee`` int64[C] into the nodes; ``inlined`` bool[C]: on every stack; ``residual`` bool[C]: over
    frames that are not kept, on some stack; ``sample`` and ``call`` int64[P].
    """

    caller: Index
    callee: Index
    inlined: Mask
    residual: Mask
    sample: Index
    call: Index

    def weights(self, values: Int) -> Int:
        """Add up values (int64[M]) by call: int64[C]."""
        weights = np.zeros(len(self.caller), np.int64)
        np.add.at(weights, self.call, values[self.sample])
        return weights


def find_calls(graph: Graph, counted: Mask, kept: Mask) -> Calls:
    """Find the calls between ``kept`` nodes (bool[N]) on the stacks of ``counted`` samples (bool[M])."""
    stacks, width = graph.stacks, max(len(graph), 1)
    owner, nodes = owners(stacks.offset), graph.slot_node[stacks.slot]
    chosen = np.flatnonzero(counted[owner] & kept[nodes])
    sample, node = owner[chosen], nodes[chosen]
    at = np.flatnonzero((sample[:-1] == sample[1:]) & (node[:-1] != node[1:]))
    distinct, call = np.unique(node[at + 1] * width + node[at], return_inverse=True)
    offset = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(sample[at], minlength=len(counted)))))
    once = last_of_each(offset, call, len(distinct))
    # Stacks are stored leaf first: the place of a call from the root, after those of the stacks before.
    place = (offset[:-1] + offset[1:])[sample[at]] - np.arange(len(at)) - 1
    met = np.full(len(distinct), len(at), np.int64)
    np.minimum.at(met, call, place)
    order = np.argsort(met)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    at, call = at[once], rank[call[once]]
    inlined = stacks.slot_inlined[stacks.slot[chosen[at]]]
    residual = chosen[at + 1] != chosen[at] + 1
    return Calls(
        caller=distinct[order] // width,
        callee=distinct[order] % width,
        inlined=np.bincount(call, ~inlined, len(order)) == 0,
        residual=np.bincount(call, residual, len(order)) > 0,
        sample=sample[at],
        call=call,
    )


def inline_marks(graph: Graph, values: Int, counted: Mask, kept: Mask, cutoff: int) -> Sequence[str]:
    """Say of each node whether its callers had it inlined: all ``(inline)``, some ``(partial-inline)``, none.

    Only ``counted`` samples (bool[M]) and ``kept`` nodes (bool[N]) take part; calls that weigh less than ``cutoff``
    do not count.
    """
    if not graph.stacks.slot_inlined.any():
        return ("",) * len(graph)
    calls = find_calls(graph, counted, kept)
    heavy = np.abs(calls.weights(values)) >= cutoff
    some, other = np.zeros(len(graph), np.bool_), np.zeros(len(graph), np.bool_)
    some[calls.callee[heavy & calls.inlined]] = True
    other[calls.callee[heavy & ~calls.inlined]] = True
    words = {(True, False): "(inline)", (True, True): "(partial-inline)"}
    return [words.get(pair, "") for pair in zip(some.tolist(), other.tolist(), strict=True)]
