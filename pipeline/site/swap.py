"""Putting a finished tree in the place of the old one, whole or not at all.

Rules: at every moment the final place holds the complete old tree or the complete new one, also after kill -9. Where
the system cannot exchange two folders in one step, two renames do, and `recover` completes what was interrupted.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path
from typing import Final

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2


def recover(final: Path, staging: Path) -> None:
    """Undo an interrupted swap and remove what it left behind."""
    old = _old(final)
    if not final.exists() and old.is_dir():
        old.rename(final)
    for leftover in (old, staging):
        shutil.rmtree(leftover, ignore_errors=True)


def swap_in(new: Path, final: Path) -> None:
    """Put ``new`` in the place of ``final`` and remove the old tree; both must be on one file system."""
    final.parent.mkdir(parents=True, exist_ok=True)
    if not final.exists():
        new.rename(final)
    elif _exchange(new, final):
        shutil.rmtree(new, ignore_errors=True)
    else:
        old = _old(final)
        shutil.rmtree(old, ignore_errors=True)
        final.rename(old)
        new.rename(final)
        shutil.rmtree(old, ignore_errors=True)


def _old(final: Path) -> Path:
    return final.with_name(f".{final.name}.old")


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two folders in one step (Linux renameat2); False where that is not possible."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    done: int = renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE)
    return done == 0
