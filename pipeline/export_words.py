"""The words of export, scrub and serve: how their command lines are understood.

Rules: options may stand before and after other words. What cannot be meant is a UsageError; nothing is computed here.
"""

from __future__ import annotations

import getopt
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from pipeline import exporting, serving
from pipeline.errors import UsageError
from pipeline.model.config import Config
from pipeline.profiling import Choice

Option = dict[str, Any]
_OUT: Final[Option] = {"name": "out", "long": "out", "default": "", "help": "file or folder to write; - for here"}
EXPORT: Final[tuple[Option, ...]] = (
    _OUT,
    {"name": "kind", "long": "kind", "default": "", "help": "kind of profile: cpu, heap, allocs, …"},
    {"name": "component", "long": "component", "default": "", "help": "component whose profiles are meant"},
    {"name": "sample_index", "long": "sample-index", "default": "", "help": "sample type, such as alloc_space"},
    {"name": "focus", "long": "focus", "default": "", "help": "only samples that match, as in go tool pprof"},
    {"name": "ignore", "long": "ignore", "default": "", "help": "no samples that match"},
    {"name": "base", "long": "base", "default": "", "help": "label or run to take away: a difference"},
    {"name": "to", "long": "to", "default": "", "help": "address of Pyroscope or Parca"},
)
SCRUB: Final[tuple[Option, ...]] = (_OUT,)
SERVE: Final[tuple[Option, ...]] = (
    {"name": "port", "long": "port", "default": "8050", "help": "port to listen on; 0 for any that is free"},
)


def export(root: Path, words: Sequence[str], options: Option, config: Config, *, today: date) -> int:
    """Export as the words say: FORMAT, then runs or labels."""
    rest, found = _read("export", EXPORT, words, options)
    if not rest:
        raise UsageError("export needs a format", cure=f"There are {', '.join(exporting.FORMATS)}.")
    out = found.pop("out")
    request = exporting.Request(rest[0], tuple(rest[1:]), out, Choice(**found))
    return exporting.export(root, config, request=request, today=today, token=os.environ.get("PROFBOOK_PUSH_TOKEN", ""))


def scrub(root: Path, words: Sequence[str], options: Option, config: Config, **_: object) -> int:
    """Copy runs without what is to be kept out."""
    rest, found = _read("scrub", SCRUB, words, options)
    return exporting.scrub_runs(root, config, words=rest, out=found["out"])


def serve(root: Path, words: Sequence[str], options: Option, config: Config, **_: object) -> int:
    """Serve the site on this machine."""
    rest, found = _read("serve", SERVE, words, options)
    if rest or not found["port"].isdecimal() or int(found["port"]) > 65535:
        raise UsageError("serve takes a port and nothing else", cure="profbook serve --port 8050")
    return serving.serve(root, config, port=int(found["port"]))


def _read(
    verb: str, known: Sequence[Option], words: Sequence[str], options: Option
) -> tuple[list[str], dict[str, str]]:
    """Take the options out of the words."""
    names = {f"--{one['long']}": one["name"] for one in known}
    try:
        late, rest = getopt.gnu_getopt(list(words), "", [f"{one['long']}=" for one in known])
    except getopt.GetoptError as error:
        raise UsageError(f"{verb}: {error.msg}", cure="`profbook --help` lists the options.") from error
    return rest, {name: str(options[name]) for name in names.values()} | {names[key]: value for key, value in late}
