"""Go's regular expressions: what matches, what is refused, and that time stays linear."""

from __future__ import annotations

import random
import re

import pytest

from pipeline.analysis.pattern import compile_pattern
from pipeline.analysis.pattern_syntax import PatternError


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("main", "cmd/main.run", True),
        ("^main", "cmd/main.run", False),
        ("^main$", "main\n", False),
        ("(?m)^main$", "x\nmain\ny", True),
        (r"main\.\(\*T\)", "main.(*T).Run", True),
        ("a{2,3}b", "aab", True),
        ("a{2,3}b", "ab", False),
        ("a{,3}", "a{,3}", True),
        ("(?i)HTTP", "net/http.Serve", True),
        ("(?i:HTTP)x", "httpX", False),
        ("(?i)[^a]", "A", False),
        ("[[:alpha:]]+[[:^digit:]]", "ab", True),
        (r"\bgo\b", "a go b", True),
        (r"\Bgo", "cargo", True),
        (r"\pL\d", "é1", True),
        (r"\p{Lu}", "é", False),
        (r"\PL", "é", False),
        (r"\x41\x{e9}\101", "AéA", True),
        (r"\Qa.b\E.", "a.bc", True),
        (r"a\z", "ba", True),
        ("a.b", "a\nb", False),
        ("(?s)a.b", "a\nb", True),
        ("(?P<name>a)|(?<other>b)", "b", True),
        ("", "anything", True),
        ("a*?b+?", "xb", True),
        ("[]a]", "]", True),
        ("[a-]", "-", True),
        ("x|", "y", True),
    ],
)
def test_matches_as_go_does(pattern: str, text: str, expected: bool) -> None:
    assert compile_pattern(pattern).search(text) is expected


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(a", "missing closing ): `(a`"),
        ("a)", "unexpected ): `a)`"),
        ("[a", "missing closing ]: `[a`"),
        ("*a", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        (r"\8", r"invalid escape sequence: `\8`"),
        ("[z-a]", "invalid character class range: `z-a`"),
        ("a\\", "trailing backslash at end of expression: ``"),
        (r"\p{Nope}", r"invalid character class range: `\p{Nope}`"),
        ("(?<1-2>a)", "invalid named capture: `(?<1-2>`"),
        ("((((a{100}){100}){100}){100})", "invalid repeat count: `(a{100}){100}`"),
        ("(" * 5000, "expression nests too deeply"),
    ],
)
def test_refuses_in_go_s_words(pattern: str, message: str) -> None:
    with pytest.raises(PatternError, match=re.escape(f"error parsing regexp: {message}")):
        compile_pattern(pattern)


def test_agrees_with_python_on_what_both_understand() -> None:
    chance = random.Random(7)
    parts = [
        "a",
        "b",
        ".",
        "[ab]",
        "[^a]",
        "a*",
        "b+",
        "(ab)?",
        "(a|b)",
        "(?:ab|c)*",
        "x{2,3}",
        "^",
        r"\b",
        r"\w",
        "c|",
    ]
    for _ in range(3000):
        pattern = "".join(chance.choice(parts) for _ in range(chance.randint(1, 5)))
        text = "".join(chance.choice("abcx. ") for _ in range(chance.randint(0, 7)))
        expected = re.search(pattern, text, re.ASCII) is not None
        assert compile_pattern(pattern).search(text) is expected, (pattern, text)


def test_a_pattern_that_explodes_elsewhere_is_harmless() -> None:
    # A backtracking matcher would need 2**3000 steps.
    assert not compile_pattern("^((a+)+)+$").search("a" * 3000 + "b")
    assert not compile_pattern("(a?){50}(a){50}b").search("a" * 500)
