"""Where a run is taken: the commit, the Go that built the service, its settings of the runtime, and the machine.

Rules: best effort, an unknown fact stays empty; an allow-list, nothing else of the machine or the environment is read.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.model.run import Environment

_SECONDS: Final = 10
_MAIN: Final = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
"""What the main branch may be called, where others see it first."""


def read_environment(
    root: Path, env: Mapping[str, str] | None = None, *, program: Path | None = None, ignore: Path | None = None
) -> Environment:
    """Describe where a run is taken.

    ``env`` is the environment given to the service (None: it was not started by us), ``program`` its binary,
    ``ignore`` a folder whose changes do not make the checkout dirty: the one of the runs. New files below ``build/``,
    where programs and pages are made, never do.
    """
    commit = _git(root, ignore)
    go = _go(root, program, env) if env is not None else _Go()
    asked = env or {}
    return Environment(
        git_sha=commit.sha,
        git_branch=commit.branch,
        git_dirty=commit.dirty,
        go_version=go.version,
        goos=go.goos,
        goarch=go.goarch,
        gomaxprocs=asked.get("GOMAXPROCS", ""),
        gogc=asked.get("GOGC", ""),
        gomemlimit=asked.get("GOMEMLIMIT", ""),
        cpu_model=_cpu_model(),
        cpu_count=_cpu_count(),
        kernel=f"{platform.system()} {platform.release()}",
        git_merge_base=_merge_base(root, commit.sha) if commit.sha else "",
    )


@dataclass(frozen=True, slots=True)
class _Commit:
    sha: str = ""
    branch: str = ""
    dirty: bool | None = None


@dataclass(frozen=True, slots=True)
class _Go:
    version: str = ""
    goos: str = ""
    goarch: str = ""


def _git(root: Path, ignore: Path | None) -> _Commit:
    words = ["git", "status", "--porcelain=v2", "--branch", "-z", "--", ":/"]
    if ignore is not None and ignore.resolve().is_relative_to(root.resolve()) and ignore.resolve() != root.resolve():
        words.append(f":(exclude,literal){ignore.resolve().relative_to(root.resolve())}")
    text = _output(words, root, {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"})
    if not text:
        return _Commit()
    heads = dict(re.findall(r"(?:^|\0)# branch\.(oid|head) ([^\0]*)", text))
    sha, branch = heads.get("oid", ""), heads.get("head", "")
    # What we built is no change to the sources; a file of theirs below build/ that git knows still counts.
    ours = f"? {_output(['git', 'rev-parse', '--show-prefix'], root, None).rstrip(chr(10))}build/"
    dirty = any(one and not one.startswith(("#", ours)) for one in text.split("\0"))
    return _Commit("" if "initial" in sha else sha, "" if branch == "(detached)" else branch, dirty)


def _merge_base(root: Path, sha: str) -> str:
    """Say at which commit the branch left the main branch; empty on the main branch itself."""
    for name in _MAIN:
        found = _output(["git", "merge-base", "HEAD", name], root, {**os.environ, "LC_ALL": "C"}).strip()
        if found:
            return "" if found == sha else found
    return ""


def _go(root: Path, program: Path | None, env: Mapping[str, str] | None) -> _Go:
    """Ask the binary what built it; failing that, the toolchain at hand."""
    if program is not None and program.is_file():
        text = _output(["go", "version", "-m", str(program)], root, env)
        version = re.search(r": (go\S+)", text)
        facts = dict(re.findall(r"^\tbuild\t(GOOS|GOARCH)=(\S+)", text, re.MULTILINE))
        if version:
            return _Go(version[1], facts.get("GOOS", ""), facts.get("GOARCH", ""))
    lines = _output(["go", "env", "GOVERSION", "GOOS", "GOARCH"], root, env).split()
    return _Go(*lines) if len(lines) == 3 else _Go()


def _output(words: list[str], cwd: Path, env: Mapping[str, str] | None) -> str:
    try:
        done = subprocess.run(
            words, cwd=cwd, env=env, capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    found = re.search(r"^(?:model name|Model|cpu model)\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.processor()


def _cpu_count() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 0
