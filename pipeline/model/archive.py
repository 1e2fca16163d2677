"""The data files of a run, all in one: a ZIP in which nothing is compressed, as most of it is already. Pure.

Rules: every command looks at every file of every run, so one file takes the place of dozens. Equal files are equal
bytes: names in order, no times. A data file's address is the archive's, and its own name behind it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Final

NAME: Final = "data.zip"


def pack(files: Mapping[str, bytes]) -> bytes:
    """Write data files, by name, as one."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), data)
    return packed.getvalue()


def opened(data: bytes) -> zipfile.ZipFile:
    """Open what `pack` wrote; raises OSError, as a file that cannot be read does, when it is something else."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise OSError(f"it is no archive: {error}") from error
    if any(one.compress_type != zipfile.ZIP_STORED for one in archive.infolist()):
        raise OSError("it is no archive of ours: something in it is compressed")
    return archive


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Give one data file; raises OSError when there is none, or its bytes are not those that were written."""
    try:
        return archive.read(name)
    except (KeyError, zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise OSError(f"{name} cannot be read: {error}") from error
