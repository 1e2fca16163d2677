"""The `profbook` command: the verbs of the task graph, and verbs of their own.

Rules: `main` is a function of its words and gives the exit code; it shows no traceback unless PROFBOOK_DEBUG is set.
Nothing heavy is imported before the verb is known, so that help and version answer at once.
"""

from __future__ import annotations

import difflib
import gc
import getopt
import inspect
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pipeline import __version__
from pipeline.errors import ProfbookError, UsageError
from pipeline.store import scout
from pipeline.verbs import COLLECTIONS, GRAPH_VERBS, OTHER_VERBS, help_of, options_of, usage

_INTERNAL: Final = 5
_INTERRUPTED: Final = 130
_PIPE_CLOSED: Final = 141
_LOOKING: Final = frozenset({"site", "compare", "derive"})
_GARBAGE: Final = 100_000
"""New objects after which the garbage collector looks for circles."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these words (the process's own by default); gives the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _flushed(_run(words))
    except ProfbookError as error:
        print(f"profbook: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Who read our output has gone; keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except Exception as error:
        if os.environ.get("PROFBOOK_DEBUG"):
            raise
        cause = f"{type(error).__name__}: {error}"
        print(f"profbook: internal error, please report it: {cause} (PROFBOOK_DEBUG=1 shows where)", file=sys.stderr)
        return _INTERNAL


def _flushed(code: int) -> int:
    """Write out what was said: a reader that has gone is noticed here, not when the interpreter ends."""
    sys.stdout.flush()
    return code


def _run(words: list[str]) -> int:
    verb, rest = (words[0], words[1:]) if words else ("--help", [])
    if verb in {"-h", "--help", "help"}:
        print(usage())
        return 0
    if verb in {"-V", "--version", "version"}:
        print(f"profbook {__version__}")
        return 0
    if verb == "pprof":
        return _run_pprof(rest)
    if verb == "benchstat":
        from pipeline import benchstat_command

        return benchstat_command.run(rest, sys.stdout, sys.stderr)
    if verb == "collect" and rest[:1] and rest[0] in COLLECTIONS:
        return _run_collections(rest[0], rest[1:])
    if verb == "init":
        return _init(rest)
    if verb in GRAPH_VERBS:
        return _run_graph(verb, rest)
    alike = difflib.get_close_matches(verb, [*GRAPH_VERBS, *OTHER_VERBS], 1)
    meant = f"Is it {alike[0]!r}? " if alike else ""
    raise UsageError(f"there is no verb {verb!r}", cure=f"{meant}`profbook --help` lists what there is.")


def _run_pprof(rest: list[str]) -> int:
    """Make one report, as fast as a process that then ends can: without what it will never need."""
    # NumPy's linear algebra would start threads, and the garbage collector walk a profile that is used to the end.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    collecting = gc.isenabled()
    gc.disable()
    try:
        from pipeline import pprof_command

        return pprof_command.run(rest, sys.stdout, sys.stderr)
    finally:
        if collecting:
            gc.enable()


def verb_help(verb: str) -> str:
    """Word the help of one verb, with the options its task has."""
    if verb in COLLECTIONS:
        return help_of(f"collect {verb}", COLLECTIONS[verb])
    if verb in OTHER_VERBS:
        return help_of(verb, OTHER_VERBS[verb])
    from pipeline import exporting

    more = f"Formats: {', '.join(exporting.FORMATS)}." if verb == "export" else ""
    return help_of(verb, GRAPH_VERBS[verb], options_of(_task(verb).get("params", ())), more=more)


def _task(verb: str) -> dict[str, Any]:
    """Take the task of a verb; empty for a group of tasks, which takes neither options nor words of its own."""
    from pipeline import tasks

    task: Any = getattr(tasks, f"task_{verb}")
    return {} if inspect.isgeneratorfunction(task) else task()


def _is_help(words: Sequence[str]) -> bool:
    return bool({"-h", "--help"} & set(words[: words.index("--")] if "--" in words else words))


def _see(verb: str) -> str:
    return f"`profbook {verb} --help` lists what it takes."


def _run_collections(verb: str, rest: list[str]) -> int:
    """Start, list or stop collections in the background."""
    if _is_help(rest):
        print(verb_help(verb))
        return 0
    from pipeline import gathering
    from pipeline.store.config import load_config

    named = rest[:1] if rest and not rest[0].startswith("-") else []
    if len(rest) > {"start": len(rest), "status": 0, "stop": 1}[verb] or (verb == "stop" and rest != named):
        raise UsageError(f"collect {verb} does not take {rest[-1]!r}", cure=_see(f"collect {verb}"))
    root = Path.cwd()
    config = load_config(root, os.environ, {})
    if verb == "start":
        words = ["--label", *named, *rest[1:]] if named else rest
        return gathering.start_collection(root, config, words)
    return (
        gathering.list_collections(root, config)
        if verb == "status"
        else gathering.stop_collection(root, config, *named)
    )


def _run_graph(verb: str, rest: list[str]) -> int:
    """Hand a verb to the task graph of the current directory."""
    if _is_help(rest):
        print(verb_help(verb))
        return 0
    if verb in _LOOKING:
        scout.send(Path.cwd())
    thresholds = gc.get_threshold()
    # What is known of thousands of runs lives to the end: the collector would walk all of it again and again.
    gc.set_threshold(_GARBAGE, *thresholds[1:])
    try:
        return _run_tasks(verb, rest)
    finally:
        gc.set_threshold(*thresholds)
        scout.dismiss()


def _run_tasks(verb: str, rest: list[str]) -> int:
    words = (
        [verb, *_checked(verb, rest)]
        if "pos_arg" in _task(verb) or _task(verb).get("params")
        else _graph_words(verb, rest)
    )
    from doit.cmd_base import ModuleTaskLoader
    from doit.doit_cmd import DoitMain

    from pipeline import tasks

    class Command(DoitMain):  # type: ignore[misc] # doit has no type hints
        """doit that takes words with ``=`` as they are."""

        def process_args(self, cmd_args: list[str]) -> list[str]:
            return list(cmd_args)

    command: Any = Command(ModuleTaskLoader(tasks.graph(verb)), config_filenames=())
    try:
        code: int = command.run(["run", *words])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else _INTERNAL
    # doit's own code for a command line or graph it cannot read; failures of tasks have left through SystemExit.
    return UsageError.exit_code if code else 0


def _checked(verb: str, rest: list[str]) -> list[str]:
    """Refuse what a verb does not take, before doit does in words about itself."""
    task = _task(verb)
    kinds = {f"--{one['long']}": one.get("type", str) for one in task.get("params", ())}
    mine = rest[: rest.index("--")] if "--" in rest else rest
    try:
        options, words = getopt.gnu_getopt(
            mine, "", [f"{name[2:]}{'' if kind is bool else '='}" for name, kind in kinds.items()]
        )
    except getopt.GetoptError as error:
        raise UsageError(f"{verb}: {error.msg}", cure=_see(verb)) from error
    for name, value in options:
        if kinds[name] is int and not value.isdecimal():
            raise UsageError(f"{verb}: {name} takes a whole number, not {value!r}")
    if words and "pos_arg" not in task:
        raise UsageError(f"{verb} does not take {words[0]!r}", cure=_see(verb))
    return rest


def _init(rest: list[str]) -> int:
    if _is_help(rest):
        print(verb_help("init"))
        return 0
    if set(rest) - {"--force", "github"}:
        raise UsageError(f"init does not take {rest[0]!r}", cure=_see("init"))
    from pipeline import gathering, publishing

    if "github" in rest:
        return publishing.init_github(Path.cwd(), force="--force" in rest)
    return gathering.init(Path.cwd(), force=bool(rest))


def _graph_words(verb: str, rest: list[str]) -> list[str]:
    """Translate options and run names into doit's words."""
    options: list[str] = []
    names = list(rest)
    if "-n" in names:
        at = names.index("-n")
        options, names = ["-n", *names[at + 1 : at + 2]], names[:at] + names[at + 2 :]
    strange = [name for name in names if name.startswith("-") or verb != "derive"]
    if strange or (options and not options[-1].isdigit()):
        raise UsageError(f"{verb} does not take {(strange or ['-n without a number'])[0]!r}", cure=_see(verb))
    if names:
        _known(names)
        return [*options, *(f"{verb}:{name}" for name in names)]
    return [*options, "_outcomes" if verb == "compare" else verb]


def _known(names: Sequence[str]) -> None:
    """Refuse runs there are not."""
    from pipeline import tasks

    known = tasks.run_names()
    for name in names:
        if name not in known:
            alike = difflib.get_close_matches(name, known, 3)
            raise UsageError(f"there is no run {name!r}", cure=f"Is it {' or '.join(alike)}?" if alike else "")


if __name__ == "__main__":
    sys.exit(main())
