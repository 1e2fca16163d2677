"""Filters and projections are read as benchstat reads them, and what cannot be read is pointed at."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.compare.benchsyntax import Field, Filter, Match, Operation, parse_filter, parse_projection
from pipeline.errors import UsageError

A, B, C = Match("a", "1"), Match("b", "2"), Match("c", "3")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*", Operation("all", ())),
        ("a:1", A),
        ("a:1 b:2", Operation("all", (A, B))),
        ("a:1 AND b:2", Operation("all", (A, B))),
        ("a:1 OR b:2 c:3", Operation("any", (A, Operation("all", (B, C))))),
        ("(a:1 OR b:2) c:3", Operation("all", (Operation("any", (A, B)), C))),
        ("-a:1", Operation("not", (A,))),
        ("a:(1 OR x-y)", Operation("any", (A, Match("a", "x-y")))),
        ('"a":"1"', A),
        (r'a:"x \"y\" z"', Match("a", 'x "y" z')),
        ("/size:4k", Match("/size", "4k")),
        (".unit:ns/op", Match(".unit", "ns/op")),
        ('a:"OR"', Match("a", "OR")),
    ],
)
def test_filters(text: str, expected: Filter) -> None:
    assert parse_filter(text) == expected


@pytest.mark.parametrize(("text", "source"), [("a:/x|y/", "x|y"), (r"a:/[/]\/(b/c)/ b:2", r"[/]\/(b/c)")])
def test_regular_expressions(text: str, source: str) -> None:
    found = parse_filter(text)
    match = found if isinstance(found, Match) else found.parts[0]
    assert isinstance(match, Match)
    assert match.pattern is not None
    assert match.pattern.pattern == source


def test_a_regular_expression_is_searched_and_a_word_is_equal() -> None:
    pattern = parse_filter("a:/b/")
    assert isinstance(pattern, Match)
    assert pattern.accepts("abc")
    assert not A.accepts("11")


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("", "expected key:value or subexpression", 0),
        ("a", "expected key:value", 0),
        ("a:", "expected key:value", 0),
        ("(a:1", 'missing ")"', 4),
        ("a:1)", "unexpected ')'", 3),
        ("a:1 :", "unexpected ':'", 4),
        ("a:(1 2)", "value list must be separated by OR", 5),
        ('a:"x', "missing end quote", 2),
        ("a:/x", 'missing close "/"', 2),
        ("a:/x/y", 'regexp must be followed by space or an operator (unescaped "/"?)', 5),
        ("a:/(/", 'missing close "/"', 2),
        ("a:/+/", "error parsing regexp", 2),
        (".config:x", ".config is only allowed in projections", 0),
        ('"":x', "key must not be empty", 0),
    ],
)
def test_what_is_no_filter(text: str, message: str, at: int) -> None:
    with pytest.raises(UsageError) as raised:
        parse_filter(text)
    first, quoted, mark = str(raised.value).split("\n")
    assert first.startswith(f"parsing -filter: syntax error: {message}")
    assert quoted == f"\t{text}"
    assert mark == f"\t{' ' * at}^"


@pytest.mark.parametrize("text", ["(" * 2000 + "a:1" + ")" * 2000, "-" * 5000 + "a:1"])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="nested too deeply"):
        parse_filter(text)


@given(st.text(alphabet='ab:/()@,-*" OR\\[', max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (parse_filter, lambda some: parse_projection(some, "-row")):
        with contextlib.suppress(UsageError):
            read(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (".name,/size", (Field(".name"), Field("/size"))),
        (".name /size@num", (Field(".name"), Field("/size", "num"))),
        ("/format@(gob json)", (Field("/format", "fixed", ("gob", "json")),)),
        ('"a b"@alpha', (Field("a b", "alpha"),)),
    ],
)
def test_projections(text: str, expected: tuple[Field, ...]) -> None:
    assert parse_projection(text, "-row") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (",a", "expected key"),
        ("a,,b", "expected key"),
        ("a@", "expected named sort order or parenthesized list"),
        ("a@()", "nothing to match"),
        ("a@(x", "missing )"),
        ("a@size", 'unknown order "size"'),
        ("a@fixed", 'unknown order "fixed"'),
        (".unit", ".unit is only allowed in filters"),
        (".config@(x)", "fixed order not allowed for .config"),
    ],
)
def test_what_is_no_projection(text: str, message: str) -> None:
    with pytest.raises(UsageError, match="parsing -col: syntax error: ") as raised:
        parse_projection(text, "-col")
    assert message in str(raised.value)
