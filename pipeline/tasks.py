"""The task graph users run: what depends on what, and how a task is called. No logic; that is in `stages`.

Rules: whether a task is up to date is asked of `stages` by content keys, so doit keeps no database between calls; a
finished task is safe on disk at once. The graph lists the runs when it is loaded: what a `collect` brings is seen by
the next call. Exit codes are those of the command (0 ok, 2 configuration, 3 partial data, 5 internal, 130 interrupted).
"""

from __future__ import annotations

import getopt
import os
import select
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from pipeline import commenting, export_words, gathering, judging, measuring, publishing, sites, stages
from pipeline.errors import ProfbookError, UsageError
from pipeline.model.config import CompareConfig, Config
from pipeline.store import runs
from pipeline.store.config import load_config
from pipeline.task_report import INTERRUPTED as INTERRUPTED  # noqa: PLC0414 - a part of what this module gives
from pipeline.task_report import PIPE_CLOSED, Reporter, Stopped

Task = dict[str, Any]


DOIT_CONFIG: Final = {
    "default_tasks": ["site"],
    "backend": "sqlite3",
    "dep_file": ":memory:",
    "reporter": Reporter,
    "verbosity": 2,
}


@cache
def _project() -> tuple[Path, Config]:
    root = Path.cwd()
    return root, load_config(root, os.environ, {})


@cache
def _look() -> stages.Look:
    return stages.look(*_project())


def forget() -> None:
    """Read settings and runs anew, for a process that gives several commands."""
    for remembered in (_project, _look):
        remembered.cache_clear()


def _act(stage: Callable[..., object], *words: Any, settings: dict[str, str] | None = None, **options: Any) -> Any:
    """Run a stage on this project; an error becomes a failed task, an exit code a value of the task.

    ``settings`` of the command line win over those of the project.
    """
    try:
        root, config = _project()
        config = load_config(root, os.environ, settings) if settings else config
        result = stage(root, *words, config, **options)
    except ProfbookError as error:
        return Stopped(str(error), error.exit_code)
    except Exception as error:  # noqa: BLE001 - the last place to turn a fault of ours into words
        return _fault(error)
    return {"exit": result} if type(result) is int else {}


def _fault(error: Exception) -> Stopped:
    if isinstance(error, BrokenPipeError) and _is_unread():
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return Stopped("", PIPE_CLOSED)
    return Stopped(unexpected(error), 5)


def _is_unread() -> bool:
    """Tell whether who read our output has gone, which is no fault of ours; a pipe to a program we started may be."""
    output = select.poll()
    output.register(1, 0)
    return any(seen & select.POLLERR for _, seen in output.poll(0))


def unexpected(error: Exception) -> str:
    """Word a fault of ours; the traceback is for those who set PROFBOOK_DEBUG."""
    if os.environ.get("PROFBOOK_DEBUG"):
        return "".join(traceback.format_exception(error))
    cause = f"internal error: {type(error).__name__}: {error}"
    return f"{cause}\n  Please report it; with PROFBOOK_DEBUG=1 it says where it happened."


def _is_true(question: Callable[[], bool]) -> bool:
    """Ask whether a task is up to date; when that cannot be said, the task runs and says why."""
    try:
        return question()
    except Exception:  # noqa: BLE001 - the task meets the same error and reports it
        return False


# --- the graph ---------------------------------------------------------------------------------------------------


_SETTINGS: Final = {
    "plan": (("collect.plan",), "phases, interval, window, snapshot, program or bench, in place of collect.plan"),
    "duration": (("collect.duration", "load.duration"), "seconds the load takes, or the plan without a load"),
    "interval": (("collect.interval",), "seconds between snapshots of a series"),
    "mode": (("collect.mode",), "both, heap or cpu: what a series or snapshot takes"),
    "target": (("load.target",), "target of the load command, or of make"),
}
"""Options of collect that stand for settings: the keys each sets, and what it is for."""

