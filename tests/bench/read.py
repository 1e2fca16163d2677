"""How fast and how big reading is, beside pprof itself: ``python -m tests.bench.read``.

Options: ``--repeat 5``, ``--runs 100`` (size of the store), ``--only NAME`` (one of the parts below, more than once).
Everything of one part runs in turn, round by round, so that a busy machine slows all of it; numbers are medians, and
``spread`` is from the fastest round to the slowest, in percent of the median. ``processor`` is the time processors
worked, children included: what to look at where other programs run too.

- ``profile``: derive in memory (decode, call tree and top tables of all sample types, with the garbage collector off,
  as where runs are derived) against the process `pprof -top` of one sample type
- ``cold``: the process `profbook pprof -top`, and ``reports``: the other reports, against the same of pprof
- ``store``: derive a store of runs, two at a time, against one `pprof -top` per profile, two at a time
- ``memory``: what deriving adds to the peak size of a process, against the decoded size of the profile

pprof is timed twice: as `go tool pprof`, which is what people type, and as the program that it starts. The large
profile is that of the shared corpus when it is there, else one of its size.
"""

from __future__ import annotations

import argparse
import functools
import gc
import os
import platform
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from pipeline.analysis.calltree import build_call_tree
from pipeline.analysis.top import build_top_tables
from pipeline.decode import decode_profile
from pipeline.decode.unpack import unpack
from pipeline.derive import TABLE_ROWS
from pipeline.proto import profile_pb2
from pipeline.store import runs

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "profiles"
REPORTS = ("-tree", "-dot", "-callgrind", "-traces", "-peek=main", "-raw")
SAMPLED = 10
"""`go tool pprof` is started for one in so many profiles of the store, and the time multiplied."""
MOST_BYTES = 1 << 30

Contestants = Mapping[str, Callable[[], object]]
Times = dict[str, list[tuple[float, float]]]
"""Of everyone, the seconds of every round by the clock, and those of the processor."""


def time_once(run: Callable[[], object]) -> tuple[float, float]:
    """Time one run, with the processes it starts."""
    begun, used = time.perf_counter(), processor_seconds()
    run()
    return time.perf_counter() - begun, processor_seconds() - used


