"""The guard between collect and a command it runs: when collect dies, so does everything the command started.

Run as a script in a session of its own: ``python -I -S launch.py PARENT_PID USAGE_FD WORD…``. Rules: standard library
only; it starts the command in its own process group, waits, and ends with the command's exit code (128 + N for a signal
N). TERM and INT are for the command and do not end the guard. If the parent dies, even by kill -9, the whole group is
killed. What the command used, and not what the guard did, is written to USAGE_FD as one JSON object. The kernel counts
what a process had in memory when it became the command: a peak no larger than that is not told. So the guard imports
little, and late.
"""

from __future__ import annotations

import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import resource
    from typing import Final, NoReturn

_MARGIN_BYTES: Final = 1 << 19
"""What becoming the command may add to the memory it was started with."""
_PR_SET_PDEATHSIG: Final = 1
_POLL_SECONDS: Final = 0.5
_IGNORED: Final = (signal.SIGPIPE, signal.SIGXFSZ)
"""What Python ignores; a command must not."""
_MAXRSS_BYTES: Final = 1 if sys.platform == "darwin" else 1024


class Telling:
    """Where to write what the command used; ``floor`` gives what was in memory when it was started."""

    def __init__(self, usage: int, floor: int, began: float) -> None:
        self.usage, self.floor, self.began = usage, floor, began

    def tell(self, used: resource.struct_rusage) -> None:
        """Write one JSON object; nobody need be there to read it."""
        peak = used.ru_maxrss * _MAXRSS_BYTES
        facts = {
            "elapsed_seconds": time.monotonic() - self.began,
            "user_seconds": used.ru_utime,
            "system_seconds": used.ru_stime,
            "max_rss_bytes": peak if peak > self._floor_bytes() else "null",
            "major_faults": used.ru_majflt,
            "minor_faults": used.ru_minflt,
        }
        text = ", ".join(f'"{name}": {value}' for name, value in facts.items())
        try:
            os.write(self.usage, f"{{{text}}}".encode())
        except OSError:
            return

    def _floor_bytes(self) -> int:
        os.set_blocking(self.floor, False)
        try:
            resident = int(os.read(self.floor, 256).split()[1])
        except (OSError, IndexError):
            import resource

            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_BYTES
        return resident * os.sysconf("SC_PAGE_SIZE") + _MARGIN_BYTES


def main(argv: list[str]) -> int:
    """Run ``argv[3:]`` for the parent ``argv[1]``; returns the exit code to end with."""
    parent, usage, words = int(argv[1]), int(argv[2]), argv[3:]
    os.set_inheritable(usage, False)
    _guard_signals()
    told = _ask_for_hangup()
    if os.getppid() != parent:
        return 125
    began = time.monotonic()
    floor, telling = os.pipe()
    child = _fork(_find(words[0]), words, telling)
    return _wait(child, 0 if told else parent, Telling(usage, floor, began))


def _guard_signals() -> None:
    for ignored in (signal.SIGTERM, signal.SIGINT, *_IGNORED):
        signal.signal(ignored, lambda *_: None)
    signal.signal(signal.SIGHUP, _end_all)


def _find(program: str) -> str:
    """Look for a program in PATH, here rather than in the new process, which must stay small."""
    if "/" in program:
        return program
    found = (os.path.join(folder, program) for folder in os.get_exec_path())  # noqa: PTH118 - pathlib is large
    return next((path for path in found if os.access(path, os.X_OK) and not os.path.isdir(path)), program)  # noqa: PTH112


def _fork(path: str, words: list[str], telling: int) -> int:
    """Start the command, with the signals of a fresh process; returns its number.

    Forked, not spawned, and with next to nothing done before it becomes the command: what this process had in memory
    counts as its own peak.
    """
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, *_IGNORED)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    for number in signals:
        signal.signal(number, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        _become(path, words, signals, telling)
    _guard_signals()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    return child


def _become(path: str, words: list[str], signals: tuple[signal.Signals, ...], telling: int) -> NoReturn:
    if sys.platform == "linux":
        os.write(telling, os.read(os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC), 256))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    try:
        os.execv(path, words)  # noqa: S606 - no shell is meant
    except OSError as error:
        os.write(2, f"{words[0]}: {error.strerror}\n".encode())
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def _end_all(*_: object) -> None:
    os.killpg(0, signal.SIGKILL)


def _ask_for_hangup() -> bool:
    """Ask Linux for SIGHUP when the parent dies; other systems have to be polled."""
    if sys.platform != "linux":
        return False
    import ctypes

    return bool(ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGHUP), 0, 0, 0) == 0)


def _wait(child: int, watched_parent: int, telling: Telling) -> int:
    while True:
        done, status, used = os.wait4(child, os.WNOHANG if watched_parent else 0)
        if done:
            code = os.waitstatus_to_exitcode(status)
            telling.tell(used)
            return code if code >= 0 else 128 - code
        if os.getppid() != watched_parent:
            _end_all()
        time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
