"""Progress: plain lines off a terminal, markup never read, a closed stream never fatal."""

from __future__ import annotations

import io

import pytest

from pipeline.collect.progress import LiveProgress, PlainProgress, describe, progress_for
from pipeline.model.run import FileReport

GOOD = FileReport("api/heap.prof", "api", "heap", "before", "ok")
BAD = FileReport("[red]/cpu.prof", "x", "cpu", "during", "missing", code="timeout", last_error="no\x1b[31m way")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("out", "kind"), [(io.StringIO(), PlainProgress), (Terminal(), LiveProgress)])
def test_the_show_suits_the_stream(out: io.StringIO, kind: type) -> None:
    show = progress_for(out)
    assert isinstance(show, kind)
    show.step("load", 30)
    show.step("after")
    show.file(GOOD)
    show.file(BAD)
    show.close()
    assert "api/heap.prof  ok" in out.getvalue()
    assert "[red]/cpu.prof  missing: timeout (no [31m way)" in out.getvalue()


def test_a_closed_stream_is_not_fatal() -> None:
    out = io.StringIO()
    show = PlainProgress(out)
    out.close()
    show.step("load")


def test_describe_counts_attempts() -> None:
    assert describe(FileReport("a", "", "heap", "", "ok", attempts=3)) == "a  ok after 3 attempts"
