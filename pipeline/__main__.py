"""The `profbook` command: the verbs of the task graph, and verbs of their own.

Rules: `main` is a function of its words and gives the exit code; it shows no traceback unless PROFBOOK_DEBUG is set.
Nothing heavy is imported before the verb is known, so that help and version answer at once.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

from pipeline import __version__
from pipeline.errors import ProfbookError, UsageError

GRAPH_VERBS: Final = {
    "collect": "profile the service under load: a new run in profiles/",
    "ab": "collect two commits in interleaved rounds: ab BASE HEAD --rounds N",
    "import": "make runs of profiles collected elsewhere: folders, zip and tar archives, files",
    "doctor": "check the settings, the services, the tools, and what earlier collects left behind",
    "derive": "read, measure and doubt each run that is new or changed",
    "compare": "compare the labels named in profbook.toml, or all with the baseline",
    "gate": "judge the comparisons by an exit code: gate [BASE HEAD] --json FILE --junit FILE --strict",
    "history": "say what changed for good over the runs of each label: history --label NAME",
    "site": "build the site in build/site (derives and compares first)",
    "publish": "publish the site of all runs: a checked folder to upload, a branch, a preview of a pull request",
    "export": "write runs, comparisons or profiles in other programs' formats: export FORMAT [RUN… | BASE HEAD]",
    "scrub": "copy runs without labels, secrets and homes: scrub --out FOLDER [RUN…]",
    "serve": "the site on this machine, rebuilt as runs come, and a live view of the run being taken: serve --port N",
    "comment": "tell the comparisons on a pull request, in a job's summary and here: comment [BASE HEAD]",
}
COLLECTIONS: Final = {
    "start": "collect in the background: collect start [NAME] [options of collect]",
    "status": "say which collections are running",
    "stop": "end one in good order and keep its run: collect stop [ID or NAME]",
}
OTHER_VERBS: Final = {
    "init": "write a commented profbook.toml for the Go module of the current directory",
    "benchstat": "compare files of `go test -bench` as benchstat does: benchstat OLD NEW",
    "pprof": "text reports of `go tool pprof`, same numbers and text: profbook pprof -top FILE",
}
_INTERNAL: Final = 5
_INTERRUPTED: Final = 130
_PIPE_CLOSED: Final = 141


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
    raise UsageError(f"there is no verb {verb!r}", cure="`profbook --help` lists what there is.")


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


def usage() -> str:
    """Word the help: one line for each verb."""
    lines = [f"  {verb:10}{purpose}" for verb, purpose in (GRAPH_VERBS | OTHER_VERBS).items()]
    return "\n".join(
        [
            "usage: profbook VERB [options]",
            "",
            *lines,
            "",
            "profbook collect VERB:",
            *(f"  {verb:10}{purpose}" for verb, purpose in COLLECTIONS.items()),
            "",
            "options of derive, compare and site: -n N (processes), RUN… (derive only these)",
            "options of collect: --label NAME --variant NAME --repeat N --notes TEXT -- WORDS FOR THE SERVICE",
            "  --plan phases|interval|window|snapshot|program|bench --duration S --interval S --mode both|heap|cpu",
            "  --target TARGET",
            "  --until-certain --against LABEL --max-rounds N (until it is known how both labels compare)",
            "options of ab: BASE HEAD --rounds N --labels BASE,HEAD --plan PLAN --variant NAME --notes TEXT",
            "  --until-certain --max-rounds N (in place of --rounds)",
            "options of import: PATH… --label NAME",
            "options of gate: BASE HEAD --json FILE --junit FILE --strict (inconclusive or invalid ends with 4)",
            "options of history: --label NAME",
            "options of export: --out FILE|FOLDER/|- --kind KIND --component NAME --sample-index TYPE --focus --ignore",
            "  --base LABEL|RUN --to URL; options of scrub: --out FOLDER; options of serve: --port N",
            "options of publish: --mode artifact|branch --pr N (preview of a pull request) --preview (of the event's)",
            "  --prune-pr N (remove a preview) --fetch-runs (only bring the runs of the store here)",
            "options of comment: BASE HEAD --pr N --preview (link to its preview) --strict",
            "options of init: --force (write over what is there); init github writes workflows to .github/workflows",
            "settings are read from profbook.toml in the current directory",
            "exit codes: 0 ok, 1 gate failed, 2 usage or settings, 3 partial data, 4 undecided (--strict), 5 internal",
        ]
    )


def _run_collections(verb: str, rest: list[str]) -> int:
    """Start, list or stop collections in the background."""
    from pathlib import Path

    from pipeline import gathering
    from pipeline.store.config import load_config

    named = rest[:1] if rest and not rest[0].startswith("-") else []
    if len(rest) > {"start": len(rest), "status": 0, "stop": 1}[verb] or (verb == "stop" and rest != named):
        raise UsageError(f"collect {verb} does not take {rest[-1]!r}", cure=usage())
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
    if {"-h", "--help"} & set(rest[: rest.index("--")] if "--" in rest else rest):
        print(usage())
        return 0
    from doit.cmd_base import ModuleTaskLoader
    from doit.doit_cmd import DoitMain

    from pipeline import tasks

    class Command(DoitMain):  # type: ignore[misc] # doit has no type hints
        """doit that takes words with ``=`` as they are."""

        def process_args(self, cmd_args: list[str]) -> list[str]:
            return list(cmd_args)

    words = (
        [verb, *rest]
        if verb in {"collect", "ab", "import", "gate", "history", "publish", "comment", "export", "scrub", "serve"}
        else _graph_words(verb, rest)
    )
    command: Any = Command(ModuleTaskLoader(tasks), config_filenames=())
    try:
        code: int = command.run(["run", *words])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else _INTERNAL
    # doit's own code for a command line or graph it cannot read; failures of tasks have left through SystemExit.
    return UsageError.exit_code if code else 0


def _init(rest: list[str]) -> int:
    if {"-h", "--help"} & set(rest):
        print(usage())
        return 0
    if set(rest) - {"--force", "github"}:
        raise UsageError(f"init does not take {rest[0]!r}", cure=usage())
    from pathlib import Path

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
        raise UsageError(f"{verb} does not take {(strange or ['-n without a number'])[0]!r}", cure=usage())
    return [*options, *([f"{verb}:{name}" for name in names] or [verb])]


if __name__ == "__main__":
    sys.exit(main())
