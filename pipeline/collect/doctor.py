"""Doctor: look at everything a collect needs, and say what is wrong with its cause and its cure.

Rules: looks, and changes nothing; starts no service and takes no profile. Of a service only its index and the text
forms of the mutex and block profiles are asked for, never its command line. An error would make a collect lose data, a
warning is worth acting on, a note is what is fine or good to know.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from pipeline.collect.capture import profile_url
from pipeline.collect.credentials import Access, read_access
from pipeline.collect.faults import FetchError
from pipeline.collect.fetch import get
from pipeline.collect.kubectl import Kubectl
from pipeline.collect.process import child_env
from pipeline.collect.rundir import QUARANTINE
from pipeline.collect.secrets import printable, safe_url
from pipeline.collect.session import check_request
from pipeline.errors import CollectError, ConfigError, ProfbookError
from pipeline.model.config import ComponentConfig, Config
from pipeline.model.finding import Severity

ASK_SECONDS: Final = 5.0
_INDEX_BYTES: Final = 1 << 20
_TEXT_BYTES: Final = 64 << 20
_LITTLE_SPACE: Final = 1 << 30
_SERVED: Final = re.compile(r"""href=['"]?/?(?:debug/pprof/)?([a-z][a-z0-9_]*)\?debug=""")
_NOT_PROFILES: Final = frozenset({"cmdline", "symbol", "trace", "profile"})
_MUTEX_PERIOD: Final = re.compile(rb"^sampling period=(\d+)", re.MULTILINE)
_RECORD: Final = re.compile(rb"^\d+ \d+ @", re.MULTILINE)
_CHROMIUMS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LISTENING: Final = "0A"
_ANY: Final = frozenset({"00000000", "0" * 32})


@dataclass(frozen=True, slots=True)
class Check:
    """What was found of one thing: ``message`` says what and why, ``cure`` what to do."""

    severity: Severity
    subject: str
    message: str
    evidence: str = ""
    cure: str = ""


def examine(config: Config, root: Path, *, profiles: Path, proc: Path = Path("/proc")) -> Iterator[Check]:
    """Check services, tools, leftovers and space, in this order; what is well is said too."""
    yield from _request(config)
    for name, part in config.components.items():
        yield from _component(name, part, root, proc)
    yield from _programs(config, root)
    yield from _tools(config)
    yield from _leftovers(profiles)
    yield from _space(profiles)


def _note(subject: str, message: str, evidence: str = "") -> Check:
    return Check("info", subject, message, evidence)


def _warning(subject: str, message: str, cure: str) -> Check:
    return Check("warning", subject, message, cure=cure)


def _error(subject: str, message: str, cure: str) -> Check:
    return Check("error", subject, message, cure=cure)


def _request(config: Config) -> Iterator[Check]:
    """Say what a collect would refuse before it starts anything."""
    if not (config.components or config.programs or config.collect.plan == "bench"):
        yield _error("components", "there is nothing to profile", "Run `profbook init`, or add [components.NAME].")
        return
    try:
        check_request(config)
    except ProfbookError as error:
        yield _error("settings", error.message, error.cure)


# --- services ----------------------------------------------------------------------------------------------------


def _component(name: str, part: ComponentConfig, root: Path, proc: Path) -> Iterator[Check]:
    try:
        access = read_access(name, part, root)
    except ConfigError as error:
        yield _error(name, error.message, error.cure)
        return
    if part.kubernetes is not None:
        yield from _pods(name, part, root)
    elif part.command:
        yield _note(name, "is started by collect, so it is not asked anything now")
    else:
        yield from _running(name, part, access)
        yield from _exposed(name, part.url, proc)


def _pods(name: str, part: ComponentConfig, root: Path) -> Iterator[Check]:
    if part.kubernetes is None:
        return
    kubectl = Kubectl(part.kubernetes, root=root)
    try:
        pods = kubectl.pods()
    except CollectError as error:
        yield _error(name, error.message, error.cure)
        return
    ready = [pod.name for pod in pods if pod.ready]
    if ready:
        yield _note(name, f"{len(ready)} of {len(pods)} pods are ready", ", ".join(ready[:5]))
    else:
        cure = "Look with `kubectl get pods`; correct the deployment, selector or pod_prefix."
        yield _error(name, f"no pod is ready: {kubectl.wanted}", cure)


def _running(name: str, part: ComponentConfig, access: Access) -> Iterator[Check]:
    """Ask a running service what it serves, and whether contention is sampled at all."""
    parts = urlsplit(part.url)
    index = urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}/debug/pprof/", "", ""))
    try:
        answer = get(index, deadline=ASK_SECONDS, max_bytes=_INDEX_BYTES, access=access)
    except FetchError as fault:
        yield _error(name, fault.message, fault.cure or "Is the service running, and does it serve net/http/pprof?")
        return
    served = sorted(set(_SERVED.findall(answer.body.decode("utf-8", "replace"))) - _NOT_PROFILES)
    if not served:
        cure = "Check the component's url: its /debug/pprof/ should be the index of net/http/pprof."
        yield _warning(name, f"{safe_url(index)} answers, but not with an index of profiles", cure)
        return
    yield _note(name, f"answers at {safe_url(part.url)}", f"serves {', '.join(served)}")
    if part.insecure:
        yield _warning(name, "any certificate is accepted", "Trust its authority with ca_file.")
    if "mutex" in served:
        yield from _mutex(name, _text(part.url, "mutex", access))
    if "block" in served:
        yield from _block(name, _text(part.url, "block", access))


def _text(url: str, kind: str, access: Access) -> bytes:
    """Read a profile's text form; empty when it does not come."""
    with suppress(FetchError):
        return get(profile_url(url, kind, debug=1), deadline=ASK_SECONDS, max_bytes=_TEXT_BYTES, access=access).body
    return b""


