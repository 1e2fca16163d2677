"""The `profbook pprof` verb: the text reports of `go tool pprof`, without Go.

Rules: options are spelt, parsed and defaulted as by `go tool pprof` (Go's flag package: one or two dashes, options
before files). This module reads files, TZ and the clock's zone; everything it prints is computed elsewhere.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final, TextIO, cast
from zoneinfo import ZoneInfo

from pipeline.analysis.demangle import AS_GIVEN, DEFAULT, NameStyle
from pipeline.analysis.report import build_top_report
from pipeline.analysis.source import SourceOptions, open_profiles
from pipeline.decode import decode_profile
from pipeline.errors import DecodeError, ProfbookError, UsageError
from pipeline.model.profile import Profile
from pipeline.model.report import FilterOptions, Granularity, ReportOptions
from pipeline.render.pprof_report import render_top


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_REPORTS: Final = frozenset({"top", "text"})
_OTHER_REPORTS: Final = _words(
    "callgrind comments dot eog evince gif gv kcachegrind pdf png proto ps raw svg tags topproto traces tree web"
)
_OTHER_LISTINGS: Final = frozenset({"disasm", "list", "peek", "weblist"})
_SORTS: Final = frozenset({"cum", "flat"})
_GRAINS: Final = frozenset({"functions", "filefunctions", "files", "lines", "addresses"})
_INDEXES: Final = {
    "total_delay": "delay",
    "mean_delay": "delay",
    "contentions": "contentions",
    "inuse_space": "inuse_space",
    "inuse_objects": "inuse_objects",
    "alloc_space": "alloc_space",
    "alloc_objects": "alloc_objects",
}
_SWITCHES: Final = _words(
    "all_frames call_tree compact_labels drop_negative intel_syntax mean no_browser noinlines "
    "normalize relative_percentages showcolumns"
)
_FILTERS: Final = tuple(option.name for option in fields(FilterOptions))
_TEXTS: Final = _words(
    "add_comment base buildid diff_base http output sample_index source_path symbolize tagleaf "
    "tagroot tools trim_path unit"
)
_INTEGERS: Final = frozenset({"nodecount", "seconds", "timeout"})
_FLOATS: Final = frozenset({"nodefraction", "edgefraction", "divide_by"})
_BOOLEANS: Final = _REPORTS | _OTHER_REPORTS | _SORTS | _GRAINS | _INDEXES.keys() | _SWITCHES | {"trim", "h", "help"}
_LARGEST: Final = 1e15
_TRUE: Final = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "false", "FALSE", "False"})
_PROGRAMS: Final = (
    b"\x7fELF",
    b"MZ",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa\xcf",
    b"\xfe\xed\xfa\xce",
)
USAGE: Final = """usage: profbook pprof -top [options] [binary] <profile> ...

  -cum -flat                         order by inclusive or own weight
  -nodecount=N -nodefraction=F       how many rows, and how heavy they must be; -trim=false shows all
  -sample_index=NAME -mean           which numbers (also -inuse_space, -alloc_objects, -contentions, ...)
  -unit=U -divide_by=F               how numbers are shown
  -functions -filefunctions -files -lines -addresses -noinlines -showcolumns
  -focus= -ignore= -hide= -show= -show_from= -prune_from= -tagfocus= -tagignore=
  -base=FILE -diff_base=FILE -normalize -drop_negative -relative_percentages
  -compact_labels -output=FILE -symbolize=none
"""


@dataclass(slots=True)
class _Arguments:
    """The command line, read: the last value of each option, all values of -base and -diff_base."""

    texts: dict[str, str] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    bases: dict[str, list[str]] = field(default_factory=lambda: {"base": [], "diff_base": []})
    files: list[str] = field(default_factory=list)

    def on(self, names: frozenset[str]) -> list[str]:
        return sorted(name for name in names if self.switches.get(name))


def run(argv: Sequence[str], out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Make the report asked for; returns the exit code: 0, or 2 with one message on ``err``."""
    out, err = out or sys.stdout, err or sys.stderr
    try:
        arguments = parse_arguments(argv)
        if arguments.switches.get("h") or arguments.switches.get("help"):
            err.write(USAGE)
            return 0
        text = _report(arguments, err)
        if output := arguments.texts.get("output"):
            err.write(f"Generating report in {output}\n")
            Path(output).write_text(text, encoding="utf-8")
        else:
            out.write(text)
    except (ProfbookError, OSError) as error:
        err.write(f"profbook pprof: {error}\n")
        return 2
    return 0


def _report(arguments: _Arguments, err: TextIO) -> str:
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
    report = build_top_report(open_profiles(profiles, bases, sources), options)
    err.writelines(f"{warning}\n" for warning in report.warnings)
    return render_top(report, options, local_zone())


def parse_arguments(argv: Sequence[str]) -> _Arguments:
    """Read options as Go's flag package does; raises UsageError on an unknown option or a bad value."""
    arguments, rest = _Arguments(), list(argv)
    while rest:
        word = rest[0]
        if len(word) < 2 or not word.startswith("-"):
            break
        rest.pop(0)
        if word == "--":
            break
        name, equals, value = word.removeprefix("-").removeprefix("-").partition("=")
        if name in _BOOLEANS:
            arguments.switches[name] = _boolean(name, value if equals else "true")
            continue
        if not equals:
            if _kind(name) and not rest:
                raise UsageError(f"flag needs an argument: -{name}")
            value = rest.pop(0) if rest else ""
        _set(arguments, name, value)
    arguments.files = rest
    return arguments


