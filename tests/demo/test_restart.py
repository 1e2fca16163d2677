"""A real Go service is killed and restarted between two snapshots: it is proved, and no difference is made."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from pipeline.collect.process import free_port
from pipeline.collect.services import Prepared
from pipeline.collect.session import collect_run
from pipeline.derive import derive
from pipeline.model.config import Config
from pipeline.store import runs
from tests.collect.fakes import Recorder
from tests.demo.test_demo import programs
from tests.demo.test_demo import pytestmark as needs_go

pytestmark = needs_go
DIFFERENCES = {"alloc_bytes_per_op", "alloc_objects_per_op", "total_alloc_per_op", "mallocs_per_op", "gc_runs"}

__all__ = ["programs"]


class Restarting(Recorder):
    """Kills the service when the load is about to begin, and starts another one at the same address."""

    def __init__(self, program: Path, *, restart: bool) -> None:
        super().__init__()
        self.port, self._program, self._restart = free_port(), program, restart
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [str(self._program), "--port", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(200):
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5):
                return
            time.sleep(0.05)
        pytest.fail("the service did not start")

    def step(self, text: str, seconds: float = 0) -> None:
        super().step(text, seconds)
        if text == "load" and self._restart:
            self.kill()
            self._start()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.mark.parametrize("restart", [True, False])
def test_a_restart_is_detected_and_the_difference_refused(tmp_path: Path, programs: Path, *, restart: bool) -> None:
    progress = Restarting(programs / "eventstore", restart=restart)
    table = {
        "components": {"store": {"url": f"127.0.0.1:{progress.port}"}},
        "load": {
            "command": [f"{programs}/loadgen", "--url={url}", "--duration={duration}s", "--profile-dir={profile_dir}"],
            "duration": 2,
        },
        "collect": {"cpu_seconds": 1, "before": ["heap", "allocs"], "after": ["heap", "allocs"]},
    }  # fmt: skip
    config = Config.model_validate(table)
    try:
        run = collect_run(config, root=tmp_path, prepared=Prepared(tmp_path), progress=progress)
    finally:
        progress.kill()
    codes = [finding.code for finding in run.manifest.findings]
    stored = runs.read_run(run.path)
    record, _ = derive(stored.run, stored.findings, partial(runs.read_file, run.path), key="k", max_bytes=1 << 30)
    measured = {one.metric for one in record.measurements}
    # The new process allocates more than the old one ever did, so growth alone would have hidden it.
    assert codes == (["restarted"] if restart else [])
    assert measured & DIFFERENCES == (set() if restart else DIFFERENCES)
    assert {"ops_per_sec", "rss_max", "heap_inuse_after"} <= measured
