"""What a file of a run is, by its content alone: for names that say nothing, and for names that may be wrong.

Rules: a file is what its decoder makes of it; of what no decoder reads, nothing is claimed. A goroutine dump inside a
log (a panic) is a part of that log, so a dump must begin the file. Pure.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from pipeline.decode.gnutime import is_time_report
from pipeline.decode.gobench import is_gobench
from pipeline.decode.loadtest import decode_load
from pipeline.decode.sniff import GOROUTINE_DUMP, GOROUTINE_HEADER, READABLE, sniff
from pipeline.decode.unpack import unpack
from pipeline.errors import DecodeError
from pipeline.model.profile import Profile

_MEMSTATS: Final = b"# runtime.MemStats"
_BEGINNING: Final = 1 << 12
_LETS_GO: Final = ("nlock", "nlock2", "_LostContendedRuntimeLock")
"""How the functions end that a mutex profile blames: who lets go of a lock others wait for."""


def recognise(data: bytes, max_bytes: int) -> str:
    """Name what bytes are: profile, time, memstats, bench, load; empty for what is none of them.

    A profile may still turn out to be none, because any bytes can be those of a damaged one.
    """
    if (kind := recognise_log(data)) == "time":
        return kind
    try:
        raw, _ = unpack(data, max_bytes)
    except DecodeError:
        return ""
    found = sniff(raw)
    if found in READABLE and (found != GOROUTINE_DUMP or _begins_with_dump(raw)):
        return "profile"
    if raw.startswith(_MEMSTATS):
        return "memstats"
    return kind or ("load" if _is_load(data) else "")


def recognise_log(data: bytes) -> str:
    """Name what a log holds: the report of a timed command, results of benchmarks, or nothing that is read."""
    return "time" if is_time_report(data) else "bench" if is_gobench(data) else ""


def kind_of(profile: Profile) -> str:
    """Name the kind of a profile by its sample types; ``profile`` when they fit none."""
    names = [kind.type for kind in profile.sample_types]
    if "inuse_space" in names or "alloc_space" in names:
        return "allocs" if profile.default_sample_type == "alloc_space" or "inuse_space" not in names else "heap"
    if "cpu" in names:
        return "cpu"
    if "contentions" in names:
        return _contention(profile)
    return next((name for name in names if name in {"goroutine", "goroutineleak", "threadcreate"}), "profile")


def _contention(profile: Profile) -> str:
    """Tell block from mutex: both have the same columns, but one blames who waited and one who made others wait."""
    samples, locations = profile.samples, profile.locations
    first = samples.stack_offset[:-1][np.diff(samples.stack_offset) > 0]
    leaves = np.unique(samples.stack[first])
    named = leaves[np.diff(locations.line_offset)[leaves] > 0]
    names = {profile.functions.name[i] for i in locations.line_function[locations.line_offset[:-1][named]].tolist()}
    if not names:
        return "profile"
    return "mutex" if any(name.endswith(_LETS_GO) for name in names) else "block"


def _begins_with_dump(raw: bytes) -> bool:
    lines = raw[:_BEGINNING].decode("utf-8", "replace").removeprefix("\ufeff").splitlines()
    first = next((line for line in lines if line.strip()), "")
    return bool(GOROUTINE_HEADER.fullmatch(first)) or first.startswith(("SIGQUIT: ", "SIGABRT: "))


def _is_load(data: bytes) -> bool:
    try:
        decode_load(data)
    except DecodeError:
        return False
    return True
