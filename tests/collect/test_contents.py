"""What a file is, by its content and its name."""

from __future__ import annotations

import json

import pytest

from pipeline.collect.contents import Content, identify
from tests.builders import pprof_bytes

HEAP_TYPES = (
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
)
WAIT_TYPES = (("contentions", "count"), ("delay", "nanoseconds"))
WHEN = 1_700_000_000_000_000_000


def of(path: str, data: bytes) -> Content:
    return identify(path, data, max_bytes=1 << 20)


def heap(default: str = "inuse_space") -> bytes:
    return pprof_bytes([(["main.main"], [1, 2, 3, 4])], HEAP_TYPES, default_type=default)


CPU = pprof_bytes([(["main.main"], [1, 2])])
MUTEX = pprof_bytes([(["main.main", "sync.(*Mutex).Unlock"], [1, 2])], WAIT_TYPES)
BLOCK = pprof_bytes([(["main.main", "runtime.chanrecv1"], [1, 2])], WAIT_TYPES)
GOROUTINE = pprof_bytes([(["main.main"], [1])], (("goroutine", "count"),))
LOAD = json.dumps({
    "timestamp": "2026-01-02T03:04:05Z", "duration_s": 1, "total_ops": 1, "writes": 1, "reads": 0, "errors": 0,
    "ops_per_sec": 1, "avg_latency_ms": 1,
}).encode()  # fmt: skip
TIME = b'\tCommand being timed: "x"\n\tMaximum resident set size (kbytes): 1024\n'
BENCH = b"goos: linux\nBenchmarkHash-8   \t 1000\t 1234 ns/op\t 10 B/op\n"


@pytest.mark.parametrize(
    ("path", "data", "component", "kind", "phase"),
    [
        ("build.prof", heap(), "build", "heap", "after"),
        ("build_cpu.prof", CPU, "build", "cpu", "during"),
        ("build_3.prof", heap(), "build_3", "heap", "after"),
        ("heap_during_build.prof", heap(), "service", "heap", "during"),
        ("allocs_during_build.prof", heap("alloc_space"), "service", "allocs", "during"),
        ("cpu_during_build.prof", CPU, "service", "cpu", "during"),
        ("hash_with_pools.prof", heap("alloc_space"), "hash_with_pools", "allocs", "after"),
        ("with_pools.log", TIME, "with_pools", "time", ""),
        ("bench_output.txt", BENCH, "bench_output", "bench", ""),
        ("test.log", b"--- PASS\n", "", "log", ""),
        ("manager_heap.prof", heap(), "manager", "heap", "after"),
        ("worker_cpu.prof", CPU, "worker", "cpu", "during"),
        ("baseline.prof", heap(), "service", "heap", "before"),
        ("after_load.prof", heap(), "service", "heap", "after"),
        ("mem_before.prof", heap(), "service", "heap", "before"),
        ("default.pgo", CPU, "service", "cpu", "during"),
        ("heap.out", heap(), "service", "heap", "after"),
        ("1644509296350592000.pb.gz", heap(), "service", "heap", "after"),
        ("lock.prof", MUTEX, "lock", "mutex", "after"),
        ("wait.prof", BLOCK, "wait", "block", "after"),
        ("catalogd/heap12.pprof", heap(), "catalogd", "heap", "series"),
        ("a/b/heap.prof", heap(), "a.b", "heap", "after"),
        ("my team/x.prof", heap(), "my-team", "heap", "after"),
        ("stacks", GOROUTINE, "stacks", "goroutine", "after"),
        ("results.json", LOAD, "service", "load", ""),
        ("api/load-test-results.json", LOAD, "api", "load", ""),
        ("package.json", b"{}", "", "other", ""),
        ("README.md", b"# x", "", "notes", ""),
        ("source.json", b"{}", "", "source", ""),
        ("a.bin", b"\x00\x01\x02", "", "other", ""),
    ],
)
def test_identify(path: str, data: bytes, component: str, kind: str, phase: str) -> None:
    found = of(path, data)
    assert (found.component, found.kind, found.phase, found.code) == (component, kind, phase, "")


def test_a_profile_tells_its_time() -> None:
    assert of("heap.prof", heap()).nanos == WHEN


@pytest.mark.parametrize(
    ("path", "data", "kind", "code"),
    [
        ("heap.out", b"", "heap", "empty"),
        ("manager_cpu.prof", b"404 page not found\n", "cpu", "not_a_profile"),
        ("x.prof", CPU[:20], "profile", "gzip_truncated"),
        ("load-test-results.json", b"{", "load", "bad_json"),
    ],
)
def test_what_claims_to_be_a_profile_must_be_one(path: str, data: bytes, kind: str, code: str) -> None:
    found = of(path, data)
    assert (found.kind, found.code) == (kind, code)
    assert found.message


@pytest.mark.parametrize(
    ("path", "data", "other"),
    [
        ("heap.prof", CPU, "cpu"),
        ("goroutine.prof", CPU, "cpu"),
        ("allocs.prof", heap(), ""),
        ("block.prof", MUTEX, ""),
        ("cpu.prof", CPU, ""),
    ],
)
def test_a_name_that_claims_another_kind_is_told(path: str, data: bytes, other: str) -> None:
    found = of(path, data)
    assert (found.kind, found.other_kind) == (path.removesuffix(".prof"), other)
