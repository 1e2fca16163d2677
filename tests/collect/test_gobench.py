"""Go benchmarks: timed in one pass, profiled in others, each package for itself; with the real go."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.collect.gobench import named
from pipeline.collect.process import child_env
from pipeline.collect.session import CollectedRun, check_request
from pipeline.decode import decode_profile
from pipeline.decode.gnutime import decode_time
from pipeline.errors import CollectError, ConfigError
from pipeline.model.config import Config
from tests.collect.fakes import collect

needs_go = pytest.mark.skipif(shutil.which("go", path=child_env()["PATH"]) is None, reason="no go")
OFFLINE = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local"}
BENCH = """package {name}

import ("os"; "testing")

var sink []byte

func BenchmarkMake(b *testing.B) {{
	if _, err := os.ReadFile("fixture.txt"); err != nil {{ b.Fatal(err) }}
	b.Run("small", func(b *testing.B) {{ for range b.N {{ sink = make([]byte, 64) }} }})
}}

func BenchmarkFails(b *testing.B) {{ if os.Getenv("FAIL") != "" {{ b.Fatal("password=hunter2 is wrong") }} }}

func TestNothing(t *testing.T) {{ t.Fatal("tests are not run") }}
"""


def module(root: Path) -> Path:
    files = {
        "go.mod": "module example.test/shop\n\ngo 1.24\n",
        "pkg/store/store_test.go": BENCH.format(name="store"),
        "pkg/store/fixture.txt": "",
        "plain/plain.go": "package plain\n",
        "tested/tested_test.go": 'package tested\n\nimport "testing"\n\nfunc TestX(t *testing.T) {}\n',
        "broken/broken_test.go": 'package broken\n\nimport "testing"\n\nfunc BenchmarkX(b *testing.B) { nothing() }\n',
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def settings(**bench: Any) -> dict[str, Any]:
    short = {"benchtime": "200x", "count": 2, "env": OFFLINE, "profiles": []}
    return {"collect": {"plan": "bench"}, "bench": short | bench}


def statuses(found: CollectedRun) -> dict[str, str]:
    return {report.path: report.code or report.status for report in found.manifest.files}


@pytest.fixture(scope="module")
def benched(tmp_path_factory: pytest.TempPathFactory) -> CollectedRun:
    root = module(tmp_path_factory.mktemp("bench"))
    return collect(root, settings(profiles=["cpu", "mem", "block", "mutex"]), label="bench")


@needs_go
def test_every_package_is_timed_and_profiled_for_itself(benched: CollectedRun) -> None:
    assert statuses(benched) == {"broken/timing.bench.txt": "build_failed"} | {
        f"pkg-store/{name}": "ok"
        for name in (
            "timing.bench.txt", "timing.time.txt", "cpu.prof", "cpu.time.txt", "heap.prof", "heap.time.txt",
            "block.prof", "block.time.txt", "mutex.prof", "mutex.time.txt",
        )
    }  # fmt: skip
    folders = {path.name for path in benched.path.iterdir() if path.is_dir()}
    assert folders == {"broken", "pkg-store"}
    kinds = {
        name: decode_profile((benched.path / "pkg-store" / name).read_bytes()) for name in ("cpu.prof", "heap.prof")
    }
    assert {one.type for one in kinds["heap.prof"].sample_types} >= {"inuse_space", "alloc_space"}
    assert {one.type for one in kinds["cpu.prof"].sample_types} == {"samples", "cpu"}


@needs_go
def test_the_timing_pass_takes_no_profile_and_runs_no_test(benched: CollectedRun) -> None:
    text = (benched.path / "pkg-store/timing.bench.txt").read_text()
    assert (
        len(re.findall(r"^BenchmarkMake/small\S*\s+200\s+[\d.]+ ns/op\s+\d+ B/op\s+\d+ allocs/op$", text, re.MULTILINE))
        == 2
    )
    assert "pkg: example.test/shop/pkg/store" in text
    assert "FAIL" not in text
    passes = {report.name: report.command for report in benched.manifest.programs}
    assert list(passes) == ["timing", "cpu", "heap", "block", "mutex"]
    assert not [word for word in passes["timing"] if "profile" in word]
    assert "-test.cpuprofile={profile_dir}/cpu.prof" in passes["cpu"]
    assert all("-test.run=^$" in command for command in passes.values())


@needs_go
def test_the_compiler_is_not_measured(benched: CollectedRun) -> None:
    usage = decode_time((benched.path / "pkg-store/timing.time.txt").read_bytes())
    assert usage.command.startswith("{bin}/bench/pkg-store.test ")
    # A Go compiler and linker take far more than the 64 bytes of this benchmark.
    assert (usage.max_rss_bytes or 0) < 40 << 20


@needs_go
def test_a_package_that_does_not_build_is_told_with_the_words_of_the_compiler(benched: CollectedRun) -> None:
    (finding,) = benched.manifest.findings
    assert (finding.code, finding.subject) == ("build_failed", "broken/build.log")
    assert "undefined: nothing" in finding.evidence
    assert benched.manifest.status == "partial"


@needs_go
def test_a_failing_benchmark_loses_only_its_own_passes(tmp_path: Path) -> None:
    table = settings(env=OFFLINE | {"FAIL": "1"}, packages=["./pkg/...", "./plain"])
    found = collect(module(tmp_path), table)
    assert statuses(found) == {"pkg-store/timing.time.txt": "ok", "pkg-store/timing.bench.txt": "program_failed"}
    (finding,) = found.manifest.findings
    assert finding.code == "program_failed"
    assert "password=***" in finding.evidence
    assert "hunter2" not in (found.path / "pkg-store/timing.log").read_text()


@needs_go
@pytest.mark.parametrize("table", [settings(bench="Nowhere", packages=["./pkg/..."]), settings(packages=["./plain"])])
def test_no_benchmark_at_all_is_no_run(tmp_path: Path, table: dict[str, Any]) -> None:
    with pytest.raises(CollectError, match="No benchmark matches"):
        collect(module(tmp_path), table)


@needs_go
def test_a_module_below_the_project_and_one_benchmark_of_it(tmp_path: Path) -> None:
    module(tmp_path / "go")
    table = settings(folder="go", packages=["./pkg/store"], bench="Make/small", profiles=["mem"], count=1)
    found = collect(tmp_path, table)
    assert set(statuses(found).values()) == {"ok"}
    text = (found.path / "pkg-store/timing.bench.txt").read_text()
    assert re.findall(r"^Benchmark(\S+?)(?:-\d+)?\s", text, re.MULTILINE) == ["Make/small"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("m.test/a", "a"),
        ("m.test/a/b", "a-b"),
        ("m.test", "m.test"),
        ("other.test/x", "other.test-x"),
        ("m.test/ä/..", "package"),
        ("m.test/-x", "x"),
    ],
)
def test_packages_have_names_that_are_safe_as_folders(path: str, name: str) -> None:
    assert [package.component for package in named([(path, "m.test", Path())])] == [name]


def test_packages_never_share_a_folder() -> None:
    listed = [(f"m/{path}", "m", Path()) for path in ("a/b", "a-b", "A-B", "a_b")]
    assert [package.component for package in named(listed)] == ["a-b", "a-b-2", "A-B-3", "a_b"]


@pytest.mark.parametrize(
    ("bench", "fault"),
    [
        ({"packages": ["-tags=x"]}, "bench.packages: '-tags=x' looks like a flag"),
        ({"flags": ["x"]}, "bench.flags: 'x' is not a flag"),
        ({"packages": []}, "bench.packages: names no package"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_started(bench: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_request(Config.model_validate(settings(**bench)))
    assert fault in refused.value.message