def _kind(name: str) -> Callable[[str], float] | type[str] | None:
    if name in _TEXTS or name in _FILTERS or name in _OTHER_LISTINGS:
        return str
    return int if name in _INTEGERS else float if name in _FLOATS else None


def _set(arguments: _Arguments, name: str, value: str) -> None:
    kind = _kind(name)
    if kind is None:
        raise UsageError(f"flag provided but not defined: -{name}", cure="See profbook pprof -help.")
    if kind is str:
        arguments.texts[name] = value
        if name in arguments.bases and value:
            arguments.bases[name].append(value)
        return
    try:
        number = float(kind(value))
    except (ValueError, OverflowError):
        number = math.nan
    if not abs(number) < _LARGEST:
        raise UsageError(f'invalid value "{value}" for flag -{name}', cure="Give a number.")
    arguments.numbers[name] = number


def _boolean(name: str, value: str) -> bool:
    if value not in _TRUE | _FALSE:
        raise UsageError(f'invalid boolean value "{value}" for -{name}')
    return value in _TRUE


def report_options(arguments: _Arguments, err: TextIO) -> ReportOptions:
    """Turn the command line into the options of a report; raises UsageError where they contradict."""
    _check_report(arguments)
    sorts, grains = arguments.on(_SORTS), arguments.on(_GRAINS)
    for group in (sorts, grains):
        if len(group) > 1:
            raise UsageError(f"conflicting options set: [{' '.join(group)}]")
    texts, switches, numbers = arguments.texts, arguments.switches, arguments.numbers
    divisor = numbers.get("divide_by", 1.0)
    if divisor == 0:
        raise UsageError("zero divisor specified")
    if abs(divisor) < 1 / _LARGEST:
        raise UsageError(f"-divide_by={divisor} is too small")
    return ReportOptions(
        sample_index=_sample_index(arguments, err),
        mean=switches.get("mean", False) or switches.get("mean_delay", False),
        cum_sort=sorts == ["cum"],
        granularity=cast("Granularity", grains[0] if grains else ""),
        no_inlines=switches.get("noinlines", False),
        show_columns=switches.get("showcolumns", False),
        node_count=int(numbers.get("nodecount", 0)),
        node_fraction=numbers.get("nodefraction", 0.005),
        edge_fraction=numbers.get("edgefraction", 0.001),
        trim=switches.get("trim", True),
        drop_negative=switches.get("drop_negative", False),
        relative_percentages=switches.get("relative_percentages", False),
        filters=FilterOptions(**{name: texts.get(name, "") for name in _FILTERS}),
        trim_path=texts.get("trim_path", ""),
        source_path=texts.get("source_path", ""),
        unit=texts.get("unit", "minimum"),
        divide_by=divisor,
        compact_labels=switches.get("compact_labels", False),
    )


def _check_report(arguments: _Arguments) -> None:
    texts = arguments.texts
    other = arguments.on(_OTHER_REPORTS) + sorted(name for name in _OTHER_LISTINGS if texts.get(name))
    other += [name for name in ("http", "tagroot", "tagleaf") if texts.get(name)]
    if other:
        raise UsageError(f"-{other[0]} is not in this version", cure="Ask for -top, or use go tool pprof.")
    wanted = arguments.on(_REPORTS)
    if len(wanted) > 1:
        raise UsageError("must set at most one output format")
    if not wanted:
        raise UsageError("no report asked for", cure="Add -top.")


def _sample_index(arguments: _Arguments, err: TextIO) -> str:
    index = arguments.texts.get("sample_index", "")
    for name, value in _INDEXES.items():
        if arguments.switches.get(name):
            if index:
                err.write(f"Multiple value selections, ignoring -{name}\n")
            index = index or value
    return index


def source_options(arguments: _Arguments) -> SourceOptions:
    """Turn the command line into how sources are put together; raises UsageError where options contradict."""
    if arguments.bases["base"] and arguments.bases["diff_base"]:
        raise UsageError("-base and -diff_base flags cannot both be specified")
    return SourceOptions(
        build_id=arguments.texts.get("buildid", ""),
        comment=arguments.texts.get("add_comment", ""),
        diff=bool(arguments.bases["diff_base"]),
        normalize=arguments.switches.get("normalize", False),
        all_frames=arguments.switches.get("all_frames", False),
        names=_name_style(arguments.texts.get("symbolize", "")),
    )


def _name_style(symbolize: str) -> NameStyle:
    style, force = DEFAULT, False
    for word in symbolize.lower().split(":"):
        if word in {"none", "no"}:
            return AS_GIVEN
        force = force or word in {"force", "demangle=full", "demangle=none", "demangle=templates"}
        if word in {"demangle=full", "demangle=none"}:
            style = AS_GIVEN
        elif word == "demangle=templates":
            style = NameStyle(templates=False)
    return NameStyle(style.parameters, style.templates, force)


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
