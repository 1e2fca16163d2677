"""Collect one run, from reserving its id to making it visible.

Rules: failure is data; a run with one profile is kept, one with none is an error. The first SIGINT or SIGTERM ends
the load, takes the last profiles quickly and keeps the run as ``interrupted``; the second leaves at once. Whatever
happens, the children end, and nothing partial is ever visible.
"""

from __future__ import annotations

import difflib
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline import __version__
from pipeline.collect.clock import Clock, SystemClock, rfc3339
from pipeline.collect.environment import read_environment
from pipeline.collect.load import Load
from pipeline.collect.plans import run_interval, run_phases
from pipeline.collect.progress import Progress, progress_for
from pipeline.collect.record import Record, as_json
from pipeline.collect.rundir import RunFolder, sweep
from pipeline.collect.secrets import printable
from pipeline.collect.services import Prepared, Service, await_ready, check_commands, died, prepare, running_services
from pipeline.collect.taking import Session
from pipeline.errors import CollectError, ConfigError, UsageError
from pipeline.model.config import Config, VariantConfig
from pipeline.model.run import LoadReport, Manifest

_PLANS: Final = {"phases": run_phases, "interval": run_interval}


@dataclass(frozen=True, slots=True)
class CollectedRun:
    """A run that was collected: its directory, and what is known of it."""

    path: Path
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class _Signals:
    """What the user asked for meanwhile: stop in good order, or leave at once."""

    stop: threading.Event
    leave: threading.Event


@dataclass(frozen=True, slots=True)
class _Job:
    """One collect: what was asked for, and what it is done with."""

    config: Config
    root: Path
    label: str
    variant: VariantConfig
    args: tuple[str, ...]
    load_args: tuple[str, ...]
    prepared: Prepared
    progress: Progress
    clock: Clock
    signals: _Signals


def collect_run(  # noqa: PLR0913 - all by keyword: the words of one command
    config: Config,
    *,
    root: Path,
    label: str = "",
    variant: str = "",
    args: Sequence[str] = (),
    load_args: Sequence[str] = (),
    notes: str = "",
    prepared: Prepared | None = None,
    progress: Progress | None = None,
    clock: Clock | None = None,
) -> CollectedRun:
    """Collect one run of the services of a project and make it visible.

    ``label`` is the variant's name when empty; ``args`` are extra words for the services, ``load_args`` for the load.
    ``prepared`` is the outcome of `prepare`; without it the programs are built first, into ``build/bin``. Raises
    CollectError when not one profile came, ConfigError and UsageError before anything is started, and
    KeyboardInterrupt after a second signal, when the run has been kept.
    """
    clock, root = clock or SystemClock(), root.resolve()
    asked = check_request(config, variant)
    with ExitStack() as closing:
        shown = progress or closing.enter_context(_shown())
        if prepared is None:
            shown.step("building")
            prepared = prepare(config, root, root / "build" / "bin", clock=clock)
        signals = closing.enter_context(_interruptible())
        for line in sweep(root / config.collect.profiles_dir, clock):
            shown.step(line)
        job = _Job(
            config, root, label or variant, asked, tuple(args), tuple(load_args), prepared, shown, clock, signals
        )
        folder = RunFolder.reserve(root / config.collect.profiles_dir, job.label, clock)
        closing.callback(folder.close)
        folder.names |= {str(prepared.bin_dir): "{bin}", str(root): "."}
        record = Record(_draft(job, folder, variant=variant, notes=notes), folder.names)
        load, leaving = _collect(job, folder, record)
        return _keep(job, folder, record, load, leaving=leaving)


def check_request(config: Config, variant: str = "") -> VariantConfig:
    """Refuse what cannot be collected, before anything is started. Raises ConfigError or UsageError."""
    if not config.components:
        raise ConfigError(
            "components: nothing to profile", cure="Add [components.NAME] with a url or a command to profbook.toml."
        )
    check_commands(config)
    if not variant:
        return VariantConfig()
    if variant not in config.variants:
        close = difflib.get_close_matches(variant, config.variants, n=1)
        raise UsageError(
            f"unknown variant: {printable(variant)}" + (f"; did you mean {close[0]}?" if close else ""),
            cure=f"Variants in the settings: {', '.join(sorted(config.variants)) or 'none'}.",
        )
    return config.variants[variant]


