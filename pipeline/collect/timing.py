"""Run programs from start to end: a log, what they used, and how they ended, whatever becomes of them.

Rules: what a program used is written as ``/usr/bin/time -v`` writes it, so that one reader reads both; the numbers are
those of the program itself, not of what started it (``collect.launch``). Times keep their microseconds; a fact the
kernel did not give has no line. Commands are recorded with their placeholders, without secrets. A program that fails is
a finding; the run goes on.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.collect.clock import rfc3339
from pipeline.collect.process import TERM_SECONDS, Child, start
from pipeline.collect.secrets import mask, mask_text
from pipeline.collect.taking import Session
from pipeline.errors import CollectError
from pipeline.model.config import VariantConfig
from pipeline.model.finding import Finding
from pipeline.model.metric import ProcessUsage
from pipeline.model.run import FileReport, FileStatus, ProgramReport

_POLL_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where programs are run: the project, its built programs, and what was asked for on the command line."""

    root: Path
    bin_dir: Path
    variant: VariantConfig
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pass:
    """One program to run: ``words`` are filled in, ``recorded`` keeps its placeholders.

    Its log is ``<component>/<name>.log`` in the run, what it used ``<component>/<name>.time.txt``.
    """

    component: str
    name: str
    words: tuple[str, ...]
    recorded: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    timeout: float
    port: int = 0


@dataclass(slots=True)
class Running:
    """A pass under way, or ended; ``fault`` says why it could not be started."""

    asked: Pass
    log: Path
    began: float
    started: str
    child: Child | None = None
    fault: str = ""
    finished: str = ""
    timed_out: bool = False
    stopped: bool = False

    @property
    def exit_code(self) -> int | None:
        """Give the exit code; None while it runs, or when it never ran."""
        return None if self.child is None else self.child.poll()

    @property
    def went_well(self) -> bool:
        """Tell whether it ended by itself, with exit code 0."""
        return self.exit_code == 0 and not (self.timed_out or self.stopped)


def begin(session: Session, asked: Pass) -> Running:
    """Start one program; one that cannot be started has ended at once. Call it from the thread that outlives it."""
    log = session.folder.path / asked.component / f"{asked.name}.log"
    running = Running(asked, log, session.clock.monotonic(), rfc3339(session.clock.now()))
    try:
        running.child = start(asked.words, log=log, cwd=asked.cwd, env=asked.env, clock=session.clock)
    except (CollectError, OSError) as error:
        running.fault = str(error)
        running.finished = running.started
    return running


def attend(session: Session, running: Sequence[Running]) -> None:
    """Wait until all have ended, by themselves, at their time limit, or because the run was told to stop."""
    try:
        while not all([_has_ended(session, one) for one in running]):  # noqa: C419 - each is to be looked at
            session.clock.sleep(_POLL_SECONDS)
    except BaseException:
        for one in running:
            if one.child is not None:
                one.child.stop(grace=0)
        raise


def _has_ended(session: Session, one: Running) -> bool:
    if one.finished or one.child is None:
        return True
    if not one.child.ended():
        one.timed_out = session.clock.monotonic() - one.began >= one.asked.timeout
        one.stopped = session.stop.is_set() and not one.timed_out
        if not (one.timed_out or one.stopped):
            return False
        one.child.stop(TERM_SECONDS)
    one.finished = rfc3339(session.clock.now())
    return True


