"""The verbs of the command in words: what each is for, what may follow it, where the guide tells more.

Rules: words alone, imported before anything else is; the options of the task graph's verbs are given by its tasks.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

Option = tuple[str, str]
"""An option with what it takes (``--label NAME``), and what it does."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb: its purpose in a line, the words it takes, its page of the guide, an example, options the graph lacks."""

    purpose: str
    words: str = ""
    guide: str = "commands"
    example: str = ""
    options: tuple[Option, ...] = ()


_PROCESSES: Final = (("-n N", "use N processes"),)
GRAPH_VERBS: Final[Mapping[str, Verb]] = {
    "collect": Verb(
        "profile the service under load: a new run in profiles/",
        "[-- WORDS FOR THE SERVICE]",
        guide="plans",
        example="collect --label baseline --repeat 6",
    ),
    "ab": Verb(
        "collect two commits in interleaved rounds", "BASE HEAD", guide="programs", example="ab main HEAD --rounds 6"
    ),
    "import": Verb(
        "make runs of profiles collected elsewhere: folders, zip and tar archives, files",
        "PATH…",
        guide="import",
        example="import old-profiles.zip --label before",
    ),
    "doctor": Verb(
        "check the settings, the services, the tools, and what earlier collects left behind, or the site's size alone",
        "[site]",
        guide="targets",
    ),
    "derive": Verb("read, measure and doubt each run that is new or changed", "[RUN…]", options=_PROCESSES),
    "compare": Verb(
        "compare the labels named in profbook.toml, or all with the baseline, and say how each comes out",
        guide="verdicts",
        options=_PROCESSES,
    ),
    "gate": Verb(
        "judge the comparisons, or these two labels, by an exit code",
        "[BASE HEAD]",
        guide="gate",
        example="gate main pr-17 --junit gate.xml",
    ),
    "history": Verb("say what changed for good over the runs of each label", guide="trends"),
    "site": Verb("build the site in build/site (derives and compares first)", guide="site", options=_PROCESSES),
    "publish": Verb(
        "publish the site of all runs: a checked folder to upload, a branch, a preview of a pull request",
        guide="publish",
        example="publish --mode branch",
    ),
    "export": Verb(
        "write runs, comparisons or profiles in other programs' formats",
        "FORMAT [RUN… | BASE HEAD]",
        guide="export",
        example="export benchfmt baseline --out old.txt",
    ),
    "scrub": Verb(
        "copy runs without labels, secrets and homes", "[RUN…]", guide="redaction", example="scrub --out shared/"
    ),
    "serve": Verb("the site on this machine, rebuilt as runs come, and a live view of the run being taken"),
    "comment": Verb(
        "tell the comparisons, or these two labels, on a pull request, in a job's summary and here",
        "[BASE HEAD]",
        guide="ci",
    ),
}
OTHER_VERBS: Final[Mapping[str, Verb]] = {
    "init": Verb(
        "write a commented profbook.toml for the Go module of the current directory; init github: workflows too",
        "[github]",
        guide="quick-start",
        options=(("--force", "write over what is there"),),
    ),
    "benchstat": Verb("compare files of `go test -bench` as benchstat does", "OLD NEW"),
    "pprof": Verb("text reports of `go tool pprof`, same numbers and text", "-top FILE"),
}
COLLECTIONS: Final[Mapping[str, Verb]] = {
    "start": Verb("collect in the background, with the options of collect", "[NAME]"),
    "status": Verb("say which collections are running"),
    "stop": Verb("end one in good order and keep its run", "[ID or NAME]"),
}
_VALUES: Final = {
    "label": "NAME", "variant": "NAME", "component": "NAME", "against": "LABEL", "labels": "BASE,HEAD",
    "notes": "TEXT", "plan": "PLAN", "duration": "SECONDS", "interval": "SECONDS", "mode": "MODE", "target": "TARGET",
    "repeat": "N", "rounds": "N", "max-rounds": "N", "port": "N", "pr": "N", "prune-pr": "N", "json": "FILE",
    "junit": "FILE", "out": "FILE", "kind": "KIND", "sample-index": "TYPE", "focus": "RE", "ignore": "RE",
    "base": "LABEL", "to": "URL",
}  # fmt: skip
"""What an option takes; those not named take nothing."""
_INDENT: Final = 24


def options_of(params: Iterable[Mapping[str, object]]) -> tuple[Option, ...]:
    """Word the options of a task."""
    named = ((str(one["long"]), str(one["help"])) for one in params)
    return tuple((f"--{name} {_VALUES.get(name, '')}".strip(), purpose) for name, purpose in named)


def usage() -> str:
    """Word the help of the command: a line for each verb."""
    return "\n".join(
        [
            "usage: profbook VERB [options]",
            "",
            *(f"  {name:15}{verb.purpose}" for name, verb in GRAPH_VERBS.items()),
            *(f"  collect {name:7}{verb.purpose}" for name, verb in COLLECTIONS.items()),
            *(f"  {name:15}{verb.purpose}" for name, verb in OTHER_VERBS.items()),
            "",
            "`profbook VERB --help` tells the options of a verb.",
            "Settings are read from profbook.toml in the current directory.",
            "exit codes: 0 ok, 1 gate failed, 2 usage or settings, 3 partial data, 4 undecided (--strict),",
            "            5 nothing could be done, or an internal error",
        ]
    )


def help_of(name: str, verb: Verb, options: Iterable[Option] = (), *, more: str = "") -> str:
    """Word the help of one verb; ``options`` are those of its task, ``more`` a paragraph of its own."""
    known = [*options, *verb.options]
    lines = [" ".join(filter(None, ["usage: profbook", name, "[options]" if known else "", verb.words])), ""]
    lines += textwrap.wrap(verb.purpose[0].upper() + verb.purpose[1:] + ".", 100)
    if known:
        lines += ["", *(_option(*one) for one in known)]
    if more:
        lines += ["", *textwrap.wrap(more, 100)]
    if verb.example:
        lines += ["", f"example: profbook {verb.example}"]
    return "\n".join([*lines, f"more: guide/{verb.guide}/ of every site"])


def _option(spelling: str, purpose: str) -> str:
    head = f"  {spelling:{_INDENT - 2}}" if len(spelling) < _INDENT - 2 else f"  {spelling} "
    return textwrap.fill(purpose, 100, initial_indent=head, subsequent_indent=" " * _INDENT)
