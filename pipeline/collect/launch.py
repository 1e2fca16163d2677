"""The guard between collect and a command it runs: when collect dies, so does everything the command started.

Run as a script in a session of its own: ``python -I -S launch.py PARENT_PID WORD…``. Rules: standard library only; it
starts the command in its own process group, waits, and ends with the command's exit code (128 + N for a signal N).
TERM and INT are for the command and do not end the guard. If the parent dies, even by kill -9, the whole group is
killed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_POLL_SECONDS: Final = 0.5


def main(argv: list[str]) -> int:
    """Run ``argv[2:]`` for the parent ``argv[1]``; returns the exit code to end with."""
    parent, words = int(argv[1]), argv[2:]
    for ignored in (signal.SIGTERM, signal.SIGINT):
        # A handler, not SIG_IGN: handlers are reset in the command, an ignored signal would stay ignored there.
        signal.signal(ignored, lambda *_: None)
    signal.signal(signal.SIGHUP, _end_all)
    told = _ask_for_hangup()
    if os.getppid() != parent:
        return 125
    try:
        child = os.posix_spawnp(words[0], words, os.environ, setsigdef=[signal.SIGPIPE, signal.SIGHUP, signal.SIGXFSZ])
    except OSError as error:
        sys.stderr.write(f"{words[0]}: {error.strerror}\n")
        return 127 if isinstance(error, FileNotFoundError) else 126
    return _wait(child, 0 if told else parent)


def _end_all(*_: object) -> None:
    os.killpg(0, signal.SIGKILL)


def _ask_for_hangup() -> bool:
    """Ask Linux for SIGHUP when the parent dies; other systems have to be polled."""
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGHUP), 0, 0, 0) == 0)


def _wait(child: int, watched_parent: int) -> int:
    while True:
        done, status = os.waitpid(child, os.WNOHANG if watched_parent else 0)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if os.getppid() != watched_parent:
            _end_all()
        time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
