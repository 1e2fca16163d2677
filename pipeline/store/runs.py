"""Run directories: which there are, what is in them, their bytes. Read-only; raw runs are never written here.

Rules: a run is a directory of ``profiles/`` with a safe name; hidden and ``.partial`` directories are not runs, and
neither are links. Inside a run only regular files are read, links only where they stay inside the run. What cannot be
taken as it is becomes a Finding of the run; nothing is lost silently and nothing fails for one bad file.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pipeline.errors import StoreError
from pipeline.model import layout
from pipeline.model.finding import Finding
from pipeline.model.run import MANIFEST_FORMAT, Environment, FileReport, Manifest, RawFile, Run
from pipeline.store import codec, fingerprint, seen

MANIFEST: Final = "run.json"
_MANIFEST_BYTES: Final = 64 << 20
_MAX_DEPTH: Final = 8
_REPORTED: Final = frozenset({*layout.ENDPOINTS, "profile", "load", "bench", "time"})
"""Kinds a manifest may give to a file whose name says nothing."""
_RERUN: Final = "Collect the run again, or correct the file; the run's other files are used."


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as found on disk, what was doubted about it, and one digest of all of it."""

    run: Run
    findings: tuple[Finding, ...]

    @property
    def digest(self) -> str:
        """Digest of the run's id, paths, bytes and doubts."""
        files = [(file.path, file.sha256) for file in self.run.files]
        doubts = [(doubt.code, doubt.subject, doubt.evidence) for doubt in self.findings]
        return fingerprint.digest(self.run.id, files, doubts)


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run as far as it takes to tell whether anything in it is new, and which runs to compare.

    ``run`` has no files, and of its manifest only the name, the label, the start and where it was taken.
    """

    run: Run
    digest: str


Listed = StoredRun | KnownRun


def run_names(profiles_dir: Path) -> tuple[str, ...]:
    """Name the runs of a folder, sorted; none when the folder does not exist."""
    return tuple(sorted(entry.name for entry in _folders(profiles_dir) if _is_run(entry)))


def skipped_names(profiles_dir: Path) -> tuple[str, ...]:
    """Name the folders that look like runs but are not taken: links and unsafe names."""
    return tuple(
        sorted(
            os.fsencode(entry.name).decode("utf-8", "backslashreplace")
            for entry in _folders(profiles_dir)
            if not _is_run(entry) and not entry.name.startswith(".") and not entry.name.endswith(".partial")
        )
    )


def _folders(profiles_dir: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(profiles_dir) as entries:
            return [entry for entry in entries if entry.is_dir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(
            f"cannot list {profiles_dir}: {error.strerror or error}", cure="Check collect.profiles_dir and permissions."
        ) from error


def _is_run(entry: os.DirEntry[str]) -> bool:
    return layout.is_run_name(entry.name) and not entry.name.endswith(".partial") and not entry.is_symlink()


def list_runs(profiles_dir: Path) -> tuple[StoredRun, ...]:
    """Read all runs of a folder, in order of name."""
    return tuple(read_run(profiles_dir / name) for name in run_names(profiles_dir))


def known_runs(
    profiles_dir: Path, memory: seen.Memory, early: Mapping[str, str] = MappingProxyType({})
) -> tuple[KnownRun, ...]:
    """List all runs of a folder in order of name; only those that changed since the last look are read. ``early`` is
    what a scout has found in the memory already.
    """
    return tuple(
        _recalled(name, early[name]) if name in early else known_run(profiles_dir / name, memory)
        for name in run_names(profiles_dir)
    )


def known_run(run_dir: Path, memory: seen.Memory) -> KnownRun:
    """Say what is known of a run; it is read when any of it has changed."""
    if known := memory.revisit(run_dir.name, run_dir):
        return _recalled(run_dir.name, known)
    folder = seen.look(run_dir)
    state = folder.state if folder else ""
    found = (memory.recall(run_dir.name, state) if folder else None) or _remembered(read_run(run_dir))
    if folder and folder.settled:
        memory.keep(run_dir.name, state, found, folder.visit)
    return _recalled(run_dir.name, found)


def _remembered(stored: StoredRun) -> str:
    run, told = stored.run, stored.run.manifest
    environment = told.environment if told else Environment()
    facts = [environment.git_branch, environment.git_sha, environment.git_merge_base, environment.git_dirty]
    return json.dumps(
        [stored.digest, run.label, run.started, *facts] if told else [stored.digest, run.label, run.started]
    )


def _recalled(run_id: str, text: str) -> KnownRun:
    digest, label, started, *facts = json.loads(text)
    manifest = None
    if facts:
        branch, sha, merge_base, dirty = facts
        environment = Environment(git_branch=branch, git_sha=sha, git_merge_base=merge_base, git_dirty=dirty)
        manifest = Manifest(run_id, label, started, environment=environment)
    return KnownRun(Run(run_id, label, started, (), manifest), digest)


def read_run(run_dir: Path) -> StoredRun:
    """Read what is in a run directory: paths, digests and the manifest, but no profile is decoded."""
    found: list[Finding] = []
    paths = sorted(_walk(run_dir, "", found))
    manifest = _manifest(run_dir, run_dir.name, found) if MANIFEST in paths else None
    reports = {report.path: report for report in manifest.files} if manifest else {}
    files = tuple(file for path in paths if (file := _raw_file(run_dir, path, reports.get(path), found)))
    return StoredRun(_run(run_dir, manifest, files), tuple(found))


def _run(run_dir: Path, manifest: Manifest | None, files: tuple[RawFile, ...]) -> Run:
    return Run(
        id=run_dir.name,
        label=manifest.label if manifest else layout.label_of(run_dir.name),
        started=(manifest.started if manifest else "") or layout.started_of(run_dir.name),
        files=files,
        manifest=manifest,
    )


def read_file(run_dir: Path, file: RawFile) -> bytes:
    """Read a raw file; raises StoreError when it is not what `read_run` saw."""
    try:
        data = (run_dir / file.path).read_bytes()
    except OSError as error:
        raise StoreError(
            f"cannot read {file.path}: {error.strerror or error}", cure="Check its permissions."
        ) from error
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise StoreError(f"{file.path} changed while it was read", cure="Let its writer finish, then run it again.")
    return data


def _walk(run_dir: Path, folder: str, found: list[Finding]) -> Iterator[str]:
    """Yield the paths of a run's regular files, relative with ``/``; hidden ones are left out."""
    try:
        with os.scandir(run_dir / folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        found.append(_unreadable(folder or ".", error))
        return
    for entry in listed:
        if entry.name.startswith("."):
            continue
        path = f"{folder}/{entry.name}" if folder else entry.name
        if (doubt := _refusal(entry, path, run_dir)) is not None:
            found.append(doubt)
        elif entry.is_dir():
            yield from _walk(run_dir, path, found)
        else:
            yield path


def _refusal(entry: os.DirEntry[str], path: str, run_dir: Path) -> Finding | None:
    """Say why a directory entry cannot be part of a run, if so."""
    if not entry.name.isprintable() or "\\" in entry.name:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace").encode("unicode_escape").decode("ascii")
        return Finding(
            "unsafe_name",
            "warning",
            "A name with control or non-UTF-8 characters is left out.",
            shown,
            cure="Rename it.",
        )
    if entry.is_symlink():
        inside = Path(entry.path).resolve().is_relative_to(run_dir.resolve())
        if not inside or entry.is_dir():
            return Finding(
                "link",
                "warning",
                "A link that leaves the run is not followed.",
                path,
                cure="Put the file in its place.",
            )
    if path.count("/") >= _MAX_DEPTH:
        return Finding("too_deep", "warning", f"Folders below level {_MAX_DEPTH} are left out.", path)
    try:
        mode = entry.stat().st_mode
    except OSError as error:
        return _unreadable(path, error)
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return Finding("special_file", "warning", "Only regular files are read.", path, cure="Remove it from the run.")
    return None


def _place(path: str, report: FileReport | None) -> layout.Place:
    """Say what a file is: by its name, or by the manifest where the name tells nothing."""
    place = layout.place(path)
    if path.count("/") > 1 or (place.component and not layout.is_run_name(place.component)):
        place = layout.Place("", "other", "", None)
    telling = place.kind not in {"profile", "other", "log"}
    if report is None or telling or report.kind not in _REPORTED or not layout.is_run_name(report.component):
        return place
    return layout.Place(report.component, report.kind, report.phase, place.index)


def _raw_file(run_dir: Path, path: str, report: FileReport | None, found: list[Finding]) -> RawFile | None:
    place = _place(path, report)
    try:
        with (run_dir / path).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError as error:
        found.append(_unreadable(path, error))
        return None
    return RawFile(path, place.component, place.kind, place.phase, sha256, size, place.index)


def _unreadable(path: str, error: OSError) -> Finding:
    reason = error.strerror or type(error).__name__
    return Finding(
        "unreadable", "error", "This part of the run cannot be read.", path, reason, "Check its permissions."
    )


def _manifest(run_dir: Path, run_id: str, found: list[Finding]) -> Manifest | None:
    try:
        manifest, unknown = parse_manifest((run_dir / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        message = "run.json cannot be read; what the directory's name and files say is used instead."
        found.append(Finding("bad_manifest", "warning", message, MANIFEST, str(error)[:200], _RERUN))
        return None
    if unknown:
        keys = ", ".join(unknown)[:200]
        found.append(Finding("unknown_key", "info", "run.json has keys this version does not know.", MANIFEST, keys))
    if manifest.id != run_id:
        message = "run.json names another run: the directory was renamed or copied."
        found.append(Finding("renamed_run", "info", message, MANIFEST, manifest.id[:200]))
    return manifest


def parse_manifest(data: bytes) -> tuple[Manifest, tuple[str, ...]]:
    """Read ``run.json``; the second value lists unknown keys. Raises ValueError when it is not one of a known
    format.
    """
    if len(data) > _MANIFEST_BYTES:
        raise ValueError("it is larger than 64 MiB")
    plain = json.loads(data.decode())
    version = plain.get("format", MANIFEST_FORMAT) if isinstance(plain, dict) else MANIFEST_FORMAT
    if type(version) is int and version > MANIFEST_FORMAT:
        raise ValueError(
            f"it has format {version}, written by a newer profbook; this one reads up to format {MANIFEST_FORMAT}"
        )
    unknown: list[str] = []
    manifest = codec.from_plain(plain, Manifest, unknown)
    return manifest, tuple(unknown)


def manifest_bytes(manifest: Manifest) -> bytes:
    """Write a manifest as ``run.json`` holds it."""
    return codec.dump(manifest) + b"\n"
