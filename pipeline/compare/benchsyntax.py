"""The small languages of benchstat's options: filters (``.name:Copy /size:4k``) and projections (``.name,/size@num``).

Rules: this module only reads; `compare.benchkeys` says what a key means. What cannot be read is a UsageError that
quotes the expression and points at the place. Source: golang.org/x/perf/benchproc/syntax.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, NoReturn

from pipeline.errors import UsageError

_OPERATORS: Final = frozenset("():@,")
_FIRST_ONLY: Final = frozenset("-*")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_DEEPEST: Final = 100

TokenKind = Literal["word", "regexp", "operator", "end"]


@dataclass(frozen=True, slots=True)
class Match:
    """One ``key:value`` of a filter; ``pattern`` is set when the value is a regular expression."""

    key: str
    text: str
    pattern: re.Pattern[str] | None = None

    def accepts(self, value: str) -> bool:
        """Tell whether a value of the key is the one asked for."""
        return self.pattern.search(value) is not None if self.pattern else value == self.text


@dataclass(frozen=True, slots=True)
class Operation:
    """Filters joined: ``all`` (of nothing: everything), ``any``, or ``not`` of its one part."""

    kind: Literal["all", "any", "not"]
    parts: tuple[Filter, ...]


Filter = Match | Operation


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a projection; ``order`` is ``first`` (as observed), ``alpha``, ``num``, or ``fixed``: ``values``."""

    key: str
    order: str = "first"
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: TokenKind
    text: str
    at: int
    quoted: bool = False

    def is_(self, operator: str) -> bool:
        return self.kind == "operator" and self.text == operator


def parse_filter(text: str) -> Filter:
    """Read a filter expression. Raises UsageError."""
    reader = _Reader(text, "-filter")
    found = reader.any_of()
    reader.end()
    return found


def parse_projection(text: str, option: str) -> tuple[Field, ...]:
    """Read a projection, the value of ``option``. Raises UsageError."""
    reader = _Reader(text, option)
    fields: list[Field] = []
    while (token := reader.peek()).kind != "end":
        if token.is_(",") and fields:
            reader.take()
        fields.append(reader.field())
    return tuple(fields)


