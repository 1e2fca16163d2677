"""Go benchmarks: the test program of each package is built once, timed in one pass, and profiled in others.

Rules: no profile is taken in the timing pass, because profiling slows what it looks at; the compiler is not measured,
because the built program is run, in its package's folder as `go test` does. ``-cpuprofile`` and its like take one
package at a time, so every package is a component of its own. A package that cannot be built or fails loses only
itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.collect.environment import read_environment
from pipeline.collect.process import Finished, child_env, run
from pipeline.collect.programs import keep_profile
from pipeline.collect.rundir import WRITING
from pipeline.collect.secrets import hide_paths, mask_text
from pipeline.collect.taking import Session
from pipeline.collect.timing import Pass, Running, Workplace, attend, begin, conclude, keep, tell_file
from pipeline.errors import ConfigError
from pipeline.model.config import Config
from pipeline.model.finding import Finding
from pipeline.model.layout import is_run_name
from pipeline.model.program import BenchConfig

TIMING: Final = "timing"
_BUILD_SECONDS: Final = 900.0
_LIST_SECONDS: Final = 120.0
_KINDS: Final = {"cpu": "cpu", "mem": "heap", "block": "block", "mutex": "mutex"}
_MARK: Final = "profbook-package"
_LISTED: Final = (
    f"{_MARK}\t{{{{.ImportPath}}}}\t{{{{with .Module}}}}{{{{.Path}}}}{{{{end}}}}\t{{{{.Dir}}}}"
    "\t{{len .TestGoFiles}}{{len .XTestGoFiles}}"
)
_RESULT: Final = re.compile(rb"^Benchmark\S*[ \t]+\d+[ \t]+[\d.]+(?:e[+-]?\d+)? \S", re.MULTILINE)
_MAX_OUTPUT: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Package:
    """One Go package with tests: ``component`` is its folder in the run, ``folder`` where its sources are."""

    path: str
    component: str
    folder: Path


def check_bench(config: Config) -> None:
    """Refuse benchmarks that cannot be run as configured. Raises ConfigError."""
    bench = config.bench
    faults = [
        f"bench.packages: {word!r} looks like a flag; those belong into bench.flags"
        for word in bench.packages
        if word.startswith("-")
    ]
    faults += [f"bench.flags: {word!r} is not a flag" for word in bench.flags if not word.startswith("-")]
    if not bench.packages:
        faults.append("bench.packages: names no package")
    if faults:
        raise ConfigError("\n".join(faults), cure="The bench table is explained on the settings page of the guide.")


def run_bench(session: Session, place: Workplace) -> None:
    """Build, time and profile the benchmarks of every package."""
    bench = session.config.bench
    env = child_env(bench.env, place.variant.env)
    session.record.describe(read_environment(place.root, env, ignore=session.folder.profiles))
    session.progress.step("looking for benchmarks")
    found = 0
    for package in _packages(session, place, env):
        if session.stop.is_set():
            return
        session.progress.step(f"{package.component}: building")
        program = _build(session, place, package, env)
        if program is not None and _has_benchmarks(session, package, program, env):
            found += 1
            _measure(session, package, program, env)
    if not found and not session.stop.is_set():
        session.record.finding(_none(bench))


# --- packages ---------------------------------------------------------------------------------------------------------


def _packages(session: Session, place: Workplace, env: Mapping[str, str]) -> list[Package]:
    bench = session.config.bench
    words = ["go", "list", "-e", "-f", _LISTED, *bench.flags, "--", *bench.packages]
    log = session.folder.path / "go-list.log"
    done = run(words, log=log, cwd=_module(place, bench), env=env, deadline=_LIST_SECONDS, clock=session.clock)
    text = _read(log).decode("utf-8", "replace")
    listed = [line.split("\t")[1:] for line in text.splitlines() if line.startswith(f"{_MARK}\t")]
    if done.exit_code or done.timed_out:
        session.record.finding(_build_failed("go list", "go-list.log", done))
    else:
        log.unlink(missing_ok=True)
    return named([(path, module, Path(folder)) for path, module, folder, tests in listed if folder and tests != "00"])


def named(listed: Sequence[tuple[str, str, Path]]) -> list[Package]:
    """Give packages (import path, module path, folder) names that are safe as folders and differ."""
    taken: set[str] = set()
    packages = []
    for path, module, folder in listed:
        relative = path.removeprefix(module).strip("/") if path == module or path.startswith(f"{module}/") else path
        plain = re.sub(r"[^A-Za-z0-9._-]+|\.{2,}", "-", relative or path.rpartition("/")[2]).strip("-._")[:80]
        base = plain if is_run_name(plain) else "package"
        name, number = base, 1
        while name.casefold() in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name.casefold())
        packages.append(Package(path, name, folder))
    return packages


def _module(place: Workplace, bench: BenchConfig) -> Path:
    return place.root / bench.folder


def _build(session: Session, place: Workplace, package: Package, env: Mapping[str, str]) -> Path | None:
    bench = session.config.bench
    program = place.bin_dir / "bench" / f"{package.component}.test"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.unlink(missing_ok=True)
    log = session.folder.path / package.component / "build.log"
    words = ["go", "test", "-c", "-o", str(program), *bench.flags, package.path]
    done = run(words, log=log, cwd=_module(place, bench), env=env, deadline=_BUILD_SECONDS, clock=session.clock)
    if done.exit_code == 0 and program.is_file():
        log.unlink(missing_ok=True)
        return program
    session.record.finding(_build_failed(package.component, f"{package.component}/build.log", done))
    why = f"the test program of {package.path} could not be built"
    tell_file(session, f"{package.component}/{TIMING}.bench.txt", "bench", "missing", "build_failed", why)
    return None


def _has_benchmarks(session: Session, package: Package, program: Path, env: Mapping[str, str]) -> bool:
    """Ask the test program; one that cannot even list its benchmarks is run, so that its failure is seen."""
    first = session.config.bench.bench.partition("/")[0]
    log = session.folder.path / package.component / "list.log"
    words = [str(program), f"-test.list={first}"]
    done = run(words, log=log, cwd=package.folder, env=env, deadline=_LIST_SECONDS, clock=session.clock)
    listed = any(line.startswith(b"Benchmark") for line in _read(log).splitlines())
    log.unlink(missing_ok=True)
    if not listed and not done.exit_code:
        # Nothing was taken of it, so nothing of it is left in the run.
        log.parent.rmdir()
    return listed or bool(done.exit_code)


# --- passes -----------------------------------------------------------------------------------------------------------


def _measure(session: Session, package: Package, program: Path, env: Mapping[str, str]) -> None:
    _time(session, package, program, env)
    for flag in session.config.bench.profiles:
        if session.stop.is_set():
            return
        kind = _KINDS[flag]
        session.progress.step(f"{package.component}: {flag} profile")
        written = session.folder.path / package.component / WRITING / f"{kind}.prof"
        written.parent.mkdir(parents=True, exist_ok=True)
        words = (f"-test.{flag}profile={written}",)
        recorded = (f"-test.{flag}profile={{profile_dir}}/{kind}.prof",)
        running = _run(session, package, program, env, kind, words, recorded)
        keep_profile(session, f"{package.component}/{kind}.prof", kind, written, running)
        written.unlink(missing_ok=True)
        written.parent.rmdir()


def _time(session: Session, package: Package, program: Path, env: Mapping[str, str]) -> None:
    session.progress.step(f"{package.component}: timing")
    words = ("-test.benchmem", f"-test.count={session.config.bench.count}")
    running = _run(session, package, program, env, TIMING, words, words)
    output = _read(running.log)
    path = f"{package.component}/{TIMING}.bench.txt"
    if not running.went_well:
        why = "the timing pass was stopped" if running.stopped else "the timing pass failed"
        tell_file(session, path, "bench", "missing", "program_failed", why, started=running.started)
    elif not _RESULT.search(output):
        why = "the timing pass printed no result"
        tell_file(session, path, "bench", "refused", "no_benchmarks", why, started=running.started)
    else:
        text = mask_text(hide_paths(output.decode("utf-8", "replace"), session.folder.names))
        if keep(session, path, "bench", text.encode(), started=running.started):
            running.log.unlink()


def _run(
    session: Session,
    package: Package,
    program: Path,
    env: Mapping[str, str],
    name: str,
    words: Sequence[str],
    recorded: Sequence[str],
) -> Running:
    bench = session.config.bench
    same = ["-test.run=^$", f"-test.bench={bench.bench}"]
    same += [f"-test.benchtime={bench.benchtime}"] if bench.benchtime else []
    asked = Pass(
        component=package.component,
        name=name,
        words=(str(program), *same, *words),
        recorded=(f"{{bin}}/bench/{program.name}", *same, *recorded),
        cwd=package.folder,
        env=env,
        timeout=bench.timeout,
    )
    running = begin(session, asked)
    attend(session, [running])
    conclude(session, running)
    return running


def _read(log: Path) -> bytes:
    try:
        with log.open("rb") as file:
            return file.read(_MAX_OUTPUT)
    except OSError:
        return b""


# --- what is to be known about it -------------------------------------------------------------------------------------


def _build_failed(what: str, log: str, done: Finished) -> Finding:
    said = "did not end" if done.timed_out else f"ended with exit code {done.exit_code}"
    return Finding(
        "build_failed",
        "error",
        f"{what}: the build {said}",
        subject=log,
        evidence=done.tail,
        cure="Correct the build, then collect again; other packages are measured.",
    )


def _none(bench: BenchConfig) -> Finding:
    return Finding(
        "no_benchmarks",
        "error",
        "No benchmark matches bench.bench in the packages asked for",
        subject="bench",
        evidence=f"packages {' '.join(bench.packages)}; benchmarks {bench.bench}",
        cure="Look at bench.packages, bench.bench and bench.flags (build tags).",
    )
