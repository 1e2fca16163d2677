"""Init: look at a Go project, and write the settings it needs, with a word on each.

Rules: only reads; the Go toolchain is not asked and nothing of the project is run. What was found is said, what was
guessed is marked as a guess. The text it writes is valid settings as it stands.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.collect.process import child_env
from pipeline.model import layout

_SKIPPED: Final = frozenset({"vendor", "testdata", "node_modules", "build", "dist", "third_party", "profiles"})
_MAX_FILES: Final = 5000
_MAX_BYTES: Final = 512 << 10
_MAIN: Final = re.compile(r"^package main\b", re.MULTILINE)
_MAIN_FUNC: Final = re.compile(r"^func main\(\)", re.MULTILINE)
_PPROF: Final = re.compile(r'^\s*(?:import\s+)?(?:\w+\s+)?"net/http/pprof"', re.MULTILINE)
_PORT_FLAG: Final = re.compile(
    r'\.(?:Int|IntVar|IntP|IntVarP|Uint|UintVar|String|StringVar|StringP|StringVarP)\([^"\n]{0,60}'
    r'"(?P<flag>[\w.-]*(?:port|addr|address|listen)[\w.-]*)",(?:\s*"\w?",)?\s*"?(?P<value>[\w.:\[\]-]*?)"?\s*,',
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(r'"(?:localhost|127\.0\.0\.1|0\.0\.0\.0)?:(\d{2,5})"')
_READY: Final = re.compile(r'"(?:GET )?(/(?:healthz?|readyz?|livez|ready|_health|health/ready))"')
_MODULE: Final = re.compile(r"^module\s+(\S+)", re.MULTILINE)
_TARGET: Final = re.compile(r"^([A-Za-z][\w.-]*)\s*:(?!=)", re.MULTILINE)
_LOAD_TARGET: Final = re.compile(r"e2e|load|bench|stress")


@dataclass(frozen=True, slots=True)
class Flag:
    """A command-line flag that sets where a program listens: its name and default."""

    name: str
    default: str

    @property
    def port(self) -> str:
        """Give the port of the default; empty when it has none."""
        match = re.search(r"(\d{2,5})$", self.default)
        return match[1] if match else ""


@dataclass(frozen=True, slots=True)
class Program:
    """A main package: its folder from the module's root, and what its sources tell."""

    folder: str
    pprof: bool = False
    flags: tuple[Flag, ...] = ()
    ports: tuple[str, ...] = ()
    ready: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """What was found of a project; ``folder`` is the Go module's, from the root (``.`` for the root itself)."""

    module: str = ""
    folder: str = "."
    programs: tuple[Program, ...] = ()
    pprof_files: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    kube_context: str = ""

    @property
    def main(self) -> Program | None:
        """Choose the program to profile: one that serves pprof and says that it is ready, or comes near to it."""
        order = sorted(
            self.programs, key=lambda one: (not one.pprof, not one.ready, not (one.flags or one.ports), one.folder)
        )
        return order[0] if order else None


def look(root: Path, *, context: Callable[[], str] | None = None) -> Project:
    """Look at a project: its Go module, programs, pprof, ports, make targets and cluster."""
    module_file = _module_file(root)
    context = context or kube_context
    targets = _targets(root)
    if module_file is None:
        return Project(targets=targets, kube_context=context())
    folder = module_file.parent
    text = _read(module_file)
    name = _MODULE.search(text)
    sources = {path: _read(path) for path in _go_files(folder)}
    return Project(
        module=name[1].strip('"') if name else "",
        folder=folder.relative_to(root).as_posix(),
        programs=tuple(_programs(folder, sources)),
        pprof_files=tuple(path.relative_to(root).as_posix() for path, text in sources.items() if _PPROF.search(text)),
        targets=targets,
        kube_context=context(),
    )


def _module_file(root: Path) -> Path | None:
    """Find go.mod: in the root, else in the folders near it."""
    for pattern in ("go.mod", "*/go.mod", "*/*/go.mod"):
        found = [path for path in sorted(root.glob(pattern)) if not _skipped(path.relative_to(root).parts[:-1])]
        if found:
            return found[0]
    return None


def _skipped(parts: tuple[str, ...]) -> bool:
    return any(part in _SKIPPED or part.startswith((".", "_")) for part in parts)


def _go_files(folder: Path) -> Iterator[Path]:
    left = _MAX_FILES
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not _skipped((name,)) and not (Path(place) / name / "go.mod").is_file()
        )
        for name in sorted(files):
            if name.endswith(".go") and not name.endswith("_test.go"):
                left -= 1
                if left < 0:
                    return
                yield Path(place) / name


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _programs(folder: Path, sources: dict[Path, str]) -> Iterator[Program]:
    packages: dict[Path, list[str]] = {}
    for path, text in sources.items():
        packages.setdefault(path.parent, []).append(text)
    for place, texts in sorted(packages.items()):
        whole = "\n".join(texts)
        if _MAIN.search(whole) and _MAIN_FUNC.search(whole):
            ready = _READY.search(whole)
            yield Program(
                place.relative_to(folder).as_posix(),
                bool(_PPROF.search(whole)),
                _flags(whole) or _flags("\n".join(sources.values())),
                tuple(dict.fromkeys(_ADDRESS.findall(whole))),
                ready[1] if ready else "",
            )


