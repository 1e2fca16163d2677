"""What comes late: cut out of the page, put back into a file that stands alone, and text only where it is text."""

from __future__ import annotations

import re

import pytest

from pipeline.model.growth import Growth, SiteGrowth, Snapshot, Trend
from pipeline.model.page import StampedPage
from pipeline.render.commands import Command
from pipeline.render.late import LateCommands, LateHtml, LateTable, cut, filled, late_script, read_late
from tests.records import HOSTILE, profile, record

BOX = '<details class="pb-more pb-needs-js" data-pb-late="{}"><summary>More</summary>{}</details>'
PICTURE = '<div class="pb-flame pb-needs-js" data-pb-late="heap" data-src="x"><svg class="s" height="40">{}</svg></div>'


def marked(text: str) -> str:
    return f"<!--late-->{text}<!--/late-->"


def test_what_is_marked_is_cut_out_and_put_back() -> None:
    first, second = BOX.format("one", marked("<b>1</b>")), BOX.format("two", marked("2"))
    whole = f"<p>a</p>{first}{PICTURE.format(marked('<rect/>'))}{second}"
    body, taken = cut(whole)
    assert taken == (LateHtml("one", "<b>1</b>"), LateHtml("heap", "<rect/>"), LateHtml("two", "2"))
    assert body == f"<p>a</p>{BOX.format('one', '')}{PICTURE.format('')}{BOX.format('two', '')}"
    again = filled(StampedPage("x/", "x", body, ()), taken).body
    assert "<summary>More</summary><b>1</b></details>" in again
    assert '<svg class="s" height="40"><rect/></svg></div>' in again


def test_boxes_that_are_filled_otherwise_stay_as_they_are() -> None:
    body = BOX.format("table", "") + BOX.format("one", marked("1"))
    assert cut(body) == (BOX.format("table", "") + BOX.format("one", ""), (LateHtml("one", "1"),))


@pytest.mark.parametrize(
    "text", [*HOSTILE, "<!--late-->x<!--/late-->", "<!--/late-->", '" data-pb-late="x"><!--late-->']
)
def test_text_of_a_run_can_neither_end_nor_begin_a_part(text: str) -> None:
    from dataclasses import replace

    from tests.render.test_pages import Structure, site

    shots = (Snapshot("a", 1, 5, 0.0), Snapshot("b", 2, 5, 1.0))
    sites = tuple(SiteGrowth(text, kind, (0, 9), Trend("growing", 2)) for kind in ("own", "flat"))
    hostile = replace(
        record(),
        growth=(Growth(text, "heap", shots, 1, Trend("growing", 2), sites=sites),),
        profiles=(profile(component="service"), profile(f"{text}/heap.pprof", component=text)),
    )
    content = site(hostile)
    (page,) = content.stamped["run"]
    assert "<!--" not in page.body
    assert Structure(page).handlers == []
    (script,) = (data for path, data in content.data.items() if path.endswith("more.js"))
    assert script.startswith(b"profbook.late(")
    assert "<!--" not in "".join(one.get("html", "") for one in read_late(script).values())


@pytest.mark.parametrize("text", [*HOSTILE, "\udc80", "µ → ½", ""])
def test_what_the_script_holds_is_read_back(text: str) -> None:
    table = LateTable("t", text, ("a",), ((text,), ((text, "#x"),)), numbers=(0,))
    entries = [table, LateHtml("w", text), LateCommands("c", "C", (Command(text, "line", ""),))]
    script = late_script(text, entries)
    assert script == late_script(text, entries)
    assert re.fullmatch(rb'profbook\.late\("[A-Za-z0-9._-]+","[A-Za-z0-9+/]+=*"\);\n', script)
    held = read_late(script)
    assert list(held) == ["c", "t", "w"]
    assert held["w"]["html"] == text
    assert held["t"] == {**table.value(), "head": ["a"], "numbers": [0]}


def test_another_script_is_not_read() -> None:
    with pytest.raises((ValueError, OSError)):
        read_late(b'profbook.late("x","bm8gZ3ppcA==");\n')
