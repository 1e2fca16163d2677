"""The comment as a reader's Markdown engine sees it: right text, nothing that acts, within its limits."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.model.court import Objection
from pipeline.model.finding import Finding
from pipeline.model.gate import GateCheck, GateComparison, GateResult
from pipeline.model.rules import RuleResult
from pipeline.model.verdict import Comparison
from pipeline.render.comment import (
    SUMMARY_BYTES,
    Section,
    SourceSpot,
    annotation_lines,
    comment_text,
    sections,
    summary_text,
    units16,
)
from pipeline.render.encode import code_span, prose, visible
from pipeline.render.headline_picture import version
from tests.records import HEADLINE, HOSTILE, compared, comparison, difference

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
URL = "https://org.github.io/shop/"
NASTY = (
    *HOSTILE,
    "@alice", "x@v1.2.3", "#12", "org/repo#12", "GH-12", "https://evil.test/a", "www.evil.test", "ftp://x",
    "[a](https://evil.test)", "![i](https://evil.test/i.png)", "<https://evil.test>", "[a]: https://evil.test",
    "```", "``a`", "`", " ` ", "a`b``c", "~~~", "~~gone~~", "| a | b |", "a\\|b", "\\", "\\`", "$x$", "&lt;b&gt;",
    "<!-- profbook:default -->", "-->", "* a", "- a", "1. a", "# a", "> a", "---", "===", ":tada:", "__init__", "*a*",
    "0123456789abcdef0123456789abcdef01234567", "::error::x", "##[error]x", "\r\n::error::x", "- [ ] task", " a ", "\t",
)  # fmt: skip


def nasty(count: int = 440) -> list[str]:
    """Draw strings that mix markup, names and controls; always the same."""
    chance = random.Random(8)
    parts = [*NASTY[:-1], "main.(*T[go.shape.int]).Do", "·f", "\u202e", "\u200b", "\x00", "\ud800", "=HYPERLINK(1)"]
    drawn = ["".join(chance.choice(parts)[:40] for _ in range(chance.randint(2, 4))) for _ in range(count - len(NASTY))]
    return [*NASTY, *drawn]


def check(text: str = "RSS", state: str = "failed") -> GateCheck:
    result = RuleResult(
        "memory", "gate", text, "not_met", text, "<=", 1.1, "times", "ratio", 2.0, "rss_max", text, text
    )
    return GateCheck(state, result)  # type: ignore[arg-type]


def gate(one: Comparison, text: str = "slower", **facts: object) -> GateResult:
    objection = Objection("error_rate", "doubt", text)
    seen = GateComparison(one.slug, one.outcome, one.reasons, 3, (check(text), check(text, "unproved")), (objection,))
    plain = GateResult("failed", 1, (text,), (text,), (seen,))
    return replace(plain, **facts)


def hostile(text: str) -> Comparison:
    """Make a comparison with a text in every place a text can come from."""
    metric = replace(compared().metric, title=text, unit=text)
    part = difference(text, text)
    part = replace(
        part, component=text, kind=text, outcome="regressed", culprits=(replace(part.culprits[0], how=text),)
    )
    return comparison(
        base_label=text,
        head_label=text,
        reasons=(text,),
        outcome="regressed",
        metrics=(compared(metric, "regressed", component=text, delta=1.0),),
        functions=(part,),
        findings=(Finding("x", "warning", text, text),),
    )


def written(one: Comparison, result: GateResult, **facts: object) -> tuple[Section, ...]:
    return sections((one,), result, **{"url": URL, "headline": HEADLINE, **facts})  # type: ignore[arg-type]


def comment(one: Comparison, result: GateResult, **facts: object) -> str:
    return comment_text(written(one, result, **facts), key="default", limit=60_000, url=URL)


def tokens(text: str) -> list[Token]:
    return [inner for token in READER.parse(text) for inner in (token, *(token.children or ()))]


# --- what it says ----------------------------------------------------------------------------------------------------


def test_the_verdict_comes_first_then_why_then_where() -> None:
    text = comment(hostile("main.work"), gate(hostile("main.work"), "Throughput 20 % worse"))
    lines = [line for line in text.splitlines() if line]
    assert lines[:3] == ["<!-- profbook:default -->", "## ✕ gate failed", "- Throughput 20 % worse"]
    order = ["### ▼ regressed", "#### Gate", "#### What changed", "#### Call paths", "#### Notes", "#### Doubts"]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert f"[full report](<{URL}compare/main.work..main.work/>)" in text
    assert "path `main.work → main.work`" in text


def test_a_call_path_links_the_exact_view() -> None:
    part = difference()
    one = comparison(functions=(replace(part, outcome="regressed"),))
    profiles = {
        "20260102_030405-baseline": {("service", "cpu"): "cpu.prof"},
        "20260105_000000-optimized": {("service", "cpu"): "a b/cpu.prof"},
    }
    text = comment(one, gate(one), profiles=profiles)
    assert (
        f"(<{URL}explore/?p=20260105_000000-optimized/a%20b/cpu.prof&base=20260102_030405-baseline/cpu.prof"
        "#t=cpu&sc=perop&d=sandwich&c=main.slow>)"
    ) in text
    assert f"[details](<{URL}compare/baseline..optimized/#culprits>)" in comment(one, gate(one))


def test_the_picture_of_every_run_is_shown_where_the_site_holds_it() -> None:
    one = comparison()
    found = re.findall(r"!\[[^\]]+\]\(<([^>]+)>\)", comment(one, gate(one), pictures=True))
    assert found == [f"{URL}compare/baseline..optimized/runs.png?v={version(one)}"]
    for facts in ({}, {"pictures": True, "url": ""}, {"pictures": True, "headline": ()}):
        assert "![" not in comment(one, gate(one), **facts)


@pytest.mark.parametrize("text", NASTY)
def test_a_picture_is_the_sites_whatever_the_labels_are(text: str) -> None:
    one = comparison(base_label=text, head_label=text)
    pictures = [token for token in tokens(comment(one, gate(one), pictures=True)) if token.type == "image"]
    assert len(pictures) == 1
    assert str(pictures[0].attrs["src"]).startswith(f"{URL}compare/")


def test_without_an_address_nothing_is_linked() -> None:
    assert "](" not in comment(comparison(), gate(comparison()), url="")


def test_the_same_comparisons_give_the_same_text() -> None:
    assert comment(comparison(), gate(comparison())) == comment(comparison(), gate(comparison()))


# --- foreign text ----------------------------------------------------------------------------------------------------


def told(text: str) -> str:
    """Give what `code_span` and `prose` are to show of a text: one line, each run of spaces once."""
    return " ".join(visible(text).split())


@pytest.mark.parametrize("text", nasty(), ids=range(440))
def test_hostile_names_stay_text(text: str) -> None:
    made = comment(hostile(text), gate(hostile(text), text))
    kinds = {token.type for token in tokens(made)}
    assert kinds <= {
        "heading_open", "heading_close", "inline", "bullet_list_open", "bullet_list_close", "list_item_open",
        "list_item_close", "paragraph_open", "paragraph_close", "text", "code_inline", "link_open", "link_close",
        "html_block",
    }  # fmt: skip
    assert [token.content for token in tokens(made) if token.type == "html_block"] == ["<!-- profbook:default -->\n"]
    links = [token.attrs["href"] for token in tokens(made) if token.type == "link_open"]
    assert links
    assert all(str(link).startswith(URL) for link in links)
    shown = [token.content for token in tokens(made) if token.type == "code_inline"]
    short = text if len(text) <= 300 else f"{text[:150]} … {text[-150:]}"
    wanted = re.sub(r"[\n\t]", " ", visible(short)) or " "
    assert wanted in [one if one.strip() else " " for one in shown] or wanted.strip() in [one.strip() for one in shown]
    plain = [token.content for token in tokens(made) if token.type == "text"]
    assert not [one for one in plain if re.search(r"@\w|#\d|://|www\.|[<>`*_|]", one)], plain
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", made)
    assert all(not line or line[0] in "-#<1" or line.endswith("left out.") for line in made.splitlines())


def as_read(markdown: str) -> str:
    return "".join(token.content for token in tokens(f"- {markdown}") if token.type in {"text", "code_inline"})


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_prose_is_read_as_it_was_written(text: str) -> None:
    assert as_read(prose(text)).split() == told(text).split()


@given(st.text(alphabet="`\\|*_<>[]()@#!~ &a1.-+=:/", max_size=40))
@settings(max_examples=300, deadline=None)
def test_prose_of_markup_is_read_as_it_was_written(text: str) -> None:
    assert as_read(prose(text)).split() == told(text).split()
    kinds = {token.type for token in tokens(f"- {prose(text)}")}
    assert not kinds & {"em_open", "strong_open", "link_open", "image", "html_inline", "fence", "hr", "blockquote_open"}


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_code_is_read_as_it_was_written(text: str) -> None:
    assert as_read(code_span(text)).strip() == re.sub(r"[\n\t]", " ", visible(text)).strip()


def test_plain_words_stay_words() -> None:
    for text in ("Throughput 20 % worse: 1,000 → 800 ops/s (p = 0.029)", "needs 4 runs a side", "Memory ≤ 10 %"):
        assert "`" not in prose(text).replace("`≤`", "")


# --- limits ----------------------------------------------------------------------------------------------------------


def big(count: int, text: str = "main.work") -> tuple[Comparison, GateResult]:
    one = hostile(text)
    checks = tuple(check(f"{text} {place}") for place in range(count))
    seen = GateComparison(one.slug, one.outcome, one.reasons, 3, checks)
    return one, GateResult("failed", 1, (text,) * 5, (text,) * count, (seen,))


@pytest.mark.parametrize("text", ["main.work", "🐹" * 100, "漢" * 290, "`" * 200])
@pytest.mark.parametrize("limit", [1000, 60_000])
def test_a_comment_keeps_to_its_budget_and_counts_what_it_leaves_out(text: str, limit: int) -> None:
    made = comment_text(written(*big(2000, text)), key="default", limit=limit, url=URL)
    assert units16(made) <= limit
    assert len(made) <= limit
    assert made.startswith("<!-- profbook:default -->\n\n## ✕ gate failed")
    left_out = re.search(r"([\d,]+) lines left out: \[the report\]\(<https://org.github.io/shop/>\) has them\.", made)
    assert left_out
    kept = sum(line.startswith("- ") for line in made.splitlines())
    whole = sum(line.startswith("- ") for part in written(*big(2000, text)) for line in part.lines)
    assert int(left_out[1].replace(",", "")) + kept == whole


def test_utf16_units_are_counted() -> None:
    assert units16("🐹a") == 3


def test_a_summary_drops_whole_parts_and_names_them() -> None:
    made = summary_text(written(*big(20_000)))
    assert len(made.encode()) <= SUMMARY_BYTES
    assert made.startswith("## ✕ gate failed")
    assert made.rstrip().endswith("Left out, because a summary has a limit: gate.")
    assert "#### Call paths" in made
    assert "Left out" not in summary_text(written(*big(3)))


# --- annotations -----------------------------------------------------------------------------------------------------


def test_annotations_name_file_and_line_and_cannot_be_broken_out_of() -> None:
    spots = [SourceSpot("a,b:c%.go", 12, "main.f\n::error::x", "1 %\r\n::set-output name=x::y")]
    assert list(annotation_lines(spots * 3, 10)) == [
        (
            "::warning file=a%2Cb%3Ac%25.go,line=12,title=main.f%0A%3A%3Aerror%3A%3Ax got dearer"
            "::1 %25%0D%0A::set-output name=x::y"
        )
    ]


def test_there_are_only_so_many_annotations() -> None:
    spots = [SourceSpot("a.go", number, "f", "x") for number in range(30)]
    assert len(list(annotation_lines(spots, 10))) == 10
