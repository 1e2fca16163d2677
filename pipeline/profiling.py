"""The corridor of profiles to other tools: the raw profiles of some runs, redacted, as one file, or sent to a store.

Rules: as in `stages`. Of each run the profiles of one kind and component are taken: all CPU profiles, of other kinds
the last. They are put together as `go tool pprof` does with several files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline import stages
from pipeline.compare import pairs as pairing
from pipeline.errors import UsageError
from pipeline.model.config import Config
from pipeline.model.profile import Profile
from pipeline.model.report import FilterOptions, ReportOptions
from pipeline.model.run import RawFile, Run
from pipeline.store import runs

FORMATS: Final[Mapping[str, str]] = {
    "pprof": "profiles of a kind as one profile for go tool pprof: merged, filtered, or a difference with --base",
    "pgo": "CPU profiles as default.pgo for go build",
    "folded": "stacks of a kind, a line each, for flame graphs",
    "speedscope": "stacks of a kind for speedscope",
    "pyroscope": "send profiles of a kind to Pyroscope at --to URL",
    "parca": "send profiles of a kind to Parca at --to URL",
}
PUSHES: Final = frozenset({"pyroscope", "parca"})
_PHASES: Final = {"before": 0, "during": 1, "series": 2, "": 3, "after": 4}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which profiles: a kind and component, filters as pprof has them, runs or a label to take away, where to send."""

    kind: str = ""
    component: str = ""
    sample_index: str = ""
    focus: str = ""
    ignore: str = ""
    base: str = ""
    to: str = ""


EVERYTHING: Final = Choice()


def chosen(words: Sequence[str], found: Sequence[Run]) -> tuple[str, ...]:
    """Name the runs that words mean: run names and labels, all without a word. Raises UsageError for none."""
    known = {run.id for run in found}
    if not words:
        picked = tuple(sorted(known))
    else:
        sets = {word: {word} & known or set(pairing.runs_of(word, found)) for word in words}
        missing = [word for word, mine in sets.items() if not mine]
        if missing:
            raise UsageError(f"there is no run or label {missing[0]!r}", cure="`profbook site` lists the runs.")
        picked = tuple(sorted(set().union(*sets.values())))
    if not picked:
        raise UsageError("there is no run yet", cure="profbook collect, or profbook import")
    return picked


@dataclass(frozen=True, slots=True)
class _Read:
    run: Run
    file: RawFile
    profile: Profile


def _read(root: Path, config: Config, picked: Sequence[str], choice: Choice) -> list[_Read]:
    """Read and redact the profiles of a kind and component of some runs."""
    from pipeline.analysis.redact import Redactor, redact_profile
    from pipeline.decode import decode_profile

    redactor, found = Redactor(config.redact.rules), []
    for run_id in picked:
        folder = stages.profiles_folder(root, config) / run_id
        run = runs.read_run(folder).run
        for file in _files(run, choice):
            data = runs.read_file(folder, file)
            decoded = decode_profile(data, max_bytes=config.limits.max_decoded_bytes, symbolize=True)
            found.append(_Read(run, file, redact_profile(decoded, redactor).profile))
    if not found:
        raise UsageError(f"these runs have no {choice.kind or 'cpu'} profile", cure="Choose another with --kind.")
    return found


def _files(run: Run, choice: Choice) -> list[RawFile]:
    kind = choice.kind or "cpu"
    own = [file for file in run.files if file.kind == kind and choice.component in {"", file.component}]
    components = sorted({file.component for file in own})
    if len(components) > 1:
        raise UsageError(
            f"{run.id} has {kind} profiles of several components: {', '.join(components)}",
            cure="Choose with --component.",
        )
    own.sort(key=lambda file: (_PHASES[file.phase], file.index or 0, file.path))
    return own if kind == "cpu" else own[-1:]


def make(
    root: Path, config: Config, picked: Sequence[str], form: str, choice: Choice, *, say: Callable[[str], None]
) -> bytes:
    """Put profiles together and write them in a format; what to know about the result is said."""
    from pipeline.render.folded import folded
    from pipeline.render.pprof_proto import write_pprof
    from pipeline.render.speedscope import speedscope

    if form == "pgo":
        return _pgo(root, config, picked, choice, say)
    profile, index = _combined(root, config, picked, choice, say)
    if form == "folded":
        return folded(profile, index)
    if form == "speedscope":
        return speedscope(profile, ", ".join(picked[:3]) + (", …" if len(picked) > 3 else ""))
    return write_pprof(profile)


def _pgo(root: Path, config: Config, picked: Sequence[str], choice: Choice, say: Callable[[str], None]) -> bytes:
    from pipeline.analysis.pgo import pgo_profile
    from pipeline.render.pprof_proto import write_pprof

    if choice.kind not in {"", "cpu"} or choice.base or choice.focus or choice.ignore:
        raise UsageError("default.pgo is made of whole CPU profiles", cure="Leave --kind, --base and filters out.")
    made = pgo_profile([one.profile for one in _read(root, config, picked, choice)])
    for note in made.notes:
        say(f"default.pgo: {note}")
    return write_pprof(made.profile)


def _combined(
    root: Path, config: Config, picked: Sequence[str], choice: Choice, say: Callable[[str], None]
) -> tuple[Profile, int]:
    """Put profiles together as ``go tool pprof -proto`` does; returns the position of the chosen sample type too."""
    from pipeline.analysis.raw import raw_of
    from pipeline.analysis.scope import open_scope
    from pipeline.analysis.source import SourceOptions, open_profiles

    sources = [one.profile for one in _read(root, config, picked, choice)]
    bases: list[Profile] = []
    if choice.base:
        stored = [one.run for one in stages.known_runs(root, config)]
        bases = [one.profile for one in _read(root, config, chosen((choice.base,), stored), choice)]
        if len(bases) != len(sources):
            say(
                f"the sum of {len(sources)} profiles less the sum of {len(bases)}: sums, not means, so most of it may "
                "be their numbers; name as many runs on both sides"
            )
    profile = open_profiles(sources, bases, SourceOptions(diff=bool(bases)))
    options = ReportOptions(
        sample_index=choice.sample_index, filters=FilterOptions(focus=choice.focus, ignore=choice.ignore)
    )
    scope = open_scope(profile, options, "proto")
    return raw_of(scope), scope.index


def push_runs(
    root: Path,
    config: Config,
    picked: Sequence[str],
    store: str,
    choice: Choice,
    *,
    token: str,
    say: Callable[[str], None],
) -> int:
    """Send the profiles of runs to a profile store, one by one."""
    from pipeline.render.pprof_proto import write_pprof
    from pipeline.site.push import Pushed, push

    if not choice.to:
        raise UsageError(f"{store} needs an address", cure=f"profbook export {store} --to URL [RUN…]")
    for one in _read(root, config, picked, choice):
        start = one.profile.time_nanos
        sent = Pushed(
            data=write_pprof(one.profile),
            component=one.file.component,
            kind=one.file.kind,
            labels={"run": one.run.id, "label": one.run.label},
            start=start,
            end=start + one.profile.duration_nanos,
        )
        push(store, choice.to, sent, token=token)
        say(f"sent {one.run.id}/{one.file.path}")
    return 0
