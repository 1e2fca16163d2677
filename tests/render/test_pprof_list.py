"""The text of a list report; `tests/oracle/test_list.py` compares it with pprof's."""

from __future__ import annotations

from pipeline.model.profile import SampleType
from pipeline.model.report import ReportHeader, ReportOptions, TextReport
from pipeline.model.source import FileText, ListedFile, ListedFunction
from pipeline.render.pprof_list import render_list

TEXT = TextReport(ReportHeader(), SampleType("cpu", "nanoseconds"), 2_000_000_000, (), 0, 0, 0.005)
LISTED = ListedFile("a.go", ("/x/a.go",), 0, 1_500_000_000, 2, 9, ((3, 0, 1_500_000_000), (4, 0, 0)))


def test_lines_up_to_the_end_of_the_file() -> None:
    source = FileText({2: "func f() {", 3: "\tg()", 5: "}"}, 5)
    assert render_list(TEXT, [ListedFunction("f", (LISTED,))], {"a.go": source}, ReportOptions()) == (
        "Total: 2s\n"
        "ROUTINE ======================== f in a.go\n"
        "         0      1.50s (flat, cum) 75.00% of Total\n"
        "         .          .      2:func f() {\n"
        "         .      1.50s      3:\tg()\n"
        "         .          .      4:\n"
        "         .          .      5:}\n"
    )


def test_functions_without_source() -> None:
    functions = [ListedFunction("f", (LISTED,)), ListedFunction("g", ())]
    lines = render_list(TEXT, functions, {"a.go": FileText({}, 0, "no")}, ReportOptions()).splitlines()
    assert lines[3:] == [" Error: no", "No source information for g"]


def test_a_file_of_which_nothing_is_wanted_is_not_missed() -> None:
    nothing = ListedFile("a.go", (), 1, 1, 40, 12, ((7, 1, 1),))
    sources = {"a.go": FileText({}, 0, "no")}
    both = [ListedFunction("f", (nothing,)), ListedFunction("g", (LISTED,)), ListedFunction("h", (nothing,))]
    assert render_list(TEXT, both[:1], sources, ReportOptions()).count("Error") == 0
    assert render_list(TEXT, both, sources, ReportOptions()).count("Error") == 2


def test_units() -> None:
    source = FileText({3: "x"}, 3)
    options = ReportOptions(unit="ms", divide_by=3)
    out = render_list(TEXT, [ListedFunction("f", (LISTED,))], {"a.go": source}, options)
    assert "         .      500ms      3:x\n" in out
