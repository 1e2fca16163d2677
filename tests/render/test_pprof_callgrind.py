"""Text of the callgrind report."""

from __future__ import annotations

from pipeline.model.report import ReportOptions
from pipeline.render.pprof_callgrind import render_callgrind
from tests.render.graphs import report


def test_names_once_and_addresses_relative() -> None:
    assert render_callgrind(report(), ReportOptions()) == (
        "positions: instr line\n"
        "events: cpu(ms)\n"
        "\n"
        "ob=(1) /bin/app\n"
        "fl=(1) /src/main.go\n"
        "fn=(1) main.(*T[...]).work\n"
        "0x1000000 9 1000\n"
        "\n"
        "ob=(1)\n"
        "fl=(1)\n"
        "fn=(2) main.main\n"
        "0x10 3 -500\n"
        "cfl=(1)\n"
        "cfn=(1)\n"
        "calls=0 * 9\n"
        "* * 1000\n"
    )


def test_values_are_in_the_unit_asked_for() -> None:
    assert "events: cpu(s)\n" in render_callgrind(report(), ReportOptions(unit="s"))
