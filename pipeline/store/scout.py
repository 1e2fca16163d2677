"""A look at all that is there, taken by processes of their own from the first moment of a command.

Rules: looking at the files of thousands of runs takes as long as loading the program does, and the site's as long as
all others: while the program is loaded, one process looks at the site and one at what it is made of. They tell what the
memories (`store.seen`) know of each folder that is as it was; of what is new or changed they tell nothing, and whoever
asks looks there. When runs came or went since the site was made, what is seen of the site is asked for last: its
process gives way to the others then. What they saw is from the beginning of the command and is given out once: a second
look is a real one. They are forked where that is safe: on Linux, in a program with one thread. Where one cannot be, or
dies, nothing is told: that costs time and nothing else. Nothing heavy is imported here.
"""

from __future__ import annotations

import gc
import marshal
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from pipeline.store import seen

MANY: Final = 150
"""Derived runs that are worth a process."""

PROFILES: Final = "profiles"
"""The folder of runs a scout looks at; the settings that may name another one are not read yet."""

_WAYS: Final = (("runs", "derived"), ("site",))
"""What each process looks at, in order."""

_GIVES_WAY: Final = 15
"""How much nicer the look at a site is that has to be built anyway."""

_SIZE: Final = 8
_BEGUN: Final = "cache/site-begun"


class Process:
    """One process that looks at ``sections``; it says over ``talk`` how many bytes of its next one are in ``place``."""

    def __init__(self, pid: int, talk: int, place: int, sections: tuple[str, ...]) -> None:
        self.sections = sections
        self._pid, self._talk, self._place = pid, talk, place
        self._told: dict[str, dict[str, str]] = {}
        self._at = 0

    def told(self, section: str, meanwhile: Iterator[Callable[[], object]]) -> Mapping[str, str]:
        """Wait for one of its sections, with pieces of work to do meanwhile."""
        while section not in self._told:
            while self._is_silent() and (work := next(meanwhile, None)):
                work()
            self._told[self.sections[len(self._told)]] = self._next()
        return self._told[section]

    def _next(self) -> dict[str, str]:
        try:
            size = int.from_bytes(os.read(self._talk, _SIZE), "little")
            found: dict[str, str] = marshal.loads(os.pread(self._place, size, self._at)) if size else {}  # noqa: S302 - our own
        except (OSError, ValueError, EOFError, TypeError):
            return {}
        self._at += size
        return found

    def _is_silent(self) -> bool:
        listening = select.poll()
        listening.register(self._talk, select.POLLIN)
        return not listening.poll(0)

    def end(self) -> None:
        """End it, whatever it is doing."""
        os.close(self._talk)
        os.close(self._place)
        with suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


class Scout:
    """What is seen from the beginning of a command; ``state`` is what `marks` gave before anything was looked at."""

    def __init__(self, state: Mapping[str, str] | None = None) -> None:
        self.state = dict(state or {})
        self.processes: list[Process] = []
        self.is_taken = False
        self._meanwhile: Iterator[Callable[[], object]] = iter(())

    def wait_with(self, work: Iterable[Callable[[], object]]) -> None:
        """Do pieces of work, one after the other, whenever somebody waits for what is told."""
        self._meanwhile = iter(work)

    def told(self, section: str) -> Mapping[str, str]:
        """Say what is known of each folder of ``runs`` or ``derived``, or of each unit of the ``site``, by name; empty
        where nothing is.
        """
        for process in self.processes:
            if section in process.sections:
                return process.told(section, self._meanwhile)
        return {}

    def dismiss(self) -> None:
        """End its processes."""
        while self.processes:
            self.processes.pop().end()


NONE: Final = Scout()
_sent: dict[Path, Scout] = {}


def send(root: Path) -> None:
    """Begin to look at a project, if there is much to look at."""
    if sys.platform != "linux" or threading.active_count() > 1 or root in _sent:
        return
    try:
        if len(os.listdir(root / "build" / "derived")) < MANY:  # noqa: PTH208 - names alone, and fast
            return
    except OSError:
        return
    sent = _sent[root] = Scout(marks(root))  # before anybody looks: what changes from here on is seen to have changed
    for sections in _WAYS:
        if process := _fork(root, sections):
            sent.processes.append(process)


def _fork(root: Path, sections: tuple[str, ...]) -> Process | None:
    opened: list[int] = []
    try:
        opened.append(os.memfd_create("profbook"))
        opened += os.pipe()
        pid = os.fork()
    except OSError:
        for one in opened:
            os.close(one)
        return None
    place, talk, theirs = opened
    if not pid:
        os.close(talk)
        _work(root, sections, theirs, place)
    os.close(theirs)
    return Process(pid, talk, place, sections)


def taken(root: Path) -> Scout:
    """Take the scout that was sent to a project; the next who asks gets one that knows nothing."""
    found = _sent.get(root, NONE)
    if found.is_taken:
        return NONE
    found.is_taken = found is not NONE
    return found


def dismiss() -> None:
    """End all that were sent."""
    for one in _sent.values():
        one.dismiss()
    _sent.clear()


def marks(root: Path) -> dict[str, str]:
    """Give the state of what changes whenever the site does, empty texts where there is none: its document, and what is
    touched before the first of its files is (`begin`).
    """
    from pipeline.store import seen

    found = {}
    for name in ("site.json", _BEGUN):
        try:
            found[name] = seen.state_of(root / "build" / name)
        except OSError:
            found[name] = ""
    return found


def begin(root: Path) -> None:
    """Note that the site is about to be changed: what others have seen of it may be outdated from now on."""
    with suppress(OSError):
        (root / "build" / _BEGUN).touch()


def memory_file(root: Path, name: str) -> Path:
    """Say where the memory is of the files of ``runs``, of ``derived``, of ``compare`` or of the ``site``."""
    return root / "build" / "cache" / "seen" / name


# --- in the process of its own -----------------------------------------------------------------------------------


def _work(root: Path, sections: tuple[str, ...], talk: int, place: int) -> NoReturn:
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever sent us says what there is to say
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):  # nobody shall wait for us at the end of a pipe
            os.dup2(nothing, stream)
        gc.disable()
        if sections == ("site",) and _has_news(root):
            os.nice(_GIVES_WAY)
        for section in sections:
            data = marshal.dumps(look_at(root, section))
            with open(place, "wb", closefd=False) as file:
                file.write(data)
            os.write(talk, len(data).to_bytes(_SIZE, "little"))
    finally:
        os._exit(0)


def _has_news(root: Path) -> bool:
    """Tell whether runs came or went since the site was made: a guess, of which nothing but haste depends."""
    try:
        return (root / PROFILES).stat().st_mtime_ns > (root / "build" / "site.json").stat().st_mtime_ns
    except OSError:
        return False


def look_at(root: Path, section: str) -> dict[str, str]:
    """Look at a section of a project; gives what is told of it."""
    from pipeline.store import seen

    memory = seen.Memory(memory_file(root, section), is_kept=False)
    if section == "site":
        from pipeline.store.tree import SiteTree

        return SiteTree(root / "build" / "site", memory, {}).remembered()
    return _folders(f"{root}/{PROFILES if section == 'runs' else 'build/derived'}", memory)


def _folders(folder: str, memory: seen.Memory) -> dict[str, str]:
    return {name: text for name in memory.names() if (text := memory.revisit(name, f"{folder}/{name}"))}
