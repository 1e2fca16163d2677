"""Raw files as they may be published: redacted where they hold what `redact` keeps out, or not at all.

Rules: takes bytes and gives bytes. Profiles in profile.proto are written anew, other profiles and text are redacted as
text. What cannot be read is searched as it is, and left out when anything in it would have to go.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline.analysis.masking import MASK, TELLING_NAME
from pipeline.analysis.redact import Redacted, Redactor, redact_profile
from pipeline.decode import decode_profile
from pipeline.decode.sniff import PPROF, sniff
from pipeline.decode.unpack import unpack
from pipeline.errors import DecodeError
from pipeline.model.finding import Finding
from pipeline.model.run import RawFile
from pipeline.render.pprof_proto import write_pprof

MAX_BYTES: Final = 256 << 20
"""What is larger, unpacked, is not searched but left out."""
_LABELS: Final = re.compile(r"(?m)^#\s*labels: .*\n?")
_TELLING: Final = re.compile(TELLING_NAME, re.IGNORECASE)
_HEADING: Final = re.compile(r"(?m)^(goroutine \d+ [^\n{]*\])[ ]?\{[^\n]*\}(:?)$")


@dataclass(slots=True)
class ScrubbedFiles:
    """What is published instead of a run's raw files, by path: other bytes, or None for nothing."""

    files: dict[str, bytes | None] = field(default_factory=dict)

    def places(self) -> tuple[tuple[str, str], ...]:
        """Name the data file of each, by path; empty for one that is not published."""
        return tuple(sorted((path, _name(data)) for path, data in self.files.items()))

    def data(self) -> dict[str, bytes]:
        """Give the data files by name."""
        return {_name(data): data for data in self.files.values() if data is not None}

    def findings(self) -> tuple[Finding, ...]:
        """Say what is left out."""
        message = "This file is not published: it holds what is to be kept out, and cannot be written without it."
        cure = "Look what is in it; `[redact]` in the settings says what is kept out."
        return tuple(
            Finding("raw_left_out", "info", message, path, cure=cure)
            for path, data in sorted(self.files.items())
            if data is None
        )


def _name(data: bytes | None) -> str:
    return "" if data is None else f"{hashlib.sha256(data).hexdigest()[:16]}.raw"


def scrub_files(
    files: tuple[RawFile, ...],
    read: Callable[[RawFile], bytes],
    redactor: Redactor,
    redacted: Mapping[str, Redacted] | None = None,
) -> ScrubbedFiles:
    """Redact raw files; those that need not change are not in the result. ``redacted`` are profiles known already."""
    found = ScrubbedFiles()
    for file in files:
        try:
            data = read(file)
            scrubbed = scrub(data, redactor, (redacted or {}).get(file.path))
        except Exception:  # noqa: BLE001 - what cannot be redacted is not published, whatever the reason
            found.files[file.path] = None
            continue
        if scrubbed is not data:
            found.files[file.path] = scrubbed
    return found


def scrub(data: bytes, redactor: Redactor, known: Redacted | None = None) -> bytes | None:
    """Redact one raw file: the same object when nothing is to be kept out, None when it cannot be redacted."""
    raw = _unpacked(data)
    if raw is None:
        return None
    profile = known if known is not None and known.profile.format == PPROF else _profile(raw, redactor)
    if profile is not None:
        # Text that no sample refers to is not in the profile as decoded, but it is in the file.
        hidden = profile.changed or redactor.finds(raw)
        return write_pprof(profile.profile) if hidden else data
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None if redactor.finds(raw) else data
    scrubbed = _scrub_json(text, redactor) if text.lstrip()[:1] in {"{", "["} else None
    scrubbed = scrub_text(text, redactor) if scrubbed is None else scrubbed
    return data if scrubbed == text else scrubbed.encode("utf-8", "replace")


def scrub_text(text: str, redactor: Redactor) -> str:
    """Redact text, and take the labels out of a text profile."""
    if not redactor.shows("", ours=False):
        text = _HEADING.sub(r"\1\2", _LABELS.sub("", text))
    return redactor.text(text)


def _scrub_json(text: str, redactor: Redactor) -> str | None:
    """Redact the texts of a JSON document, which stays as it is when there is nothing to redact; None if it is none."""
    try:
        value = json.loads(text)
        scrubbed = _scrub_value(value, redactor)
        same = scrubbed == value or value != value  # noqa: PLR0124 - not a number is never equal to itself
        return text if same else json.dumps(scrubbed, ensure_ascii=False, indent=1) + "\n"
    except (ValueError, RecursionError):
        return None


def _scrub_value(value: Any, redactor: Redactor, name: str = "") -> Any:
    if isinstance(value, dict):
        return {redactor.text(key): _scrub_value(item, redactor, key) for key, item in value.items()}
    if isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return redactor.words(value)
        return [_scrub_value(item, redactor) for item in value]
    if isinstance(value, str):
        telling = value and redactor.rules.secrets and _TELLING.fullmatch(name)
        return MASK if telling else redactor.text(value)
    return value


def _profile(raw: bytes, redactor: Redactor) -> Redacted | None:
    """Read and redact a profile.proto; None when it is none."""
    if sniff(raw) != PPROF:
        return None
    try:
        return redact_profile(decode_profile(raw, max_bytes=MAX_BYTES), redactor)
    except DecodeError:
        return None


def _unpacked(data: bytes) -> bytes | None:
    """Unpack what is packed, of a damaged file what there is; None when that is too much to search."""
    try:
        return unpack(data, MAX_BYTES)[0]
    except DecodeError as error:
        if error.code == "too_large":
            return None
    try:
        return data + zlib.decompressobj(31).decompress(data, MAX_BYTES)
    except zlib.error:
        return data
