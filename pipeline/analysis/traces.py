"""The traces report: every sample with its value, labels and stack.

Rules: samples without a stack are left out; a frame is inlined when it is not the last line of its location.
"""

from __future__ import annotations

from pipeline.analysis.graph import build_graph
from pipeline.analysis.labels import by_key, sample_labels
from pipeline.analysis.scope import Scope
from pipeline.model.arithmetic import divide
from pipeline.model.report import Trace, TraceFrame, TraceReport


def traces_of(scope: Scope) -> TraceReport:
    """List the traces of a scope."""
    graph = build_graph(scope.profile, scope.rules())
    names = [info.printable() for info in graph.infos]
    inlined = graph.stacks.slot_inlined.tolist()
    frames = [TraceFrame(names[node], inline) for node, inline in zip(graph.slot_node.tolist(), inlined, strict=True)]
    stacks = [frames[slot] for slot in graph.stacks.slot.tolist()]
    offsets = graph.stacks.offset.tolist()
    labels = sample_labels(scope.profile.labels, len(scope.profile.samples))
    traces = []
    for row, (value, divisor) in enumerate(zip(scope.values().tolist(), scope.divisors().tolist(), strict=True)):
        stack = tuple(stacks[offsets[row] : offsets[row + 1]])
        if not stack:
            continue
        texts = by_key(labels[row], numbers=False).items()
        numbers = by_key(labels[row], numbers=True).items()
        traces.append(
            Trace(
                value=divide(value, divisor),
                texts=tuple((key, tuple(label.text for label in own)) for key, own in texts),
                numbers=tuple(
                    (key, tuple(label.number for label in own), scope.label_units.get(key, "")) for key, own in numbers
                ),
                frames=stack,
            )
        )
    return TraceReport(scope.text(), tuple(traces))
