"""Go's regular expressions (RE2 syntax), parsed into a tree of plain tuples.

Rules: what Go accepts is accepted and what Go refuses (lookaround, backreferences) is refused with Go's words. Groups
do not capture: a report only asks whether a text matches. Syntax: https://pkg.go.dev/regexp/syntax.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Ranges = tuple[tuple[int, int], ...]

MAX_REPEAT: Final = 1000
MAX_DEPTH: Final = 100


class PatternError(ValueError):
    """A pattern Go would refuse; the message is Go's."""

    def __init__(self, reason: str, part: str) -> None:
        super().__init__(f"error parsing regexp: {reason}: `{part}`")


@dataclass(frozen=True, slots=True)
class Chars:
    """One character: in ``ranges`` or in a Unicode ``category``, or in neither when ``negated``."""

    ranges: Ranges
    categories: tuple[tuple[str, bool], ...] = ()
    negated: bool = False
    fold: bool = False

    def accepts(self, char: str) -> bool:
        """Tell whether the character matches."""
        variants = {char, char.lower(), char.upper(), char.casefold()} if self.fold else {char}
        return any(self._holds(one) for one in variants if len(one) == 1) != self.negated

    def _holds(self, char: str) -> bool:
        code = ord(char)
        if any(low <= code <= high for low, high in self.ranges):
            return True
        return any(unicodedata.category(char).startswith(name) != flip for name, flip in self.categories)


@dataclass(frozen=True, slots=True)
class Assertion:
    """A place: ``^ $`` of text (``A``, ``z``) or line (``^``, ``$``), word boundary ``b`` or none ``B``."""

    kind: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part ``low`` to ``high`` times, -1 for no limit."""

    part: Node
    low: int
    high: int


Node = Chars | Assertion | Sequence | Choice | Repeat

_TOP: Final = 0x10FFFF
_DIGIT: Final[Ranges] = ((48, 57),)
_WORD: Final[Ranges] = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Final[Ranges] = ((9, 10), (12, 13), (32, 32))
_PERL: Final[dict[str, Ranges]] = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_POSIX: Final[dict[str, Ranges]] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": _DIGIT,
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": _WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
_CATEGORY: Final = re.compile("C[cfos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?")
_ESCAPES: Final = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}


def invert(ranges: Ranges) -> Ranges:
    """List the characters that are in no range."""
    result: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            result.append((start, low - 1))
        start = max(start, high + 1)
    if start <= _TOP:
        result.append((start, _TOP))
    return tuple(result)


def parse(text: str) -> Node:
    """Parse a pattern; raises PatternError with Go's message."""
    reader = _Reader(text)
    node = reader.choice()
    if reader.more():
        raise PatternError("unexpected )", text)
    return node


