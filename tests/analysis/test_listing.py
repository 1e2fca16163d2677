"""The list report: functions, files, lines and their range; `tests/oracle/test_list.py` compares it with pprof's."""

from __future__ import annotations

import pytest

from pipeline.analysis.listing import list_of
from pipeline.analysis.scope import open_scope
from pipeline.analysis.source import open_profile
from pipeline.decode import decode_profile
from pipeline.errors import UsageError
from pipeline.model.report import FilterOptions, ReportOptions
from pipeline.model.source import ListedFunction
from tests.builders import pprof_bytes, pprof_message

SAMPLES = [(["main", "heavy"], [1, 900]), (["main", "light"], [3, 100])]


def listed(symbol: str, data: bytes = b"", **options: object) -> tuple[ListedFunction, ...]:
    profile = open_profile(decode_profile(data or pprof_bytes(SAMPLES)))
    return list_of(open_scope(profile, ReportOptions(symbol=symbol, **options), "list"))  # type: ignore[arg-type]


def test_lines_of_a_function() -> None:
    (main,) = listed("^main$")
    (file,) = main.files
    assert (main.name, file.file, file.names) == ("main", "main.go", ("main.go",))
    assert (file.flat, file.cum, file.lines) == (0, 1000, ((10, 0, 1000),))
    assert (file.start, file.end) == (5, 15)


def test_functions_are_in_order_of_name_and_trimming_is_off() -> None:
    assert [one.name for one in listed(".", node_count=1, node_fraction=0.5)] == ["heavy", "light", "main"]


def test_the_range_begins_with_the_function_and_holds_every_line() -> None:
    message = pprof_message([(["f", "g"], [1, 7])])
    f, g = message.function
    f.start_line, g.start_line, g.name, g.system_name, g.filename = 3, 8, f.name, f.name, f.filename
    (function,) = listed("f", message.SerializeToString())
    (file,) = function.files
    assert (file.start, file.end, file.lines) == (3, 25, ((10, 0, 7), (20, 7, 7)))


def test_a_file_without_a_name_is_not_listed() -> None:
    assert listed("f", pprof_bytes([(["f"], [1, 1])], files={"f": ""}))[0].files == ()


def test_names_are_shortened_and_remembered() -> None:
    data = pprof_bytes([(["f"], [1, 1])], files={"f": "/src/app/f.go"})
    (file,) = listed("f", data, trim_path="/src")[0].files
    assert (file.file, file.names) == ("app/f.go", ("/src/app/f.go",))


def test_filters_and_values() -> None:
    (main,) = listed("main", filters=FilterOptions(focus="light"), sample_index="samples")
    assert main.files[0].lines == ((10, 0, 3),)
    with pytest.raises(UsageError, match="no matches found for regexp: heavy"):
        listed("heavy", filters=FilterOptions(focus="light"))


def test_negative_nodes_can_be_left_out() -> None:
    data = pprof_bytes([(["a", "b"], [1, -10]), (["a"], [1, 30])])
    assert [one.name for one in listed(".", data)] == ["a", "b"]
    assert [one.name for one in listed(".", data, drop_negative=True)] == ["a"]


def test_a_bad_pattern_is_refused() -> None:
    with pytest.raises(UsageError, match="parsing argument regexp"):
        listed("(")
