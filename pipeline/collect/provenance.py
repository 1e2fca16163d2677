"""When an imported run was taken, and its ``run.json``: the one it brings, or one written for it.

Rules: a time is believed only if Go existed and it is not in the future. A manifest of ours says where the run came
from and how its time is known, without a path of this machine. Reads nothing but the manifest that was brought.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pipeline import __version__
from pipeline.collect.clock import Clock, rfc3339
from pipeline.collect.contents import Content
from pipeline.collect.layouts import MANIFEST, FoundRun, stamp_in
from pipeline.collect.record import Record, as_json
from pipeline.collect.secrets import printable
from pipeline.model import layout
from pipeline.model.finding import Finding
from pipeline.model.run import DEFAULT_COMPONENT, FileReport, Manifest

_EARLIEST: Final = datetime(2009, 11, 10, tzinfo=UTC)
_MANIFEST_BYTES: Final = 16 << 20
_REPORTED: Final = frozenset({*layout.ENDPOINTS, "profile", "load", "bench", "time"})


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of one file."""

    sha256: str
    content: Content


def brought_manifest(found: FoundRun) -> tuple[dict[str, Any] | None, list[Finding]]:
    """Read the manifest a run brings with it; None when it has none that can be used."""
    entry = found.files.get(MANIFEST)
    if entry is None:
        return None, []
    try:
        told = json.loads(entry.file.read_bytes()) if entry.size <= _MANIFEST_BYTES else None
    except (OSError, ValueError, RecursionError):
        told = None
    if isinstance(told, dict) and isinstance(told.get("id"), str):
        return told, []
    message = "The run.json that came with this run could not be read; it was written anew."
    return None, [Finding("bad_manifest", "warning", message, MANIFEST, cure="Nothing, if the files are all there.")]


def moment_of(
    found: FoundRun, read: Mapping[str, Read], told: Mapping[str, Any] | None, clock: Clock
) -> tuple[datetime, str]:
    """Say when a run was taken, and how that is known."""
    if told is not None and (stamp := stamp_in(str(told["id"]))):
        return _parse(stamp), "its manifest's"
    if layout.STAMPED.match(found.name) and (stamp := stamp_in(found.name)):
        return _parse(stamp), "the one in the folder's name"
    if own := own_times(read, clock):
        return own[0], "the profiles' own"
    stamps = sorted(stamp for path in found.files if (stamp := stamp_in(path.rpartition("/")[2])))
    if stamps:
        return _parse(stamps[0]), "the one in a file's name"
    earliest = min((entry.modified for entry in found.files.values()), default=0.0)
    return datetime.fromtimestamp(max(earliest, 0.0), UTC), "that of its oldest file on disk"


def own_times(read: Mapping[str, Read], clock: Clock) -> list[datetime]:
    """List the times the profiles themselves tell, as far as they can be believed; earliest first."""
    latest = clock.now() + timedelta(days=1)
    known = (_from_nanos(one.content.nanos) for one in read.values() if one.content.nanos > 0)
    return sorted(moment for moment in known if _EARLIEST <= moment <= latest)


def _from_nanos(nanos: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=min(nanos // 1000, 10**17))


def _parse(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y%m%d_%H%M%S").replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a manifest is written from, beside the files."""

    label: str
    moment: datetime
    notes: str
    findings: Sequence[Finding]
    times: Sequence[datetime]


def written_manifest(run_id: str, names: Mapping[str, str], read: Mapping[str, Read], draft: Draft) -> dict[str, Any]:
    """Write the manifest of a run that had none."""
    times = draft.times
    reports = [_report(path, one.content, times) for path, one in read.items() if one.content.kind in _REPORTED]
    manifest = Manifest(
        id=run_id,
        label=draft.label,
        started=rfc3339(draft.moment),
        plan="import",
        components=tuple(sorted({report.component for report in reports})),
        notes=draft.notes,
        tool_version=__version__,
    )
    record = Record(manifest, names)
    for report in reports:
        record.file(report)
    for doubt in (*draft.findings, *_misnamed(read)):
        record.finding(doubt)
    return as_json(record.manifest(finished=rfc3339(times[-1]) if times else ""))


def _report(path: str, content: Content, times: Sequence[datetime]) -> FileReport:
    taken = _from_nanos(content.nanos) if content.nanos > 0 else None
    series = content.phase == "series" and taken is not None and times
    return FileReport(
        path=path,
        component=content.component or DEFAULT_COMPONENT,
        kind=content.kind,
        phase=content.phase,
        status="refused" if content.code else "ok",
        code=content.code,
        last_error=printable(content.message, 200),
        started=rfc3339(taken) if taken else "",
        offset_seconds=(taken - times[0]).total_seconds() if series and taken else None,
    )


def _misnamed(read: Mapping[str, Read]) -> Iterator[Finding]:
    for path, one in read.items():
        if one.content.other_kind:
            message = f"The name says {one.content.kind}, the content is a {one.content.other_kind} profile."
            yield Finding("misnamed", "warning", message, path, cure="Rename the file at its source and import again.")