def _mutex(name: str, text: bytes) -> Iterator[Check]:
    period = _MUTEX_PERIOD.search(text)
    if period is not None and int(period[1]) == 0:
        cure = "Call runtime.SetMutexProfileFraction(5) in the service if contention matters."
        yield _warning(name, "mutex profiling is off, so its mutex profiles will be empty", cure)
    elif period is not None:
        yield _note(name, f"one of {int(period[1])} mutex contentions is sampled")


def _block(name: str, text: bytes) -> Iterator[Check]:
    if text and not _RECORD.search(text):
        said = "the block profile is empty: nothing has blocked, or block profiling is off"
        yield _warning(name, said, "Call runtime.SetBlockProfileRate(10_000) in the service if blocking matters.")


def _exposed(name: str, url: str, proc: Path) -> Iterator[Check]:
    """Say whether others than this machine can profile the service."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    cure = "Profiles tell much of a program: listen on 127.0.0.1, or put the endpoint behind authentication."
    if not is_loopback(host):
        yield _warning(name, f"is reached at {printable(host)}, which is not this machine alone", cure)
    elif listens_everywhere(port, proc):
        yield _warning(name, f"port {port} listens on every address of this machine, not only on loopback", cure)


def is_loopback(host: str) -> bool:
    """Tell whether a host is reached within this machine only; a name counts when all its addresses do."""
    with suppress(ValueError):
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        return host == "localhost"
    return bool(found) and all(ipaddress.ip_address(str(text).partition("%")[0]).is_loopback for text in found)


def listens_everywhere(port: int, proc: Path = Path("/proc")) -> bool:
    """Tell whether a port of this machine is open on every address, as far as the kernel's tables say."""
    for table in ("net/tcp", "net/tcp6"):
        with suppress(OSError):
            for line in (proc / table).read_text(encoding="ascii").splitlines()[1:]:
                words = line.split()
                address, _, number = words[1].partition(":")
                if words[3] == _LISTENING and int(number, 16) == port and address in _ANY:
                    return True
    return False


# --- programs, leftovers, space ----------------------------------------------------------------------------------


def _programs(config: Config, root: Path) -> Iterator[Check]:
    """Find the first word of every command that is not built by a collect."""
    commands = [
        (f"components.{name}.{key}", getattr(part, key))
        for name, part in config.components.items()
        for key in ("build", "command")
    ]
    commands += [
        (f"programs.{name}.{key}", getattr(part, key))
        for name, part in config.programs.items()
        for key in ("build", "command")
    ]
    commands += [("load.build", config.load.build), ("load.command", config.load.command)]
    for setting, words in commands:
        if not words or "{" in words[0]:
            continue
        program = words[0]
        found = (root / program).is_file() if "/" in program else _which(program)
        if not found:
            cure = "Install it, or correct the command in the settings."
            yield _error(setting, f"command not found: {printable(program)}", cure)


def _which(program: str) -> str | None:
    return shutil.which(program, path=child_env()["PATH"])


def _tools(config: Config) -> Iterator[Check]:
    builds = [part.build for part in config.components.values()] + [part.build for part in config.programs.values()]
    uses_go = config.collect.plan == "bench" or any(words[:1] == ("go",) for words in (*builds, config.load.build))
    pods = any(part.kubernetes is not None for part in config.components.values())
    wanted: tuple[tuple[str, tuple[str, ...], bool, str], ...] = (
        ("go", ("go",), uses_go, "builds services, and reads profiles with `go tool pprof`"),
        ("git", ("git",), False, "writes the commit into each run"),
        ("kubectl", ("kubectl",), pods, "profiles pods"),
        ("chromium", _CHROMIUMS, False, "draws pictures of pages; nothing else needs it"),
    )
    for tool, names, needed, purpose in wanted:
        if any(_which(name) for name in names):
            yield _note(tool, "found", purpose)
        elif needed:
            yield _error(tool, f"is not on PATH: {purpose}", f"Install {tool}.")
        else:
            yield _note(tool, "is not on PATH", f"not needed by these settings; {purpose}")


def _leftovers(profiles: Path) -> Iterator[Check]:
    running: list[str] = []
    dead: list[str] = []
    for path in sorted(profiles.glob(".*.partial")):
        if path.name == QUARANTINE or path.is_symlink() or not path.is_dir():
            continue
        (running if _is_held(path) else dead).append(path.name.removeprefix(".").removesuffix(".partial"))
    if running:
        yield _note(profiles.name, f"being collected now: {', '.join(running)}")
    if dead:
        cure = "The next collect keeps what can be kept of it, and puts the rest aside."
        yield _warning(profiles.name, f"left by a collector that died: {', '.join(dead)}", cure)
    with suppress(OSError):
        aside = len(list((profiles / QUARANTINE).iterdir()))
        cure = f"Look at the logs there, then delete {QUARANTINE} in {profiles.name}/."
        if aside:
            yield _warning(profiles.name, f"{aside} runs without a profile were put aside", cure)


def _is_held(path: Path) -> bool:
    """Tell whether a living collector holds the lock of its directory."""
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _space(profiles: Path, usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage) -> Iterator[Check]:
    place = next(folder for folder in (profiles, *profiles.absolute().parents) if folder.is_dir())
    free = usage(place)[2]
    if free < _LITTLE_SPACE:
        cure = "Make room: a run with CPU profiles takes some megabytes, a site some more."
        yield _warning(profiles.name, f"only {free >> 20:,} MiB are free", cure)
    else:
        yield _note(profiles.name, f"{free / (1 << 30):,.1f} GiB are free")
    if not os.access(place, os.W_OK):
        yield _error(profiles.name, "cannot be written to", "Check its permissions, or set collect.profiles_dir.")
