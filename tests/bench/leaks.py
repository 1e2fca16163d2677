"""How well leaks are told from other growth: ``python -m tests.bench.leaks --bin FOLDER``.

Takes heap series of the demo service under load, half of them with its planted leak, and prints for several rules and
confidences how many of either kind are called leaking (true and false positive rates), and the area below the curve
that the lower bound of the slope makes. FOLDER holds the built programs ``eventstore`` and ``loadgen``. A series counts
as leaking when any site of own code, or the whole heap, is called so.

Of each series three windows are judged: from the start of the load, when the store of a clean service still fills up to
its bound, which no rule can tell from a leak as long as it goes on; after that; and all of it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pipeline.analysis.growth import heap_growth
from pipeline.decode import decode_profile
from pipeline.model.growth import DEFAULT_RULES, Growth, LeakRules
from pipeline.model.profile import Profile
from pipeline.model.run import RawFile

CONFIDENCES = (0.5, 0.8, 0.9, 0.95, 0.99, 0.999)
SNAPSHOTS = 16
WINDOWS = (("from the start", 0, 8), ("once warm", 8, 16), ("all of it", 0, 16))
EVERY = 0.5
_MARK = "leak.(*Leaker).retainForever"

Series = list[tuple[RawFile, Profile]]


@contextmanager
def service(programs: Path, words: Sequence[str]) -> Iterator[str]:
    """Run the event store on a free port; gives its address."""
    with subprocess.Popen(
        [programs / "eventstore", "--port=0", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = next(line for line in process.stdout if "127.0.0.1:" in line)
            yield "http://127.0.0.1:" + line.rpartition("127.0.0.1:")[2].split()[0].strip('"').rstrip("/,}")
        finally:
            process.terminate()


def collect(programs: Path, words: Sequence[str], seed: int, folder: Path) -> Path:
    """Take one series into a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    duration = f"{(SNAPSHOTS + 1) * EVERY + 1:g}s"
    with service(programs, words) as url:
        offer = [programs / "loadgen", f"-url={url}", f"-duration={duration}", f"-seed={seed}", "-workers=4"]
        with subprocess.Popen(
            [*offer, f"-profile-dir={folder}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as load:
            begun = time.monotonic()
            for place in range(SNAPSHOTS):
                time.sleep(max(0.0, begun + place * EVERY - time.monotonic()))
                with urllib.request.urlopen(f"{url}/debug/pprof/heap?gc=1", timeout=30) as answer:
                    (folder / f"heap{place}.pprof").write_bytes(answer.read())
            load.terminate()
    return folder


def read(folder: Path) -> Series:
    """Read a series back."""
    taken = []
    for place in range(SNAPSHOTS):
        data = (folder / f"heap{place}.pprof").read_bytes()
        file = RawFile(f"app/heap{place}.pprof", "app", "heap", "series", "", len(data), place)
        taken.append((file, decode_profile(data, max_bytes=1 << 28, symbolize=True)))
    return taken


def leaks(growth: Growth) -> list[str]:
    """Name what is called leaking."""
    found = [site.function for site in growth.sites if site.kind == "own" and site.trend.verdict == "leaking"]
    return found + ["(heap)"] * (growth.trend.verdict == "leaking")


def grown(series: Series, rules: LeakRules) -> Growth:
    growth = heap_growth("app", series, rules=rules)
    assert growth is not None
    return growth


def score(growth: Growth) -> float:
    """Give the largest lower bound of a slope that passes the other rules, in bytes/s: what the curve is swept over."""
    trends = [growth.trend, *(site.trend for site in growth.sites)]
    return max((trend.low or 0.0 for trend in trends if trend.verdict == "leaking"), default=0.0)


def area(leaking: Sequence[float], clean: Sequence[float]) -> float:
    """Area below the curve: how often a leaking series scores higher than a clean one, ties half."""
    pairs = [(high > low) + (high == low) / 2 for high in leaking for low in clean]
    return sum(pairs) / len(pairs)


def rates(leaking: Sequence[Series], clean: Sequence[Series], rules: LeakRules) -> tuple[float, float]:
    """Share of leaking and of clean series in which something is called a leak."""
    hits, alarms = (sum(bool(leaks(grown(one, rules))) for one in group) for group in (leaking, clean))
    return hits / len(leaking), alarms / len(clean)


def report(leaking: Sequence[Series], clean: Sequence[Series]) -> None:
    for name, changes in (
        ("all rules", {}),
        ("without the later half", {"min_late": 0.0}),
        ("without the steps", {"min_steps": 0.0}),
        ("without both", {"min_late": 0.0, "min_steps": 0.0}),
    ):
        print(f"  {name}\n  confidence   true positives   false positives")
        for confidence in CONFIDENCES:
            hits, alarms = rates(leaking, clean, replace(DEFAULT_RULES, confidence=confidence, **changes))
            print(f"  {confidence:10g}   {hits:14.2f}   {alarms:15.2f}")
        loose = replace(DEFAULT_RULES, min_bytes=0, min_share=0.0, **changes)
        scores = [[score(grown(one, loose)) for one in group] for group in (leaking, clean)]
        print(f"  area below the curve: {area(*scores):.3f}")
    named = sum(any(_MARK in name for name in leaks(grown(one, DEFAULT_RULES))) for one in leaking)
    print(f"  the planted site is named in {named} of {len(leaking)}")
    blamed = Counter(name for one in clean for name in leaks(grown(one, DEFAULT_RULES)))
    print("  false alarms:", ", ".join(f"{name} {count}x" for name, count in sorted(blamed.items())) or "none")


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--series", type=int, default=20, help="series of each kind")
    parser.add_argument("--keep", type=Path, help="keep the series here, and use those that are there")
    told = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as scratch:
        folder = told.keep or Path(scratch)
        kinds: dict[str, list[Series]] = {"heap": [], "none": []}
        for seed in range(told.series):
            variant = ("baseline", "optimized")[seed % 2]
            for kind, found in kinds.items():
                place = folder / f"{kind}-{seed}"
                if not (place / f"heap{SNAPSHOTS - 1}.pprof").exists():
                    collect(told.bin, [f"--leak={kind}", f"--variant={variant}"], seed, place)
                found.append(read(place))
        for name, begin, end in WINDOWS:
            print(f"\n{name}: {told.series} leaking and {told.series} clean series of {end - begin} snapshots")
            report(*([one[begin:end] for one in kinds[kind]] for kind in ("heap", "none")))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