def _flags(text: str) -> tuple[Flag, ...]:
    """List the flags that set an address, those of pprof first."""
    found = [Flag(match["flag"], match["value"]) for match in _PORT_FLAG.finditer(text)]
    return tuple(sorted(dict.fromkeys(found), key=lambda flag: ("pprof" not in flag.name, "port" not in flag.name)))


def _targets(root: Path) -> tuple[str, ...]:
    names = [name for file in ("GNUmakefile", "makefile", "Makefile") for name in _TARGET.findall(_read(root / file))]
    return tuple(dict.fromkeys(name for name in names if _LOAD_TARGET.search(name)))


def kube_context() -> str:
    """Name the current context of kubectl; empty without one."""
    words = ["kubectl", "config", "current-context"]
    try:
        done = subprocess.run(
            words, env=child_env(), capture_output=True, timeout=5, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace").strip()[:200] if done.returncode == 0 else ""


def is_unignored(root: Path, folder: str) -> bool:
    """Tell whether git would take a folder of this checkout for sources; no without git or outside a checkout."""
    words = ["git", "check-ignore", "--quiet", f"{folder}/"]
    try:
        done = subprocess.run(
            words, cwd=root, env=child_env(), capture_output=True, timeout=5, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 1


# --- what it says and writes -------------------------------------------------------------------------------------


def told(project: Project) -> tuple[str, ...]:
    """Say what was found, a line each."""
    lines = [f"Go module {project.module} in {project.folder}" if project.module else "no Go module (go.mod) here"]
    if project.programs:
        lines.append(f"programs: {', '.join(program.folder for program in project.programs)}")
    if project.pprof_files:
        lines.append(f"net/http/pprof is imported in {', '.join(project.pprof_files[:3])}")
    elif project.module:
        lines.append('no file imports net/http/pprof: add `import _ "net/http/pprof"` to a program that serves HTTP')
    main = project.main
    flags = (main.flags if main else ())[:3]
    lines.extend(f"flag --{flag.name}" + (f", default {flag.default}" if flag.default else "") for flag in flags)
    if project.targets:
        lines.append(f"make targets: {', '.join(project.targets[:8])}")
    if project.kube_context:
        lines.append(f"kubectl context: {project.kube_context}")
    return tuple(lines)


def settings(project: Project) -> str:
    """Write profbook.toml for a project."""
    parts = [_HEAD, _component(project), _load(project), _COLLECT, _kubernetes(project), _COMPARE]
    return "\n".join(part for part in parts if part)


_HEAD: Final = """\
# What profbook profiles, and how. Every setting is explained on the guide's settings page.
# Values can be overridden by the environment: PROFBOOK_COLLECT__CPU_SECONDS=30.
format = 1
"""
_COLLECT: Final = """\
[collect]
plan = "phases"    # before, during and after the load; "interval": a snapshot each `interval` seconds
cpu_seconds = 10   # the CPU profile, in the middle of the load
"""
_COMPARE: Final = """\
[[compare]]        # labels given with: profbook collect --label NAME
base = "baseline"
head = "optimized"
"""


def _component(project: Project) -> str:
    main = project.main
    name = _component_name(project)
    port = next((flag.port for flag in main.flags if flag.port), "") if main else ""
    port = port or next(iter(main.ports if main else ()), "") or "6060"
    if main is None or not main.flags:
        why = "# No flag that sets the port was found, so the service is expected to run already.\n" if main else ""
        return f'[components.{name}]\n{why}url = "http://127.0.0.1:{port}"   # a guess: where net/http/pprof answers\n'
    package = "./" + ("" if main.folder == "." else main.folder)
    where = [] if project.folder == "." else ["-C", project.folder]
    flag = main.flags[0]
    value = "{port}" if "port" in flag.name.lower() and ":" not in flag.default else "127.0.0.1:{port}"
    ready = "/debug/pprof/" if "pprof" in flag.name or not main.ready else main.ready
    lines = [
        f"[components.{name}]",
        f"build = {_words(['go', 'build', *where, '-o', f'{{bin}}/{name}', package])}",
        f"command = {_words([f'{{bin}}/{name}', f'--{flag.name}', value])}   # {{port}} is a free port",
        f"ready = {json.dumps(ready)}   # answers 200 when the service is ready",
        f'# or, for one that runs already: url = "http://127.0.0.1:{port}"',
    ]
    return "\n".join(lines) + "\n"


def _component_name(project: Project) -> str:
    main = project.main
    folder = main.folder if main and main.folder != "." else project.module
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.rpartition("/")[2]).strip("-_")
    if re.fullmatch(r"v\d+", name):
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", project.module.split("/")[-2]).strip("-_")
    return name if layout.is_run_name(name) else "service"


def _words(words: list[str]) -> str:
    return json.dumps(words, ensure_ascii=False)


def _load(project: Project) -> str:
    targets = [target for target in project.targets if "e2e" in target] or list(project.targets)
    if targets:
        others = f"   # also: {', '.join(targets[1:6])}" if len(targets) > 1 else ""
        return f'[load]\ncommand = ["make", {json.dumps(targets[0])}]{others}\nduration = 30\n'
    return (
        "# [load]   # your load test: it runs while profiles are taken\n"
        '# command = ["hey", "-z", "{duration}s", "{url}/"]\n# duration = 30\n'
    )


def _kubernetes(project: Project) -> str:
    if not project.kube_context:
        return ""
    return (
        "# [components.NAME.kubernetes]   # pods of the cluster, through kubectl port-forward\n"
        '# namespace = "default"\n# deployment = "my-service"\n# port = 6060\n'
    )