_CERTAIN: Final[tuple[Task, ...]] = (
    {
        "name": "until_certain", "long": "until-certain", "type": bool, "default": False,
        "help": "go on until the comparison is settled, and say why it stopped",
    },
    {
        "name": "max_rounds", "long": "max-rounds", "type": int, "default": None,
        "help": f"the most runs of a side with --until-certain; else {measuring.MAX_ROUNDS}",
    },
)  # fmt: skip
"""Options of collect and ab."""


def _certain(command: str, options: dict[str, Any], fixed: str) -> dict[str, Any] | None:
    """Take the options of measuring until it is certain; None without them. Raises UsageError.

    ``fixed`` is the option that fixes the number of runs, and excludes these.
    """
    asked, most = options.pop("until_certain"), options.pop("max_rounds")
    if asked and options.pop(fixed) is not None:
        raise UsageError(f"{command}: --{fixed} and --until-certain exclude each other", cure="Give --max-rounds.")
    if not asked and (most is not None or options.pop("against", "")):
        raise UsageError(f"{command}: --max-rounds and --against need --until-certain")
    return {"max_rounds": measuring.MAX_ROUNDS if most is None else most} if asked else None


def task_collect() -> Task:
    """Profile the service under load: a new run in profiles/. Words after -- go to the service."""
    return {
        "actions": [_collect],
        "params": [
            {"name": "label", "long": "label", "default": "", "help": "label of the run, such as baseline"},
            {"name": "variant", "long": "variant", "default": "", "help": "variant of the service to start"},
            {"name": "repeat", "long": "repeat", "type": int, "default": None, "help": "how many runs to take; else 1"},
            {"name": "notes", "long": "notes", "default": "", "help": "a note kept with the run"},
            *_CERTAIN,
            {"name": "against", "long": "against", "default": "", "help": "label to be certain against"},
            *({"name": name, "long": name, "default": "", "help": purpose} for name, (_, purpose) in _SETTINGS.items()),
        ],
        "pos_arg": "words",
        "uptodate": [False],
        "io": {"capture": False},
    }


def _collect(words: list[str] | None, **options: Any) -> Any:
    settings = {key: options[name] for name, (keys, _) in _SETTINGS.items() if options.get(name) for key in keys}
    given = {name: value for name, value in options.items() if name not in _SETTINGS} | {"args": tuple(words or ())}
    try:
        certain = _certain("collect", given, "repeat")
    except UsageError as error:
        return Stopped(str(error), error.exit_code)
    if certain:
        return _act(measuring.collect_until_certain, settings=settings, **given, **certain)
    given["repeat"] = 1 if given["repeat"] is None else given["repeat"]
    if given["repeat"] < 1:
        return Stopped(str(UsageError("--repeat must be at least 1")), UsageError.exit_code)
    return _act(gathering.collect_runs, settings=settings, **given)


_AB: Final[tuple[Task, ...]] = (
    {"name": "rounds", "long": "rounds", "type": int, "default": None, "help": "runs of each commit; else 4"},
    {"name": "labels", "long": "labels", "default": "", "help": "BASE,HEAD labels; else the names of the refs"},
    {"name": "variant", "long": "variant", "default": "", "help": "variant of the service to start"},
    {"name": "notes", "long": "notes", "default": "", "help": "a note kept with each run"},
    {"name": "plan", "long": "plan", "default": "", "help": "a plan, in place of collect.plan"},
    *_CERTAIN,
)


def task_ab() -> Task:
    """Compare two commits: build both, then collect runs of each in turn. Words: BASE HEAD."""
    return {
        "actions": [_ab],
        "params": list(_AB),
        "pos_arg": "refs",
        "uptodate": [False],
        "io": {"capture": False},
    }


