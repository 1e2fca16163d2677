"""Reading text profiles line by line, with the number and address rules all legacy formats share.

Rules: lines, numbers and hexadecimal addresses are read as pprof reads them, so that the same files are accepted. A
line that does not fit raises ``text_corrupt`` with its number.
"""

from __future__ import annotations

import math
import re

from pipeline.decode.clean import clean_text, excerpt
from pipeline.errors import DecodeError
from pipeline.model.finding import Finding

MASK = (1 << 64) - 1
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""White space by Go's rules: Python's strip also takes the separators U+001C to U+001F."""
_INT64 = 1 << 63
_HEX = re.compile(r"0x([0-9a-f]+)")
_MAP_SENTINELS = ("--- Memory map: ---", "MAPPED_LIBRARIES:")


def incomplete(told: int, found: int, what: str) -> tuple[Finding, ...]:
    """Doubt a text whose lines do not add up to the total of its header."""
    if told == found:
        return ()
    message = f"the header says {told:,} {what}, the lines add up to {found:,}: some are missing or changed"
    cure = "The text was cut or edited; collect the profile again, without debug=1."
    return (Finding("text_incomplete", "warning", message, cure=cure),)


class Lines:
    """A cursor over the lines of a text; ``text`` is the current one, empty before the first and after the last."""

    def __init__(self, data: bytes) -> None:
        body = data.decode("utf-8", "replace").removeprefix("\ufeff")
        self._lines = body.removesuffix("\n").split("\n") if body else []
        self._ends_with_newline = body.endswith("\n")
        self._next = 0
        self.text = ""

    @property
    def unfinished(self) -> bool:
        """Whether the current line is the last and was not ended: it may be cut."""
        return self._next == len(self._lines) and not self._ends_with_newline

    def advance(self) -> bool:
        """Go to the next line; False at the end."""
        if self._next >= len(self._lines):
            self.text = ""
            return False
        self.text = self._lines[self._next].removesuffix("\r")
        self._next += 1
        return True

    def advance_to_content(self) -> None:
        """Go to the next line that is neither blank nor a comment."""
        while self.advance() and is_blank_or_comment(self.text):
            pass

    def rest(self) -> bytes:
        """Give the current line and all after it, for a reader of bytes."""
        return "\n".join((self.text, *self._lines[self._next :])).encode()

    def corrupt(self, expected: str) -> DecodeError:
        """Make the error for the current line."""
        found = f"line {self._next} of the text is not {expected}: {excerpt(clean_text(self.text))}"
        return DecodeError("text_corrupt", found, cure="The text was cut or changed; fetch it again without debug=1.")


def is_blank_or_comment(line: str) -> bool:
    """Tell lines that hold nothing for pprof."""
    stripped = line.strip(SPACE)
    return not stripped or stripped.startswith("#")


def is_map_sentinel(line: str) -> bool:
    """Tell the line after which the memory map follows."""
    return any(sentinel in line for sentinel in _MAP_SENTINELS)


def parse_integer(text: str, base: int = 10) -> int:
    """Read an int64 as Go does; base 0 knows 0x, 0o, 0b and a leading 0 for octal. Raises ValueError."""
    if base == 0 and len(text) > 1 and text.startswith("0") and text.isdigit():
        base = 8
    value = int(text, base)
    if not -_INT64 <= value < _INT64:
        raise ValueError(text)
    return value


def parse_addresses(text: str) -> list[int]:
    """Read every 0x… number of a text. Raises ValueError for one that does not fit 64 bits."""
    addresses = [int(digits, 16) for digits in _HEX.findall(text)]
    if any(address > MASK for address in addresses):
        raise ValueError(text)
    return addresses


def wrap(value: int) -> int:
    """Wrap an integer into int64, as Go's arithmetic does."""
    return (value + _INT64 & MASK) - _INT64


def truncate(value: float) -> int:
    """Convert a float to int64 as Go does on amd64: what does not fit becomes the smallest number."""
    if not math.isfinite(value) or not -_INT64 <= value < _INT64:
        return -_INT64
    return int(value)


def unsample(count: int, size: int, rate: int) -> tuple[int, int]:
    """Estimate what was allocated from what was sampled.

    A block of s bytes is sampled with probability 1 - exp(-s / rate) when sampling is a Poisson process; each sample
    stands for the inverse of that many (the heapz v2 rule of gperftools and Go).
    """
    if count == 0 or size == 0:
        return 0, 0
    if rate <= 1:
        return count, size
    scale = _inverse(1 - _exp(-(float(size) / float(count)) / rate))
    return truncate(count * scale), truncate(size * scale)


def _exp(power: float) -> float:
    return math.exp(power) if power < 709 else math.inf


def _inverse(chance: float) -> float:
    return 1 / chance if chance else math.inf