def conclude(session: Session, one: Running) -> None:
    """Report one program that has ended: what it used, and how it ended."""
    asked = one.asked
    usage = one.child.usage if one.child is not None else None
    path = f"{asked.component}/{asked.name}.time.txt"
    if usage is not None and not one.stopped:
        keep(session, path, "time", time_text(usage, asked.recorded), started=one.started, port=asked.port)
    else:
        code = "not_started" if one.child is None else "interrupted" if one.stopped else "program_killed"
        tell_file(session, path, "time", "missing", code, one.fault, started=one.started, port=asked.port)
    failed = not one.went_well
    tail = mask_text(one.fault) or (one.child.tail() if failed and one.child is not None else "")
    session.record.program(
        ProgramReport(
            component=asked.component,
            name=asked.name,
            command=mask(asked.recorded),
            exit_code=one.exit_code,
            timed_out=one.timed_out,
            started=one.started,
            finished=one.finished,
            port=asked.port,
            tail=tail,
        )
    )
    if failed and not one.stopped:
        session.record.finding(_failed(one, tail))


def _failed(one: Running, tail: str) -> Finding:
    said = f"ended with exit code {one.exit_code}"
    if one.child is None:
        said = "could not be started"
    elif one.timed_out:
        said = f"was ended after {one.asked.timeout:g} s"
    return Finding(
        "program_failed",
        "error",
        f"{one.asked.component}: {one.asked.name} {said}",
        subject=f"{one.asked.component}/{one.asked.name}.log",
        evidence=tail,
        cure="What it used and wrote does not show the work that was meant; look at its log.",
    )


def keep(session: Session, path: str, kind: str, data: bytes, *, started: str = "", port: int = 0) -> bool:
    """Write one file of a program and report it; tells whether it is there."""
    try:
        session.folder.write(path, data)
    except OSError as error:
        code = "disk_full" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "write_failed"
        why = error.strerror or type(error).__name__
        tell_file(session, path, kind, "missing", code, why, started=started, port=port)
        return False
    tell_file(session, path, kind, started=started, port=port)
    return True


def tell_file(
    session: Session,
    path: str,
    kind: str,
    status: FileStatus = "ok",
    code: str = "",
    why: str = "",
    *,
    started: str = "",
    port: int = 0,
) -> None:
    """Report one file of a program."""
    now = rfc3339(session.clock.now())
    component = path.partition("/")[0]
    session.tell(
        FileReport(
            path=path,
            component=component,
            kind=kind,
            phase="during" if kind == "cpu" else "" if kind in {"time", "bench"} else "after",
            status=status,
            code=code,
            last_error=mask_text(why),
            started=started or now,
            finished=now,
            port=port,
        )
    )


# --- the form of GNU time ---------------------------------------------------------------------------------------------


def time_text(usage: ProcessUsage, command: Sequence[str]) -> bytes:
    """Write what a program used in the form of GNU time's ``-v``."""
    code = usage.exit_code or 0
    first = [f"Command terminated by signal {code - 128}"] if code > 128 else []
    if 0 < code <= 128:
        first = [f"Command exited with non-zero status {code}"]
    facts = [
        ("Command being timed", f'"{_one_line(command)}"'),
        ("User time (seconds)", _seconds(usage.user_seconds)),
        ("System time (seconds)", _seconds(usage.system_seconds)),
        ("Elapsed (wall clock) time (h:mm:ss or m:ss)", _clock(usage.elapsed_seconds)),
        ("Maximum resident set size (kbytes)", "" if usage.max_rss_bytes is None else str(usage.max_rss_bytes // 1024)),
        ("Major (requiring I/O) page faults", "" if usage.major_faults is None else str(usage.major_faults)),
        ("Minor (reclaiming a frame) page faults", "" if usage.minor_faults is None else str(usage.minor_faults)),
        ("Exit status", str(0 if code > 128 else code)),
    ]
    return "".join(f"{line}\n" for line in [*first, *(f"\t{name}: {value}" for name, value in facts if value)]).encode()


def _one_line(command: Sequence[str]) -> str:
    return " ".join(" ".join(mask(command)).split())


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


def _clock(value: float | None) -> str:
    """Write a duration as GNU time does: hours only when there are some."""
    if value is None:
        return ""
    minutes, seconds = divmod(round(value, 6), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{seconds:09.6f}" if hours else f"{minutes}:{seconds:09.6f}"
