"""Reports of /usr/bin/time -v: real ones, in logs, cut, and of things that are not."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from pipeline.decode.gnutime import decode_time, is_time_report
from pipeline.errors import DecodeError
from pipeline.model.metric import ProcessUsage

REAL = b"""\tCommand being timed: "go run --tags containers_image_openpgp main.go run -t build"
\tUser time (seconds): 12.34
\tSystem time (seconds): 1.06
\tPercent of CPU this job got: 187%
\tElapsed (wall clock) time (h:mm:ss or m:ss): 0:07.15
\tAverage shared text size (kbytes): 0
\tAverage unshared data size (kbytes): 0
\tAverage stack size (kbytes): 0
\tAverage total size (kbytes): 0
\tMaximum resident set size (kbytes): 251928
\tAverage resident set size (kbytes): 0
\tMajor (requiring I/O) page faults: 8
\tMinor (reclaiming a frame) page faults: 68452
\tVoluntary context switches: 5052
\tInvoluntary context switches: 721
\tSwaps: 0
\tFile system inputs: 408
\tFile system outputs: 8
\tSocket messages sent: 0
\tSocket messages received: 0
\tSignals delivered: 0
\tPage size (bytes): 4096
\tExit status: 0
"""


def test_a_whole_report() -> None:
    assert decode_time(REAL) == ProcessUsage(
        elapsed_seconds=7.15,
        user_seconds=12.34,
        system_seconds=1.06,
        max_rss_bytes=251928 * 1024,
        major_faults=8,
        minor_faults=68452,
        exit_code=0,
        command="go run --tags containers_image_openpgp main.go run -t build",
    )


@pytest.mark.parametrize(
    ("text", "seconds"), [(b"0:00.02", 0.02), (b"12:07.50", 727.5), (b"1:02:03", 3723.0), (b"100:00:59", 360059.0)]
)
def test_elapsed_in_both_forms(text: bytes, seconds: float) -> None:
    assert decode_time(REAL.replace(b"0:07.15", text)).elapsed_seconds == pytest.approx(seconds)


def test_the_last_report_of_a_log_with_other_output_counts() -> None:
    other = REAL.replace(b"251928", b"999").replace(b"12.34", b"0.50")
    log = b"step 1\r\nUser time (seconds): 99.0 was yesterday's\n" + REAL + b"step 2\n" + other + b"done\n"
    usage = decode_time(log)
    assert (usage.max_rss_bytes, usage.user_seconds, usage.elapsed_seconds) == (999 * 1024, 0.5, 7.15)
    assert decode_time(log.replace(b"\n", b"\r\n")) == usage


def test_what_is_cut_off_is_not_guessed() -> None:
    usage = decode_time(REAL[: REAL.index(b"\tMajor")])
    assert (usage.max_rss_bytes, usage.major_faults, usage.minor_faults, usage.exit_code) == (251928 << 10, *[None] * 3)
    assert decode_time(REAL.replace(b"251928", b"25x")).max_rss_bytes is None
    assert decode_time(REAL.replace(b"251928", b"2.5")).max_rss_bytes is None
    assert decode_time(REAL.replace(b"0:07.15", b"soon")).elapsed_seconds is None


@pytest.mark.parametrize(
    ("first", "code"), [(b"Command terminated by signal 9\n", 137), (b"Command exited with non-zero status 3\n", 3)]
)
def test_exit_code(first: bytes, code: int) -> None:
    status = str(code if code < 128 else 0).encode()
    assert decode_time(b"log\n" + first + REAL.replace(b"status: 0", b"status: " + status)).exit_code == code


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\nreal\t0m1.2s\nuser\t0m0.1s\nsys\t0m0.0s\n",
        b'\tCommand being timed: "x"\n',
        b'Command being timed: "x"\nUser time (seconds): -1\n',
        b"\0" * 100,
        b" " * ((16 << 20) + 1),
    ],
)
def test_other_text_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_time(data)
    assert refused.value.code == "not_a_time_report"
    assert not is_time_report(data)


def test_the_page_faults_that_grep_does_not_find() -> None:
    """Nothing in a report is called just "Page faults"."""
    assert b"Page faults" not in REAL
    assert is_time_report(REAL)
    assert decode_time(REAL).major_faults == 8


@pytest.mark.skipif(shutil.which("/usr/bin/time") is None, reason="no GNU time")
def test_the_real_program() -> None:
    words = ["/usr/bin/time", "-v", sys.executable, "-S", "-c", "x = bytearray(b'1' * (64 << 20)); raise SystemExit(3)"]
    done = subprocess.run(words, capture_output=True, check=False, env={"LC_ALL": "C"})
    if b"Maximum resident" not in done.stderr:
        pytest.skip("not GNU time")
    usage = decode_time(done.stderr)
    assert usage.exit_code == 3
    assert 64 << 20 < (usage.max_rss_bytes or 0) < 512 << 20
    assert None not in (usage.user_seconds, usage.system_seconds, usage.elapsed_seconds, usage.minor_faults)
