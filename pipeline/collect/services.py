"""The programs of a run: build them once, start the services, wait until they are ready, stop them.

Rules: a component with a command is built, started and stopped by us; one with only a url is somebody else's and is
left alone. A service that does not start is a finding, not the end of the run: the others are still profiled.
Placeholders: ``{bin}`` in every command, ``{port}``, ``{url}``, ``{profile_dir}`` and ``{duration}`` once they exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final
from urllib.parse import urlsplit

from pipeline.collect.capture import Fetched
from pipeline.collect.clock import Clock, SystemClock, wait
from pipeline.collect.credentials import OPEN, Access, read_access
from pipeline.collect.faults import FetchError
from pipeline.collect.fetch import get
from pipeline.collect.forward import Forward, not_reached
from pipeline.collect.kubectl import KubectlError, require_kubectl
from pipeline.collect.load import load_of
from pipeline.collect.process import TERM_SECONDS, Child, child_env, fill, free_port, run, start
from pipeline.collect.replicas import open_forwards
from pipeline.errors import CollectError
from pipeline.model.config import ComponentConfig, Config, KubernetesConfig, VariantConfig
from pipeline.model.finding import Finding
from pipeline.model.run import PodReport

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
    group: str = ""
    forward: Forward | None = None
    access: Access = OPEN

    @property
    def setting(self) -> str:
        """Name the component of the settings it comes from: itself, but for one replica of several."""
        return self.group or self.name

    @property
    def port(self) -> int:
        """Give the port it answers on."""
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    def awaited(self) -> bool:
        """Tell whether its pod is still to be made by the load."""
        return self.forward is not None and self.forward.lazy and not self.forward.ever_up

    def through(self, fetch: Callable[[float], Fetched], *, deadline: float, needs: float, stop: Event) -> Fetched:
        """Fetch from it in ``deadline`` seconds; through a port-forward, once more if that was replaced meanwhile."""
        if self.forward is None:
            return fetch(deadline)
        return self.forward.through(fetch, deadline=deadline, needs=needs, stop=stop)


def prepare(config: Config, root: Path, bin_dir: Path, *, clock: Clock | None = None) -> Prepared:
    """Build the services and the load generator, each once. Raises CollectError with the end of the build's log."""
    bin_dir = bin_dir.resolve()
    bin_dir.mkdir(parents=True, exist_ok=True)
    for setting, words, env in _builds(config):
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


def _builds(config: Config) -> Iterator[tuple[str, tuple[str, ...], Mapping[str, str]]]:
    """Give what the plan needs to be built: setting, command, and environment to add."""
    if config.collect.plan == "program":
        for name, program in config.programs.items():
            if not config.collect.programs or name in config.collect.programs:
                yield f"programs.{name}.build", program.build, program.env
    elif config.collect.plan != "bench":
        for name, part in config.components.items():
            yield f"components.{name}.build", part.build, part.env
        yield "load.build", config.load.build, {}


def check_commands(config: Config) -> None:
    """Refuse placeholders that will have no value, before anything is started. Raises ConfigError.

    Raises CollectError when kubectl is needed and not there.
    """
    require_kubectl(config)
    some = dict.fromkeys(("bin", "port", "url", "profile_dir", "duration"), "0")
    for name, part in config.components.items():
        fill(part.build, {"bin": ""}, f"components.{name}.build")
        fill(part.command, some, f"components.{name}.command")
    for name, variant in config.variants.items():
        fill(variant.args, some, f"variants.{name}.args")
    fill(config.load.build, {"bin": ""}, "load.build")
    fill(load_of(config).command, {key: value for key, value in some.items() if key != "port"}, "load.command")


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
    stop: Event | None = None,
) -> Iterator[tuple[Service, ...]]:
    """Start the services of a run, and stop them when the block ends. They may not be ready yet.

    Pods are waited for until ``stop`` is set, then forwarded to.
    """
    clock = clock or SystemClock()
    services: list[Service] = []
    try:
        for name, part in config.components.items():
            access = read_access(name, part, root)
            if part.kubernetes is not None:
                services += _pods(name, part.kubernetes, root=root, folder=folder, clock=clock, stop=stop or Event())
                for service in services:
                    service.access = access if service.group == name else service.access
                continue
            if not part.command:
                services.append(Service(name, part.url, access=access))
                continue
            port = free_port()
            url = part.url or f"http://127.0.0.1:{port}"
            service = Service(name, url, env=child_env(part.env, variant.env), access=access)
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
        if service.forward is not None:
            service.forward.close()


def _pods(name: str, config: KubernetesConfig, *, root: Path, folder: Path, clock: Clock, stop: Event) -> list[Service]:
    try:
        forwards = open_forwards(name, config, root=root, folder=folder, clock=clock, stop=stop.is_set)
    except KubectlError as error:
        return [Service(name, "http://127.0.0.1", fault=not_reached(name, error.code, error.message), group=name)]
    return [Service(forward.name, forward.url, group=name, forward=forward) for forward in forwards]


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
    if service.forward is not None and service.fault is None:
        _await_forward(service.forward, service, part.ready_seconds, stop)
        return
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
            get(address, deadline=min(left, 5.0), max_bytes=1 << 20, stop=stop, access=service.access)
        except FetchError as fault:
            last = fault.message
            if fault.code == "too_large" or (service.child is None and fault.code.startswith(("http_", "redirect"))):
                return
            wait(clock, _READY_POLL, stop.is_set)
        else:
            # Somebody else may have answered at a fixed port that ours could not take.
            if service.child is None or not service.child.ended():
                return


def _await_forward(forward: Forward, service: Service, seconds: float, stop: Event) -> None:
    if not forward.lazy and not forward.await_up(seconds, stop):
        said = "collecting was stopped" if stop.is_set() else f"after {seconds:g} s: {forward.trouble}"
        service.fault = not_reached(service.name, forward.trouble_code, said)


def pods_seen(services: Sequence[Service]) -> tuple[PodReport, ...]:
    """List the pods that were profiled until now, and the processes in them."""
    return tuple(pod for service in services if service.forward is not None for pod in service.forward.seen)


def pod_findings(services: Sequence[Service]) -> tuple[Finding, ...]:
    """Say what became of the pods of a run; call it when the plan has ended, before the services are stopped."""
    forwards = [service.forward for service in services if service.forward is not None and service.fault is None]
    for forward in forwards:
        forward.settle()
    return tuple(doubt for forward in forwards for doubt in forward.findings())


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
