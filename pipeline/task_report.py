"""How tasks end and what is said of them: doit's reporter, in words and exit codes of ours.

Rules: an error we raise on purpose is shown as its message, a fault of ours in words; stages that speak for themselves
are not named.
"""

from __future__ import annotations

import atexit
import gc
import signal
import sys
import threading
from types import FrameType
from typing import Any, Final

from doit.exceptions import BaseFail, TaskError, TaskFailed
from doit.reporter import ConsoleReporter

INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141
_SPEAKERS: Final = frozenset(
    {
        "collect",
        "ab",
        "import",
        "doctor",
        "_build",
        "_outcomes",
        "site",
        "gate",
        "history",
        "publish",
        "comment",
        "export",
        "scrub",
        "serve",
    }
)

# A process that ends frees all it has anyway: the collector need not walk what is known of thousands of runs once more.
atexit.register(gc.freeze)


class Stopped(TaskError):  # type: ignore[misc] # noqa: N818 - not an exception, and doit has no type hints
    """A task that ended with an error we raised on purpose; it travels between processes as text and a code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Reporter(ConsoleReporter):  # type: ignore[misc] # doit has no type hints
    """Says what is being done, says errors in words, and ends the process with our exit codes."""

    desc = "profbook's own"

    def __init__(self, outstream: Any, options: Any) -> None:
        super().__init__(outstream, options)
        self.exit_code = 0

    def initialize(self, tasks: Any, selected_tasks: Any) -> None:
        """Let a polite kill end the work as Ctrl-C does, so that locks and temporary files are cleaned up."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _interrupt)

    def execute_task(self, task: Any) -> None:
        """Name the task, unless its stage speaks for itself."""
        if task.actions and task.name not in _SPEAKERS:
            self.write(f".  {task.title()}\n")

    def skip_uptodate(self, task: Any) -> None:
        """Say nothing of what needs nothing."""

    def add_success(self, task: Any) -> None:
        """Keep the worst exit code that a stage reported."""
        self.exit_code = max(self.exit_code, (task.values or {}).get("exit", 0))

    def add_failure(self, task: Any, fail: BaseFail) -> None:
        """Say what stopped a task."""
        other = 1 if isinstance(fail, TaskFailed) else 5
        self.exit_code = max(self.exit_code, getattr(fail, "exit_code", other))
        message = fail.message if isinstance(fail, Stopped) else fail.get_msg()
        if message:
            sys.stderr.write(f"{task.name}: {message}\n")

    def complete_run(self) -> None:
        """End with the exit code of the run."""
        if isinstance(sys.exception(), KeyboardInterrupt):
            sys.stderr.write("interrupted; finished work is kept, run it again to go on\n")
            raise SystemExit(INTERRUPTED)
        if self.runtime_errors:
            sys.stderr.write("\n".join(self.runtime_errors) + "\n")
            raise SystemExit(5)
        if self.exit_code:
            raise SystemExit(self.exit_code)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
