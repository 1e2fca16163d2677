"""Text without secrets and without the names of people: what looks like a secret becomes ``***``, a home ``~``.

Rules: masking errs on the side of hiding in running text (notes, comments, logs, command lines): what follows a telling
name (``password=``, ``Authorization:``), the userinfo and query of a URL, and well-known shapes of keys. In names of
code only shapes are masked, since ``auth::token`` is a name there. Nothing else changes.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Final

MASK: Final = "***"
TELLING_NAME: Final = (
    r"[\w.-]{0,200}(?:passw(?:or)?d|passphrase|pwd|secret|token|credentials?|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|auth|authorization|cookie|session[_-]?id|dsn)"
)
_ASSIGNED: Final = re.compile(
    rf"(?i)(?<![\w.-])(-{{0,3}}{TELLING_NAME}[\"']?\s*(?:=|:(?!:))\s*)"
    r"(\"[^\"]*\"|'[^']*'|(?:(?:bearer|basic)\s+)?[^\s\"',;&]+)"
)
_CLEANED: Final = r"(?<=\\x[0-9a-f]{2})|(?<=\\u[0-9a-f]{4})"
"""After a control character as cleaned text spells it, whose last digit is no part of a word."""
_HEADER: Final = re.compile(rf"(?i)(?:\b|{_CLEANED})(bearer|basic)\s+[\w.~+/=-]{{6,}}")
_URL: Final = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,30}://)([^\s/?#@\"'<>]*@)?([^\s?#\"'<>]*)([?#][^\s\"'<>]*)?")
_SHAPE: Final = (
    r"(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|xox[abprs]-[\w-]{10,}|eyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*|AIza[\w-]{30,}|sk-[A-Za-z0-9_-]{20,})"
)
_SHAPES: Final = re.compile(rf"(?:(?<![A-Za-z0-9])|{_CLEANED}){_SHAPE}")
_PEM: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_PLACE: Final = (
    r"(?:/(?:home|Users|export/home|var/home)/[^/\s:;,\"'<>|]+|/root|[A-Za-z]:[\\/]Users[\\/][^\\/\s:;,\"'<>|]+)"
    r"(?=[\\/]|[\s:;,\"'<>|)\]]|$)"
)
_HOME: Final = re.compile(rf"(?:(?<![\w.~-])|{_CLEANED}){_PLACE}")
_IN_BYTES: Final = (re.compile(_SHAPE.encode()), re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY"))
_HOME_IN_BYTES: Final = re.compile(_PLACE.encode())
_KEY_MARKS: Final = (
    "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "AKIA", "ASIA", "xox", "eyJ", "AIza", "sk-",
    "-----BEGIN",
)  # fmt: skip
_HOME_MARKS: Final = ("/home/", "/Users/", "/root", "Users\\", "Users/")
"""Without one of these there is no shape of a key, and no home: a quick look at much text."""
_RANDOM: Final = re.compile(rf"(?:(?<![\w/+.-])|{_CLEANED})" r"[A-Za-z0-9_+/-]{32,}={0,2}(?![\w/+.=-])")
_RANDOM_BITS: Final = 4.2
"""Bits a character: a key in base64 has over 4.5 at this length, a long name in words about 4, a digest in hex 4."""


def mask_text(text: str) -> str:
    """Mask what looks like a secret in running text."""
    text = _PEM.sub(MASK, text)
    text = _URL.sub(_clean_url, text)
    text = _HEADER.sub(rf"\1 {MASK}", text)
    text = _ASSIGNED.sub(_assign_mask, text)
    return _SHAPES.sub(MASK, text)


def mask_keys(text: str) -> str:
    """Mask well-known shapes of keys and nothing else: for names, and text whose lines count, such as source."""
    text = _PEM.sub(lambda match: MASK + "\n" * match.group().count("\n"), text)
    return _SHAPES.sub(MASK, text)


def mask_random(text: str) -> str:
    """Mask words that look drawn by chance: 32 characters or more, of capitals, small letters and digits."""
    return _RANDOM.sub(lambda match: MASK if _is_random(match.group()) else match.group(), text)


def trim_homes(text: str) -> str:
    """Write the home folders of people as ``~``."""
    return _HOME.sub("~", text)


def may_hold_key(text: str) -> bool:
    """Tell whether a text, or any of many joined, may hold the shape of a key."""
    return any(mark in text for mark in _KEY_MARKS)


def may_hold_home(text: str) -> bool:
    """Tell whether a text, or any of many joined, may hold a home folder."""
    return any(mark in text for mark in _HOME_MARKS)


def finds_secret(raw: bytes) -> bool:
    """Tell whether bytes hold the shape of a key, whatever stands before it: the byte there may be its length."""
    return any(mark.encode() in raw for mark in _KEY_MARKS) and any(pattern.search(raw) for pattern in _IN_BYTES)


def finds_home(raw: bytes) -> bool:
    """Tell whether bytes hold a home folder, whatever stands before it."""
    return any(mark.encode() in raw for mark in _HOME_MARKS) and bool(_HOME_IN_BYTES.search(raw))


def _is_random(word: str) -> bool:
    kinds = (str.isupper, str.islower, str.isdigit)
    if not all(any(kind(char) for char in word) for kind in kinds):
        return False
    counts = Counter(word).values()
    return -sum(count / len(word) * math.log2(count / len(word)) for count in counts) >= _RANDOM_BITS


def _assign_mask(match: re.Match[str]) -> str:
    """Keep the quotes of a value, so that JSON stays JSON."""
    name, value = match.groups()
    quote = value[0] if value[0] in "\"'" else ""
    return f"{name}{quote}{MASK}{quote}"


def _clean_url(match: re.Match[str]) -> str:
    scheme, userinfo, rest, tail = match.groups()
    return f"{scheme}{f'{MASK}@' if userinfo else ''}{rest}{f'{tail[0]}{MASK}' if tail else ''}"