class _Reader:
    """Reads tokens of one expression; a regular expression is one only where a value may stand."""

    def __init__(self, text: str, option: str) -> None:
        self._text = text
        self._option = option
        self._at = 0
        self._depth = 0

    # --- filters ---

    def any_of(self) -> Filter:
        """Read terms joined by OR."""
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail("nested too deeply", self._at)
        terms = [self._all_of()]
        while _is_word(self.peek(), "OR"):
            self.take()
            terms.append(self._all_of())
        self._depth -= 1
        return terms[0] if len(terms) == 1 else Operation("any", tuple(terms))

    def _all_of(self) -> Filter:
        terms = [self._term()]
        while True:
            token = self.peek()
            if _is_word(token, "AND"):
                self.take()
            elif token.kind == "end" or token.is_(")") or _is_word(token, "OR"):
                return terms[0] if len(terms) == 1 else Operation("all", tuple(terms))
            elif token.kind == "word" or token.text in {"(", "-", "*"}:
                terms.append(self._term())
            else:
                self._fail(f"unexpected {token.text!r}", token.at)

    def _term(self) -> Filter:
        token = self.take()
        if token.is_("("):
            found = self.any_of()
            if not self.peek().is_(")"):
                self._fail('missing ")"', self.peek().at)
            self.take()
            return found
        if token.is_("-"):
            return self._negated()
        if token.is_("*"):
            return Operation("all", ())
        if token.kind != "word" or _is_word(token, "AND", "OR"):
            self._fail("expected key:value or subexpression", token.at)
        if not self.take().is_(":"):
            self._fail("expected key:value", token.at)
        return self._values(token)

    def _negated(self) -> Filter:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail("nested too deeply", self._at)
        found = Operation("not", (self._term(),))
        self._depth -= 1
        return found

    def _values(self, key: _Token) -> Filter:
        if key.text == ".config":
            self._fail(".config is only allowed in projections", key.at)
        value = self.take(value=True)
        if not value.is_("("):
            return self._match(key, value)
        terms: list[Filter] = []
        while True:
            terms.append(self._match(key, self.take(value=True)))
            token = self.take(value=True)
            if token.is_(")"):
                return Operation("any", tuple(terms))
            if not _is_word(token, "OR"):
                self._fail("value list must be separated by OR", token.at)

    def _match(self, key: _Token, value: _Token) -> Match:
        if value.kind not in {"word", "regexp"} or _is_word(value, "AND", "OR"):
            self._fail("expected key:value", key.at)
        if not key.text:
            self._fail("key must not be empty", key.at)
        if value.kind == "word":
            return Match(key.text, value.text)
        try:
            return Match(key.text, value.text, re.compile(value.text))
        except (re.error, OverflowError, RecursionError) as error:
            self._fail(f"error parsing regexp: {error}", value.at)

    # --- projections ---

    def field(self) -> Field:
        """Read one key with its order."""
        key = self.take()
        if key.kind != "word":
            self._fail("expected key", key.at)
        if not self.peek().is_("@"):
            return self._checked(key, Field(key.text), key.at)
        self.take()
        order = self.take()
        if order.kind == "word":
            return self._checked(key, Field(key.text, order.text), order.at)
        if not order.is_("("):
            self._fail("expected named sort order or parenthesized list", order.at)
        values: list[str] = []
        while (token := self.take()).kind == "word":
            values.append(token.text)
        if not token.is_(")") or not values:
            self._fail("missing )" if values else "nothing to match", token.at)
        return self._checked(key, Field(key.text, "fixed", tuple(values)), order.at)

    def _checked(self, key: _Token, field: Field, order_at: int) -> Field:
        if not key.text:
            self._fail("key must not be empty", key.at)
        if key.text == ".unit":
            self._fail(".unit is only allowed in filters", key.at)
        if key.text == ".config" and field.values:
            self._fail("fixed order not allowed for .config", order_at)
        if not field.values and field.order not in {"first", "alpha", "num"}:
            self._fail(f'unknown order "{field.order}"', order_at)
        return field

    # --- tokens ---

    def end(self) -> None:
        """Check that all of the text was read."""
        token = self.peek()
        if token.kind != "end":
            self._fail(f"unexpected {token.text!r}", token.at)

    def peek(self) -> _Token:
        """Look at the next token."""
        at = self._at
        token = self.take()
        self._at = at
        return token

    def take(self, *, value: bool = False) -> _Token:
        """Read the next token; only a ``value`` may be a regular expression."""
        text = self._text
        while self._at < len(text) and text[self._at].isspace():
            self._at += 1
        start = self._at
        if start == len(text):
            return _Token("end", "", start)
        first = text[start]
        if first in _OPERATORS or first in _FIRST_ONLY:
            self._at += 1
            return _Token("operator", first, start)
        if value and first == "/":
            return self._regexp(start)
        if first == '"':
            return self._quoted(start)
        while self._at < len(text) and not (text[self._at].isspace() or text[self._at] in _OPERATORS):
            self._at += 1
        return _Token("word", text[start : self._at], start)

    def _quoted(self, start: int) -> _Token:
        word, at = "", start + 1
        while at < len(self._text) and self._text[at] != '"':
            if self._text[at] == "\\":
                at += 1
                if self._text[at : at + 1] not in _ESCAPES:
                    self._fail("bad escape sequence", at)
                word += _ESCAPES[self._text[at]]
            else:
                word += self._text[at]
            at += 1
        if at >= len(self._text):
            self._fail("missing end quote", start)
        self._at = at + 1
        return _Token("word", word, start, quoted=True)

    def _regexp(self, start: int) -> _Token:
        """Read up to the first ``/`` that is in no class, no group and not escaped."""
        at, in_class, in_group = start + 1, 0, 0
        while at < len(self._text):
            here = self._text[at]
            if here == "/" and not in_class and not in_group:
                break
            if here == "\\":
                at += 1
            elif here in "[]":
                in_class = max(0, in_class + (1 if here == "[" else -1))
            elif here in "()" and not in_class:
                in_group += 1 if here == "(" else -1
            at += 1
        if at >= len(self._text):
            self._fail('missing close "/"', start)
        self._at = at + 1
        after = self._text[at + 1 : at + 2]
        if after and not (after.isspace() or after in _OPERATORS or after in _FIRST_ONLY):
            self._fail('regexp must be followed by space or an operator (unescaped "/"?)', at + 1)
        return _Token("regexp", self._text[start + 1 : at], start)

    def _fail(self, message: str, at: int) -> NoReturn:
        raise UsageError(f"parsing {self._option}: syntax error: {message}\n\t{self._text}\n\t{' ' * at}^")


def _is_word(token: _Token, *words: str) -> bool:
    return token.kind == "word" and not token.quoted and token.text in words
