"""Import: make runs of profiles that others collected, by hand, by scripts or in CI.

Rules: sources are only read; nothing is moved, and no file is renamed inside its run. A run becomes visible by one
rename, with a ``run.json`` of plan "import" that says where it came from without a path of this machine. Profiles that
cannot be read are kept and reported ``refused``. What is already a run here is recognised by its bytes and left alone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pipeline.collect import sources
from pipeline.collect.archive import ImportLimits
from pipeline.collect.clock import Clock, SystemClock
from pipeline.collect.contents import identify, too_large
from pipeline.collect.layouts import MANIFEST, Entry, FoundRun, find_runs, label_from
from pipeline.collect.provenance import Draft, Read, brought_manifest, moment_of, own_times, written_manifest
from pipeline.collect.rundir import RunFolder
from pipeline.collect.secrets import printable
from pipeline.errors import CollectError, UsageError
from pipeline.model import layout
from pipeline.model.finding import Finding
from pipeline.units import counted

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one run found in a source: ``new``, ``known`` (already a run here) or ``in_place``."""

    run_id: str
    what: str
    complete: bool = True


@dataclass(slots=True)
class _Job:
    """One import: where runs go, and under which bounds."""

    profiles: Path
    label: str
    max_bytes: int
    clock: Clock
    say: Callable[[str], None]
    known: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: int = 0


def import_paths(
    paths: Sequence[Path],
    *,
    profiles: Path,
    staging: Path,
    label: str = "",
    limits: ImportLimits | None = None,
    max_bytes: int = 1 << 30,
    say: Callable[[str], None] = print,
    clock: Clock | None = None,
) -> tuple[tuple[Outcome, ...], int]:
    """Import folders, archives and files; gives what became of each run, and the exit code (0, or 3 for partial).

    ``staging`` is a folder for unpacking. Raises UsageError for a path that does not exist or a label no run may have,
    CollectError when there is nothing to import in any of them.
    """
    if label and not layout.is_run_name(f"20000101_000000-{label}-999"):
        raise UsageError(f"not a label for a run: {printable(label)!r}", cure="Use letters, digits, and . _ - inside.")
    for path in paths:
        if not path.exists():
            raise UsageError(
                f"there is no {printable(path.name)}", cure="Give folders, archives or profiles that exist."
            )
    job = _Job(profiles, label, max_bytes, clock or SystemClock(), say)
    limits, outcomes = limits or ImportLimits(), []
    with sources.staging(staging) as scratch:
        for given in sources.grouped(paths):
            try:
                outcomes += _import_source(sources.open_source(given, scratch, limits), job)
            except CollectError as error:
                job.faults += 1
                say(f"not imported: {error}")
    if not outcomes:
        raise CollectError(
            "nothing was imported", cure="The guide's page on importing shows the layouts that are read."
        )
    return tuple(outcomes), 3 if job.faults or not all(one.complete for one in outcomes) else 0


def _import_source(source: sources.Source, job: _Job) -> list[Outcome]:
    if source.name:
        runs, ignored = find_runs(source.name, source.entries)
    else:
        runs, ignored = (FoundRun("", "", {entry.path: entry for entry in source.entries}),), ()
    for line in ignored:
        job.say(f"passed over {printable(line)}")
    for doubt in source.findings:
        job.faults += doubt.severity == "error"
        job.say(f"left out {printable(doubt.subject)}: {doubt.code}: {doubt.message}")
    if not runs:
        raise CollectError(
            f"{source.name}: no profiles in it", cure="Give the folder, archive or files with the profiles."
        )
    outcomes = []
    for found in runs:
        try:
            outcomes.append(_import_run(found, source, job))
        except CollectError as error:
            job.faults += 1
            job.say(f"not imported: {_name(found, source)}: {error}")
    return outcomes


def _import_run(found: FoundRun, source: sources.Source, job: _Job) -> Outcome:
    if (place := _in_place(found, source, job.profiles)) is not None:
        job.say(f"{place}: read where it is, nothing to do")
        return Outcome(place, "in_place")
    read = _read(found, job)
    if known := _known(found, read, job):
        job.say(f"{known}: has the same files as {_name(found, source)}, nothing to do")
        return Outcome(known, "known")
    manifest = _bring(found, read, source, job)
    status = printable(str(manifest.get("status", "complete")), 20)
    job.say(
        f"{manifest['id']}: {status}, {counted(len(found.files), 'file')} of {_name(found, source)}"
        + "".join(f"\n  {report}" for report in _refused(manifest))
    )
    return Outcome(str(manifest["id"]), "new", status == "complete")


def _name(found: FoundRun, source: sources.Source) -> str:
    parts = [part for part in (source.name, found.origin) if part]
    return printable("/".join(parts)) or ", ".join(printable(path, 40) for path in list(found.files)[:3])


def _in_place(found: FoundRun, source: sources.Source, profiles: Path) -> str | None:
    """Name the run when its folder is one of the runs already; sides of a comparison are not."""
    if source.folder is None or found.note:
        return None
    folder = (source.folder / found.origin).resolve()
    return folder.name if folder.parent == profiles.resolve() and layout.is_run_name(folder.name) else None


