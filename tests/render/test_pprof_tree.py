"""Text of the tree report."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model.report import ReportOptions
from pipeline.render.pprof_tree import render_tree
from tests.render.graphs import report

COMPACT = ReportOptions(compact_labels=True)
LINE = "----------------------------------------------------------+-------------\n"
WORK = "0000000001000000 main.(*T[...]).work /src/main.go:9"
MAIN = "0000000000000010 main.main /src/main.go:3"


def test_every_node_between_callers_and_callees() -> None:
    assert render_tree(report(inline=True), COMPACT) == (
        "Showing nodes accounting for 500ms, 25.00% of 2000ms total\n"
        + LINE
        + "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t \n"
        + LINE
        + f"                                            1000ms   100% |   {MAIN} (inline)\n"
        + f"    1000ms 50.00% 50.00%     1000ms 50.00%                | {WORK}\n"
        + LINE
        + f"    -500ms 25.00% 25.00%      500ms 25.00%                | {MAIN}\n"
        + f"                                            1000ms 200.00% |   {WORK} (inline)\n"
        + LINE
    )


def test_a_peek_shows_what_matches() -> None:
    text = render_tree(report(), COMPACT, matches=lambda name: "work" in name)
    assert text.count("| 0000") == 1
    assert " 50.00% 50.00% " in text


def test_no_nodes() -> None:
    empty = report()
    empty = replace(empty, nodes=(), text=replace(empty.text, rows=()))
    assert render_tree(empty, COMPACT).count("---+---") == 1
