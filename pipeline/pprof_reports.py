"""The reports of `profbook pprof` but the top table: a module of its own, since the top table starts faster without.

Rules: as in `pprof_command`.
"""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import Final, TextIO

from pipeline.analysis.callgraph_report import call_graph_of
from pipeline.analysis.filter import option_pattern
from pipeline.analysis.graph import trim_path
from pipeline.analysis.listing import list_of
from pipeline.analysis.raw import divided, raw_of
from pipeline.analysis.report import top_of
from pipeline.analysis.scope import Scope
from pipeline.analysis.tags import tags_of
from pipeline.analysis.topproto import top_profile
from pipeline.analysis.traces import traces_of
from pipeline.errors import DecodeError, UsageError
from pipeline.model.source import FileText
from pipeline.render.pprof_callgrind import render_callgrind
from pipeline.render.pprof_dot import render_dot
from pipeline.render.pprof_list import render_list
from pipeline.render.pprof_lists import render_comments, render_tags, render_traces
from pipeline.render.pprof_proto import write_pprof
from pipeline.render.pprof_raw import render_raw
from pipeline.render.pprof_report import Numbers
from pipeline.render.pprof_tree import render_tree
from pipeline.store.source_text import STORE, find_store, stored_text, text_below

_NO_SOURCE: Final = (
    "no source: only the lines a run stored are read (set source.store = true before `profbook collect`), "
    "or files below -source_path=DIR"
)


def render(scope: Scope, profile: Path, zone: tzinfo, err: TextIO) -> str | bytes:
    """Make the report of a scope; ``profile`` is the first file, whose run may have stored source."""
    options = scope.options
    match scope.kind:
        case "list":
            return _render_list(scope, profile, err)
        case "traces":
            return render_traces(traces_of(scope), options, zone)
        case "tags":
            return render_tags(tags_of(scope), options)
        case "comments":
            return render_comments(scope.profile.comments)
        case "raw":
            return render_raw(raw_of(scope), zone)
        case "tree" | "peek":
            return _render_tree(scope, zone)
        case "dot":
            return render_dot(call_graph_of(scope), options, zone)
        case "callgrind":
            return render_callgrind(call_graph_of(scope), options)
        case "proto":
            return write_pprof(divided(raw_of(scope), options.divide_by))
        case "topproto":
            report, infos = top_of(scope)
            return write_pprof(top_profile(scope.profile, report, infos, Numbers(report, options).unit))
        case _:
            raise UsageError(f"there is no report {scope.kind!r}")


def _render_tree(scope: Scope, zone: tzinfo) -> str:
    report, symbol = call_graph_of(scope), scope.options.symbol
    pattern = option_pattern("argument", symbol) if scope.kind == "peek" else None
    if not pattern:
        return render_tree(report, scope.options, zone)
    if not any(pattern.search(node.info.printable()) for node in report.nodes):
        raise UsageError(f"no matches found for regexp: {symbol}")
    return render_tree(report, scope.options, zone, pattern.search)


def _render_list(scope: Scope, profile: Path, err: TextIO) -> str:
    """List source lines; text comes from below -source_path when it is given, else from the run the profile is in."""
    functions, options = list_of(scope), scope.options
    listed = {file.file: file for function in functions for file in function.files}
    if options.source_path:
        rules = scope.rules()
        texts = {name: text_below(options.source_path, trim_path(name, rules)) for name in listed}
        return render_list(scope.text(), functions, texts, options)
    try:
        store = find_store(profile)
    except DecodeError as error:
        raise UsageError(f"{STORE}: {error.code}: {error.message}", cure=error.cure) from error
    texts = {}
    for name, one in listed.items():
        found = stored_text(store, one.names) if store is not None else None
        texts[name] = found or FileText({}, 0, f"could not find file {name} in the source stored with the run")
    if listed and all(text.error for text in texts.values()):
        err.write(f"{_NO_SOURCE}\n")
    return render_list(scope.text(), functions, texts, options)