def _ab(refs: list[str] | None, **options: Any) -> Any:
    kinds = {f"--{one['long']}": (one["name"], one.get("type", str)) for one in _AB}
    try:
        # doit reads options up to the first other word; here they may follow it.
        long = [name.removeprefix("--") + ("" if kind is bool else "=") for name, (_, kind) in kinds.items()]
        late, (base, head) = getopt.gnu_getopt(refs or [], "", long)
        for name, value in late:
            key, kind = kinds[name]
            options[key] = True if kind is bool else kind(value)
        certain = _certain("ab", options, "rounds")
    except (getopt.GetoptError, ValueError):
        told = UsageError("ab needs two commits", cure="profbook ab BASE HEAD [--rounds N] [--labels BASE,HEAD]")
        return Stopped(str(told), UsageError.exit_code)
    except UsageError as error:
        return Stopped(str(error), error.exit_code)
    plan = options.pop("plan")
    settings = {"collect.plan": plan} if plan else None
    if certain:
        return _act(measuring.compare_refs_until_certain, settings=settings, base=base, head=head, **options, **certain)
    options["rounds"] = 4 if options["rounds"] is None else options["rounds"]
    return _act(gathering.compare_refs, settings=settings, base=base, head=head, **options)


_IMPORT: Final = "profbook import PATH… [--label NAME]"


def task_import() -> Task:
    """Make runs of profiles collected elsewhere: folders, zip and tar archives, files."""
    return {
        "actions": [_import],
        "params": [
            {"name": "label", "long": "label", "default": "", "help": "label of the runs; else their folder's name"}
        ],
        "pos_arg": "paths",
        "uptodate": [False],
        "io": {"capture": False},
    }


def _import(label: str, paths: list[str] | None) -> Any:
    try:
        # doit reads options up to the first path; here they may follow it.
        late, words = getopt.gnu_getopt(paths or [], "", ["label="])
    except getopt.GetoptError as error:
        return Stopped(str(UsageError(f"import: {error.msg}", cure=_IMPORT)), UsageError.exit_code)
    if not words:
        told = UsageError("import needs a folder, an archive or profiles", cure=_IMPORT)
        return Stopped(str(told), UsageError.exit_code)
    return _act(gathering.import_paths, paths=tuple(words), label=dict(late).get("--label", label))


def task_doctor() -> Task:
    """Check the settings, each service to profile, the tools, and what earlier collects left behind."""
    return {"actions": [_doctor], "pos_arg": "words", "uptodate": [False], "io": {"capture": False}}


def _doctor(words: list[str] | None) -> Any:
    try:
        return {"exit": gathering.doctor(Path.cwd(), os.environ, words or ())}
    except ProfbookError as error:
        return Stopped(str(error), error.exit_code)
    except Exception as error:  # noqa: BLE001 - as in _act, which needs settings that are right
        return _fault(error)


def task_derive() -> Iterator[Task]:
    """Read, measure and doubt each run that is new or changed."""
    yield {"basename": "derive", "name": None, "doc": task_derive.__doc__}
    yield from map(_derive_task, run_names())


def _derive_task(name: str) -> Task:
    return {"name": name, "actions": [(_act, [stages.derive_run, name])], "uptodate": [(_is_derived, [name])]}


def _derive_new() -> Iterator[Task]:
    yield {"basename": "derive", "name": None, "doc": task_derive.__doc__}
    yield from (_derive_task(name) for name in run_names() if not _is_derived(name))


def task_compare() -> Iterator[Task]:
    """Compare the labels named in the settings, or all with the baseline and each with its last commit."""
    yield {"basename": "compare", "name": None, "doc": task_compare.__doc__}
    for slug, pair in _pairs().items():
        yield {
            "name": slug,
            "actions": [(_act, [_compare, pair])],
            "uptodate": [(_is_compared, [pair])],
            "task_dep": ["derive"],
        }


def _compare(root: Path, pair: CompareConfig, config: Config) -> bool:
    return stages.compare_labels(root, pair, config, _look().runs)


def task__outcomes() -> Task:
    """Say how the comparisons come out."""
    return {"actions": [(_act, [judging.tell_comparisons])], "task_dep": ["compare"], "uptodate": [False]}


