"""Unpack a zip, tar or tar.gz of CI artifacts as if its maker were an enemy.

Rules: nothing is ever written outside the folder given; names are judged before anything is opened. Links, devices and
names that cannot be kept everywhere are left out and told as Findings, the rest is unpacked. An archive that holds more
files or bytes than the limits, or that is damaged, is refused whole. Sizes in headers are not believed: what comes out
is counted. Other compressions than gzip and deflate are refused: their memory cannot be bounded.
"""

from __future__ import annotations

import calendar
import gzip
import io
import os
import re
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, cast

from pipeline.errors import CollectError
from pipeline.model.finding import Finding

_CHUNK: Final = 1 << 20
_HEADER_BYTES: Final = 16 << 20
"""Most that a header may make us read at once: a zip's table of names, a tar's long name."""
_NAME_BYTES: Final = 200
_DEPTH: Final = 16
_RESERVED: Final = re.compile(r"(?i)^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)")
_HIDDEN: Final = re.compile(r"^(\.(?!\.?$)[^\\]*|__MACOSX)$")
_ENCRYPTED: Final = 0x1
_DAMAGED: Final = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError, ValueError, NotImplementedError,
    RuntimeError, OverflowError, LookupError, struct.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """How much one import may bring: files, and bytes when unpacked."""

    files: int = 20_000
    bytes: int = 4 << 30


@dataclass(slots=True)
class Budget:
    """What has been taken of the limits so far. Raises CollectError when it is too much."""

    limits: ImportLimits
    name: str
    files: int = 0
    bytes: int = 0

    def file(self) -> None:
        """Count one file."""
        self.files += 1
        if self.files > self.limits.files:
            raise too_much(self.name, f"more than {self.limits.files:,} files", "limits.import_files")

    def take(self, count: int) -> None:
        """Count bytes."""
        self.bytes += count
        if self.bytes > self.limits.bytes:
            raise too_much(self.name, f"more than {self.limits.bytes:,} bytes unpacked", "limits.import_bytes")


def too_much(name: str, what: str, setting: str) -> CollectError:
    """Make the error for an input beyond the limits."""
    return CollectError(f"{name} holds {what}", cure=f"Import a part of it, or raise {setting} if it is genuine.")


@dataclass(slots=True)
class Names:
    """Judge of the names of one import: which may be kept, and which were seen before but for case."""

    seen: dict[str, str] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)

    def refusal(self, path: str) -> Finding | None:
        """Say why a file of this name is not taken, if so; a name that is taken is remembered."""
        if path.startswith("/") or re.match(r"^[A-Za-z]:", path) or ".." in path.split("/"):
            message = "A name that leads out of its folder is left out."
            return Finding("outside_archive", "error", message, shown(path), cure="Do not trust this archive.")
        parts = PurePosixPath(path).parts
        fault = next((fault for part in parts if (fault := _fault(part))), "")
        if fault or len(parts) > _DEPTH or not parts:
            said = f"A name that {fault or 'is too deep'} is left out."
            return Finding("unsafe_name", "error", said, shown(path), cure="Rename it, then import again.")
        folded = unicodedata.normalize("NFC", path).casefold()
        above = [folded[:at] for at, char in enumerate(folded) if char == "/"]
        same = self.seen.get(folded) or self.folders.get(folded)
        taken = same or next((self.seen[part] for part in above if part in self.seen), "")
        if taken:
            message = "Two names that are the same but for case cannot both be kept; this one is left out."
            return Finding("same_name", "error", message, path, taken, "Rename one of them.")
        self.seen[folded] = path
        self.folders |= dict.fromkeys(above, path)
        return None


def _fault(part: str) -> str:
    if not part.isprintable() or "\\" in part:
        return "has control characters or a backslash"
    if len(part.encode("utf-8", "surrogateescape")) > _NAME_BYTES:
        return "is too long"
    if part.endswith((".", " ")) or _RESERVED.match(part):
        return "some systems reserve"
    return ""


def shown(path: str) -> str:
    """Spell a hostile name in plain ASCII."""
    plain = path.encode("utf-8", "backslashreplace").decode("utf-8", "backslashreplace")
    return plain[:300] if plain.isprintable() else plain.encode("unicode_escape").decode("ascii")[:300]


