"""Nodes at each granularity, and how they are named."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis.calls import inline_marks
from pipeline.analysis.graph import (
    NodeRules,
    build_graph,
    clean_path,
    cum_weights,
    flat_weights,
    presence,
)
from pipeline.model.profile import Profile
from pipeline.model.report import NodeInfo
from tests.analysis.drawing import decoded, drawn, inlined_message, inlined_profile, string
from tests.builders import pprof_message


def names(profile: Profile, rules: NodeRules) -> list[str]:
    return [info.printable() for info in build_graph(profile, rules).infos]


@pytest.mark.parametrize(
    ("info", "shown"),
    [
        (NodeInfo("f"), "f"),
        (NodeInfo("f", "a.go"), "f a.go"),
        (NodeInfo("f", "a.go", line=3), "f a.go:3"),
        (NodeInfo("f", "a.go", line=3, column=9), "f a.go:3:9"),
        (NodeInfo("f", "a.go", 0x4F, 3), "000000000000004f f a.go:3"),
        (NodeInfo(object_file="/lib/libc.so.6"), "[libc.so.6]"),
        (NodeInfo(address=0x10), "0000000000000010 <unknown>"),
        (NodeInfo(), "<unknown>"),
        (NodeInfo(file="a.go", object_file="x"), "a.go"),
    ],
)
def test_printable(info: NodeInfo, shown: str) -> None:
    assert info.printable() == shown


@pytest.mark.parametrize(
    ("grain", "shown"),
    [
        ("", ["outer", "leaf", "middle"]),
        ("functions", ["outer", "leaf", "middle"]),
        ("files", ["outer.go", "<unknown>", "middle.go"]),
        ("filefunctions", ["outer outer.go", "leaf", "middle middle.go"]),
        ("lines", ["outer outer.go:10", "leaf :7", "middle middle.go:20"]),
    ],
)
def test_granularity(grain: str, shown: list[str]) -> None:
    profile = inlined_profile()
    expected = [name if name != "<unknown>" else "[app]" for name in shown]
    assert names(profile, NodeRules(granularity=grain)) == expected  # type: ignore[arg-type]


def test_addresses_and_inlined_calls() -> None:
    assert names(inlined_profile(), NodeRules(granularity="addresses"))[1:] == [
        "0000000000400002 leaf :7",
        "0000000000400002 middle middle.go:20",
    ]
    assert names(inlined_profile(), NodeRules(no_inlines=True)) == ["outer", "middle"]


def test_columns_are_shown_when_asked_for() -> None:
    message = pprof_message([(["f"], [1, 1])])
    message.location[0].line[0].column = 5
    assert names(decoded(message), NodeRules(granularity="lines")) == ["f f.go:10"]
    assert names(decoded(message), NodeRules(granularity="lines", show_columns=True)) == ["f f.go:10:5"]


@pytest.mark.parametrize(
    ("path", "rules", "clean"),
    [
        ("/a/./b/../c.go", NodeRules(), "/a/c.go"),
        ("//a/b.go", NodeRules(), "/a/b.go"),
        ("", NodeRules(), ""),
        ("/proc/self/cwd/x/y.cc", NodeRules(), "x/y.cc"),
        ("/go/src/x.go", NodeRules(trim_path="/opt:/go/src"), "x.go"),
        ("/ci/checkout/app/x.go", NodeRules(source_path="/home/me/app"), "x.go"),
        ("/gone/x.go", NodeRules(trim_path="/go"), "/gone/x.go"),
    ],
)
def test_paths(path: str, rules: NodeRules, clean: str) -> None:
    assert clean_path(path, rules) == clean


def test_recursion_counts_once_per_sample() -> None:
    profile = drawn([(["f", "g", "f", "g"], [1, 10]), (["f"], [2, 20]), ([], [4, 40])])
    graph = build_graph(profile, NodeRules())
    where = presence(graph)
    values = profile.samples.values[:, 1]
    by_name = {
        info.name: (int(flat), int(cum))
        for info, flat, cum in zip(
            graph.infos, flat_weights(graph, where, values), cum_weights(graph, where, values), strict=True
        )
    }
    assert by_name == {"f": (20, 30), "g": (10, 10)}


def test_inline_marks() -> None:
    message = inlined_message()
    place = message.location.add(id=20, mapping_id=1, address=0x400020)
    place.line.add(function_id=9, line=8)
    light = message.sample.add(location_id=[20, 1], value=[1, 2])
    profile = decoded(message)
    graph = build_graph(profile, NodeRules())
    leaf = [info.name for info in graph.infos].index("leaf")
    everything = np.ones(len(graph), np.bool_)
    values = profile.samples.values[:, 1]

    def mark(cutoff: int, kept: np.ndarray = everything) -> str:
        return inline_marks(graph, values, values != 0, kept, cutoff)[leaf]

    assert light.value[1] == 2
    assert mark(0) == "(partial-inline)"
    assert mark(5) == "(inline)", "the call that was not inlined is too light to count"
    assert mark(100) == ""


def test_unnamed_functions_are_told_apart_by_start_line_and_binary() -> None:
    message = pprof_message([(["a", "b"], [1, 1])])
    for function, start in zip(message.function, (1, 2), strict=True):
        function.name = function.system_name = string(message, "")
        function.start_line = start
    assert names(decoded(message), NodeRules()) == ["[app]", "[app]"]
