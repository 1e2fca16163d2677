"""The graph of this checkout: everything users have (`doit list`), plus the developer's tasks.

Rules: a task here runs tools; what a tool checks is set in pyproject.toml. Tools come from the environment that runs
doit, so it need not be activated.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipeline.tasks import *

_TOOLS = Path(sys.executable).parent
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_HTML_VALIDATE = "html-validate@10.17.0"
_FROM_NPM = Path("build") / "tools"
_DEMO = {"PROFBOOK_LOAD__DURATION": "10", "PROFBOOK_COLLECT__CPU_SECONDS": "5"}


def _run(*words: str, env: dict[str, str] | None = None) -> bool:
    """Run a tool where its output is seen; tells whether it succeeded."""
    path = f"{_TOOLS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return subprocess.run(words, env={**os.environ, "PATH": path, **(env or {})}, check=False).returncode == 0


def _module(*words: str, env: dict[str, str] | None = None) -> bool:
    return _run(sys.executable, "-m", *words, env=env)


def _task(*steps: tuple[Any, list[str]], **options: Any) -> dict[str, Any]:
    # Output is not captured: a tool that sees a terminal shows its progress and colours.
    return {"actions": list(steps), "uptodate": [False], "io": {"capture": False}, **options}


def _chromium() -> bool:
    """Find Chromium, or install it: from the system's packages, else Playwright's own."""
    if any(shutil.which(name) for name in _CHROMIUM):
        return True
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") and (not root or shutil.which("sudo")):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        _run(*root, "apt-get", "update", "-qq", env=quiet)
        if _run(*root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", env=quiet):
            return True
    return _module("playwright", "install", "chromium")


def _html_validate() -> bool:
    """Fetch html-validate from npm; where that cannot be reached its test is skipped, and says so."""
    quiet = ("--silent", "--no-audit", "--no-fund", "--no-save")
    brief = ("--fetch-retries=0", "--fetch-timeout=20000")  # milliseconds; by itself npm tries for minutes
    if not _run("npm", "install", *quiet, *brief, "--prefix", str(_FROM_NPM), _HTML_VALIDATE):
        sys.stderr.write(f"npm brought no {_HTML_VALIDATE}: the test that needs it is skipped\n")
    return True


def _tests() -> bool:
    """Run pytest on all processors."""
    program = Path.cwd() / _FROM_NPM / "node_modules" / ".bin" / "html-validate"
    return _module("pytest", "-q", "-n", "auto", env={"HTML_VALIDATE": str(program)} if program.is_file() else None)


def task_check() -> dict[str, Any]:
    """Run all checks and tests: style, types, import contracts, pytest with oracle and browser tests."""
    return _task(
        (_chromium, []),
        (_html_validate, []),
        (_module, ["ruff", "check"]),
        (_module, ["ruff", "format", "--check"]),
        (_module, ["mypy"]),
        (_run, ["lint-imports"]),
        (_tests, []),
    )


def task_oracle() -> dict[str, Any]:
    """Compare our numbers and text with the real `go tool pprof`."""
    return _task((_module, ["pytest", "-q", "-m", "oracle"]))


def task_bench() -> dict[str, Any]:
    """Measure: `doit bench` runs every benchmark of tests/bench, `doit bench NAME [options]` one of them."""
    return _task((_bench, []), pos_arg="words")


def _bench(words: list[str]) -> bool:
    known = sorted(path.stem for path in Path("tests/bench").glob("[a-z]*.py"))
    name, options = (words[0], words[1:]) if words else ("", [])
    if name and name not in known:
        sys.stderr.write(f"there is no benchmark {name!r}; there are {', '.join(known)}\n")
        return False
    return all(_module(f"tests.bench.{one}", *options) for one in ([name] if name else known))


def task_proto() -> dict[str, Any]:
    """Generate profile_pb2.py and its types from profile.proto."""
    place = "pipeline/proto"
    options = [f"-I{place}", f"--python_out={place}", f"--pyi_out={place}", f"{place}/profile.proto"]
    return _task((_module, ["grpc_tools.protoc", *options]))


def task_demo() -> dict[str, Any]:
    """Collect a short run of the demo service, then build the site; its newest run is the one just collected."""
    # Two processes: the graph lists the runs when it is loaded.
    collect = ["pipeline", "collect", "--label", "demo", "--variant", "baseline"]
    return _task((_collect_demo, collect), (_module, ["pipeline", "site"]))


def _collect_demo(*words: str) -> bool:
    return _module(*words, env=_DEMO)
