"""The programs of a run: build them once, start the services, wait until they are ready, stop them.

Rules: a component with a command is built, started and stopped by us; one with only a url is somebody else's and is
left alone. A service that does not start is a finding, not the end of the run: the others are still profiled.
Placeholders: ``{bin}`` in every command, ``{port}``, ``{url}``, ``{profile_dir}`` and ``{duration}`` once they exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final
from urllib.parse import urlsplit

from pipeline.collect.clock import Clock, SystemClock, wait
from pipeline.collect.faults import FetchError
from pipeline.collect.fetch import get
from pipeline.collect.process import TERM_SECONDS, Child, child_env, fill, free_port, run, start
from pipeline.errors import CollectError
from pipeline.model.config import ComponentConfig, Config, VariantConfig
from pipeline.model.finding import Finding

BUILD_SECONDS: Final = 900.0
_READY_POLL: Final = 0.1


@dataclass(frozen=True, slots=True)
class Prepared:
    """Programs built and ready to be started; ``bin_dir`` fills ``{bin}``."""

    bin_dir: Path


@dataclass(slots=True)
class Service:
    """One component of a run: where it answers, and the process when it is ours."""

    name: str
    url: str
    child: Child | None = None
    program: Path | None = None
    env: Mapping[str, str] | None = None
    fault: Finding | None = None

    @property
    def port(self) -> int:
        """Give the port it answers on."""
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)


def prepare(config: Config, root: Path, bin_dir: Path, *, clock: Clock | None = None) -> Prepared:
    """Build the services and the load generator, each once. Raises CollectError with the end of the build's log."""
    bin_dir = bin_dir.resolve()
    bin_dir.mkdir(parents=True, exist_ok=True)
    builds = [(f"components.{name}.build", part.build, part.env) for name, part in config.components.items()]
    for setting, words, env in (*builds, ("load.build", config.load.build, {})):
        if not words:
            continue
        log = bin_dir / f"{setting}.log"
        log.unlink(missing_ok=True)
        done = run(
            fill(words, {"bin": str(bin_dir)}, setting),
            log=log,
            cwd=root,
            env=child_env(env),
            deadline=BUILD_SECONDS,
            clock=clock,
        )
        if done.timed_out or done.exit_code:
            said = "did not end" if done.timed_out else f"failed with exit code {done.exit_code}"
            raise CollectError(f"{setting} {said}:\n{done.tail}", cure="Correct the build, then collect again.")
    return Prepared(bin_dir)


def check_commands(config: Config) -> None:
    """Refuse placeholders that will have no value, before anything is started. Raises ConfigError."""
    some = dict.fromkeys(("bin", "port", "url", "profile_dir", "duration"), "0")
    for name, part in config.components.items():
        fill(part.build, {"bin": ""}, f"components.{name}.build")
        fill(part.command, some, f"components.{name}.command")
    for name, variant in config.variants.items():
        fill(variant.args, some, f"variants.{name}.args")
    fill(config.load.build, {"bin": ""}, "load.build")
    fill(config.load.command, {key: value for key, value in some.items() if key != "port"}, "load.command")


@contextmanager
def running_services(
    config: Config,
    prepared: Prepared,
    *,
    root: Path,
    folder: Path,
    variant: VariantConfig,
    args: Sequence[str],
    clock: Clock | None = None,
) -> Iterator[tuple[Service, ...]]:
    """Start the services of a run, and stop them when the block ends. They may not be ready yet."""
    clock = clock or SystemClock()
    services: list[Service] = []
    try:
        for name, part in config.components.items():
            if not part.command:
                services.append(Service(name, part.url))
                continue
            port = free_port()
            service = Service(name, part.url or f"http://127.0.0.1:{port}", env=child_env(part.env, variant.env))
            services.append(service)
            values = {
                "bin": str(prepared.bin_dir),
                "port": str(port),
                "url": service.url,
                "profile_dir": str(folder),
                "duration": f"{config.load.duration:g}",
            }
            words = [*fill((*part.command, *variant.args), values, f"components.{name}.command"), *args]
            _start(service, words, root=root, log=folder / name / "service.log", clock=clock)
        yield tuple(services)
    except KeyboardInterrupt:
        _stop(services, grace=0)
        raise
    finally:
        _stop(services, grace=TERM_SECONDS)


def _stop(services: Sequence[Service], grace: float) -> None:
    for service in reversed(services):
        if service.child is not None:
            service.child.stop(grace)


def _start(service: Service, words: list[str], *, root: Path, log: Path, clock: Clock) -> None:
    service.program = root / words[0] if "/" in words[0] else None
    try:
        service.child = start(words, log=log, cwd=root, env=service.env or {}, clock=clock)
    except (CollectError, OSError) as error:
        service.fault = _not_started(service.name, str(error))


def await_ready(service: Service, part: ComponentConfig, stop: Event, clock: Clock) -> None:
    """Wait until a service answers; what it did instead is left in ``service.fault``.

    A service of ours must answer 200 at ``ready``; of a running one any answer will do.
    """
    address = service.url.rstrip("/") + "/" + part.ready.lstrip("/")
    end = clock.monotonic() + part.ready_seconds
    last = "no answer"
    while service.fault is None:
        if service.child is not None and service.child.ended():
            code = service.child.poll()
            service.fault = _not_started(service.name, f"it ended with exit code {code}:\n{service.child.tail()}")
            return
        left = end - clock.monotonic()
        if left <= 0 or stop.is_set():
            said = "collecting was stopped" if stop.is_set() else f"after {part.ready_seconds:g} s: {last}"
            service.fault = _not_started(service.name, said)
            return
        try:
            get(address, deadline=min(left, 5.0), max_bytes=1 << 20, stop=stop)
        except FetchError as fault:
            last = fault.message
            if fault.code == "too_large" or (service.child is None and fault.code.startswith(("http_", "redirect"))):
                return
            wait(clock, _READY_POLL, stop.is_set)
        else:
            # Somebody else may have answered at a fixed port that ours could not take.
            if service.child is None or not service.child.ended():
                return


def _not_started(name: str, evidence: str) -> Finding:
    return Finding(
        "service_not_started",
        "error",
        f"{name} is not ready: {evidence.splitlines()[0] if evidence else ''}",
        subject=name,
        evidence=evidence,
        cure="Look at its log, its command and its ready path.",
    )


def died(service: Service) -> Finding | None:
    """Say whether a service of ours ended by itself; call it before it is stopped."""
    code = service.child.poll() if service.child is not None and service.fault is None else None
    if code is None or service.child is None:
        return None
    return Finding(
        "service_died",
        "error",
        f"{service.name} ended by itself during the run, with exit code {code}",
        subject=service.name,
        evidence=service.child.tail(),
        cure="Profiles taken after its end are missing; look at its log.",
    )
