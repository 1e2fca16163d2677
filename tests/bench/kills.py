"""Collects that are killed at random moments: ``python -m tests.bench.kills [COUNT] [SEED]``.

Each collect of a fast fake service is killed with signal 9 at a moment chosen by chance, from before it has done
anything to after it has ended. Prints what is left: nothing partial may be visible, and every run must be complete or
say that it is not.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from pipeline.collect.clock import SystemClock
from pipeline.collect.rundir import QUARANTINE, sweep
from pipeline.decode import decode_profile
from tests.collect.fakes import SERVICE

SCRIPT = """
import json, sys
from pathlib import Path
from pipeline.collect.session import collect_run
from pipeline.collect.services import Prepared
from pipeline.model.config import Config
root = Path(sys.argv[1])
print("ready", flush=True)
collect_run(Config.model_validate(json.loads(sys.argv[2])), root=root, label="cut", prepared=Prepared(root / "bin"))
"""
LONGEST = 2.6
"""Seconds in which a collect of these settings has long ended on a quiet machine."""


def settings() -> dict[str, Any]:
    """Make a collect with many small files, that lasts a second or two."""
    return {
        "components": {"api": {"command": SERVICE, "ready_seconds": 20}},
        "load": {"command": ["sleep", "{duration}"], "duration": 0.8},
        "collect": {"plan": "interval", "interval": 0.05, "cpu_seconds": 1, "series": ["heap", "goroutine", "cpu"]},
    }


def kill_one(root: Path, moment: float) -> None:
    """Begin a collect and kill it ``moment`` seconds after it has started."""
    command = [sys.executable, "-c", SCRIPT, str(root), json.dumps(settings())]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def inspect(profiles: Path) -> Counter[str]:
    """Check every visible run, and count runs by status; raises AssertionError for a run that is not what it says."""
    found: Counter[str] = Counter()
    for run in profiles.iterdir() if profiles.is_dir() else ():
        if run.name == QUARANTINE:
            found["put aside"] += len(list(run.iterdir()))
        elif run.name.startswith("."):
            found["hidden"] += 1
        else:
            found[_check(run)] += 1
    return found


def _check(run: Path) -> str:
    manifest = json.loads((run / "run.json").read_text())
    assert manifest["id"] == run.name
    assert manifest["status"] in {"complete", "partial", "interrupted"}, manifest["status"]
    for report in manifest["files"]:
        assert (report["status"] == "ok") <= (run / report["path"]).is_file(), report
    for path in run.rglob("*.p*"):
        decode_profile(path.read_bytes())
    assert not list(run.rglob(".*")), "what only a live collector needs is gone"
    return str(manifest["status"])


def main(count: int = 100, seed: int = 1) -> int:
    chance = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        profiles = root / "profiles"
        for number in range(count):
            kill_one(root, chance.uniform(0, LONGEST))
            inspect(profiles)
            if sys.stderr.isatty():
                print(f"\r{number + 1}", end="", file=sys.stderr)
        before = inspect(profiles)
        sweep(profiles, SystemClock())
        after = inspect(profiles)
    print(f"{count} kills: before the last sweep {dict(before)}, after it {dict(after)}")
    assert not after["hidden"]
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
