"""Stores of many runs made of the demo's real ones: each run its own files, labels, commits, days and values.

Most runs are of a main branch, three for each commit; others are of short-lived branches. Every profile's values are
scaled by a factor of its own (a few percent), so no two runs hold the same file, as in life.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path
from random import Random
from typing import Any, Final

from pipeline.proto import profile_pb2

ROOT: Final = Path(__file__).resolve().parents[2]
FIRST: Final = datetime(2025, 1, 1, tzinfo=UTC)
_HOURS_APART: Final = 2
_RUNS_OF_COMMIT: Final = 3
_SOURCES: Final = ("baseline", "optimized")
_RATES: Final = ("ops_per_sec",)
_TIMES: Final = ("avg_latency_ms",)


@dataclass(frozen=True)
class Made:
    """What a run of the store is called and where it is from."""

    name: str
    label: str
    started: datetime
    sha: str
    source: Path


def make_store(folder: Path, count: int, *, first: int = 0, seed: int = 7) -> list[str]:
    """Write runs ``first`` to ``first + count`` of a store into ``folder``/profiles; gives their names.

    The same numbers and seed give the same bytes, whatever else the store holds.
    """
    known = [path for path in sorted((ROOT / "profiles").iterdir()) if path.name.partition("-")[2] in _SOURCES]
    names = []
    for number in range(first, first + count):
        made = _place(number, known)
        _write(made, folder / "profiles" / made.name, Random(f"{seed} {number}"))
        names.append(made.name)
    return names


def _place(number: int, known: list[Path]) -> Made:
    started = FIRST + timedelta(hours=_HOURS_APART * number)
    label = f"branch-{number // 50:03}" if number % 10 in {7, 8, 9} else "main"
    sha = sha1(
        f"{label} {number // (10 * _RUNS_OF_COMMIT // 3) if label == 'main' else number // 50}".encode()
    ).hexdigest()
    return Made(f"{started:%Y%m%d_%H%M%S}-{label}", label, started, sha, known[number % len(known)])


def _write(made: Made, folder: Path, chance: Random) -> None:
    factor = chance.uniform(0.97, 1.03)
    for path in sorted(made.source.rglob("*")):
        if path.is_file():
            target = folder / path.relative_to(made.source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_changed(path, made, factor * chance.uniform(0.99, 1.01)))


def _changed(path: Path, made: Made, factor: float) -> bytes:
    if path.suffix == ".prof":
        return scaled(path.read_bytes(), factor)
    if path.name == "run.json":
        return json.dumps(_manifest(json.loads(path.read_bytes()), made)).encode()
    if path.name == "load-test-results.json":
        return json.dumps(_load(json.loads(path.read_bytes()), made, factor)).encode()
    return path.read_bytes()


def scaled(data: bytes, factor: float) -> bytes:
    """Multiply every value of a profile."""
    profile = profile_pb2.Profile.FromString(gzip.decompress(data))
    for sample in profile.sample:
        values = [round(value * factor) for value in sample.value]
        del sample.value[:]
        sample.value.extend(values)
    return gzip.compress(profile.SerializeToString(), compresslevel=1, mtime=0)


def _manifest(told: dict[str, Any], made: Made) -> dict[str, Any]:
    shift = made.started - datetime.fromisoformat(told["started"])
    environment = {**told["environment"], "git_sha": made.sha, "git_branch": made.label}
    moved = dict(_moved(told, shift))
    return {**moved, "id": made.name, "label": made.label, "environment": environment}


def _moved(value: dict[str, Any], shift: timedelta) -> Iterator[tuple[str, Any]]:
    """Move every time of a document."""
    for key, one in value.items():
        if isinstance(one, dict):
            yield key, dict(_moved(one, shift))
        elif isinstance(one, list):
            yield key, [dict(_moved(item, shift)) if isinstance(item, dict) else item for item in one]
        elif key in {"started", "finished"} and one:
            yield key, f"{datetime.fromisoformat(one) + shift:%Y-%m-%dT%H:%M:%S.%f}"[:23] + "Z"
        else:
            yield key, one


def _load(told: dict[str, Any], made: Made, factor: float) -> dict[str, Any]:
    rates = {key: told[key] * factor for key in _RATES if key in told}
    times = {key: told[key] / factor for key in _TIMES if key in told}
    latency = {key: value / factor for key, value in told.get("latency_ms", {}).items()}
    return {**told, **rates, **times, "latency_ms": latency, "timestamp": f"{made.started:%Y-%m-%dT%H:%M:%SZ}"}
