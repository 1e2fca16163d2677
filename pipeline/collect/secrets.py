"""Keep secrets and paths of this machine out of runs: mask words of a command, text of a log, parts of a URL.

Rules: masking errs on the side of hiding; `analysis.masking` says what looks like a secret. Nothing else changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from pipeline.analysis.masking import MASK, TELLING_NAME, mask_keys, mask_text

_OPTION: Final = re.compile(rf"(?i)^-+{TELLING_NAME}$")
_TELLING: Final = re.compile(rf"(?i)^{TELLING_NAME}(?:_(?:id|value|file))?$")

__all__ = [
    "MASK",
    "hidden_parts",
    "hide_paths",
    "is_telling",
    "mask",
    "mask_keys",
    "mask_text",
    "printable",
    "safe_url",
]


def mask(words: Sequence[str]) -> tuple[str, ...]:
    """Mask the words of a command; the word after ``--token`` and its like is masked as a whole."""
    masked: list[str] = []
    hide_next = False
    for word in words:
        masked.append(MASK if hide_next and not word.startswith("-") else mask_text(word))
        hide_next = bool(_OPTION.match(word))
    return tuple(masked)


def hidden_parts(words: Sequence[str]) -> tuple[str, ...]:
    """Give what `mask` hides in the words of a command, so that it can be found in what the command prints."""
    found: list[str] = []
    for word, masked in zip(words, mask(words), strict=True):
        if masked != word:
            kept = "(.*)".join(re.escape(part) for part in masked.split(MASK))
            match = re.fullmatch(kept, word, re.DOTALL)
            found += [part for group in (match.groups() if match else (word,)) for part in re.split(r"[:=&?#@]", group)]
    return tuple(found)


def is_telling(name: str) -> bool:
    """Tell whether a variable's name says that its value is a secret."""
    return bool(_TELLING.match(name))


def hide_paths(text: str, names: Mapping[str, str]) -> str:
    """Write paths of this machine by the names of what they are: longest first, whole parts of a path only."""
    for path in sorted((path for path in names if len(path) > 1), key=len, reverse=True):
        name = names[path].replace("\\", r"\\")
        text = re.sub(rf"(?<![\w.-]){re.escape(path)}(?![\w-]|\.\w)", name, text)
    return text


def safe_url(url: str) -> str:
    """Write a URL for a message: scheme, host, port and path only."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(not a URL)"
    return f"{parts.scheme}://{host}{port}{parts.path}" if parts.scheme else parts.path


def printable(text: str, limit: int = 120) -> str:
    """Make text from outside fit for one line of a message: no control characters, no secrets, not long."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    line = mask_text(line)
    return line if len(line) <= limit else line[: limit - 1] + "…"
