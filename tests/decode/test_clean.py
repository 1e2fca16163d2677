"""Text cleaning: what is shown as it is, and what is shown as an escape."""

from __future__ import annotations

import pytest

from pipeline.decode.clean import clean_bytes, clean_table, clean_text, excerpt


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"main.(*T[go.shape.int]).f", "main.(*T[go.shape.int]).f"),
        ("größe 漢 🙂".encode(), "größe 漢 🙂"),
        (b"tab\tstays", "tab\tstays"),
        (b"a\x00b", r"a\x00b"),
        (b"\x1b[31mred", r"\x1b[31mred"),
        (b"two\r\nlines", r"two\x0d\x0alines"),
        (b"\x7f", r"\x7f"),
        ("\x85".encode(), r"\x85"),
        ("cpu\u202eforp".encode(), r"cpu\u202eforp"),
        ("\u2066x\u2069\u200f\u2028".encode(), r"\u2066x\u2069\u200f\u2028"),
        (b"caf\xe9", "caf\ufffd"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
    ],
)
def test_text_is_made_safe_to_print(raw: bytes, shown: str) -> None:
    assert clean_bytes(raw) == shown
    assert clean_text(shown) == shown


def test_a_clean_table_has_no_finding() -> None:
    assert clean_table([b"", b"cpu", b"a\tb"]) == (["", "cpu", "a\tb"], ())


def test_one_finding_counts_the_changed_texts_and_shows_the_first() -> None:
    texts, (finding,) = clean_table([b"", "ü".encode(), b"\x1bA", b"\xff"])
    assert texts == ["", "ü", r"\x1bA", "\ufffd"]
    assert finding.code == "text_cleaned"
    assert finding.message.startswith("2 ")
    assert finding.evidence == r"\x1bA"


def test_excerpts_are_short() -> None:
    assert excerpt("x" * 80) == "x" * 80
    assert len(excerpt("x" * 81)) == 80
