r"""Text cleaning: profile text is hostile, and this is the one place where it becomes safe to print.

Rules: the result is valid Unicode on one line. What a terminal, a table or an editor would act on instead of showing
(control characters, line breaks, bidirectional controls) becomes its visible escape: ``\x1b``, ``\u202e``. A tab
stays a tab: kernel symbols hold one, and it moves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from pipeline.model.finding import Finding
from pipeline.units import counted

_INVISIBLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_INVISIBLE_ASCII = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def clean_text(text: str) -> str:
    """Make control and bidirectional characters visible."""
    # A substitution would hold an object for each of them: a text of nothing else would take 80 times its size.
    return text.translate(_escapes()) if _INVISIBLE.search(text) else text


@cache
def _escapes() -> dict[int, str]:
    """Map the characters to their escapes; all are of the first plane's lowest or highest part."""
    codes = (*range(0x3000), 0xFEFF)
    return {code: _escape(code) for code in codes if _INVISIBLE.match(chr(code))}


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def clean_bytes(raw: bytes) -> str:
    """Decode UTF-8, invalid bytes as U+FFFD, and make control characters visible."""
    return clean_text(raw.decode("utf-8", "replace"))


def clean_table(table: Iterable[bytes]) -> tuple[list[str], tuple[Finding, ...]]:
    """Clean a string table; one finding says how many texts were changed and shows the first."""
    raw = list(table)
    joined = b"".join(raw)
    if raw and joined.isascii() and not _INVISIBLE_ASCII.search(joined):
        # No text holds a line break, so all are decoded in one go.
        return b"\n".join(raw).decode().split("\n"), ()
    cleaned = [clean_bytes(text) for text in raw]
    changed = [new for old, new in zip(raw, cleaned, strict=True) if old != new.encode()]
    return cleaned, text_cleaned(changed)


def text_cleaned(changed: list[str]) -> tuple[Finding, ...]:
    """Say which texts had to be changed to be shown; no finding when none had."""
    if not changed:
        return ()
    return (
        Finding(
            "text_cleaned",
            "warning",
            f"{counted(len(changed), 'string')} with bytes that are no printable text, shown escaped",
            evidence=excerpt(changed[0]),
            cure="Look at where the profiled program takes its label values and names from.",
        ),
    )


def excerpt(text: str, limit: int = 80) -> str:
    """Cut cleaned text to what a message can carry."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
