r"""A profile as folded stacks, for flamegraph.pl, inferno, speedscope: ``root;caller;leaf 12``.

Rules: one sample type; files, lines and labels are lost. Equal stacks are added up, in the order of their first sample;
a stack that adds up to 0 stays out. The format has no escapes: a semicolon inside a name (Go's generic types can hold
one), a line break and a space before a last number are spelt ``\x3b``, ``\x0a``, ``\x20``, a backslash that would look
like such a spelling ``\x5c``, so that `decode.folded` reads back the same names. An empty stack is ``(no stack)``.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline.model.profile import Profile
from pipeline.render.frames import location_frames, root_first

_AMBIGUOUS: Final = re.compile(r"\\(?=x(?:3b|5c|20))|[;\r\n]| (?=-?[0-9]+\Z)", re.ASCII)
_SPELT: Final = {";": "\\x3b", "\\": "\\x5c", "\r": "\\x0d", "\n": "\\x0a", " ": "\\x20"}
_NO_STACK: Final = "(no stack)"


def folded(profile: Profile, index: int) -> bytes:
    """Write the values of sample type ``index``, in its own unit."""
    names = [";".join(_name(name) for name, _, _ in frames) for frames in location_frames(profile)]
    sums: dict[str, int] = {}
    for stack, value in zip(root_first(profile), profile.samples.values[:, index].tolist(), strict=True):
        text = ";".join(names[location] for location in stack) or _NO_STACK
        sums[text] = sums.get(text, 0) + value
    return "".join(f"{text} {value}\n" for text, value in sums.items() if value).encode()


def _name(name: str) -> str:
    spelt = _AMBIGUOUS.sub(lambda match: _SPELT[match[0]], name).strip()
    return spelt or "(unnamed)"