def exit_code(manifest: Manifest) -> int:
    """Give the exit code of a collected run: 0 when it is complete, 3 when something is missing."""
    return 0 if manifest.status == "complete" else 3


def _draft(job: _Job, folder: RunFolder, *, variant: str, notes: str) -> Manifest:
    return Manifest(
        id=folder.id,
        label=job.label,
        started=rfc3339(job.clock.now()),
        plan=job.config.collect.plan,
        variant=variant,
        components=tuple(job.config.components),
        notes=notes,
        tool_version=__version__,
    )


def _collect(job: _Job, folder: RunFolder, record: Record) -> tuple[LoadReport | None, bool]:
    """Run services, load and plan; returns the load's report, and whether to leave at once."""
    load: Load | None = None
    try:
        with running_services(
            job.config,
            job.prepared,
            root=job.root,
            folder=folder.path,
            variant=job.variant,
            args=job.args,
            clock=job.clock,
        ) as services:
            _describe(job, folder, record, services)
            load = _load(job, folder, services[0])
            _await(job, record, services)
            if any(service.fault is None for service in services):
                _follow_plan(job, folder, record, services, load)
            for doubt in (load.finding(), *map(died, services)):
                if doubt is not None:
                    record.finding(doubt)
    except KeyboardInterrupt:
        return load.report() if load is not None else None, True
    return load.report(), False


def _describe(job: _Job, folder: RunFolder, record: Record, services: tuple[Service, ...]) -> None:
    """Record where the run is taken, as the first service of ours has it."""
    ours = next((service for service in services if service.env is not None), None)
    record.describe(
        read_environment(
            job.root, ours.env if ours else None, program=ours.program if ours else None, ignore=folder.profiles
        )
    )


def _load(job: _Job, folder: RunFolder, first: Service) -> Load:
    values = {
        "bin": str(job.prepared.bin_dir),
        "url": first.url,
        "profile_dir": str(folder.path),
        "duration": f"{job.config.load.duration:g}",
    }
    return Load(
        job.config.load,
        values,
        job.load_args,
        root=job.root,
        folder=folder.path,
        clock=job.clock,
        names=folder.names,
    )


def _await(job: _Job, record: Record, services: tuple[Service, ...]) -> None:
    job.progress.step(f"waiting for {', '.join(service.name for service in services)}")
    for service in services:
        await_ready(service, job.config.components[service.name], job.signals.stop, job.clock)
        if service.fault is not None:
            record.finding(service.fault)


def _follow_plan(job: _Job, folder: RunFolder, record: Record, services: tuple[Service, ...], load: Load) -> None:
    session = Session(
        job.config,
        folder=folder,
        record=record,
        services=services,
        load=load,
        progress=job.progress,
        clock=job.clock,
        stop=job.signals.stop,
        leave=job.signals.leave,
    )
    try:
        _PLANS[job.config.collect.plan](session)
    except KeyboardInterrupt:
        load.stop(grace=0)
        raise
    finally:
        load.stop()


def _keep(job: _Job, folder: RunFolder, record: Record, load: LoadReport | None, *, leaving: bool) -> CollectedRun:
    """Make the run visible, or put it aside when there is nothing in it."""
    interrupted = job.signals.stop.is_set() or leaving
    manifest = record.manifest(finished=rfc3339(job.clock.now()), load=load, interrupted=interrupted)
    if not record.good:
        why = "it was interrupted" if interrupted else record.first_error() or "no profile was asked for"
        place = folder.abandon(as_json(manifest))
        raise CollectError(
            f"nothing was collected: {why}",
            cure=f"Logs are in {job.config.collect.profiles_dir}/{place.parent.name}/{place.name}/.",
        )
    path = folder.seal(as_json(manifest))
    job.progress.step(f"{folder.id}: {manifest.status}, {record.good} profiles")
    if leaving:
        raise KeyboardInterrupt
    return CollectedRun(path, manifest)


@contextmanager
def _shown() -> Iterator[Progress]:
    progress = progress_for()
    try:
        yield progress
    finally:
        progress.close()


@contextmanager
def _interruptible() -> Iterator[_Signals]:
    """Let the first SIGINT or SIGTERM ask for an end in good order, the second interrupt whatever is being done."""
    signals = _Signals(threading.Event(), threading.Event())

    def asked(*_: object) -> None:
        if signals.stop.is_set():
            signals.leave.set()
            raise KeyboardInterrupt
        signals.stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield signals
        return
    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
