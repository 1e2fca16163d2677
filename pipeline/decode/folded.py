r"""Folded stacks: ``root;caller;leaf 12``, a line for each stack, as stackcollapse scripts write them.

Rules: every line is a stack, its root first, and a whole number; a line that is not refuses the file with its number.
Lines of one stack stay samples of their own. The format has no escapes, so a semicolon inside a name (Go's generic
types can hold one) is lost in foreign files; ours spell it ``\x3b``, which is read back. A file of two columns
(difffolded) is refused: the first would be taken for a part of the name.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline.decode.clean import clean_text, excerpt
from pipeline.decode.table_builder import TableBuilder
from pipeline.errors import DecodeError
from pipeline.model.profile import Profile, SampleType

_COUNT: Final = re.compile(r"-?[0-9]+", re.ASCII)
_SPACE: Final = " \t"
_ESCAPE: Final = re.compile(r"\\x(3b|5c|20)")
_NO_STACK: Final = "(no stack)"
_LARGEST: Final = 2**63
_HEAD_LINES: Final = 50
_CURE: Final = "Write the stacks again; each line is `root;caller;leaf COUNT`."


def is_folded(head: str) -> bool:
    """Tell whether each line of a text's beginning ends with a count, and one is a stack of two frames at least.

    The last line may be cut, so it does not count unless it is the only one.
    """
    lines = [line for line in head.removeprefix("\ufeff").split("\n")[:_HEAD_LINES] if line.strip()]
    found = [_split(line) for line in (lines[:-1] or lines)]
    return all(found) and any(entry and ";" in entry[0] and _is_stack(entry[0]) for entry in found)


def decode_folded(data: bytes) -> Profile:
    """Decode folded stacks as samples/count. Raises DecodeError ``text_corrupt`` with the line."""
    builder = TableBuilder()
    locations: dict[str, int] = {}
    two_columns = True
    for number, line in enumerate(data.decode("utf-8", "replace").removeprefix("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        entry = _split(line)
        if entry is None or not _is_stack(entry[0]) or not -_LARGEST <= entry[1] < _LARGEST:
            raise _corrupt(f"line {number} is no stack with a whole number: {excerpt(clean_text(line))}")
        stack, count = entry
        two_columns = two_columns and _split(stack) is not None
        frames = [] if stack == _NO_STACK else stack.split(";")
        for name in frames:
            if name not in locations:
                locations[name] = builder.frame(_unescape(name), "", 0)
        builder.add([locations[name] for name in reversed(frames)], (count,))
    if two_columns and builder.stacks:
        raise _corrupt("each line ends with two numbers: this is the difference of two profiles")
    builder.order_locations()
    return builder.build("folded", (SampleType("samples", "count"),), period_type=None, period=0)


def _split(line: str) -> tuple[str, int] | None:
    """Split a line into its stack and its count."""
    text = line.removesuffix("\r").rstrip(_SPACE)
    end = max(text.rfind(character) for character in _SPACE) + 1
    stack, digits = text[:end].rstrip(_SPACE), text[end:]
    return (stack, _whole(digits)) if stack and _COUNT.fullmatch(digits) else None


def _is_stack(text: str) -> bool:
    """Tell whether no frame is empty or begins with a space, as when a name was cut at its own semicolon."""
    return not (
        text.startswith((";", *_SPACE)) or text.endswith(";") or any(pair in text for pair in (";;", "; ", ";\t"))
    )


def _whole(digits: str) -> int:
    return int(digits) if len(digits) <= 20 else _LARGEST


def _unescape(name: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), name) if "\\" in name else name


def _corrupt(message: str) -> DecodeError:
    return DecodeError("text_corrupt", f"folded stacks: {message}", cure=_CURE)
