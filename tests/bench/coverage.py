"""How much of the load continuous CPU profiles cover, on two real services: ``python -m tests.bench.coverage``.

Options: ``--seconds 60 --cpu 10 --bin FOLDER`` (of the built demo programs; they are built when it is not given).
Prints, per component, the share of the load inside a profile's own time and duration, and the longest gap.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pipeline.collect.services import Prepared
from pipeline.collect.session import CollectedRun, collect_run
from pipeline.decode import decode_profile
from pipeline.model.config import Config

DEMO = Path(__file__).parents[2] / "pipeline" / "demo"


def spans(run: CollectedRun, component: str) -> list[tuple[float, float]]:
    """Read when each CPU profile of a component began and ended, in seconds since 1970, from the profiles."""
    found = []
    for path in (run.path / component).glob("cpu*.pprof"):
        profile = decode_profile(path.read_bytes())
        found.append((profile.time_nanos / 1e9, (profile.time_nanos + profile.duration_nanos) / 1e9))
    return sorted(found)


def covered(found: Iterable[tuple[float, float]], begin: float, end: float) -> tuple[float, float]:
    """Give the share of a stretch of time that spans cover, and the longest gap in seconds."""
    reached, total, gap = begin, 0.0, 0.0
    for began, ended in found:
        first, last = max(began, reached), min(ended, end)
        if last > first:
            gap = max(gap, first - reached)
            total += last - first
            reached = last
    return total / (end - begin), max(gap, end - reached)


def stretch(run: CollectedRun) -> tuple[float, float]:
    """Say when the load of a run began and ended, in seconds since 1970."""
    load = run.manifest.load
    assert load is not None
    begin, end = (datetime.fromisoformat(text).timestamp() for text in (load.started, load.finished))
    return begin, end


def settings(seconds: float, cpu: int) -> Config:
    service = {"command": ["{bin}/eventstore", "--port", "{port}"], "ready": "/health"}
    build = ["go", "build", "-C", str(DEMO), "-buildvcs=false", "-o", "{bin}/", "./..."]
    load = ["{bin}/loadgen", "--url", "{url}", "--duration", "{duration}s", "--workers", "4", "--profile-dir"]
    return Config.model_validate(
        {
            "components": {"one": service | {"build": build}, "two": service},
            "load": {"command": [*load, "{profile_dir}"], "duration": seconds},
            "collect": {"plan": "interval", "interval": cpu, "cpu_seconds": cpu},
        }
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--cpu", type=int, default=10)
    parser.add_argument("--bin", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prepared = Prepared(options.bin.resolve()) if options.bin else None
        run = collect_run(settings(options.seconds, options.cpu), root=Path(folder), prepared=prepared)
        begin, end = stretch(run)
        print(f"{run.manifest.status}; load {end - begin:.1f} s")
        for finding in run.manifest.findings:
            print(f"{finding.severity} {finding.code}: {finding.message}")
        for component in run.manifest.components:
            share, gap = covered(spans(run, component), begin, end)
            print(f"{component}: {share:.2%} of the load, longest gap {gap * 1000:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
