"""Collect one run, from reserving its id to making it visible.

Rules: failure is data; a run with one profile is kept, one with none is an error. The first SIGINT or SIGTERM ends
the load, takes the last profiles quickly and keeps the run as ``interrupted``; the second leaves at once. A run that
goes on until it is stopped is complete when it is. Whatever happens, the children end, and nothing partial is ever
visible. What collect said is kept with the run, in ``collection.log``.
"""

from __future__ import annotations

import difflib
import math
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from typing import Final

from pipeline import __version__
from pipeline.collect.clock import Clock, SystemClock, rfc3339
from pipeline.collect.credentials import known_secrets, tls_doubts
from pipeline.collect.environment import read_environment
from pipeline.collect.load import Load, load_of
from pipeline.collect.passes import PASSES, check_passes
from pipeline.collect.plans import run_interval, run_phases, run_snapshot
from pipeline.collect.preflight import check_room, label_doubt
from pipeline.collect.progress import LoggedProgress, Progress, progress_for
from pipeline.collect.record import Record, as_json
from pipeline.collect.rundir import RunFolder, sweep
from pipeline.collect.secrets import MASK, hide_paths, mask, printable
from pipeline.collect.services import (
    Prepared,
    Service,
    await_ready,
    check_commands,
    died,
    pod_findings,
    pods_seen,
    prepare,
    running_services,
)
from pipeline.collect.source_files import store_source
from pipeline.collect.taking import Session
from pipeline.collect.timing import Workplace
from pipeline.collect.window import run_window
from pipeline.errors import CollectError, ConfigError, UsageError
from pipeline.model.config import Config, LoadConfig, VariantConfig
from pipeline.model.run import LoadReport, Manifest

LOG: Final = "collection.log"
MANUAL: Final = "manual"
"""Label of a snapshot that was given none."""

_PLANS: Final = {"phases": run_phases, "interval": run_interval, "window": run_window, "snapshot": run_snapshot}


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
    chance: Random

    @property
    def open_ended(self) -> bool:
        """Tell whether the run goes on until it is stopped."""
        load = load_of(self.config)
        return not load.command and math.isinf(load.duration)


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
    chance: Random | None = None,
) -> CollectedRun:
    """Collect one run of the services of a project and make it visible.

    ``label`` is the variant's name when empty; ``args`` are extra words for the services, ``load_args`` for the load.
    ``prepared`` is the outcome of `prepare`; without it the programs are built first, into ``build/bin``. ``chance``
    makes the choices of the window plan.

    Raises CollectError when not one profile came, ConfigError and UsageError before anything is started, and
    KeyboardInterrupt after a second signal, when the run has been kept.
    """
    clock, root = clock or SystemClock(), root.resolve()
    asked = check_request(config, variant)
    secrets = known_secrets(config, asked, root, (*args, *load_args))
    with ExitStack() as closing:
        shown = progress or closing.enter_context(_shown())
        if prepared is None:
            shown.step("building")
            prepared = prepare(config, root, root / "build" / "bin", clock=clock)
        signals = closing.enter_context(_interruptible())
        profiles = root / config.collect.profiles_dir
        for line in sweep(profiles, clock):
            shown.step(line)
        check_room(profiles, config.collect.free_bytes)
        label = label or variant or (MANUAL if config.collect.plan == "snapshot" else "")
        folder = RunFolder.reserve(profiles, label, clock)
        closing.callback(folder.close)
        folder.names |= {str(prepared.bin_dir): "{bin}", str(root): ".", **dict.fromkeys(secrets, MASK)}
        shown = LoggedProgress(shown, folder.path / LOG, clock)
        job = _Job(
            config,
            root,
            label,
            asked,
            tuple(args),
            tuple(load_args),
            prepared,
            shown,
            clock,
            signals,
            chance or SystemRandom(),
        )
        record = Record(_draft(job, folder, variant=variant, notes=notes), folder.names)
        if (doubt := label_doubt(label)) is not None:
            shown.step(f"{doubt.message}: {doubt.cure}")
            record.finding(doubt)
        load, leaving = _collect(job, folder, record)
        return _keep(job, folder, record, load, leaving=leaving)


def check_request(config: Config, variant: str = "") -> VariantConfig:
    """Refuse what cannot be collected, before anything is started. Raises ConfigError or UsageError."""
    if config.collect.plan in PASSES:
        check_passes(config)
    elif not config.components:
        raise ConfigError(
            "components: nothing to profile", cure="Add [components.NAME] with a url or a command to profbook.toml."
        )
    else:
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
        components=() if job.config.collect.plan in PASSES else tuple(job.config.components),
        notes=notes,
        tool_version=__version__,
        args=tuple(hide_paths(word, folder.names) for word in mask(job.args)),
    )


def _collect(job: _Job, folder: RunFolder, record: Record) -> tuple[LoadReport | None, bool]:
    """Run services, load and plan; returns the load's report, and whether to leave at once."""
    if job.config.collect.plan in PASSES:
        return None, _run_passes(job, folder, record)
    load: Load | None = None
    services: tuple[Service, ...] = ()
    leaving = False
    try:
        with running_services(
            job.config,
            job.prepared,
            root=job.root,
            folder=folder.path,
            variant=job.variant,
            args=job.args,
            clock=job.clock,
            stop=job.signals.stop,
        ) as services:
            record.watch_pods(partial(pods_seen, services))
            for unchecked in tls_doubts(job.config):
                record.finding(unchecked)
            _describe(job, folder, record, services)
            load = _load(job, folder, services[0])
            _await(job, record, services)
            if any(service.fault is None for service in services):
                _follow_plan(job, folder, record, services, load)
            for doubt in (load.finding(), *map(died, services), *pod_findings(services)):
                if doubt is not None:
                    record.finding(doubt)
    except KeyboardInterrupt:
        leaving = True
    for service in services:
        record.use(service.name, service.child.usage if service.child is not None else None)
    if load is None:
        return None, leaving
    report = load.report()
    record.use("load", load.usage)
    return report, leaving


def _run_passes(job: _Job, folder: RunFolder, record: Record) -> bool:
    """Run programs instead of services; tells whether to leave at once."""
    none = Load(LoadConfig(), {}, (), root=job.root, folder=folder.path, clock=job.clock)
    none.begin()
    session = Session(
        job.config,
        folder=folder,
        record=record,
        services=(),
        load=none,
        progress=job.progress,
        clock=job.clock,
        stop=job.signals.stop,
        leave=job.signals.leave,
    )
    try:
        PASSES[job.config.collect.plan](session, Workplace(job.root, job.prepared.bin_dir, job.variant, job.args))
    except KeyboardInterrupt:
        return True
    return False


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
        load_of(job.config),
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
        await_ready(service, job.config.components[service.setting], job.signals.stop, job.clock)
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
        chance=job.chance,
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
    if record.good and not leaving:
        try:
            store_source(job.config, job.root, folder, record)
        except KeyboardInterrupt:
            leaving = True
    interrupted = (job.signals.stop.is_set() and not job.open_ended) or leaving
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
