"""Text of the dot report."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pipeline.model.report import ReportOptions
from pipeline.render.pprof_dot import dot_color, render_dot
from tests.render.graphs import report


def test_a_graph() -> None:
    work, main = "0000000001000000 main.(*T[...]).work /src/main.go:9", "0000000000000010 main.main /src/main.go:3"
    assert render_dot(report(), ReportOptions()) == (
        'digraph "app" {\n'
        'node [style=filled fillcolor="#f8f8f8"]\n'
        'subgraph cluster_L { "File: app" [shape=box fontsize=16 label="File: app\\lType: cpu\\l'
        "Showing nodes accounting for 500ms, 25.00% of 2000ms total\\l\\lSee https://git.io/JfYMW for how to read "
        'the graph\\l" tooltip="app"] }\n'
        'N1 [label="0000000001000000\\nmain\\n(*T[…])\\nwork\\nmain.go:9\\n1000ms (50.00%)" id="node1" fontsize=24 '
        f'shape=box tooltip="{work} (1000ms)" color="#b22100" fillcolor="#edd9d5"]\n'
        'N2 [label="0000000000000010\\nmain\\nmain\\nmain.go:3\\n-500ms (25.00%)\\nof 500ms (25.00%)" id="node2" '
        f'fontsize=20 shape=box tooltip="{main} (500ms)" color="#b23c00" fillcolor="#edddd5"]\n'
        f'N2 -> N1 [label=" 1000ms" weight=51 penwidth=3 color="#b22100" tooltip="{main} -> {work} (1000ms)" '
        f'labeltooltip="{main} -> {work} (1000ms)"]\n'
        "}\n"
    )


def test_inlined_and_residual_edges() -> None:
    text = render_dot(report(inline=True, residual=True), ReportOptions())
    assert '[label=" 1000ms\\n (inline)" ' in text
    assert " ... " in text
    assert 'style="dotted"]\n' in text


def test_an_empty_graph_is_a_legend() -> None:
    empty = report()
    text = render_dot(replace(empty, nodes=(), title="", text=replace(empty.text, rows=())), ReportOptions())
    assert text.startswith('digraph "unnamed" {\n')
    assert "tooltip" not in text


@pytest.mark.parametrize(
    ("score", "foreground", "background"),
    [
        (0.0, "#b2b2b2", "#ededed"),
        (1.0, "#b20000", "#edd5d5"),
        (-1.0, "#00b200", "#d5edd5"),
        (7.0, "#b20000", "#edd5d5"),
        (0.1, "#b28559", "#ede7e1"),
        (math.nan, "#b20000", "#ed00d5"),
    ],
)
def test_colours(score: float, foreground: str, background: str) -> None:
    assert (dot_color(score, background=False), dot_color(score, background=True)) == (foreground, background)
