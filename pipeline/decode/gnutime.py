"""What a program used, as ``/usr/bin/time -v`` prints it: alone, or somewhere in a larger log (``2>&1 | tee log``).

Rules: strict about the numbers, easy about what stands around them. The last whole report of a log counts, because that
is the one of the command that was timed last. A report cut short gives what it holds; memory, faults and times are
never guessed. Refused with `not_a_time_report`: text without such a report. Kilobytes become bytes here.
"""

from __future__ import annotations

import math
import re
from typing import Final

from pipeline.errors import DecodeError
from pipeline.model.metric import ProcessUsage

MAX_BYTES: Final = 16 << 20
_KIB: Final = 1024
_BEGIN: Final = re.compile(r'^[ \t]*Command being timed: "(?P<command>.*)"[ \t]*$', re.MULTILINE)
_SIGNALLED: Final = re.compile(r"Command terminated by signal (\d{1,3})\s*\Z")
_NUMBER: Final = r"[ \t]*(\d{1,15}(?:\.\d{1,9})?)[ \t]*$"
_FACTS: Final = {
    "user": re.compile(r"^[ \t]*User time \(seconds\):" + _NUMBER, re.MULTILINE),
    "system": re.compile(r"^[ \t]*System time \(seconds\):" + _NUMBER, re.MULTILINE),
    "rss": re.compile(r"^[ \t]*Maximum resident set size \(kbytes\):" + _NUMBER, re.MULTILINE),
    "major": re.compile(r"^[ \t]*Major \(requiring I/O\) page faults:" + _NUMBER, re.MULTILINE),
    "minor": re.compile(r"^[ \t]*Minor \(reclaiming a frame\) page faults:" + _NUMBER, re.MULTILINE),
    "exit": re.compile(r"^[ \t]*Exit status:" + _NUMBER, re.MULTILINE),
}
_ELAPSED: Final = re.compile(
    r"^[ \t]*Elapsed \(wall clock\) time \(h:mm:ss or m:ss\):[ \t]*"
    r"(?:(?P<hours>\d{1,6}):)?(?P<minutes>\d{1,4}):(?P<seconds>\d{1,2}(?:\.\d{1,9})?)[ \t]*$",
    re.MULTILINE,
)


def is_time_report(data: bytes) -> bool:
    """Tell whether bytes hold a report of ``/usr/bin/time -v``."""
    return b"Maximum resident set size (kbytes):" in data and b"Command being timed:" in data


def decode_time(data: bytes) -> ProcessUsage:
    """Read the last report of ``/usr/bin/time -v`` in a text. Raises DecodeError `not_a_time_report`."""
    if len(data) > MAX_BYTES:
        raise _refusal(f"{len(data)} bytes are more than the {MAX_BYTES} a log may have")
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    begins = list(_BEGIN.finditer(text))
    if not begins:
        raise _refusal("it holds no report of /usr/bin/time -v")
    last = begins[-1]
    report = text[last.end() :]
    facts = {name: _number(pattern, report) for name, pattern in _FACTS.items()}
    if all(value is None for value in facts.values()):
        raise _refusal("its report of /usr/bin/time -v holds no number")
    return ProcessUsage(
        elapsed_seconds=_elapsed(report),
        user_seconds=facts["user"],
        system_seconds=facts["system"],
        max_rss_bytes=_whole(facts["rss"], _KIB),
        major_faults=_whole(facts["major"]),
        minor_faults=_whole(facts["minor"]),
        exit_code=_exit_code(text[: last.start()], facts["exit"]),
        command=last["command"],
    )


def _refusal(why: str) -> DecodeError:
    return DecodeError(
        "not_a_time_report",
        f"This is not what /usr/bin/time -v prints: {why}.",
        cure="Run `/usr/bin/time -v COMMAND 2> NAME.time.txt`; the shell's own `time` prints something else.",
    )


def _number(pattern: re.Pattern[str], report: str) -> float | None:
    found = pattern.search(report)
    return float(found[1]) if found else None


def _whole(value: float | None, factor: int = 1) -> int | None:
    return None if value is None or not value.is_integer() else int(value) * factor


def _elapsed(report: str) -> float | None:
    found = _ELAPSED.search(report)
    if found is None:
        return None
    return math.fsum((int(found["hours"] or 0) * 3600, int(found["minutes"]) * 60, float(found["seconds"])))


def _exit_code(before: str, status: float | None) -> int | None:
    """Give the exit code; a signal is said in the line above the report, whose own status is then 0."""
    killed = _SIGNALLED.search(before[-100:])
    return 128 + int(killed[1]) if killed else _whole(status)
