"""What a program used, written as GNU time writes it: one reader reads both."""

from __future__ import annotations

import pytest

from pipeline.collect.timing import time_text
from pipeline.decode.gnutime import decode_time
from pipeline.model.metric import ProcessUsage

USAGE = ProcessUsage(7.123456, 12.5, 0.25, 251928 << 10, 8, 68452, 0, "x")


@pytest.mark.parametrize(
    "usage",
    [
        USAGE,
        ProcessUsage(0.000001, 0.0, 0.0, 0, 0, 0, 3, "x"),
        ProcessUsage(3723.5, 1.0, 1.0, 1 << 40, 0, 1, 137, "x"),
        ProcessUsage(59.9999999, 1.0, exit_code=143, command="x"),
        ProcessUsage(max_rss_bytes=4096, exit_code=0, command="x"),
    ],
)
def test_the_reader_reads_what_is_written(usage: ProcessUsage) -> None:
    read = decode_time(time_text(usage, ["x"]))
    assert read.elapsed_seconds == (usage.elapsed_seconds and pytest.approx(usage.elapsed_seconds, abs=1e-6))
    facts = ("user_seconds", "system_seconds", "max_rss_bytes", "major_faults", "minor_faults", "exit_code", "command")
    assert [getattr(read, fact) for fact in facts] == [getattr(usage, fact) for fact in facts]


def test_the_command_is_one_line_without_secrets() -> None:
    text = time_text(USAGE, ["build", "--token", "hunter2", "a\nb", "--url", "http://u:p@h/x?k=v"]).decode()
    assert len(text.splitlines()) == 8
    assert "hunter2" not in text
    assert "k=v" not in text
    assert "u:p@" not in text