def packing(path: Path) -> str:
    """Tell by its content whether a file is an archive: ``zip``, ``tar``, ``tar.gz``, or empty for anything else."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return "zip"
        if head[257:262] == b"ustar":
            return "tar"
        if head.startswith(b"\x1f\x8b"):
            with gzip.open(path, "rb") as unpacked:
                return "tar.gz" if unpacked.read(512)[257:262] == b"ustar" else ""
    except _DAMAGED:
        return ""
    except OSError as error:
        raise CollectError(
            f"cannot read {path.name}: {error.strerror or error}", cure="Check its permissions."
        ) from None
    return ""


def unpack_archive(path: Path, into: Path, budget: Budget) -> tuple[Finding, ...]:
    """Unpack an archive into an empty folder; returns what was left out.

    Raises CollectError when it is damaged or beyond the limits.
    """
    job = _Unpacking(into, budget)
    try:
        if packing(path) == "zip":
            _unpack_zip(path, job)
        else:
            _unpack_tar(path, job)
    except _DAMAGED as error:
        raise CollectError(
            f"{path.name} is damaged: {type(error).__name__}",
            cure="Download or pack it again; nothing of it was taken.",
        ) from error
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise CollectError(f"cannot unpack {path.name}: {said}", cure="Make room, then import again.") from error
    return tuple(job.found)


@dataclass(slots=True)
class _Unpacking:
    """One archive being unpacked."""

    into: Path
    budget: Budget
    names: Names = field(default_factory=Names)
    found: list[Finding] = field(default_factory=list)

    def wants(self, path: str, kind: int) -> bool:
        """Tell whether a member is to be unpacked; ``kind`` is the file type of its mode, 0 when it says none."""
        if any(_HIDDEN.match(part) for part in path.split("/")):
            return False
        doubt = _wrong_kind(path, kind) or self.names.refusal(path)
        self.found += [doubt] if doubt else []
        return doubt is None

    def write(self, path: str, source: IO[bytes], modified: float) -> None:
        """Write one member, counting what really comes out."""
        place = self.into / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            while chunk := source.read(_CHUNK):
                self.budget.take(len(chunk))
                file.write(chunk)
        os.utime(place, (modified, modified))


def _wrong_kind(path: str, kind: int) -> Finding | None:
    if kind == stat.S_IFLNK:
        return Finding(
            "link", "warning", "Links in an archive are left out.", shown(path), cure="Pack the file itself."
        )
    if kind not in {0, stat.S_IFREG}:
        return Finding("special_file", "warning", "Only regular files are taken from an archive.", shown(path))
    return None


def _unpack_zip(path: Path, job: _Unpacking) -> None:
    with path.open("rb") as raw, zipfile.ZipFile(_Bounded(raw, job.budget.name)) as archive:
        for member in archive.infolist():
            job.budget.file()
            if member.is_dir() or not job.wants(member.filename, stat.S_IFMT(member.external_attr >> 16)):
                continue
            if member.flag_bits & _ENCRYPTED or member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                message = "A file that is encrypted or packed in an unusual way is left out."
                cure = "Unpack it yourself and import the folder."
                job.found.append(Finding("unknown_packing", "error", message, shown(member.filename), cure=cure))
                continue
            with archive.open(member) as source:
                job.write(member.filename, source, calendar.timegm((*member.date_time, 0, 0, 0)))


def _unpack_tar(path: Path, job: _Unpacking) -> None:
    with _plain_tar(path) as raw:
        stream: Any = _Bounded(raw, job.budget.name, most=job.budget.limits.bytes + job.budget.limits.files * 4096)
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            while (member := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined] # else every header of a long archive stays in memory
                job.budget.file()
                if member.isdir():
                    continue
                if member.size < 0:
                    raise tarfile.HeaderError("negative size")
                kind = stat.S_IFREG if member.isreg() else stat.S_IFLNK if member.islnk() or member.issym() else -1
                name = member.name.removeprefix("./")
                if job.wants(name, kind) and (source := archive.extractfile(member)) is not None:
                    with source:
                        job.write(name, source, max(0.0, float(member.mtime)))


@contextmanager
def _plain_tar(path: Path) -> Iterator[IO[bytes]]:
    if packing(path) == "tar.gz":
        with gzip.open(path, "rb") as unpacked:
            yield cast("IO[bytes]", unpacked)
    else:
        with path.open("rb") as file:
            yield file


class _Bounded(io.RawIOBase):
    """A seekable file that refuses to be read in huge pieces, or beyond ``most`` bytes from its start."""

    def __init__(self, file: IO[bytes], name: str, most: int = 1 << 62) -> None:
        super().__init__()
        self._file = file
        self._name = name
        self._most = most

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        # A few readers ask for "the rest" of a file that is small; what comes decides, not what was asked.
        wanted = _HEADER_BYTES + 1 if size is None or size < 0 else size
        if wanted > _HEADER_BYTES + 1:
            raise too_much(self._name, "a table or name of more than 16 MiB", "limits.import_files")
        data = self._file.read(wanted)
        if len(data) > _HEADER_BYTES:
            raise too_much(self._name, "a table or name of more than 16 MiB", "limits.import_files")
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence == os.SEEK_SET and offset < 0:
            raise ValueError("a header points before the beginning")
        if whence == os.SEEK_SET and offset > self._most:
            raise too_much(self._name, "more bytes than the limit allows", "limits.import_bytes")
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()
