"""The symbols and labels Go writes as comments into its text profiles.

Rules: behind each sample stand lines of PC, ``function+0xOFF`` and ``file:line``, several with one PC where calls were
inlined, innermost first, and ``# labels: {"key":"value"}``. Go leaves out runtime functions at the leaf and goexit at
the root; frames no line names anywhere are dropped from the stacks, which a finding says.
"""

from __future__ import annotations

import re

from pipeline.decode.legacy_text import MASK
from pipeline.decode.table_builder import TableBuilder
from pipeline.model.finding import Finding

_SYMBOL = re.compile(r"#\s+0x([0-9a-f]{1,16})\s+(\S.*)\+0x[0-9a-f]+\s+(\S.*):(\d{1,10})\s*", re.ASCII)
_LABELS = re.compile(r"#\s*labels:\s*\{(.*)\}\s*", re.ASCII)
_PAIR = re.compile(r'("(?:[^"\\]|\\.)*"):("(?:[^"\\]|\\.)*")(?:, |$)')
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))")
_LINE_LIMIT = 4096
_UNICODE_END = 0x110000
_NAMED_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class SymbolLines:
    """Collects the comment lines of a text profile, and applies them to its tables when asked."""

    def __init__(self, builder: TableBuilder) -> None:
        self._builder = builder
        self._sample = -1
        self._symbols: dict[int, list[tuple[str, str, int]]] = {}
        self._open: dict[int, list[tuple[str, str, int]]] = {}
        self._with_symbols: set[int] = set()
        self._labels: list[tuple[int, str, str]] = []

    def sample(self, sample: int) -> None:
        """Say that the lines to come belong to this sample."""
        self._sample = sample
        self._close()

    def read(self, line: str) -> None:
        """Take note of a comment line."""
        if len(line) > _LINE_LIMIT:
            return
        if match := _SYMBOL.fullmatch(line):
            entry = (match[2].rstrip(), match[3], int(match[4]))
            self._open.setdefault(int(match[1], 16), []).append(entry)
            self._with_symbols.add(self._sample)
        elif match := _LABELS.fullmatch(line):
            self._labels += [(self._sample, _unquote(key), _unquote(value)) for key, value in _PAIR.findall(match[1])]

    def apply(self) -> tuple[Finding, ...]:
        """Name the locations, cut what Go hid, and label the samples."""
        self._close()
        for location in self._builder.locations:
            # Old Go versions print the return address, newer ones the call before it.
            for address in (location.address, location.address + 1):
                if frames := self._symbols.get(address):
                    location.lines = [(self._builder.function(name, file), line) for name, file, line in frames]
                    break
        for sample, key, value in sorted(self._labels, key=lambda label: label[0]):
            self._builder.label_text(sample, key, value)
        return self._cut_hidden()

    def _close(self) -> None:
        """Keep the frames of each PC; recursion repeats a PC, so the first sample to name it decides."""
        for address, frames in self._open.items():
            self._symbols.setdefault(address, list(dict.fromkeys(frames)))
        self._open.clear()

    def _cut_hidden(self) -> tuple[Finding, ...]:
        hidden = 0
        locations = self._builder.locations
        for sample, stack in enumerate(self._builder.stacks):
            # Return address 0 pads the stacks of threads that have none.
            stack[:] = [location for location in stack if locations[location].address != MASK]
            if sample in self._with_symbols:
                named = [location for location in stack if locations[location].lines]
                hidden += len(stack) - len(named)
                stack[:] = named
        if not hidden:
            return ()
        message = f"{hidden} runtime frames are missing: Go's text form leaves them out"
        return (Finding("frames_hidden", "info", message, cure="Collect without debug=1 to see them."),)


def _unquote(quoted: str) -> str:
    r"""Undo Go's %q: ``\x`` is a byte, of which several may make a character; the other escapes are characters."""
    pieces = _ESCAPE.split(quoted[1:-1])
    raw = bytearray(pieces[0].encode())
    for byte, short, long, named, text in zip(*(pieces[i::5] for i in range(1, 6)), strict=True):
        if byte:
            raw.append(int(byte, 16))
        elif short or long:
            code = int(short or long, 16)
            raw += chr(code).encode("utf-8", "replace") if code < _UNICODE_END else b"\xff"
        else:
            raw += _NAMED_ESCAPES.get(named, named).encode()
        raw += text.encode()
    return raw.decode("utf-8", "replace")
