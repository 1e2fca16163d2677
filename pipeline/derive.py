"""One run in memory: raw bytes in, its record and data files out.

Rules: no disk, no clock; the reader of raw files is given. Whatever is wrong with one file becomes a Finding, and the
other files of the run are used; that holds for faults of our own too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pipeline.errors import DecodeError, StoreError
from pipeline.model import layout
from pipeline.model.finding import Finding
from pipeline.model.metric import LoadResult, Measurement
from pipeline.model.profile import Profile
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.run import RawFile, Run

TABLE_ROWS: Final = 200
_PROFILE_KINDS: Final = frozenset({*layout.ENDPOINTS, "profile"})


def derive(
    run: Run, found: Sequence[Finding], read: Callable[[RawFile], bytes], *, key: str, max_bytes: int
) -> tuple[RunRecord, dict[str, bytes]]:
    """Derive a run's record, and the files (name -> bytes) that belong beside it.

    ``found`` is what the store doubts about the run already (what collect doubted is in the manifest); ``max_bytes``
    bounds what a profile may unpack to.
    """
    doubts = [*found, *(run.manifest.findings if run.manifest else ())]
    decoded: list[tuple[RawFile, Profile]] = []
    load: dict[str, LoadResult] = {}
    for file in run.files:
        result, doubt = _read(file, read, max_bytes)
        if isinstance(result, Profile):
            decoded.append((file, result))
        elif isinstance(result, LoadResult):
            load[file.path] = result
        doubts += [doubt] if doubt else []
    profiles, files = _analyse(decoded, doubts)
    measurements, measured_doubts = _measure(run, decoded, load)
    main_load = next((load[path] for path in sorted(load, key=lambda path: (path.count("/"), path))), None)
    return RunRecord(key, run, profiles, main_load, measurements, (*doubts, *measured_doubts)), files


def _read(
    file: RawFile, read: Callable[[RawFile], bytes], max_bytes: int
) -> tuple[Profile | LoadResult | None, Finding | None]:
    """Decode one raw file if it is of a kind we decode; whatever is wrong with it is a Finding."""
    from pipeline.decode import decode_profile
    from pipeline.decode.loadtest import decode_load

    if file.kind not in {*_PROFILE_KINDS, "load"}:
        return None, None
    data = b""
    try:
        data = read(file)
        if file.kind == "load":
            return decode_load(data), None
        return decode_profile(data, max_bytes=max_bytes, symbolize=True), None
    except DecodeError as error:
        cure = error.cure or "Collect it again."
        return None, Finding(error.code, "error", error.message, file.path, f"begins with {data[:24]!a}", cure)
    except StoreError as error:
        return None, Finding("unreadable", "error", error.message, file.path, "", error.cure)
    except Exception as error:  # noqa: BLE001 - one bad file never loses a run
        return None, _internal(file.path, error)


def _internal(subject: str, error: Exception) -> Finding:
    return Finding(
        "internal",
        "error",
        "profbook failed on this part of the run; the rest is not affected.",
        subject,
        f"{type(error).__name__}: {error}"[:200],
        "Please report it, with the file if you can share it.",
    )


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
    run: Run, decoded: Sequence[tuple[RawFile, Profile]], load: Mapping[str, LoadResult]
) -> tuple[tuple[Measurement, ...], tuple[Finding, ...]]:
    from pipeline.analysis.metrics import measure

    try:
        return measure(run, decoded, load)
    except Exception as error:  # noqa: BLE001 - a run without metrics still has profiles to show
        return (), (_internal("metrics", error),)
