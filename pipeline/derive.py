"""One run in memory: raw bytes in, its record and data files out.

Rules: no disk, no clock; the reader of raw files is given. Whatever is wrong with one file becomes a Finding, and the
other files of the run are used; that holds for faults of our own too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pipeline.errors import DecodeError, StoreError
from pipeline.model import layout
from pipeline.model.finding import Finding
from pipeline.model.memstats import MemStats
from pipeline.model.metric import LoadResult, Measurement, ProcessUsage
from pipeline.model.profile import Profile
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.run import RawFile, Run
from pipeline.model.target import Budget

if TYPE_CHECKING:
    from pipeline.analysis.replicas import Merged

TABLE_ROWS: Final = 200
_OUR_LOGS: Final = frozenset({"test.log", "collection.log", "service.log", "program.log", "timing.log", "build.log"})
_PROFILE_KINDS: Final = frozenset({*layout.ENDPOINTS, *layout.DELTAS, "profile"})


def derive(
    run: Run,
    found: Sequence[Finding],
    read: Callable[[RawFile], bytes],
    *,
    key: str,
    max_bytes: int,
    budgets: Mapping[str, Budget] | None = None,
) -> tuple[RunRecord, dict[str, bytes]]:
    """Derive a run's record, and the files (name -> bytes) that belong beside it.

    ``found`` is what the store doubts about the run already (what collect doubted is in the manifest); ``max_bytes``
    bounds what a profile may unpack to; ``budgets`` are the memory budgets by component of the settings.
    """
    from pipeline.decode.loadtest import load_doubts

    doubts = [*found, *(run.manifest.findings if run.manifest else ())]
    decoded: list[tuple[RawFile, Profile]] = []
    load: dict[str, LoadResult] = {}
    memstats: list[tuple[RawFile, MemStats]] = []
    usage: dict[str, ProcessUsage] = {}
    for file in run.files:
        result, doubt = _read(file, read, max_bytes)
        if isinstance(result, Profile):
            decoded.append((file, result))
        elif isinstance(result, LoadResult):
            load[file.path] = result
            doubts += load_doubts(result, file.path)
        elif isinstance(result, MemStats):
            memstats.append((file, result))
        elif isinstance(result, ProcessUsage):
            usage[file.path] = result
        doubts += [doubt] if doubt else []
    merged = _merge(run, decoded, doubts)
    profiles, files = _analyse([*decoded, *((one.file, one.profile) for one in merged)], doubts)
    parts = {one.file.path: one.parts for one in merged}
    profiles = tuple(replace(one, merged_of=parts.get(one.path, ())) for one in profiles)
    measurements, measured_doubts = _measure(run, decoded, merged, load=load, memstats=memstats, budgets=budgets or {})
    used, used_doubts = _measure_usage(usage)
    known = {(one.metric, one.component) for one in measurements}
    measurements += tuple(one for one in used if (one.metric, one.component) not in known)
    measured_doubts += used_doubts
    main_load = next((load[path] for path in sorted(load, key=lambda path: (path.count("/"), path))), None)
    return RunRecord(key, run, profiles, main_load, measurements, (*doubts, *measured_doubts)), files


def _read(
    file: RawFile, read: Callable[[RawFile], bytes], max_bytes: int
) -> tuple[Profile | LoadResult | MemStats | ProcessUsage | None, Finding | None]:
    """Decode one raw file if it is of a kind we decode; whatever is wrong with it is a Finding."""
    from pipeline.decode import decode_profile
    from pipeline.decode.gnutime import decode_time, is_time_report
    from pipeline.decode.loadtest import decode_load
    from pipeline.decode.memstats import decode_memstats

    if file.kind not in {*_PROFILE_KINDS, "load", "memstats", "time"} and not _is_foreign_log(file):
        return None, None
    data = b""
    try:
        data = read(file)
        if file.kind == "time" or (file.kind == "log" and is_time_report(data)):
            return decode_time(data), None
        if file.kind == "log":
            return None, None
        if file.kind == "load":
            return decode_load(data), None
        if file.kind == "memstats":
            return decode_memstats(data), None
        return decode_profile(data, max_bytes=max_bytes, symbolize=True), None
    except DecodeError as error:
        cure = error.cure or "Collect it again."
        return None, Finding(error.code, "error", error.message, file.path, f"begins with {data[:24]!a}", cure)
    except StoreError as error:
        return None, Finding("unreadable", "error", error.message, file.path, "", error.cure)
    except Exception as error:  # noqa: BLE001 - one bad file never loses a run
        return None, _internal(file.path, error)


def _is_foreign_log(file: RawFile) -> bool:
    """Tell whether a log may hold the report of `/usr/bin/time -v`: one that collect did not write."""
    return file.kind == "log" and file.path.rpartition("/")[2] not in _OUR_LOGS


def _internal(subject: str, error: Exception) -> Finding:
    return Finding(
        "internal",
        "error",
        "profbook failed on this part of the run; the rest is not affected.",
        subject,
        f"{type(error).__name__}: {error}"[:200],
        "Please report it, with the file if you can share it.",
    )


def _merge(run: Run, decoded: Sequence[tuple[RawFile, Profile]], doubts: list[Finding]) -> tuple[Merged, ...]:
    """Add up the profiles of pods that are replicas of one component."""
    from pipeline.analysis.replicas import compare_replicas, groups_of, merge_replicas

    if not groups_of(run):
        return ()
    try:
        merged, found = merge_replicas(run, decoded)
        doubts += (*found, *compare_replicas(run, decoded))
    except Exception as error:  # noqa: BLE001 - pods that cannot be added up can still be shown
        doubts.append(_internal("replicas", error))
        return ()
    return merged


def _analyse(
    decoded: Sequence[tuple[RawFile, Profile]], doubts: list[Finding]
) -> tuple[tuple[ProfileRecord, ...], dict[str, bytes]]:
    profiles: list[ProfileRecord] = []
    files: dict[str, bytes] = {}
    for file, profile in decoded:
        try:
            record, data = _analyse_one(file, profile)
        except Exception as error:  # noqa: BLE001 - one bad file never loses a run
            doubts.append(_internal(file.path, error))
            continue
        profiles.append(record)
        files |= data
    return tuple(profiles), files


def _analyse_one(file: RawFile, profile: Profile) -> tuple[ProfileRecord, dict[str, bytes]]:
    from pipeline.analysis.calltree import build_call_tree
    from pipeline.analysis.header import describe
    from pipeline.analysis.top import build_top_tables
    from pipeline.render.flame import flame_script, flame_svg

    tree = build_call_tree(profile)
    name, data = "", {}
    if len(tree):
        name = hashlib.sha256(flame_script(tree, "")).hexdigest()[:16]
        data = {f"{name}.js": flame_script(tree, name)}
        data |= {f"{name}.{index}.svg": flame_svg(tree, index).encode() for index in range(len(tree.sample_types))}
    header = describe(profile)
    record = ProfileRecord(
        path=file.path,
        component=file.component,
        kind=file.kind,
        phase=file.phase,
        index=file.index,
        sha256=file.sha256,
        format=profile.format,
        sample_types=profile.sample_types,
        default_index=profile.sample_index(),
        totals=tuple(profile.total(index) for index in range(len(profile.sample_types))),
        tables=build_top_tables(profile, limit=TABLE_ROWS),
        tree=name,
        node_count=len(tree),
        time_nanos=profile.time_nanos,
        duration_nanos=profile.duration_nanos,
        binary=header.file,
        build_id=header.build_id,
        findings=tuple(replace(doubt, subject=file.path) for doubt in profile.findings if _is_news(file, doubt)),
    )
    return record, data


def _is_news(file: RawFile, doubt: Finding) -> bool:
    """Tell whether a doubt is one: a leak profile without samples is how a healthy service looks."""
    return not (file.kind == "goroutineleak" and doubt.code == "no_samples")


def _measure(
    run: Run,
    decoded: Sequence[tuple[RawFile, Profile]],
    merged: Sequence[Merged],
    *,
    load: Mapping[str, LoadResult],
    memstats: Sequence[tuple[RawFile, MemStats]],
    budgets: Mapping[str, Budget],
) -> tuple[tuple[Measurement, ...], tuple[Finding, ...]]:
    from pipeline.analysis.budgets import check_budgets
    from pipeline.analysis.replicas import measure_replicas

    groups = {pod.component: pod.group for pod in run.manifest.pods} if run.manifest else {}
    try:
        measured, doubts = measure_replicas(run, decoded, merged, load, memstats)
        # A budget is that of one process: the sum of several is not held against it.
        summed = {one.file.component for one in merged}
        single = tuple(one for one in measured if one.component not in summed)
        return measured, (*doubts, *check_budgets(single, budgets, groups))
    except Exception as error:  # noqa: BLE001 - a run without metrics still has profiles to show
        return (), (_internal("metrics", error),)


def _measure_usage(usage: Mapping[str, ProcessUsage]) -> tuple[tuple[Measurement, ...], tuple[Finding, ...]]:
    from pipeline.analysis.usage import measure_usage

    measured, doubts = measure_usage(usage)
    return tuple(measured), tuple(doubts)
