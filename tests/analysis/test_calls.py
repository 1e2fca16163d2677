"""Calls between nodes, compared with a plain walk over every stack."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.calls import find_calls
from pipeline.analysis.graph import Graph, NodeRules, build_graph
from tests.analysis.drawing import decoded
from tests.builders import pprof_message

NAMES = "abcd"
Seen = dict[tuple[int, int], list[tuple[int, bool, bool]]]


def graph_of(stacks: list[list[int]], inlined: bool) -> Graph:
    """Draw stacks of the functions a to d, from the root on; optionally d was inlined into c where c is called."""
    message = pprof_message([([NAMES[at] for at in stack], [1, 1]) for stack in [[0, 1, 2, 3], *stacks]])
    if inlined:
        place = next(one for one in message.location if one.line[0].function_id == 3)
        caller = place.line[0]
        del place.line[:]
        place.line.add(function_id=4, line=9)
        place.line.append(caller)
    return build_graph(decoded(message), NodeRules())


def walk(graph: Graph, counted: list[bool], kept: list[bool]) -> Seen:
    """Find calls as pprof does: for each, the samples it is on, and whether it was inlined and residual there."""
    found: Seen = {}
    stacks = graph.stacks
    for row, counts in enumerate(counted):
        seen: set[tuple[int, int]] = set()
        above, residual = -1, False
        for slot in stacks.slot[stacks.offset[row] : stacks.offset[row + 1]][::-1].tolist() if counts else ():
            node = int(graph.slot_node[slot])
            if not kept[node]:
                residual = True
                continue
            call = above, node
            if above >= 0 and above != node and call not in seen:
                seen.add(call)
                found.setdefault(call, []).append((row, bool(stacks.slot_inlined[slot]), residual))
            above, residual = node, False
    return found


@given(
    stacks=st.lists(st.lists(st.integers(0, 3), max_size=7), max_size=8),
    inlined=st.booleans(),
    counted=st.lists(st.booleans(), min_size=9, max_size=9),
    kept=st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_calls_are_those_of_a_plain_walk(
    stacks: list[list[int]], inlined: bool, counted: list[bool], kept: list[bool]
) -> None:
    graph = graph_of(stacks, inlined)
    counted, kept = counted[: len(graph.stacks.offset) - 1], kept[: len(graph)]
    calls = find_calls(graph, np.array(counted), np.array(kept))
    expected = walk(graph, counted, kept)
    assert list(zip(calls.caller.tolist(), calls.callee.tolist(), strict=True)) == list(expected)
    assert calls.inlined.tolist() == [all(inline for _, inline, _ in places) for places in expected.values()]
    assert calls.residual.tolist() == [any(over for _, _, over in places) for places in expected.values()]
    pairs = sorted(zip(calls.call.tolist(), calls.sample.tolist(), strict=True))
    assert pairs == [(at, row) for at, places in enumerate(expected.values()) for row, _, _ in places]
    values = np.arange(1, len(counted) + 1)
    assert calls.weights(values).tolist() == [sum(row + 1 for row, _, _ in places) for places in expected.values()]
