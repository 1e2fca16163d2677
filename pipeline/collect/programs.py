"""Programs that write their own profiles: run them as often and as many at once as asked, and keep what they wrote.

Rules: every instance has a component of its own, a folder to write into, and a port. What it wrote is checked
(decoded) before it gets its name in the run; a file that is missing, empty or no profile is reported and loses nothing
else. Other files an instance leaves in its folder are kept under the names it gave them. Live profiles are taken over
HTTP from a program that was asked to serve them, all at the same moment, while it runs.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Final

from pipeline.collect.capture import request_seconds
from pipeline.collect.clock import wait
from pipeline.collect.environment import read_environment
from pipeline.collect.process import child_env, fill, free_port
from pipeline.collect.rundir import WRITING
from pipeline.collect.services import Service
from pipeline.collect.taking import SNAPSHOT_SECONDS, Session, Target
from pipeline.collect.timing import Pass, Running, Workplace, attend, begin, conclude, keep, tell_file
from pipeline.decode import decode_profile
from pipeline.errors import ConfigError, DecodeError
from pipeline.model.config import Config
from pipeline.model.finding import Finding
from pipeline.model.layout import is_run_name
from pipeline.model.program import ProgramConfig

_NAME: Final = "program"
_FOLDER: Final = "{profile_dir}/"


@dataclass(frozen=True, slots=True)
class Instance:
    """One run of one program: ``number`` counts all of them from 1, ``component`` is its folder in the run."""

    program: str
    number: int
    component: str
    port: int


# --- before anything is started ---------------------------------------------------------------------------------------


def check_programs(config: Config) -> None:
    """Refuse programs that cannot be run as configured. Raises ConfigError with every fault."""
    faults = [
        f"collect.programs: there is no program {name!r}"
        for name in config.collect.programs
        if name not in config.programs
    ]
    if not config.programs:
        faults.append("programs: there is no program to run")
    taken: dict[str, str] = {}
    for name, part in chosen(config).items():
        faults += _faults(name, part)
        for component in _components(name, part.runs * part.concurrency):
            if taken.setdefault(component.casefold(), name) != name:
                faults.append(f"programs.{name}: {component} is a folder of {taken[component.casefold()]} too")
    if faults:
        raise ConfigError(
            "\n".join(faults), cure="A program is a table [programs.NAME] with a command; see the guide's settings."
        )


def _faults(name: str, part: ProgramConfig) -> Iterator[str]:
    some = dict.fromkeys(("bin", "n", "port", "profile_dir"), "1")
    asked = [("build", part.build, {"bin": ""}), ("command", part.command, some), ("url", (part.url,), some)]
    asked += [(f"profiles.{kind}", (path,), some) for kind, path in part.profiles.items()]
    for key, words, values in asked:
        try:
            fill(words, values, f"programs.{name}.{key}")
        except ConfigError as error:
            yield error.message
    for kind, path in part.profiles.items():
        if not path.startswith(_FOLDER) or ".." in path.split("/") or path == _FOLDER:
            yield f"programs.{name}.profiles.{kind}: must be a path that begins with {_FOLDER}"
    if part.ports:
        first, last = _ends(part.ports)
        if not 0 < first <= last < 1 << 16:
            yield f"programs.{name}.ports: must be FIRST-LAST, two numbers from 1 to 65535"
        elif last - first + 1 < part.concurrency:
            yield f"programs.{name}.ports: {last - first + 1} ports are too few for {part.concurrency} instances"


def chosen(config: Config) -> dict[str, ProgramConfig]:
    """Name the programs a collect runs, in their order."""
    wanted = config.collect.programs
    return {name: part for name, part in config.programs.items() if not wanted or name in wanted}


def _ends(ports: str) -> tuple[int, int]:
    first, _, last = ports.partition("-")
    return int(first), int(last or first)


def _components(name: str, count: int) -> list[str]:
    width = len(str(count))
    return [name] if count == 1 else [f"{name}-{number:0{width}}" for number in range(1, count + 1)]


# --- the plan ---------------------------------------------------------------------------------------------------------


def run_programs(session: Session, place: Workplace) -> None:
    """Run every program as often as it says, and report each instance."""
    _describe(session, place)
    for name, part in chosen(session.config).items():
        if _measures_the_compiler(part.command):
            session.record.finding(_go_run(name))
        for instances in _rounds(name, part):
            if session.stop.is_set():
                return
            session.progress.step(" ".join(("running", *(one.component for one in instances))))
            _run(session, place, part, instances)


def _rounds(name: str, part: ProgramConfig) -> Iterator[tuple[Instance, ...]]:
    """Give the instances that run at the same time, round by round."""
    components = _components(name, part.runs * part.concurrency)
    for start in range(0, len(components), part.concurrency):
        ports = _ports(part)
        yield tuple(
            Instance(name, start + slot + 1, component, ports[slot])
            for slot, component in enumerate(components[start : start + part.concurrency])
        )


def _ports(part: ProgramConfig) -> list[int]:
    if part.ports:
        first = _ends(part.ports)[0]
        return [first + slot for slot in range(part.concurrency)]
    ports: dict[int, None] = {}
    while len(ports) < part.concurrency:
        ports[free_port()] = None
    return list(ports)


def _run(session: Session, place: Workplace, part: ProgramConfig, instances: Sequence[Instance]) -> None:
    blocked = {one.component for one in instances if part.live and not _is_free(one.port)}
    running: list[tuple[Instance, Running]] = []
    threads: list[Thread] = []
    try:
        # From this thread, not from those that take profiles: a command dies with the thread that started it.
        for one in instances:
            running.append((one, begin(session, _pass(session, place, part, one))))  # noqa: PERF401 - kept if one raises
        for one, started in running:
            service = Service(one.component, fill((part.url,), _values(session, place, one), "url")[0], started.child)
            threads += [
                Thread(target=_take, args=(session, service, part, kind, one.component in blocked), daemon=True)
                for kind in part.live
            ]
        for thread in threads:
            thread.start()
        attend(session, [started for _, started in running])
        for thread in threads:
            thread.join()
        for one, started in running:
            conclude(session, started)
            for kind, path in part.profiles.items():
                written = Path(fill((path,), _values(session, place, one), f"programs.{one.program}.profiles")[0])
                keep_profile(session, f"{one.component}/{kind}.prof", kind, written, started)
            _keep_the_rest(_folder(session, one))
    except BaseException:
        for _, started in running:
            if started.child is not None:
                started.child.stop(grace=0)
        raise
    finally:
        for one in instances:
            shutil.rmtree(_folder(session, one), ignore_errors=True)


def _pass(session: Session, place: Workplace, part: ProgramConfig, one: Instance) -> Pass:
    folder = _folder(session, one)
    folder.mkdir(parents=True, exist_ok=True)
    recorded = (*part.command, *place.variant.args, *place.args)
    filled = fill((*part.command, *place.variant.args), _values(session, place, one), f"programs.{one.program}.command")
    return Pass(
        component=one.component,
        name=_NAME,
        words=(*filled, *place.args),
        recorded=recorded,
        cwd=place.root,
        env=child_env(part.env, place.variant.env),
        timeout=part.timeout,
        port=one.port,
    )


def _folder(session: Session, one: Instance) -> Path:
    return session.folder.path / one.component / WRITING


def _values(session: Session, place: Workplace, one: Instance) -> Mapping[str, str]:
    return {
        "bin": str(place.bin_dir),
        "profile_dir": str(_folder(session, one)),
        "n": str(one.number),
        "port": str(one.port),
    }


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


# --- profiles taken while it runs -------------------------------------------------------------------------------------


def _take(session: Session, service: Service, part: ProgramConfig, kind: str, blocked: bool) -> None:
    seconds = part.cpu_seconds if kind == "cpu" else 0
    deadline = request_seconds(seconds) if seconds else SNAPSHOT_SECONDS
    target = Target(f"{kind}-during.prof", kind, "during", seconds, deadline)
    child = service.child
    if blocked:
        session.miss(service, target, "port_in_use", f"another program listens on port {service.port}")
    elif child is None:
        session.miss(service, target, "not_started", "the program could not be started")
    elif not wait(session.clock, part.live_after, lambda: child.ended() or session.stop.is_set()) or child.ended():
        session.miss(service, target, "program_ended", "the program ended before this profile was due")
    else:
        session.take(service, target)


# --- profiles it wrote ------------------------------------------------------------------------------------------------


def keep_profile(session: Session, name: str, kind: str, path: Path, running: Running) -> None:
    """Check a profile that a program wrote to ``path``, move it to its name in the run, and report it."""
    started, port = running.started, running.asked.port
    if path.is_symlink() or (path.exists() and not path.is_file()):
        tell_file(session, name, kind, "refused", "special_file", "not a regular file", started=started, port=port)
        return
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= session.config.limits.request_bytes else b""
    except OSError:
        why = "the program did not write it"
        tell_file(session, name, kind, "missing", "not_written", why, started=started, port=port)
        return
    if size > session.config.limits.request_bytes:
        tell_file(session, name, kind, "refused", "too_large", f"{size} bytes", started=started, port=port)
        return
    try:
        decode_profile(data, max_bytes=session.config.limits.max_decoded_bytes)
    except DecodeError as error:
        tell_file(session, name, kind, "refused", error.code, error.message, started=started, port=port)
        return
    if keep(session, name, kind, data, started=started, port=port):
        path.unlink()


def _keep_the_rest(folder: Path) -> None:
    """Keep what else an instance left: plain files with safe names, below its component; nothing is replaced."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_symlink() or not path.is_file() or not all(is_run_name(part) for part in relative.parts):
            continue
        place = folder.parent / relative
        # A refused profile is kept for people to look at, under a name that nothing reads as one.
        if relative.suffix in {".prof", ".pprof"}:
            place = place.with_name(f"{place.name}.refused")
        if not os.path.lexists(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            path.rename(place)


# --- what is to be known about it -------------------------------------------------------------------------------------


def _describe(session: Session, place: Workplace) -> None:
    """Record where the run is taken, as the first program has it."""
    part = next(iter(chosen(session.config).values()))
    word = fill(part.command[:1], {"bin": str(place.bin_dir), "profile_dir": "", "n": "", "port": ""}, "")[0]
    program = place.root / word if "/" in word else None
    env = child_env(part.env, place.variant.env)
    session.record.describe(read_environment(place.root, env, program=program, ignore=session.folder.profiles))


def _measures_the_compiler(command: Sequence[str]) -> bool:
    words = [word for word in command if not word.startswith("-")]
    return any(first.rpartition("/")[2] == "go" and second == "run" for first, second in pairwise(words))


def _go_run(name: str) -> Finding:
    return Finding(
        "go_run",
        "warning",
        f"{name} is started by `go run`, so the compiler is measured too",
        subject=f"programs.{name}.command",
        cure=f'Set programs.{name}.build to ["go", "build", "-o", "{{bin}}/{name}", "."] and start {{bin}}/{name}.',
    )
