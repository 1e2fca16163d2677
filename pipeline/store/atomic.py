"""Writing so that a crash leaves the old bytes or the new ones, never a part of them.

Rules: a file is written beside its final place (``.<name>.<pid>-<thread>.tmp``), flushed to disk, renamed over it, and
the folder is flushed too; files that a digest elsewhere vouches for need not be flushed. Readers never need a lock.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from pipeline.errors import StoreError

_TEMPORARY: Final = re.compile(r"^\..+\.\d+-\d+\.tmp$")


def write_bytes(path: Path, data: bytes, *, flush: bool = True) -> None:
    """Write a whole file, making its folders; raises StoreError when the disk does not take it.

    Without ``flush`` a crash of the machine may lose the bytes: only for files whose readers check a digest and make
    them again.
    """
    # The thread is part of the name: two writers of one process must not share a temporary file either.
    temporary = path.parent / f".{path.name[:120]}.{os.getpid()}-{threading.get_ident()}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                if flush:
                    os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        if flush:
            sync_folder(path.parent)
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror or error}",
            cure="Check free space and permissions, then run it again.",
        ) from error


def write_if_changed(path: Path, data: bytes, *, flush: bool = True) -> bool:
    """Write a file unless it holds these bytes already; tell whether it was written (``flush``: see `write_bytes`)."""
    with suppress(OSError):
        if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
    write_bytes(path, data, flush=flush)
    return True


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def clear_leftovers(path: Path) -> None:
    """Remove what writes of this file left when they were killed; only its sole writer may ask for it."""
    for other in path.parent.glob(f".{glob.escape(path.name[:120])}.*.tmp"):
        if _TEMPORARY.match(other.name):
            remove(other)


def remove(path: Path) -> None:
    """Remove a file or a whole folder, if it is there; links are removed, not followed."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"cannot remove {path}: {error.strerror or error}", cure="Check its permissions.") from error
