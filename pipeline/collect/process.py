"""Commands: fill in their placeholders, start them in a group of their own, and make sure that they end.

Rules: a command is a list of words, never a shell line. Its output goes to a log file. ``PATH`` begins with the folder
of the running interpreter, so that programs of a virtual environment are found. A command dies with the thread that
started it (``collect.launch``), so start it from the thread that outlives it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.collect import launch
from pipeline.collect.clock import Clock, SystemClock, wait
from pipeline.collect.secrets import mask_text
from pipeline.errors import CollectError, ConfigError
from pipeline.model.metric import ProcessUsage

TERM_SECONDS: Final = 5.0
_KILL_SECONDS: Final = 5.0
_TAIL_BYTES: Final = 2000
_PLACEHOLDER: Final = re.compile(r"\{\{(\w+)\}\}|\{([A-Za-z_]\w*)\}")


def fill(words: Sequence[str], values: Mapping[str, str], setting: str) -> list[str]:
    """Fill ``{name}`` placeholders of a command; ``{{name}}`` stands for a literal ``{name}``.

    Raises ConfigError naming every placeholder that has no value for this ``setting``.
    """
    unknown: dict[str, None] = {}

    def put(match: re.Match[str]) -> str:
        literal, name = match.groups()
        if literal is not None:
            return f"{{{literal}}}"
        if name not in values:
            unknown[name] = None
        return values.get(name, "")

    filled = [_PLACEHOLDER.sub(put, word) for word in words]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in sorted(values)) or "none"
        raise ConfigError(
            "\n".join(f"{setting}: there is no placeholder {{{name}}} here" for name in unknown),
            cure=f"Known here: {known}. Write {{{{name}}}} for the braces themselves.",
        )
    return filled


def child_env(*added: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of a command: ours, the interpreter's folder first in PATH, then what the settings add."""
    env = dict(os.environ)
    env["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), env.get("PATH", os.defpath)))
    for more in added:
        env.update(more)
    return env


def free_port() -> int:
    """Find a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Child:
    """A running command and everything it starts."""

    def __init__(self, running: subprocess.Popen[bytes], log: Path, clock: Clock, usage_fd: int = -1) -> None:
        self.log = log
        self._usage_fd = usage_fd
        self._usage: ProcessUsage | None = None
        self._running = running
        self._clock = clock
        self._code: int | None = None
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """Name the process group."""
        return self._running.pid

    def poll(self) -> int | None:
        """Give the exit code (128 + N after a signal N), or None while the command runs.

        What the command left running is killed when it has ended.
        """
        with self._lock:
            if self._code is None and self._has_ended():
                self._signal(signal.SIGKILL)
                code = self._running.wait()
                self._code = code if code >= 0 else 128 - code
                self._read_usage()
            return self._code

    def _has_ended(self) -> bool:
        # Not reaped before the group is killed: until then its number cannot be given to another process.
        if hasattr(os, "waitid"):
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return self._running.poll() is not None

    def ended(self) -> bool:
        """Tell whether the command has ended."""
        return self.poll() is not None

    def wait(self, seconds: float) -> int | None:
        """Wait for the end; None when it did not come in time."""
        wait(self._clock, seconds, self.ended)
        return self.poll()

    def stop(self, grace: float = TERM_SECONDS) -> int | None:
        """End the whole group: TERM, then KILL after ``grace`` seconds; returns the exit code."""
        if self.poll() is None:
            self._signal(signal.SIGTERM)
            if self.wait(grace) is None:
                self._signal(signal.SIGKILL)
                self.wait(_KILL_SECONDS)
        return self.poll()

    @property
    def usage(self) -> ProcessUsage | None:
        """Say what the command used, with what it waited for; None while it runs, or when it had to be killed.

        The memory of a command that needs no more than what started it (some 7 MB) is not known.
        """
        return self._usage

    def _read_usage(self) -> None:
        fd, self._usage_fd = self._usage_fd, -1
        if fd < 0:
            return
        try:
            self._usage = ProcessUsage(**json.loads(os.read(fd, 4096)), exit_code=self._code)
        except (OSError, ValueError, TypeError):
            # Killed with its guard, which then could not tell.
            self._usage = None
        finally:
            os.close(fd)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def tail(self) -> str:
        """Give the end of the log, without secrets."""
        return tail(self.log)


def tail(log: Path, limit: int = _TAIL_BYTES) -> str:
    """Read the end of a log, without secrets; empty when there is none."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - limit))
            text = file.read(limit).decode("utf-8", "replace")
    except OSError:
        return ""
    whole = text if size <= limit else text.partition("\n")[2] or text
    return mask_text(whole).strip()


def start(
    words: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str],
    clock: Clock | None = None,
    errors: Path | None = None,
) -> Child:
    """Start a command; its output is added to ``log``, and what it says on stderr to ``errors`` if that is given.

    Raises CollectError when there is no such program.
    """
    program = words[0]
    found = (cwd / program).is_file() if "/" in program else shutil.which(program, path=env.get("PATH"))
    if not found:
        raise CollectError(
            f"command not found: {program}", cure="Install it, build it first, or correct the command in the settings."
        )
    log.parent.mkdir(parents=True, exist_ok=True)
    told, telling = os.pipe()
    os.set_blocking(told, False)
    guard = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), str(telling)]
    try:
        with log.open("ab") as output, (errors or log).open("ab") as complaints:
            running = subprocess.Popen(
                [*guard, *words],
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=complaints,
                start_new_session=True,
                pass_fds=(telling,),
            )
    except OSError:
        os.close(told)
        raise
    finally:
        os.close(telling)
    return Child(running, log, clock or SystemClock(), told)


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended; ``exit_code`` is 128 + N after a signal N."""

    exit_code: int
    timed_out: bool
    tail: str
    usage: ProcessUsage | None = None


def run(
    words: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str],
    deadline: float,
    clock: Clock | None = None,
) -> Finished:
    """Run a command to its end, or to ``deadline`` seconds."""
    child = start(words, log=log, cwd=cwd, env=env, clock=clock)
    try:
        timed_out = child.wait(deadline) is None
    finally:
        code = child.stop()
    return Finished(code if code is not None else 128 + signal.SIGKILL, timed_out, child.tail(), child.usage)
