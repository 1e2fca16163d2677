"""The `profbook benchstat` verb: the tables of golang.org/x/perf/cmd/benchstat, without Go.

Rules: this module reads the command line and files; everything it prints is computed elsewhere. Options are spelt as by
Go's flag package: one or two dashes, before the files.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TextIO

from pipeline.compare.benchtab import TableOptions, build_tables
from pipeline.decode.gobench import decode_gobench
from pipeline.errors import DecodeError, ProfbookError, UsageError
from pipeline.model.benchmark import BenchmarkFile
from pipeline.render.benchstat_text import render_csv, render_text

USAGE: Final = """usage: profbook benchstat [options] FILE... (or LABEL=FILE, or - for standard input)

Medians and their confidence intervals of Go benchmarks, a row for each benchmark and a column for each file, with the
difference to the first file where it is significant; ~ where it is likely noise. The same tables as benchstat.

  -row KEYS  -col KEYS  -table KEYS  what makes a row (.fullname), a column (.file), a table (.config) of its own;
                                     keys are .name .fullname .file .config /NAME-KEY FILE-KEY,
                                     each with @alpha, @num or @(VALUE VALUE ...) for its order
  -ignore KEYS                       keys that make no difference
  -filter QUERY                      use only results that match: KEY:VALUE KEY:/REGEX/ AND OR - ( ), also .unit
  -alpha P                           a difference is significant below P (0.05)
  -confidence LEVEL                  level of the intervals (0.95)
  -format text|csv                   csv writes warnings to standard error
"""
_OPTIONS: Final = frozenset({"table", "row", "col", "ignore", "filter", "format", "alpha", "confidence"})


def run(argv: Sequence[str], out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Print the tables asked for; returns the exit code: 0, or 2 with one message on ``err``."""
    out, err = out or sys.stdout, err or sys.stderr
    try:
        options, texts, files = _parse(argv)
        if "help" in texts:
            err.write(USAGE)
            return 0
        tables = build_tables(_read_all(files, err), options)
        if texts.get("format") == "csv":
            text, warnings = render_csv(tables)
            err.write(warnings)
        else:
            text = render_text(tables)
        out.write(text)
    except (ProfbookError, OSError) as error:
        err.write(f"profbook benchstat: {error}\n")
        return 2
    return 0


def _parse(argv: Sequence[str]) -> tuple[TableOptions, dict[str, str], list[str]]:
    """Read the command line: the options of the tables, all options as text, and the files."""
    words = list(argv)
    texts: dict[str, str] = {}
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word == "--":
            break
        name, equals, value = word.removeprefix("-").removeprefix("-").partition("=")
        if name in {"h", "help"}:
            return TableOptions(), {"help": ""}, []
        if name not in _OPTIONS:
            raise UsageError(f"there is no option -{name}", cure="`profbook benchstat -h` lists the options.")
        if not equals and not words:
            raise UsageError(f"-{name} needs a value", cure="`profbook benchstat -h` shows how it is used.")
        texts[name] = value if equals else words.pop(0)
    if not words:
        raise UsageError("no file was named", cure="For example: profbook benchstat old.txt new.txt")
    if texts.get("format", "text") not in {"text", "csv"}:
        raise UsageError("-format must be text or csv")
    return _options(texts), texts, words


def _options(texts: Mapping[str, str]) -> TableOptions:
    usual = TableOptions()
    return TableOptions(
        table=texts.get("table", usual.table),
        row=texts.get("row", usual.row),
        col=texts.get("col", usual.col),
        ignore=texts.get("ignore", usual.ignore),
        filter=texts.get("filter", usual.filter),
        alpha=_share("alpha", texts.get("alpha"), usual.alpha),
        confidence=_share("confidence", texts.get("confidence"), usual.confidence),
    )


def _share(name: str, text: str | None, usual: float) -> float:
    try:
        value = usual if text is None else float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(f"-{name} must be in range [0, 1]")
    return value


def _read_all(words: Sequence[str], err: TextIO) -> list[tuple[str, BenchmarkFile]]:
    """Read files with their labels; a file without results is told and left out, unless all are."""
    times = Counter(word for word in words if "=" not in word)
    seen: Counter[str] = Counter()
    files: list[tuple[str, BenchmarkFile]] = []
    for word in words:
        label, labelled, path = word.partition("=")
        path = path if labelled else word
        if not labelled and times[word] > 1:
            label = f"{word}#{seen[word]}"
            seen[word] += 1
        try:
            file = decode_gobench(_read(path))
        except DecodeError as error:
            err.write(f"{path}: {error.message}\n")
            continue
        err.writelines(f"{path}:{fault.line}: {fault.message}\n" for fault in file.faults)
        files.append((label, file))
    if not files:
        raise UsageError(
            "no file holds results of Go benchmarks", cure="Save what `go test -bench=. -count=10` prints."
        )
    return files


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        cure = "Options go before files." if path.startswith("-") else ""
        raise UsageError(f"{path}: {error.strerror}", cure=cure) from error
