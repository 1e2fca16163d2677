"""Keep secrets and paths of this machine out of runs: mask words of a command, text of a log, parts of a URL.

Rules: masking errs on the side of hiding. What follows a telling name (``password=``, ``--token``, ``Authorization:``),
the userinfo and query of a URL, and well-known shapes of keys are replaced by ``***``; nothing else changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

MASK: Final = "***"

_NAME: Final = (
    r"[\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|credentials?|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|auth|authorization|cookie|session[_-]?id|dsn)"
)
_ASSIGNED: Final = re.compile(
    rf"(?i)(?<![\w.-])(-*{_NAME}[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|(?:(?:bearer|basic)\s+)?[^\s\"',;&]+)"
)
_OPTION: Final = re.compile(rf"(?i)^-+{_NAME}$")
_TELLING: Final = re.compile(rf"(?i)^{_NAME}(?:_(?:id|value|file))?$")
_HEADER: Final = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}")
_URL: Final = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)([^\s/?#@\"'<>]*@)?([^\s?#\"'<>]*)([?#][^\s\"'<>]*)?")
_SHAPES: Final = re.compile(
    r"gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{16}|xox[abprs]-[\w-]{10,}"
    r"|eyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*|AIza[\w-]{30,}|sk-[\w-]{20,}"
)
_PEM: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


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


def mask_text(text: str) -> str:
    """Mask what looks like a secret in running text."""
    text = _PEM.sub(MASK, text)
    text = _URL.sub(_clean_url, text)
    text = _HEADER.sub(rf"\1 {MASK}", text)
    text = _ASSIGNED.sub(rf"\g<1>{MASK}", text)
    return _SHAPES.sub(MASK, text)


def mask_keys(text: str) -> str:
    """Mask well-known shapes of keys and nothing else: for text whose lines count, such as source."""
    text = _PEM.sub(lambda match: MASK + "\n" * match.group().count("\n"), text)
    return _SHAPES.sub(MASK, text)


def _clean_url(match: re.Match[str]) -> str:
    scheme, userinfo, rest, tail = match.groups()
    return f"{scheme}{f'{MASK}@' if userinfo else ''}{rest}{f'{tail[0]}{MASK}' if tail else ''}"


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
