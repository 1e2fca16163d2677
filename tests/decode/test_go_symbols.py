"""The comment lines of Go's text profiles: quoting, lines that are none."""

from __future__ import annotations

import pytest

from pipeline.decode.go_symbols import SymbolLines
from pipeline.decode.table_builder import TableBuilder


def applied(*lines: str) -> TableBuilder:
    builder = TableBuilder()
    symbols = SymbolLines(builder)
    symbols.sample(builder.add(builder.call_stack([0x11, 0x21]), (1,)))
    for line in lines:
        symbols.read(line)
    symbols.apply()
    return builder


@pytest.mark.parametrize(
    ("quoted", "value"),
    [
        (r"plain", "plain"),
        (r"a\"b\\c", 'a"b\\c'),
        (r"\xc3\xa9 \u00e9 é", "é é é"),
        (r"\U0001f642\n\t\a", "🙂\\x0a\t\\x07"),
        (r"\xff\U7fffffff", "\ufffd\ufffd"),
    ],
)
def test_labels_are_unquoted_as_go_quotes(quoted: str, value: str) -> None:
    builder = applied(f'# labels: {{"k":"{quoted}"}}')
    assert builder._labels == [(0, "k", False, value, 0, "")]


@pytest.mark.parametrize(
    "line", ["", "#", "# Alloc = 3", "#\t0x10", "#\t0x10\tmain.f\ta.go:1", "#\t0x10\tmain.f+0x1\ta.go:" + "9" * 5000]
)
def test_other_comments_are_ignored(line: str) -> None:
    assert not any(location.lines for location in applied(line).locations)


def test_recursion_is_not_inlining() -> None:
    line = "#\t0x10\tmain.f+0x1\ta.go:1"
    builder = applied(line, line)
    assert builder.locations[0].lines == [(0, 1)]
