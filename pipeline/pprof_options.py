"""The command line of `profbook pprof`: what is asked for, and how reports and sources are to be made.

Rules: options are spelt, parsed and defaulted as by `go tool pprof` (Go's flag package: one or two dashes, options
before files). What only concerns binaries, browsers or downloads is accepted and changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Final, TextIO, cast

from pipeline.analysis.demangle import AS_GIVEN, DEFAULT, NameStyle
from pipeline.analysis.source import SourceOptions
from pipeline.errors import UsageError
from pipeline.model.report import FilterOptions, Granularity, ReportKind, ReportOptions


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_REPORTS: Final = _words("callgrind comments dot proto raw tags text top topproto traces tree")
_PICTURES: Final = _words("eog evince gif gv kcachegrind pdf png ps svg web")
_LISTINGS: Final = _words("disasm weblist")
_SYMBOLS: Final = ("list", "peek")
_PATTERNS: Final = _LISTINGS | {*_SYMBOLS}
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
_BOOLEANS: Final = _REPORTS | _PICTURES | _SORTS | _GRAINS | _INDEXES.keys() | _SWITCHES | {"trim", "h", "help"}
_LARGEST: Final = 1e15
_TRUE: Final = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "false", "FALSE", "False"})


USAGE: Final = """usage: profbook pprof <report> [options] [binary] <profile> ...

  -top -tree -peek=REGEX             tables: nodes, nodes with callers and callees
  -traces -tags -raw -comments       lists: samples, labels, all of the profile, its comments
  -list=REGEX                        source lines of functions, from the run's source.json or -source_path=DIR
  -dot -callgrind                    graphs for Graphviz and KCachegrind
  -proto -topproto                   profiles again (gzipped): filtered or merged, or the top table as one
  -cum -flat                         order by inclusive or own weight
  -nodecount=N -nodefraction=F -edgefraction=F
                                     how many nodes, and how heavy they must be; -trim=false shows all
  -sample_index=NAME -mean           which numbers (also -inuse_space, -alloc_objects, -contentions, ...)
  -unit=U -divide_by=F               how numbers are shown
  -functions -filefunctions -files -lines -addresses -noinlines -showcolumns -call_tree
  -focus= -ignore= -hide= -show= -show_from= -prune_from=
  -tagfocus= -tagignore= -tagshow= -taghide= -tagroot= -tagleaf=
  -base=FILE -diff_base=FILE -normalize -drop_negative -relative_percentages
  -compact_labels -output=FILE -symbolize=none
"""


@dataclass(slots=True)
class Arguments:
    """The command line, read: the last value of each option, all values of -base and -diff_base."""

    texts: dict[str, str] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    bases: dict[str, list[str]] = field(default_factory=lambda: {"base": [], "diff_base": []})
    files: list[str] = field(default_factory=list)

    def on(self, names: frozenset[str]) -> list[str]:
        """List the switches of a group that are on."""
        return sorted(name for name in names if self.switches.get(name))


def parse_arguments(argv: Sequence[str]) -> Arguments:
    """Read options as Go's flag package does; raises UsageError on an unknown option or a bad value."""
    arguments, rest = Arguments(), list(argv)
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
    if name in _TEXTS or name in _FILTERS or name in _PATTERNS:
        return str
    return int if name in _INTEGERS else float if name in _FLOATS else None


def _set(arguments: Arguments, name: str, value: str) -> None:
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


def report_options(arguments: Arguments, err: TextIO) -> ReportOptions:
    """Turn the command line into the options of a report; raises UsageError where they contradict."""
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
        node_count=int(numbers.get("nodecount", -1)),
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
        call_tree=switches.get("call_tree", False),
        tag_root=_keys(texts.get("tagroot", "")),
        tag_leaf=_keys(texts.get("tagleaf", "")),
        symbol=next((texts[name] for name in _SYMBOLS if texts.get(name)), ""),
    )


def _keys(text: str) -> tuple[str, ...]:
    return tuple(key for key in text.split(",") if key)


def report_kind(arguments: Arguments) -> ReportKind:
    """Tell which report is asked for; raises UsageError for none, several, or one that is not made here."""
    texts = arguments.texts
    listings = sorted(name for name in _LISTINGS if texts.get(name))
    if listings:
        cure = "It needs binaries beside the profile: use go tool pprof, or -list for source lines."
        raise UsageError(f"-{listings[0]} is not in this version", cure=cure)
    if pictures := arguments.on(_PICTURES):
        cure = "Ask for -dot and draw it: profbook pprof -dot … | dot -Tsvg"
        raise UsageError(f"-{pictures[0]} is not in this version", cure=cure)
    if texts.get("http"):
        raise UsageError("-http is not in this version", cure="Build the site instead: doit site")
    wanted = arguments.on(_REPORTS) + [name for name in _SYMBOLS if texts.get(name)]
    if len(wanted) > 1:
        raise UsageError("must set at most one output format")
    if not wanted:
        raise UsageError("no report asked for", cure="Add -top.")
    return cast("ReportKind", wanted[0])


def _sample_index(arguments: Arguments, err: TextIO) -> str:
    index = arguments.texts.get("sample_index", "")
    for name, value in _INDEXES.items():
        if arguments.switches.get(name):
            if index:
                err.write(f"Multiple value selections, ignoring -{name}\n")
            index = index or value
    return index


def source_options(arguments: Arguments) -> SourceOptions:
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


def _name_style(symbolize: str) -> NameStyle | None:
    style, force = DEFAULT, False
    for word in symbolize.lower().split(":"):
        if word in {"none", "no"}:
            return None
        force = force or word in {"force", "demangle=full", "demangle=none", "demangle=templates"}
        if word in {"demangle=full", "demangle=none"}:
            style = AS_GIVEN
        elif word == "demangle=templates":
            style = NameStyle(templates=False)
    return NameStyle(style.parameters, style.templates, force)