def _read(found: FoundRun, job: _Job) -> dict[str, Read]:
    return {path: _read_file(path, entry, job.max_bytes) for path, entry in found.files.items()}


def _read_file(path: str, entry: Entry, max_bytes: int) -> Read:
    try:
        if entry.size <= max_bytes:
            data = entry.file.read_bytes()
            return Read(hashlib.sha256(data).hexdigest(), identify(path, data, max_bytes=max_bytes))
        return Read(_digest(entry.file), too_large(path, max_bytes))
    except OSError as error:
        raise CollectError(
            f"cannot read {printable(entry.path)}: {error.strerror or error}", cure="Check its permissions."
        ) from error


def _known(found: FoundRun, read: Mapping[str, Read], job: _Job) -> str:
    """Name the run that has the same files already; logs are cleaned on the way in, so they do not count."""
    sizes = {path: entry.size for path, entry in found.files.items() if _counts(path)}
    if not job.known and job.profiles.is_dir():
        job.known = {run.name: _sizes(run) for run in sorted(job.profiles.iterdir()) if _is_run(run)}
    for run_id, other in job.known.items():
        if (
            sizes
            and other == sizes
            and all(_digest(job.profiles / run_id / path) == read[path].sha256 for path in sizes)
        ):
            return run_id
    return ""


def _counts(path: str) -> bool:
    return path != MANIFEST and not path.endswith(".log")


def _is_run(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and layout.is_run_name(path.name)


def _sizes(run: Path) -> dict[str, int]:
    paths = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if path.is_file()}
    return {name: path.stat().st_size for name, path in paths.items() if _counts(name) and not name.startswith(".")}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class _At(SystemClock):
    """The clock of a run that was taken at another time."""

    moment: datetime

    def now(self) -> datetime:
        """Give the time the profiles were taken."""
        return self.moment


def _bring(found: FoundRun, read: Mapping[str, Read], source: sources.Source, job: _Job) -> dict[str, Any]:
    """Copy a run and make it visible; returns its manifest."""
    told, wrong = brought_manifest(found)
    moment, said = moment_of(found, read, told, job.clock)
    label = job.label or (str(told.get("label") or "") if told else found.label)
    with _new_run(job.profiles, job.label or _suffix(told, label), moment) as folder:
        for path, entry in found.files.items():
            if path != MANIFEST:
                _copy(entry, folder.path / path, read[path].sha256)
        if told is None:
            notes = f"Imported from {_name(found, source)}; its time is {said}. {found.note}".strip()
            draft = Draft(label, moment, notes, [*wrong, *_of(found, source)], own_times(read, job.clock))
            manifest = written_manifest(folder.id, folder.names, read, draft)
        else:
            manifest = {**told, "id": folder.id, "label": label}
        folder.seal(manifest)
    job.known[folder.id] = {path: entry.size for path, entry in found.files.items() if _counts(path)}
    return manifest


def _suffix(told: Mapping[str, Any] | None, label: str) -> str:
    """Say what follows the time in a run's name: as in the name it had, or its label made safe."""
    stamped = layout.STAMPED.match(str(told["id"])) if told else None
    if stamped is None:
        return label_from(label)
    suffix = stamped["label"] or ""
    return suffix if layout.is_run_name(f"20000101_000000-{suffix}-999") else label_from(label)


@contextmanager
def _new_run(profiles: Path, name: str, moment: datetime) -> Iterator[RunFolder]:
    """Give a folder for a run of that moment; it is removed when the block fails. Raises CollectError."""
    folder: RunFolder | None = None
    try:
        folder = RunFolder.reserve(profiles, name, _At(moment))
        yield folder
    except BaseException as error:
        if folder is not None:
            folder.close()
            shutil.rmtree(folder.path, ignore_errors=True)
        if isinstance(error, OSError):
            cure = "Make room or check permissions, then import again."
            raise CollectError(f"cannot write the run: {error.strerror}", cure=cure) from error
        raise


def _copy(entry: Entry, place: Path, sha256: str) -> None:
    """Copy one file, and make sure that it is the one that was looked at."""
    place.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with entry.file.open("rb") as source, place.open("xb") as copied:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            copied.write(chunk)
        copied.flush()
        os.fsync(copied.fileno())
    if digest.hexdigest() != sha256:
        raise CollectError(
            f"{printable(entry.path)} changed while it was read", cure="Let its writer finish, then try again."
        )


def _of(found: FoundRun, source: sources.Source) -> list[Finding]:
    """List what was left out of this run's folder."""
    inside = f"{found.origin}/" if found.origin else ""
    return [doubt for doubt in source.findings if doubt.subject.startswith(inside)]


def _refused(manifest: Mapping[str, Any]) -> list[str]:
    files = manifest.get("files")
    reports = [one for one in files if isinstance(one, dict)] if isinstance(files, list | tuple) else []
    return [
        f"{printable(str(one.get('path')))}: {printable(str(one.get('code')))}: {printable(str(one.get('last_error')))}"
        for one in reports
        if one.get("status") == "refused"
    ]
