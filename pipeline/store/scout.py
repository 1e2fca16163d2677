"""A look at all that is there, taken by a process of its own from the first moment of a command.

Rules: looking at the files of thousands of runs takes as long as loading the program does, so both are done at once.
The scout tells what the memories (`store.seen`) know of each folder that is as it was; of what is new or changed it
tells nothing, and whoever asks looks there. What it saw is from the beginning of the command and is given out once: a
second look is a real one. It is forked where that is safe: on Linux, in a program with one thread. Where it cannot be,
or dies, nothing is told: that costs time and nothing else. Nothing heavy is imported here.
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

_SECTIONS: Final = ("state", "runs", "derived", "site")
_SIZE: Final = 8
_BEGUN: Final = "cache/site-begun"


class Scout:
    """One process that looks; ``told`` waits for what it says."""

    def __init__(self, pid: int = 0, talk: int = -1, place: int = -1) -> None:
        self._pid, self._talk, self._place = pid, talk, place
        self._told: dict[str, dict[str, str]] = {}
        self._at = 0
        self._meanwhile: Iterator[Callable[[], object]] = iter(())
        self.is_taken = False

    def wait_with(self, work: Iterable[Callable[[], object]]) -> None:
        """Do pieces of work, one after the other, whenever somebody waits for what is told."""
        self._meanwhile = iter(work)

    def told(self, section: str) -> Mapping[str, str]:
        """Say what is known of each folder of ``runs`` or ``derived``, of each unit of the ``site``, or what `marks`
        gave before (``state``), by name; empty where nothing is.
        """
        while section not in self._told:
            found = self._next()
            if found is None:
                self._told |= {name: {} for name in _SECTIONS if name not in self._told}
            else:
                self._told[_SECTIONS[len(self._told)]] = found
        return self._told[section]

    def _next(self) -> dict[str, str] | None:
        while self._is_silent() and (work := next(self._meanwhile, None)):
            work()
        try:
            size = int.from_bytes(os.read(self._talk, _SIZE), "little") if self._pid else 0
            found: dict[str, str] = marshal.loads(os.pread(self._place, size, self._at)) if size else {}  # noqa: S302 - our own
        except (OSError, ValueError, EOFError, TypeError):
            return None
        self._at += size
        return found if size else None

    def _is_silent(self) -> bool:
        if not self._pid:
            return False
        listening = select.poll()
        listening.register(self._talk, select.POLLIN)
        return not listening.poll(0)

    def dismiss(self) -> None:
        """End the process."""
        if self._pid:
            os.close(self._talk)
            os.close(self._place)
            with suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
        self._pid = 0


NONE: Final = Scout()
_sent: dict[Path, Scout] = {}


def send(root: Path) -> None:
    """Begin to look at a project, if there is much to look at."""
    if sys.platform != "linux" or threading.active_count() > 1 or root in _sent:
        return
    try:
        if len(os.listdir(root / "build" / "derived")) < MANY:  # noqa: PTH208 - names alone, and fast
            return
        opened = [os.memfd_create("profbook")]
    except OSError:
        return
    try:
        opened += os.pipe()
        pid = os.fork()
    except OSError:
        for one in opened:
            os.close(one)
        return
    place, talk, theirs = opened
    if not pid:
        os.close(talk)
        _work(root, theirs, place)
    os.close(theirs)
    _sent[root] = Scout(pid, talk, place)


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


def _work(root: Path, talk: int, place: int) -> NoReturn:
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever sent us says what there is to say
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):  # nobody shall wait for us at the end of a pipe
            os.dup2(nothing, stream)
        gc.disable()
        for found in look_around(root):
            data = marshal.dumps(found)
            with open(place, "wb", closefd=False) as file:
                file.write(data)
            os.write(talk, len(data).to_bytes(_SIZE, "little"))
    finally:
        os._exit(0)


def look_around(root: Path) -> Iterator[dict[str, str]]:
    """Look at a project; gives each section of what is told, in order."""
    from pipeline.store import seen

    def known(name: str) -> seen.Memory:
        return seen.Memory(memory_file(root, name), is_kept=False)

    yield marks(root)
    yield _folders(f"{root}/{PROFILES}", known("runs"))
    yield _folders(f"{root}/build/derived", known("derived"))

    from pipeline.store.tree import SiteTree

    yield SiteTree(root / "build" / "site", known("site"), {}).remembered()


def _folders(folder: str, memory: seen.Memory) -> dict[str, str]:
    from pipeline.store import seen

    found = {}
    for name in os.listdir(folder):  # noqa: PTH208 - names alone, and fast
        looked = seen.look(f"{folder}/{name}")
        text = memory.recall(name, looked.state) if looked else None
        if text:
            found[name] = text
    return found
