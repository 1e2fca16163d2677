"""Show how collecting goes: a live line on a terminal, plain lines elsewhere.

Rules: written to stderr only; text is printed as it is, never read as markup; a progress never fails the work.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from pipeline.collect.clock import Clock, rfc3339
from pipeline.collect.secrets import printable
from pipeline.model.run import FileReport

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class Progress(Protocol):
    """What collecting tells about itself."""

    def step(self, text: str, seconds: float = 0) -> None:
        """Begin a step that will take about ``seconds`` (0: unknown)."""
        ...

    def file(self, report: FileReport) -> None:
        """Tell the outcome of one file."""
        ...

    def close(self) -> None:
        """End the show."""
        ...


class PlainProgress:
    """One line for each step and file."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def step(self, text: str, seconds: float = 0) -> None:
        """Begin a step that will take about ``seconds`` (0: unknown)."""
        self._line(f"{text} ({seconds:g} s)" if seconds else text)

    def file(self, report: FileReport) -> None:
        """Tell the outcome of one file."""
        self._line(f"  {describe(report)}")

    def close(self) -> None:
        """End the show."""

    def _line(self, text: str) -> None:
        try:
            self._out.write(f"{text}\n")
            self._out.flush()
        except (OSError, ValueError):
            return


class LoggedProgress:
    """Another progress, and a log of it with the time of each line."""

    def __init__(self, shown: Progress, log: Path, clock: Clock) -> None:
        self._shown, self._log, self._clock = shown, log, clock

    def step(self, text: str, seconds: float = 0) -> None:
        """Begin a step that will take about ``seconds`` (0: unknown)."""
        self._shown.step(text, seconds)
        self._line(f"{text} ({seconds:g} s)" if seconds else text)

    def file(self, report: FileReport) -> None:
        """Tell the outcome of one file."""
        self._shown.file(report)
        self._line(f"  {describe(report)}")

    def close(self) -> None:
        """End the show."""
        self._shown.close()

    def _line(self, text: str) -> None:
        with suppress(OSError), self._log.open("a", encoding="utf-8") as log:
            log.write(f"{rfc3339(self._clock.now())} {text}\n")


class LiveProgress:
    """A spinner and a bar on a terminal; files that came are lines above it."""

    def __init__(self, out: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._bar: Bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(file=out),
            transient=True,
            refresh_per_second=4,
        )
        self._task: TaskID | None = None
        self._bar.start()

    def step(self, text: str, seconds: float = 0) -> None:
        """Begin a step that will take about ``seconds`` (0: unknown)."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(f"{text} ({seconds:g} s)" if seconds else text, total=None)

    def file(self, report: FileReport) -> None:
        """Tell the outcome of one file."""
        self._bar.console.print(f"  {describe(report)}", markup=False, highlight=False)

    def close(self) -> None:
        """End the show."""
        self._bar.stop()


def describe(report: FileReport) -> str:
    """Say in one line what became of a file."""
    if report.status == "ok":
        return f"{report.path}  ok" + (f" after {report.attempts} attempts" if report.attempts > 1 else "")
    return f"{report.path}  {report.status}: {report.code}" + (
        f" ({printable(report.last_error)})" if report.last_error else ""
    )


def progress_for(out: TextIO | None = None) -> Progress:
    """Choose the show that suits a stream; stderr when none is given."""
    stream = out or sys.stderr
    return LiveProgress(stream) if stream.isatty() else PlainProgress(stream)