def task__build() -> Task:
    """Render the site if anything in it changed."""
    return {
        "actions": [(_act, [_build])],
        "uptodate": [_is_built],
        "task_dep": ["derive", "compare"],
    }


def _build(root: Path, config: Config) -> bool:
    return sites.build_site(root, config, look=_look())


def task_site() -> Task:
    """Build the site in build/site and say what is in it (this is what plain `doit` does)."""
    return {"actions": [(_act, [sites.report])], "task_dep": ["_build"], "uptodate": [False]}


_GATE: Final = "profbook gate [--json FILE] [--junit FILE] [--strict] [BASE HEAD]"


def task_gate() -> Task:
    """Judge the comparisons, or BASE HEAD alone: exit code 0 passed, 1 failed, 3 partial data, 4 with --strict."""
    return {
        "actions": [_gate],
        "params": [
            {"name": "json", "long": "json", "default": "", "help": "also write the result to this file, as JSON"},
            {"name": "junit", "long": "junit", "default": "", "help": "also write it to this file, as JUnit XML"},
            {"name": "strict", "long": "strict", "type": bool, "default": False, "help": "inconclusive or invalid: 4"},
        ],
        "pos_arg": "labels",
        "uptodate": [False],
        "io": {"capture": False},
    }


def _gate(labels: list[str] | None, **options: Any) -> Any:
    try:
        # doit reads options up to the first label; here they may follow it.
        late, words = getopt.gnu_getopt(labels or [], "", ["json=", "junit=", "strict"])
    except getopt.GetoptError as error:
        return Stopped(str(UsageError(f"gate: {error.msg}", cure=_GATE)), UsageError.exit_code)
    if len(words) not in {0, 2}:
        return Stopped(str(UsageError("gate takes two labels or none", cure=_GATE)), UsageError.exit_code)
    found = dict(late)
    return _act(
        judging.gate,
        today=datetime.now(tz=UTC).date(),
        pair=tuple(words) if words else None,
        strict="--strict" in found or options["strict"],
        json_file=found.get("--json", options["json"]),
        junit_file=found.get("--junit", options["junit"]),
    )


_PUBLISH: Final[tuple[Task, ...]] = (
    {"name": "mode", "long": "mode", "default": "", "help": "artifact or branch, in place of publish.mode"},
    {"name": "pr", "long": "pr", "type": int, "default": 0, "help": "publish a preview of this pull request"},
    {"name": "preview", "long": "preview", "type": bool, "default": False, "help": "the same, of the event's"},
    {"name": "prune_pr", "long": "prune-pr", "type": int, "default": 0, "help": "remove the preview of this one"},
    {
        "name": "fetch_runs", "long": "fetch-runs", "type": bool, "default": False,
        "help": "only bring the runs of the store here",
    },
)  # fmt: skip


def task_publish() -> Task:
    """Publish the site of all runs: a checked folder to upload, or a branch; or the preview of a pull request."""
    return {"actions": [_publish], "params": list(_PUBLISH), "uptodate": [False], "io": {"capture": False}}


def _publish(**options: Any) -> Any:
    return _act(publishing.publish, environ=os.environ, **options)


_COMMENT: Final = "profbook comment [--pr N] [--preview] [--strict] [BASE HEAD]"


def task_comment() -> Task:
    """Tell the comparisons, or BASE HEAD alone: here, in the job's summary and as one comment on a pull request."""
    return {
        "actions": [_comment],
        "params": [
            {"name": "pr", "long": "pr", "type": int, "default": 0, "help": "the pull request; else the event's"},
            {"name": "preview", "long": "preview", "type": bool, "default": False, "help": "link to its preview"},
            {"name": "strict", "long": "strict", "type": bool, "default": False, "help": "as for gate"},
        ],
        "pos_arg": "labels",
        "uptodate": [False],
        "io": {"capture": False},
    }


