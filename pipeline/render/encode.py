"""The encoders: foreign text enters each kind of document through exactly one function of this module (HTML: `env`).

Rules: profile text is hostile. Characters that steer a terminal, a text direction or a parser never reach a page as
themselves; an encoder never needs to know where its text came from. Pure.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Any, Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9]")
_YAML_PLAIN: Final = re.compile(r"[ !#-\[\]-~]")
_URL_SAFE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
_URL_PLAIN: Final = re.compile(r"[A-Za-z0-9._~/-]*")
_FRAGMENT_SAFE: Final = _URL_SAFE | frozenset(b"!()*,:;@")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_WORD_CHARS: Final = r"A-Za-z0-9()%.,:;?'/+×÷±µ∞→–−…=\N{NO-BREAK SPACE}-"
_PLAIN_WORD: Final = re.compile(rf"[{_WORD_CHARS}]+")
_TAKEN: Final = re.compile(
    r"//|www\.|(?<![A-Za-z0-9.])[0-9a-f]{7,}(?![A-Za-z0-9.])|[A-Za-z]-[0-9]|--|\.\.|:[a-z0-9+-]+:", re.IGNORECASE
)
"""What a reader may take for a link, a commit, an issue, punctuation or an emoji."""
_STARTER: Final = re.compile(r"[-+=.:–−]*|\d+[.)]")
_KEPT: Final = frozenset("\n\t")
_MOST_SPELT: Final = 4096
_ISLAND: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def visible(text: str) -> str:
    """Spell out the characters a reader cannot see: controls, direction marks, zero-width and private ones."""
    return text if text.isprintable() else text.translate(_SPELT)


class _Spelt(dict[int, str]):
    """How each character is shown; found out when it is first met."""

    def __missing__(self, code: int) -> str:
        shown = chr(code)
        if shown not in _KEPT and unicodedata.category(shown) in _HIDDEN_CATEGORIES:
            shown = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
        if len(self) < _MOST_SPELT:
            self[code] = shown
        return shown


_SPELT: Final = _Spelt()


def json_text(value: Any) -> str:
    """Write JSON that is safe inside a ``<script>`` element: sorted, compact, no ``<``, ``>``, ``&``, U+2028/9.

    Raises ValueError on NaN and infinities: they are not JSON.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for char, escape in _ISLAND.items():
        text = text.replace(char, escape)
    return text


def markdown(text: str) -> str:
    """Write text into a Markdown document: every character but letters, digits and spaces as a numeric entity."""
    return "".join(char if char == " " or _PLAIN.match(char) else f"&#{ord(char)};" for char in visible(text))


def code_span(text: str, *, table: bool = False) -> str:
    """Write text as a code span of Markdown, one line with a fence no text can close; ``table``: for a table's cell."""
    plain = re.sub(r"[\n\t]", " ", visible(text)) or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", plain)), default=0) + 1)
    pad = " " if plain[0] in "` " or plain[-1] in "` " else ""
    return f"{fence}{pad}{plain.replace('|', chr(92) + '|') if table else plain}{pad}{fence}"


def markdown_words(text: str) -> str:
    """Write a sentence into Markdown: what Markdown or HTML would act on is escaped, the rest stays readable."""
    plain = " ".join(visible(text).split())
    return re.sub(r"[\\`*_{}\[\]<>()#+!|~&@:$^=]|(?<=www)\.", lambda found: f"&#{ord(found[0])};", plain)


def yaml_text(text: str) -> str:
    """Write text as a double-quoted YAML scalar, in ASCII: no tag, anchor, comment or line can be made of it."""
    plain = (char if _YAML_PLAIN.match(char) else f"\\U{ord(char):08x}" for char in visible(text))
    return f'"{"".join(plain)}"'


def search_text(text: str) -> str:
    """Write text for the search index, whose reader takes entries as HTML."""
    escaped = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace('"', "&quot;").replace("'", "&#39;")


def url_path(path: str) -> str:
    """Write a ``/``-separated path as part of a URL: UTF-8, percent-encoded."""
    if _URL_PLAIN.fullmatch(path):
        return path
    data = path.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte in _URL_SAFE else f"%{byte:02X}" for byte in data)


def fragment_value(text: str) -> str:
    """Write a text as a value in a URL's fragment; what is no character (a lone surrogate) becomes a question mark."""
    data = text.encode("utf-8", "replace")
    return "".join(chr(byte) if byte in _FRAGMENT_SAFE else f"%{byte:02X}" for byte in data)


def safe_name(text: str) -> str:
    """Turn a label into one path segment: itself when it is plain, else a readable form with a digest against mix-ups.

    The result matches ``[A-Za-z0-9][A-Za-z0-9._-]*`` and never holds ``..``.
    """
    if _NAME.fullmatch(text) and ".." not in text:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    readable = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:60]
    return f"{readable}-{digest}" if readable else f"x-{digest}"


def anchor(*parts: str) -> str:
    """Make an id that is safe in HTML, CSS and a URL fragment, and different for different parts."""
    joined = "-".join(parts)
    plain = re.sub(r"[^a-z0-9]+", "-", joined.lower()).strip("-")
    if all(re.fullmatch(r"[a-z0-9_]+", part) for part in parts) and joined[:1].isalpha():
        return joined
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{plain[:60]}-{digest}" if plain[:1].isalpha() else f"x-{plain[:60]}-{digest}"


def prose(text: str) -> str:
    """Write a sentence into Markdown: plain words stay as they are, all that could be more becomes code.

    A word is plain when no reader takes it for markup, a mention, an issue, a commit or a link.
    """
    parts: list[str] = []
    coded: list[str] = []
    for word in " ".join(visible(text).split()).split(" "):
        begins = not parts and not coded
        if _PLAIN_WORD.fullmatch(word) and not _TAKEN.search(word) and not (begins and _STARTER.fullmatch(word)):
            parts += [_coded(coded)] if coded else []
            parts.append(word)
            coded = []
        else:
            coded.append(word)
    return " ".join([*parts, *([_coded(coded)] if coded else [])])


def _coded(words: list[str]) -> str:
    """Write words as code, without the punctuation that ends them."""
    text = " ".join(words)
    core = text.rstrip(",;:.")
    return code_span(core) + text[len(core) :] if core else code_span(text)
