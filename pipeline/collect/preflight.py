"""What is checked before a run begins: room on its disk, and a label that will say something later.

Rules: nothing here waits or writes; a doubt is a finding, only a disk that is already full is an error.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from pipeline.errors import CollectError
from pipeline.model.finding import Finding

_VAGUE: Final = re.compile(
    r"(?i)^(?:(?:my|the)[-_.]?)?(?:test|tests|try|run|final|new|old|tmp|temp|foo|bar|baz|x+|a+|b|misc|stuff|debug|latest"
    r"|attempt|version|v|data|profile|fixed?|now|again)?(?:[-_.]?(?:final|new|old|test|copy|v)?[-_.]?\d*)$"
)


def check_room(folder: Path, needed: int) -> None:
    """Refuse to begin a run that would soon fill the disk; ``needed`` is in bytes. Raises CollectError."""
    place = next((path for path in (folder, *folder.parents) if path.is_dir()), Path())
    try:
        free = shutil.disk_usage(place).free
    except OSError:
        return
    if free < needed:
        raise CollectError(
            f"not enough room for a run: below {folder.name}/ {free >> 20} MiB are free, not {needed >> 20} MiB",
            cure="Make room, put collect.profiles_dir on another disk, or lower collect.free_bytes.",
        )


def label_doubt(label: str) -> Finding | None:
    """Say so when a label will tell nobody what was run: ``test1``, ``final``, ``new2``."""
    if not label or not _VAGUE.match(label):
        return None
    return Finding(
        "vague_label",
        "info",
        f"The label {label} does not say what was run",
        subject="label",
        cure="Name what is different, such as baseline or with-caching; runs of one label are replicates.",
    )