def _comment(labels: list[str] | None, **options: Any) -> Any:
    try:
        # doit reads options up to the first label; here they may follow it.
        late, words = getopt.gnu_getopt(labels or [], "", ["pr=", "preview", "strict"])
        found = dict(late)
        number = int(found.get("--pr", options["pr"]))
    except (getopt.GetoptError, ValueError) as error:
        return Stopped(str(UsageError(f"comment: {error}", cure=_COMMENT)), UsageError.exit_code)
    if len(words) not in {0, 2} or number < 0:
        return Stopped(str(UsageError("comment takes two labels or none", cure=_COMMENT)), UsageError.exit_code)
    return _act(
        commenting.comment,
        environ=os.environ,
        today=datetime.now(tz=UTC).date(),
        pair=tuple(words) if words else None,
        pr=number,
        preview="--preview" in found or options["preview"],
        strict="--strict" in found or options["strict"],
    )


def task_export() -> Task:
    """Write runs, comparisons or profiles in formats of other programs: export FORMAT [RUN… | BASE HEAD]."""
    return _worded(export_words.EXPORT, export_words.export)


def task_scrub() -> Task:
    """Copy runs into a new folder without the labels, secrets and homes that are to be kept out."""
    return _worded(export_words.SCRUB, export_words.scrub)


def task_serve() -> Task:
    """Serve the site on this machine, and a live view while a run is taken; Ctrl-C ends it."""
    return _worded(export_words.SERVE, export_words.serve)


def _worded(params: tuple[Task, ...], stage: Callable[..., object]) -> Task:
    def act(words: list[str] | None, **options: Any) -> Any:
        return _act(stage, words or (), options, today=datetime.now(tz=UTC).date())

    return {
        "actions": [act],
        "params": list(params),
        "pos_arg": "words",
        "uptodate": [False],
        "io": {"capture": False},
    }


def task_history() -> Task:
    """Say what changed for good over the runs of each label, and since which run."""
    return {
        "actions": [_history],
        "params": [
            {"name": "label", "long": "label", "default": "", "help": "only the runs of this label"},
            {
                "name": "candidates", "long": "candidates", "type": bool, "default": False,
                "help": "also list changes that are large but not proved",
            },
        ],
        "uptodate": [False],
        "io": {"capture": False},
    }  # fmt: skip


def _history(**options: Any) -> Any:
    return _act(judging.tell_history, **options)


def run_names() -> tuple[str, ...]:
    """Name the runs there are; none when the settings are wrong."""
    try:
        root, config = _project()
        return runs.run_names(stages.profiles_folder(root, config))
    except ProfbookError:
        return ()  # the site task meets the same error and reports it


def _pairs() -> dict[str, CompareConfig]:
    try:
        config = _project()[1]
        if config.compare:  # settings that name the pairs spare us looking at the runs
            return {stages.slug(pair): pair for pair in stages.pairs(config)}
        return stages.asked(_look().plan, config)
    except ProfbookError:
        return {}  # the site task meets the same error and reports it


def _is_derived(name: str) -> bool:
    return _is_true(lambda: _look().is_derived(name))


def _is_compared(pair: CompareConfig) -> bool:
    return _is_true(lambda: stages.is_compared(_project()[0], pair, _project()[1], _look().runs))


def _is_built() -> bool:
    return _is_true(lambda: sites.is_built(*_project(), _look()))


_OF_RUNS: Final = {"site": _derive_new, "compare": _derive_new, "derive": task_derive}


def graph(verb: str) -> dict[str, Any]:
    """Give the part of the graph a verb needs. doit takes time for every task, so of thousands of runs only those with
    something to do are in it; plain `doit` has them all.
    """
    if verb not in _OF_RUNS:
        return {"DOIT_CONFIG": DOIT_CONFIG, f"task_{verb}": globals()[f"task_{verb}"]}
    return {**globals(), "task_derive": _OF_RUNS[verb]}
