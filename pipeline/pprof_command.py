"""The `profbook pprof` verb: the reports of `go tool pprof`, without Go.

Rules: this module reads files, TZ and the clock's zone; everything it prints is computed elsewhere, and
`pipeline.pprof_options` says how the command line is understood.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final, TextIO
from zoneinfo import ZoneInfo

from pipeline.analysis.report import top_of
from pipeline.analysis.scope import open_scope
from pipeline.analysis.source import open_profiles
from pipeline.decode import decode_profile
from pipeline.errors import DecodeError, ProfbookError, UsageError
from pipeline.model.profile import Profile
from pipeline.pprof_options import USAGE, Arguments, parse_arguments, report_kind, report_options, source_options
from pipeline.render.pprof_report import render_top

_TOP: Final = frozenset({"top", "text"})
_PROGRAMS: Final = (
    b"\x7fELF",
    b"MZ",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa\xcf",
    b"\xfe\xed\xfa\xce",
)


def run(argv: Sequence[str], out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Make the report asked for; returns the exit code: 0, or 2 with one message on ``err``."""
    out, err = out or sys.stdout, err or sys.stderr
    try:
        arguments = parse_arguments(argv)
        if arguments.switches.get("h") or arguments.switches.get("help"):
            err.write(USAGE)
            return 0
        data = _report(arguments, err)
        if output := arguments.texts.get("output"):
            err.write(f"Generating report in {output}\n")
            Path(output).write_bytes(data if isinstance(data, bytes) else data.encode())
        else:
            _write(data, out)
    except (ProfbookError, OSError) as error:
        err.write(f"profbook pprof: {error}\n")
        return 2
    return 0


def _write(data: str | bytes, out: TextIO) -> None:
    if isinstance(data, str):
        out.write(data)
        return
    if out.isatty():
        raise UsageError("this report is not text", cure="Add -output=FILE, or send it to a file or a program.")
    out.buffer.write(data)


def _report(arguments: Arguments, err: TextIO) -> str | bytes:
    kind = report_kind(arguments)
    options = report_options(arguments, err)
    sources = source_options(arguments)
    files = arguments.files
    if not files:
        raise UsageError("no profile source specified", cure="Name a profile file: profbook pprof -top cpu.pprof")
    if len(files) > 1 and _is_program(files[0]):
        sources = replace(sources, file=files[0])
        files = files[1:]
    profiles = _read_all(files, "source", err)
    bases = _read_all(arguments.bases["base"] + arguments.bases["diff_base"], "base", err)
    scope = open_scope(open_profiles(profiles, bases, sources), options, kind)
    if scope.kind in _TOP:
        data: str | bytes = render_top(top_of(scope)[0], scope.options, local_zone())
    else:
        from pipeline import pprof_reports

        data = pprof_reports.render(scope, Path(files[0]), local_zone(), err)
    err.writelines(f"{warning}\n" for warning in scope.warnings)
    return data


def _is_program(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return file.read(4).startswith(_PROGRAMS)
    except OSError:
        return False


def _read_all(files: Sequence[str], what: str, err: TextIO) -> list[Profile]:
    """Read what can be read; raises the error of the only file, or UsageError when none is left."""
    profiles = []
    for name in files:
        try:
            profiles.append(_read(name))
            _tell_doubts(name, profiles[-1], err)
        except UsageError as error:
            if len(files) == 1:
                raise
            err.write(f"{error}\n")
    if files and not profiles:
        raise UsageError(f"failed to fetch any {what} profiles")
    if len(profiles) < len(files):
        err.write(f"Fetched {len(profiles)} {what} profiles out of {len(files)}\n")
    return profiles


def _tell_doubts(name: str, profile: Profile, err: TextIO) -> None:
    for finding in profile.findings:
        if finding.severity != "info":
            err.write(f"{name}: {finding.severity}: {finding.message}\n")


def _read(name: str) -> Profile:
    if "://" in name:
        # The address may hold a password or a token, so the message does not repeat it.
        raise UsageError("reading profiles over the network is not in this version", cure="Download the file first.")
    try:
        return decode_profile(Path(name).read_bytes())
    except DecodeError as error:
        raise UsageError(f"{name}: {error.code}: {error.message}", cure=error.cure) from error
    except OSError as error:
        cure = "Options go before files." if name.startswith("-") else ""
        raise UsageError(f"{name}: {error.strerror}", cure=cure) from error


def local_zone() -> tzinfo:
    """Find the time zone as Go does: TZ, else the system's, else UTC."""
    name = os.environ.get("TZ")
    try:
        if name is None:
            with Path("/etc/localtime").open("rb") as file:
                return ZoneInfo.from_file(file)
        return _named_zone(name.removeprefix(":"))
    except (OSError, ValueError, KeyError):
        return UTC


def _named_zone(name: str) -> tzinfo:
    if not name or name == "UTC":
        return UTC
    if name.startswith("/"):
        with Path(name).open("rb") as file:
            return ZoneInfo.from_file(file)
    return ZoneInfo(name)