class _Reader:
    """One pass over a pattern; flags live while their group does."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.flags = frozenset[str]()
        self.depth = 0

    def more(self) -> bool:
        return self.at < len(self.text)

    def take(self, literal: str) -> bool:
        found = self.text.startswith(literal, self.at)
        self.at += len(literal) if found else 0
        return found

    def choice(self) -> Node:
        parts = [self.sequence()]
        while self.take("|"):
            parts.append(self.sequence())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def sequence(self) -> Node:
        parts: list[Node] = []
        while self.more() and self.text[self.at] not in "|)":
            start = self.at
            sign = self.text[self.at]
            if sign in "*+?" or (sign == "{" and self._counts() is not None):
                raise PatternError("missing argument to repetition operator", sign)
            self.at = start
            if self.take("\\Q"):
                parts.extend(self._quoted())
            elif (node := self.atom()) is not None:
                parts.append(self._repeated(node, start))
        return Sequence(tuple(parts))

    def _quoted(self) -> list[Node]:
        end = self.text.find("\\E", self.at)
        body = self.text[self.at :] if end < 0 else self.text[self.at : end]
        self.at = len(self.text) if end < 0 else end + 2
        return [self.literal(ord(char)) for char in body]

    def _repeated(self, node: Node, start: int) -> Node:
        previous = -1
        while self.more():
            begin = self.at
            counts = self._operator()
            if counts is None:
                return node
            low, high = counts
            self.take("?")
            if previous >= 0:
                raise PatternError("invalid nested repetition operator", self.text[previous : self.at])
            if high > MAX_REPEAT or low > MAX_REPEAT or (high >= 0 and low > high):
                raise PatternError("invalid repeat count", self.text[begin : self.at])
            previous = begin
            node = Repeat(node, low, high)
            if _copies(node) > MAX_REPEAT:
                raise PatternError("invalid repeat count", self.text[start : self.at])
        return node

    def _operator(self) -> tuple[int, int] | None:
        for sign, counts in (("*", (0, -1)), ("+", (1, -1)), ("?", (0, 1))):
            if self.take(sign):
                return counts
        return self._counts() if self.text.startswith("{", self.at) else None

    def _counts(self) -> tuple[int, int] | None:
        """Read ``{n}``, ``{n,}`` or ``{n,m}``; anything else is literal text and nothing is read."""
        end = self.text.find("}", self.at)
        body = self.text[self.at + 1 : end] if end > 0 else ""
        low, comma, high = body.partition(",")
        if not (low.isascii() and low.isdigit()) or (high and not (high.isascii() and high.isdigit())):
            return None
        self.at = end + 1
        return _count(low), _count(low) if not comma else _count(high) if high else -1

    def atom(self) -> Node | None:
        """Read one item; None for a flag setting, which matches nothing and changes what follows."""
        simple: dict[str, Callable[[], Node]] = {"^": self._begin, "$": self._end, ".": self._any, "[": self._bracket}
        sign = self.text[self.at]
        if sign == "(":
            return self._group()
        if sign in simple:
            self.at += 1
            return simple[sign]()
        if sign == "\\":
            return self._escape()
        self.at += 1
        return self.literal(ord(sign))

    def literal(self, code: int) -> Chars:
        return Chars(((code, code),), fold="i" in self.flags)

    def _begin(self) -> Node:
        return Assertion("^" if "m" in self.flags else "A")

    def _end(self) -> Node:
        return Assertion("$" if "m" in self.flags else "z")

    def _any(self) -> Node:
        return Chars(((0, _TOP),) if "s" in self.flags else invert(((10, 10),)))

    def _group(self) -> Node | None:
        start = self.at
        self.at += 1
        self.depth += 1
        outer = self.flags
        if self.depth > MAX_DEPTH:
            raise PatternError("expression nests too deeply", self.text)
        if self.take("?") and not self._named(start) and self._set_flags(start):
            self.depth -= 1
            return None
        node = self.choice()
        if not self.take(")"):
            raise PatternError("missing closing )", self.text)
        self.flags = outer
        self.depth -= 1
        return node

    def _named(self, start: int) -> bool:
        if not (self.take("P<") or (not self.text.startswith(("<=", "<!"), self.at) and self.take("<"))):
            return False
        end = self.text.find(">", self.at)
        name = self.text[self.at : end] if end >= 0 else ""
        if not name or not all(char.isalnum() or char == "_" for char in name):
            raise PatternError("invalid named capture", self.text[start : end + 1 if end >= 0 else len(self.text)])
        self.at = end + 1
        return True

    def _set_flags(self, start: int) -> bool:
        """Read ``flags)`` (True: they hold for the rest of the group) or ``flags:`` (False: for this group)."""
        flags, clear = set(self.flags), False
        while self.more():
            sign = self.text[self.at]
            self.at += 1
            if sign in ":)":
                self.flags = frozenset(flags)
                return sign == ")"
            if sign == "-" and not clear:
                clear = True
            elif sign in "imsU":
                flags = flags - {sign} if clear else flags | {sign}
            else:
                break
        raise PatternError("invalid or unsupported Perl syntax", self.text[start : self.at])

    def _escape(self) -> Node:
        sign = self.text[self.at + 1 : self.at + 2]
        if sign in {"A", "z", "b", "B"}:
            self.at += 2
            return Assertion(sign)
        return self._class_escape() or self.literal(self._code())

    def _class_escape(self) -> Chars | None:
        r"""Read ``\d \W \pL \P{Lu}`` …"""
        sign = self.text[self.at + 1 : self.at + 2]
        if sign and sign.lower() in _PERL:
            self.at += 2
            ranges = _PERL[sign.lower()]
            return Chars(ranges if sign.islower() else invert(ranges), fold="i" in self.flags)
        if sign not in {"p", "P"}:
            return None
        start = self.at
        self.at += 2
        braced = self.take("{")
        end = self.text.find("}", self.at) if braced else self.at + 1
        name = self.text[self.at : end] if end >= 0 else ""
        flipped = name.startswith("^")
        self.at = end + 1 if braced and end >= 0 else self.at + 1
        if name.lstrip("^") == "Any":
            return Chars(((0, _TOP),) if (sign == "P") == flipped else ())
        if not _CATEGORY.fullmatch(name.lstrip("^")):
            raise PatternError("invalid character class range", self.text[start : self.at])
        return Chars((), ((name.lstrip("^"), (sign == "P") != flipped),))

    def _code(self) -> int:
        r"""Read the character a backslash stands for: ``\.``, ``\n``, ``\x41``, ``\x{1F600}``, ``\101``."""
        start = self.at
        self.at += 2
        sign = self.text[start + 1 : start + 2]
        if not sign:
            raise PatternError("trailing backslash at end of expression", "")
        if sign in _ESCAPES:
            return _ESCAPES[sign]
        if sign == "x":
            return self._hex(start)
        if sign == "0" or (sign in "1234567" and self.text[self.at : self.at + 1] in tuple("01234567")):
            digits = sign
            while len(digits) < 3 and self.text[self.at : self.at + 1] in tuple("01234567"):
                digits += self.text[self.at]
                self.at += 1
            return int(digits, 8)
        if ord(sign) < 128 and not sign.isalnum():
            return ord(sign)
        raise PatternError("invalid escape sequence", self.text[start : self.at])

    def _hex(self, start: int) -> int:
        if self.take("{"):
            end = self.text.find("}", self.at)
            digits = self.text[self.at : end] if end >= 0 else ""
            self.at = end + 1 if end >= 0 else self.at
        else:
            digits = self.text[self.at : self.at + 2]
            self.at += 2
            digits = digits if len(digits) == 2 else ""
        try:
            code = int(digits, 16)
        except ValueError:
            code = _TOP + 1
        if code > _TOP or not digits.isalnum():
            raise PatternError("invalid escape sequence", self.text[start : self.at])
        return code

    def _bracket(self) -> Node:
        start = self.at - 1
        negated = self.take("^")
        ranges: list[tuple[int, int]] = []
        categories: list[tuple[str, bool]] = []
        first = True
        while first or not self.text.startswith("]", self.at):
            if not self.more():
                raise PatternError("missing closing ]", self.text[start:])
            first = False
            found = self._posix() or (self._class_escape() if self.text.startswith("\\", self.at) else None)
            if found is not None:
                ranges.extend(found.ranges)
                categories.extend(found.categories)
            else:
                ranges.append(self._range())
        self.at += 1
        return Chars(tuple(ranges), tuple(categories), negated, fold="i" in self.flags)

    def _posix(self) -> Chars | None:
        if not self.text.startswith("[:", self.at):
            return None
        end = self.text.find(":]", self.at)
        if end < 0:
            return None
        name = self.text[self.at + 2 : end]
        if name.removeprefix("^") not in _POSIX:
            raise PatternError("invalid character class range", self.text[self.at : end + 2])
        self.at = end + 2
        ranges = _POSIX[name.removeprefix("^")]
        return Chars(invert(ranges) if name.startswith("^") else ranges)

    def _range(self) -> tuple[int, int]:
        start = self.at
        low = high = self._class_char()
        if self.text.startswith("-", self.at) and self.text[self.at + 1 : self.at + 2] not in {"", "]"}:
            self.at += 1
            high = self._class_char()
        if low > high:
            raise PatternError("invalid character class range", self.text[start : self.at])
        return low, high

    def _class_char(self) -> int:
        if not self.more():
            raise PatternError("missing closing ]", self.text)
        if self.text[self.at] == "\\":
            return self._code()
        self.at += 1
        return ord(self.text[self.at - 1])


def _count(digits: str) -> int:
    """Read a count; how far past the limit it is does not matter."""
    return int(digits[:6]) if len(digits) < 6 else MAX_REPEAT + 1


def _copies(node: Node) -> int:
    """Count how often the innermost repeated part would be written out."""
    match node:
        case Repeat(part, low, high):
            return max(low, high, 1) * _copies(part)
        case Sequence(parts) | Choice(parts):
            return max((_copies(part) for part in parts), default=1)
        case _:
            return 1
