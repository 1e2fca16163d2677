"""Names as an enemy would choose them: markup, templates, formulas, controls, and chance; always the same."""

from __future__ import annotations

import random
from typing import Final

COUNT: Final = 450
_CALL: Final = "window.__ran.push({0})"
_SEEDS: Final = (
    "main.Foo[go.shape.struct { A int; B map[string]*pkg.Bar[...] }].Do", "operator[](|`*_#{{7*7}}{% raw %})",
    "<img src=x onerror={0}>", "<svg/onload={0}>", "</script><script>{0}</script>", "</style><script>{0}</script>",
    "</title><script>{0}</script>", "<!--<script>{0}</script>-->", "<iframe srcdoc='<script>parent.{0}</script>'>",
    "' onmouseover='{0}' x='", '" autofocus onfocus="{0}" x="', "`${{0}}`", "javascript:{0}", "[a](javascript:{0})",
    "![i](x)", "<a href=javascript:{0}>a</a>", "x {: onclick={0} }", "{#id .cls}", "*[HTML]: abbr", "| a | b |",
    "a\\|b", "a\\*b", "``", "`", "```\ncode\n```", "--8<-- 'secret.txt'", "&lt;b&gt;&amp;", "&#x3c;script&#x3e;",
    "&colon;",
    "\u202eabc\u202c", "a\x00b\x1b[31mred\x1b]0;t\x07", "a\u2028b\u2029c", "\ufeffa\u200bb\u00ad", "    indented",
    "> quote", "1. list", "# h", "---", "=== 'tab'", "!!! note", "$x^2$", "\\(a\\)", ":smile:", "[^1]: fn", "[TOC]",
    "@user", "#123", "http://e.x/?a=b#c www.a.b", "é漢字🙂", "%3Cscript%3E", "!ENV SECRET", "!!python/object:os.system",
    "*anchor &a", "a: b # c", "- x", "? y", "\"'", "'", "=1+1", "+1", "-1+2", "@SUM(1)", "\t=1", "\r=cmd|' /C calc'!A0",
    "a,b;c\td", 'a"b""c', "a\r\nb\nc", "::warning file=x::y", "${{ github.token }}", "$(touch x)", "; rm -rf /",
    "%0a::set-output",
    "../../etc/passwd", "a/b\\c", "CON", ".", "..", " ", "  two  ", "𝒳", "\U0001f1e9\U0001f1ea", "e\u0301",
)  # fmt: skip
_ALPHABET: Final = "<>&\"'`*_[](){}|\\!#+-.:=~^$%@/;,? \n\tabcXYZ019\u202e\x1b\x00\u00e9"


def hostile_names(count: int = COUNT) -> list[str]:
    """Draw names; number i tells on itself as ``window.__ran.push(i)`` where it is run."""
    chance = random.Random(20260101)
    names = [seed.replace("{0}", _CALL.replace("{0}", str(place))) for place, seed in enumerate(_SEEDS)]
    while len(names) < count:
        text = "".join(chance.choice(_ALPHABET) for _ in range(chance.randrange(1, 40)))
        call = _CALL.replace("{0}", str(len(names)))
        tag = f"<img src=x onerror={call}>" if chance.random() < 0.2 else ""
        names.append(text + tag + text[::-1])
    return list(dict.fromkeys(names))
