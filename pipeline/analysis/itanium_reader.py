"""The cursor that walks along a mangled C++ name, and the names it finds.

Rules: nothing here knows the grammar of names beyond numbers; whatever is not as expected raises `NotUnderstoodError`,
and depth and length are bounded, because symbols come from profiles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

MAX_DEPTH: Final = 60
MAX_TEXT: Final = 16_384


class NotUnderstoodError(Exception):
    """This part of the format is not read here."""


@dataclass(frozen=True, slots=True)
class Name:
    """Readable text, its last component (for constructors), and what the text is the name of.

    Of a type, ``post`` follows whatever is declared: the parameters of a function, the bounds of an array.
    """

    text: str
    last: str = ""
    post: str = ""
    template: bool = False
    function: bool = False
    qualifiers: str = ""

    def show(self) -> str:
        """Write a type out."""
        if not self.post:
            return self.text
        return f"{self.text}{self.post}" if self.function else f"{self.text} {self.post}"

    def decorated(self, sign: str) -> Name:
        """Add ``*``, ``&`` or a qualifier to a type."""
        if self.post and not self.function:
            return Name(f"{self.text} ({sign.strip()}", post=f"){self.post}", function=True)
        return Name(self.text + sign, post=self.post, function=self.function)


@dataclass(slots=True)
class Reader:
    """A symbol being read."""

    text: str
    at: int = 0
    depth: int = 0
    seen: list[Name] = field(default_factory=list)
    arguments: list[Name] = field(default_factory=list)
    in_lambda: int = 0

    def peek(self, count: int = 1) -> str:
        """Look at the next characters without taking them."""
        return self.text[self.at : self.at + count]

    def take(self, literal: str) -> bool:
        """Take a text if it comes next; tells whether it did."""
        found = self.text.startswith(literal, self.at)
        self.at += len(literal) if found else 0
        return found

    def need(self, literal: str) -> None:
        """Take a text that must come next."""
        if not self.take(literal):
            raise NotUnderstoodError

    def add(self, name: Name) -> Name:
        """Remember a part that later parts may refer to by number."""
        # Parts that repeat earlier parts can double in length with every letter of the symbol.
        if len(name.text) + len(name.post) > MAX_TEXT:
            raise NotUnderstoodError
        self.seen.append(name)
        return name

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Go one level down; a symbol that nests without end is given up."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotUnderstoodError
        yield
        self.depth -= 1

    def number(self) -> int:
        """Read a decimal number; ``n`` is a minus sign."""
        found = re.compile(r"n?[0-9]{1,9}(?![0-9])").match(self.text, self.at)
        if not found:
            raise NotUnderstoodError
        self.at = found.end()
        return int(found.group().replace("n", "-"))

    def sequence(self) -> int:
        """Read ``_``, ``0_``, ``1_`` … in base 36: 0, 1, 2 …"""
        end = self.text.find("_", self.at)
        digits = self.text[self.at : end]
        self.at = end + 1
        if end < 0 or not re.fullmatch("[0-9A-Z]*", digits):
            raise NotUnderstoodError
        return int(digits, 36) + 1 if digits else 0

    def ordinal(self) -> int:
        """Read ``_``, ``0_``, ``1_`` … in base 10, from 1."""
        if self.take("_"):
            return 1
        value = self.number()
        self.need("_")
        return value + 2
