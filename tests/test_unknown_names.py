"""Every sample file, also read under a name that says nothing: content decides what a file is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.derive import derive
from pipeline.model.record import RunRecord
from pipeline.store.runs import read_file, read_run
from tests.builders import pprof_bytes, write_run
from tests.decode import load_samples
from tests.decode.test_decode import CORPUS, seeds
from tests.memstats import memstats_text

PROFILES = Path(__file__).parents[1] / "profiles"
HEAP = [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")]
WAIT = [("contentions", "count"), ("delay", "nanoseconds")]
STACK = ["main.main", "main.work"]
BENCH = b"goos: linux\npkg: x\nBenchmarkHash-8   \t 1000\t 1234 ns/op\t 10 B/op\nPASS\n"
TIME = b'\tCommand being timed: "x"\n\tUser time (seconds): 2.50\n\tMaximum resident set size (kbytes): 64\n'

Sample = tuple[str, bytes]


def generated() -> list[Sample]:
    """Make a file of each format, under its right name."""
    made = [
        *(("own.prof", data) for data in seeds()),
        ("cpu.prof", pprof_bytes([(STACK, (1, 2))])),
        ("heap.prof", pprof_bytes([(STACK, (1, 2, 3, 4))], HEAP, default_type="inuse_space")),
        ("allocs.prof", pprof_bytes([(STACK, (1, 2, 3, 4))], HEAP, default_type="alloc_space")),
        ("goroutine.prof", pprof_bytes([(STACK, (1,))], [("goroutine", "count")])),
        ("goroutineleak.prof", pprof_bytes([(STACK, (1,))], [("goroutineleak", "count")])),
        ("threadcreate.prof", pprof_bytes([(STACK, (1,))], [("threadcreate", "count")])),
        ("mutex.prof", pprof_bytes([([*STACK, "sync.(*Mutex).Unlock"], (1, 2))], WAIT)),
        ("block.prof", pprof_bytes([([*STACK, "runtime.chanrecv1"], (1, 2))], WAIT)),
        ("fgprof.prof", pprof_bytes([(STACK, (1, 2))], [("samples", "count"), ("time", "nanoseconds")])),
        ("stacks.folded", b"main;work 3\nmain 1\n"),
        ("memstats-after.txt", memstats_text(num_gc=1)),
        ("hash.bench.txt", BENCH),
        ("build.time.txt", TIME),
    ]
    return made + [("load-test-results.json", data) for _, data in load_samples.EVERY.values()]


def stored() -> list[Sample]:
    """List the profiles, counters and load results of the demo runs."""
    wanted = ("*/*/*.prof", "*/*/*.pprof", "*/*/memstats*.txt", "*/load-test-results.json")
    return [(path.name, path.read_bytes()) for pattern in wanted for path in sorted(PROFILES.glob(pattern))]


def found() -> list[Sample]:
    """List what the corpus holds and we read; its profiles have names that say no kind."""
    profiles = (*sorted(CORPUS.glob("profiles/*/*")), *sorted(CORPUS.glob("made-here/endpoints/*.debug*")))
    loads = (*sorted(CORPUS.glob("loadtest/*")), *sorted(CORPUS.glob("made-here/loadtest/*")))
    timed = sorted(CORPUS.glob("made-here/time-v/*"))
    return [
        *(("own.prof", path.read_bytes()) for path in profiles),
        *(("x.bench.txt", path.read_bytes()) for path in sorted(CORPUS.glob("bench/*")) if is_bench(path)),
        *(("load-test-results.json", path.read_bytes()) for path in loads),
        *(("x.time.txt", path.read_bytes()) for path in timed),
    ]


def is_bench(path: Path) -> bool:
    return b"\nBenchmark" in b"\n" + path.read_bytes() and path.suffix != ".stdout"


def derived(folder: Path, run: str, files: dict[str, bytes]) -> RunRecord:
    stored_run = read_run(write_run(folder, run, files))
    record, _ = derive(
        stored_run.run,
        stored_run.findings,
        lambda file: read_file(folder / run, file),
        key="k",
        max_bytes=1 << 30,
    )
    return record


def contents(record: RunRecord) -> dict[tuple[str, str], object]:
    """Give all that was read and measured, by component: what the name alone adds is left out."""
    read: dict[tuple[str, str], object] = {(one.component, one.metric): one.value for one in record.measurements}
    for one in record.benchmarks:
        read[one.component, "benchmarks"] = (one.file.results, one.summaries)
    for profile in record.profiles:
        doubts = tuple(replace(doubt, subject="") for doubt in profile.findings)
        read[profile.component, profile.kind] = replace(profile, path="", phase="", index=None, findings=doubts)
    return read


@pytest.mark.parametrize("name", ["unknown", "unknown.txt"])
@pytest.mark.parametrize(
    "samples",
    [
        generated,
        stored,
        pytest.param(found, marks=pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")),
    ],
)
def test_a_file_is_read_the_same_under_a_name_that_says_nothing(
    samples: Callable[[], list[Sample]], name: str, tmp_path: Path
) -> None:
    files = samples()
    named = derived(tmp_path, "named", {f"c{i}/{right}": data for i, (right, data) in enumerate(files)})
    unknown = derived(tmp_path, "unknown", {f"c{i}/{name}": data for i, (_, data) in enumerate(files)})
    expected, told = contents(named), contents(unknown)
    different = {key for key in expected.keys() | told.keys() if expected.get(key) != told.get(key)}
    assert {(files[int(component[1:])][0], what) for component, what in different} == set()
    assert len(expected) >= len(files) // 2
    doubts = [sorted((one.code, one.evidence) for one in record.findings) for record in (named, unknown)]
    refused = {code for code, _ in doubts[0]} & {"not_a_load_result", "not_a_time_report", "bad_json"}
    assert [one for one in doubts[0] if one[0] not in refused] == doubts[1]


@pytest.mark.parametrize(
    "data",
    [b"\x00\x01\x02" * 99, b"\x7fELF" + b"\x02" * 99, b"plain words\n", b"", b"{}", b"\x1f\x8b\x08cut", b"\xff" * 99],
)
def test_what_is_nothing_we_know_is_kept_without_a_word(data: bytes, tmp_path: Path) -> None:
    record = derived(tmp_path, "r", {"unknown": data, "app/unknown.bin": data})
    assert [(one.path, one.kind) for one in record.run.files] == [("app/unknown.bin", "other"), ("unknown", "other")]
    assert record.all_findings == ()
    assert record.profiles == ()


def test_the_list_of_files_says_what_they_turned_out_to_be(tmp_path: Path) -> None:
    files = {"unknown": pprof_bytes([(STACK, (1, 2))]), "b/x": BENCH, "b/y.bin": memstats_text(), "deep/er/z": BENCH}
    record = derived(tmp_path, "r", files)
    assert {one.path: (one.component, one.kind, one.phase) for one in record.run.files} == {
        "unknown": ("service", "cpu", "during"),
        "b/x": ("b", "bench", ""),
        "b/y.bin": ("b", "memstats", ""),
        "deep/er/z": ("", "other", ""),
    }


def test_a_file_told_by_content_does_not_compete_with_a_named_one(tmp_path: Path) -> None:
    named, other = pprof_bytes([(STACK, (1, 2))]), pprof_bytes([(STACK, (5, 9))])
    record = derived(tmp_path, "r", {"app/cpu.prof": named, "app/zz": other})
    assert [(one.path, one.kind) for one in record.profiles] == [("app/cpu.prof", "cpu"), ("app/zz", "profile")]


def test_a_panic_in_a_log_is_not_a_goroutine_profile(tmp_path: Path) -> None:
    panic = b"panic: boom\n\ngoroutine 7 [running]:\nmain.f()\n\t/x/y.go:3 +0x1d\nexit status 2\n"
    assert derived(tmp_path, "r", {"app/stderr.txt": panic}).profiles == ()