def processor_seconds() -> float:
    """Read how long processors worked for this process and the children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def rounds(contestants: Contestants, repeat: int) -> Times:
    """Time everyone in turn, ``repeat`` times after one round that does not count."""
    times: Times = {name: [] for name in contestants}
    for number in range(repeat + 1):
        for name, run in contestants.items():
            found = time_once(run)
            if number:
                times[name].append(found)
    return times


def show(title: str, times: Times, target: str = "") -> None:
    """Print a part of the table; the first contestant is ours, ratios are of the others to it."""
    print(f"{title}" + (f"  (target: {target})" if target else ""))
    ours: tuple[float, ...] = ()
    for name, seconds in times.items():
        clock = [one for one, _ in seconds]
        middle = median(clock), median(one for _, one in seconds)
        spread = 100 * (max(clock) - min(clock)) / middle[0]
        line = (
            f"    {name:15} {middle[0] * 1000:10.1f} ms  spread {spread:4.0f} %  processor {middle[1] * 1000:9.0f} ms"
        )
        if ours:
            by_processor = f"{middle[1] / ours[1]:.2f}" if ours[1] else "-"
            line += f"   {middle[0] / ours[0]:8.2f} x ours, processor {by_processor}"
        ours = ours or middle
        print(line)


def derive_one(data: bytes) -> None:
    profile = decode_profile(data, max_bytes=MOST_BYTES, symbolize=True)
    build_call_tree(profile)
    build_top_tables(profile, limit=TABLE_ROWS)


class Tools:
    """How to start everyone; ours starts from byte code, as an installed package does."""

    def __init__(self, scratch: Path) -> None:
        found = subprocess.run(["go", "tool", "-n", "pprof"], cwd=ROOT, capture_output=True, text=True, check=True)
        subprocess.run(["go", "tool", "pprof", "-h"], cwd=ROOT, capture_output=True, check=False)
        self.pprof = [found.stdout.strip()]
        home = subprocess.run(["go", "env", "GOROOT"], cwd=ROOT, capture_output=True, text=True, check=True)
        self.go_pprof = [str(Path(home.stdout.strip()) / "bin" / "go"), "tool", "pprof"]
        self.ours = [sys.executable, "-m", "pipeline"]
        self.env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        self.env |= {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(scratch / "pycache")}

    def run(self, program: Sequence[str], *words: str, cwd: Path = ROOT) -> None:
        """Run a program to its end, without its output."""
        subprocess.run([*program, *words], cwd=cwd, env=self.env, capture_output=True, check=True)

    def three(self, *words: str) -> Contestants:
        """Start `profbook pprof`, pprof and `go tool pprof` with the same words."""
        return {
            "profbook pprof": functools.partial(self.run, self.ours, "pprof", *words),
            "pprof": functools.partial(self.run, self.pprof, *words),
            "go tool pprof": functools.partial(self.run, self.go_pprof, *words),
        }


def demo_profiles() -> list[Path]:
    """Choose the profiles of one run of the demo: of each kind the one after the load."""
    folder = min(ROOT.glob("profiles/*-baseline"))
    return sorted(path for path in folder.glob("*/*.prof") if "-before" not in path.name)


def large_profile(scratch: Path) -> Path:
    """Find a profile of 20,000 samples and 400,000 stack nodes, or make one."""
    known = CORPUS / "cpu" / "large.cpu"
    if known.exists():
        return known
    chance = random.Random(7)
    message = profile_pb2.Profile(string_table=[b"", b"samples", b"count", b"cpu", b"nanoseconds"])
    message.sample_type.add(type=1, unit=2)
    message.sample_type.add(type=3, unit=4)
    message.mapping.add(id=1, memory_start=1 << 20, memory_limit=1 << 30)
    for number in range(1, 5001):
        message.string_table.append(b"example.com/module/package%d.(*Type).Function%d" % (number % 90, number))
        name = len(message.string_table) - 1
        message.function.add(id=number, name=name, system_name=name, filename=name)
    for number in range(1, 23_001):
        place = message.location.add(id=number, mapping_id=1, address=(1 << 20) + 64 * number)
        place.line.add(function_id=1 + number % 5000, line=number)
    for _ in range(20_000):
        stack = [chance.randint(1, 23_000) for _ in range(chance.randint(4, 44))]
        message.sample.add(location_id=[*stack, 2, 1], value=[1, 10_000_000])
    path = scratch / "large.pprof"
    path.write_bytes(message.SerializeToString())
    return path


def bench_profile(tools: Tools, repeat: int, large: Path) -> None:
    for path, target in [*((path, 10) for path in demo_profiles()), (large, 3)]:
        data = path.read_bytes()
        times = rounds(
            {
                "derive": functools.partial(derive_one, data),
                "pprof": functools.partial(tools.run, tools.pprof, "-top", str(path)),
                "go tool pprof": functools.partial(tools.run, tools.go_pprof, "-top", str(path)),
            },
            repeat,
        )
        show(f"profile {path.name}, {len(data):,} bytes", times, f"pprof at least {target} x ours")


def bench_cold(tools: Tools, repeat: int, large: Path) -> None:
    for path in (demo_profiles()[2], large):
        times = rounds(tools.three("-top", str(path)), repeat)
        show(f"cold -top {path.name}", times, "ours at most 1.5 x pprof, so at least 0.67")


def bench_reports(tools: Tools, repeat: int, large: Path) -> None:
    for report in REPORTS:
        show(f"cold {report} {large.name}", rounds(tools.three(report, str(large)), repeat))


def make_store(folder: Path, count: int) -> list[Path]:
    """Copy the demo runs under new names until there are ``count``; returns their profiles."""
    known = sorted(path for path in (ROOT / "profiles").iterdir() if path.is_dir())
    shutil.copy(ROOT / "profbook.toml", folder)
    for number in range(count):
        run = known[number % len(known)]
        name = f"202601{1 + number // 24:02}_{number % 24:02}0000-{run.name.partition('-')[2]}"
        shutil.copytree(run, folder / "profiles" / name)
        manifest = folder / "profiles" / name / "run.json"
        manifest.write_text(manifest.read_text().replace(run.name, name))
    place = folder / "profiles"
    found = [(run.run.id, file) for run in runs.list_runs(place) for file in run.run.files]
    return [place / run_id / file.path for run_id, file in found if file.path.endswith((".prof", ".pprof"))]


def bench_store(tools: Tools, repeat: int, count: int, scratch: Path) -> None:
    folder = scratch / "store"
    folder.mkdir()
    profiles = make_store(folder, count)

    def ours() -> None:
        shutil.rmtree(folder / "build", ignore_errors=True)
        tools.run(tools.ours, "derive", "-n", "2", cwd=folder)

    def shell_out(program: Sequence[str], paths: Sequence[Path]) -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda path: tools.run(program, "-top", str(path)), paths))

    sampled = profiles[::SAMPLED]
    contestants: Contestants = {
        "profbook derive": ours,
        "pprof": functools.partial(shell_out, tools.pprof, profiles),
        "go tool pprof": functools.partial(shell_out, tools.go_pprof, sampled),
    }
    times = rounds(contestants, repeat)
    scale = len(profiles) / len(sampled)
    times["go tool pprof"] = [(clock * scale, used * scale) for clock, used in times["go tool pprof"]]
    derived = len(list(folder.glob("build/derived/*/record.json")))
    title = f"store of {count} runs, {len(profiles)} profiles, {derived} records, two processes"
    show(f"{title}; go tool pprof: 1 in {SAMPLED}, scaled", times, "pprof at least 15 x ours")


def bench_memory(tools: Tools, repeat: int, large: Path) -> None:
    decoded = len(unpack(large.read_bytes(), MOST_BYTES)[0])
    grown = []
    for _ in range(repeat):
        words = [sys.executable, "-m", "tests.bench.read", "--peak", str(large)]
        done = subprocess.run(words, cwd=ROOT, env=tools.env, capture_output=True, text=True, check=True)
        grown.append(int(done.stdout))
    middle = median(grown)
    print(f"memory {large.name}: peak grew by {middle / 2**20:.1f} MiB for {decoded / 2**20:.1f} MiB decoded, ", end="")
    print(f"{middle / decoded:.1f} times  (target: at most 25)")


def peak(path: Path) -> int:
    """Say by how much deriving one profile raises the peak size of this process: bytes."""
    derive_one(demo_profiles()[2].read_bytes())
    before = largest_size()
    derive_one(path.read_bytes())
    return largest_size() - before


def largest_size() -> int:
    """Read the peak size of this process: bytes. What getrusage says begins with the size of the parent."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def machine() -> str:
    """Say what this ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    go = subprocess.run(["go", "version"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()[2]
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {name}, load {load}; Python {platform.python_version()}, {go}"


def main(argv: Sequence[str] | None = None) -> int:
    parts = ("profile", "cold", "reports", "store", "memory")
    parser = argparse.ArgumentParser(prog="tests.bench.read")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--only", choices=parts, action="append")
    parser.add_argument("--peak", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    gc.disable()
    if options.peak:
        print(peak(options.peak))
        return 0
    chosen = options.only or parts
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        tools, large = Tools(scratch), large_profile(scratch)
        plain = {"profile": bench_profile, "cold": bench_cold, "reports": bench_reports, "memory": bench_memory}
        for part in chosen:
            if part == "store":
                bench_store(tools, options.repeat, options.runs, scratch)
            else:
                plain[part](tools, options.repeat, large)
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
