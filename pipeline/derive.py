"""One run in memory: raw bytes in, its record and data files out.

Rules: no disk, no clock; the reader of raw files is given. Whatever is wrong with one file becomes a Finding, and the
other files of the run are used; that holds for faults of our own too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from pipeline.analysis.redact import (
    Redacted,
    Redactor,
    redact_profile,
    redact_source,
    redact_values,
    redaction_findings,
)
from pipeline.errors import DecodeError, StoreError
from pipeline.model import layout
from pipeline.model.benchmark import BenchmarkFile, RunBenchmarks
from pipeline.model.cost import NO_RULES, CostRules, Rollup
from pipeline.model.finding import Finding, Severity
from pipeline.model.goroutine_group import GoroutineGroups
from pipeline.model.growth import DEFAULT_RULES, Growth, LeakRules
from pipeline.model.memstats import MemStats
from pipeline.model.metric import LoadResult, Measurement, ProcessUsage
from pipeline.model.profile import Profile
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.redact import RedactRules
from pipeline.model.run import DEFAULT_COMPONENT, RawFile, Run
from pipeline.model.source import SourceStore
from pipeline.model.target import Budget
from pipeline.scrubbing import ScrubbedFiles, scrub_files

if TYPE_CHECKING:
    from pipeline.analysis.cost import RunCost
    from pipeline.analysis.replicas import Merged

TABLE_ROWS: Final = 200
_LEADING: Final = frozenset({"cpu", "profile"})
"""Kinds of profile a page is opened for: their pictures show more."""
_REDACT: Final = RedactRules()
_OUR_LOGS: Final = frozenset({"test.log", "collection.log", "service.log", "program.log", "timing.log", "build.log"})
_PROFILE_KINDS: Final = frozenset({*layout.ENDPOINTS, *layout.DELTAS, "profile"})
_NAMED: Final = _PROFILE_KINDS | {"bench", "load", "memstats", "source", "time"}
_Result = Profile | LoadResult | MemStats | ProcessUsage | BenchmarkFile | SourceStore


def derive(  # noqa: PLR0913 - all by keyword: what the settings say
    run: Run,
    found: Sequence[Finding],
    read: Callable[[RawFile], bytes],
    *,
    key: str,
    max_bytes: int,
    budgets: Mapping[str, Budget] | None = None,
    leak: LeakRules = DEFAULT_RULES,
    cost: CostRules = NO_RULES,
    redact: RedactRules = _REDACT,
    publish: bool = False,
) -> tuple[RunRecord, dict[str, bytes]]:
    """Derive a run's record, and the files (name -> bytes) that belong beside it.

    ``found`` is what the store doubts about the run already (what collect doubted is in the manifest); ``max_bytes``
    bounds what a profile may unpack to; ``budgets`` are the memory budgets by component of the settings, ``leak`` says
    when growth is a leak, ``cost`` whose code is one's own and which topics are weighed. ``redact`` says what is kept
    out of all of it; with ``publish`` raw files that hold such things are also written without them.
    """
    redactor = Redactor(redact)
    run = replace(run, manifest=redactor.all_of(run.manifest))
    doubts = [*found, *(run.manifest.findings if run.manifest else ())]
    files = _read_all(run, read, max_bytes, doubts, redactor)
    run = replace(run, files=tuple(files.raw))
    scrubbed = scrub_files(run.files, read, redactor, files.redacted) if publish else ScrubbedFiles()
    doubts += scrubbed.findings()
    merged = _merge(run, files.profiles, doubts)
    growth, goroutines = _follow(files.profiles, merged, files.memstats, leak, cost.module, doubts)
    every = [*files.profiles, *((one.file, one.profile) for one in merged)]
    profiles, data = _analyse(every, doubts)
    parts = {one.file.path: one.parts for one in merged}
    profiles = _annotate(profiles, files.source, every, doubts)
    measurements, measured_doubts = _measure(
        run, files.profiles, merged, load=files.load, memstats=files.memstats, budgets=budgets or {}
    )
    rollups, costs = _cost(run, every, files.load, cost, (*doubts, *measured_doubts))
    profiles = tuple(
        replace(one, merged_of=parts.get(one.path, ()), rollups=rollups.get(one.path, ())) for one in profiles
    )
    used, used_doubts = _measure_usage(files.usage)
    measurements += costs.measurements
    known = {(one.metric, one.component) for one in measurements}
    measurements += tuple(one for one in used if (one.metric, one.component) not in known)
    record = RunRecord(
        key,
        run,
        profiles,
        load=next((files.load[path] for path in sorted(files.load, key=lambda path: (path.count("/"), path))), None),
        measurements=measurements,
        findings=redactor.all_of((*doubts, *measured_doubts, *costs.findings, *used_doubts)),
        growth=growth,
        goroutines=goroutines,
        source=files.source,
        churn=costs.churn,
        contention=costs.contention,
        benchmarks=tuple(files.benchmarks),
        scrubbed=scrubbed.places(),
    )
    return record, data | scrubbed.data()


@dataclass(slots=True)
class _Files:
    """What the files of a run hold, by what they turned out to be; load and usage by path."""

    profiles: list[tuple[RawFile, Profile]] = field(default_factory=list)
    load: dict[str, LoadResult] = field(default_factory=dict)
    memstats: list[tuple[RawFile, MemStats]] = field(default_factory=list)
    usage: dict[str, ProcessUsage] = field(default_factory=dict)
    benchmarks: list[RunBenchmarks] = field(default_factory=list)
    source: SourceStore | None = None
    raw: list[RawFile] = field(default_factory=list)
    redacted: dict[str, Redacted] = field(default_factory=dict)


def _read_all(
    run: Run, read: Callable[[RawFile], bytes], max_bytes: int, doubts: list[Finding], redactor: Redactor
) -> _Files:
    """Decode every file of a run that is of a kind we decode, and redact what it says."""
    from pipeline.analysis.benchmarks import summarize
    from pipeline.decode.loadtest import load_doubts

    files = _Files()
    named = {(file.component, file.kind) for file in run.files}
    for found in run.files:
        result, doubt = _read(found, read, max_bytes)
        file = found if result is None else _placed(found, result, named)
        if isinstance(result, Profile) and result.is_difference and file.kind in layout.ENDPOINTS:
            doubts.append(_difference(file.path, file.kind))
            file = replace(file, kind="profile")
        files.raw.append(file)
        if isinstance(result, Profile):
            try:
                redacted = files.redacted[file.path] = redact_profile(result, redactor)
                files.profiles.append((file, redacted.profile))
            except Exception as error:  # noqa: BLE001 - one bad file never loses a run
                doubt = _internal(file.path, error)
        elif isinstance(result, LoadResult):
            result = files.load[file.path] = redactor.all_of(result)
            doubts += load_doubts(result, file.path)
        elif isinstance(result, MemStats):
            files.memstats.append((file, result))
        elif isinstance(result, ProcessUsage):
            files.usage[file.path] = redactor.all_of(result)
        elif isinstance(result, BenchmarkFile):
            component, result = file.component or DEFAULT_COMPONENT, redact_values(result, redactor.path)
            files.benchmarks.append(RunBenchmarks(file.path, component, result, summarize(result)))
            doubts += [replace(one, subject=file.path) for one in result.findings]
        elif isinstance(result, SourceStore):
            files.source = result
        doubts += [doubt] if doubt else []
    if files.source is not None:
        renamed = {old: new for one in files.redacted.values() for old, new in one.renamed.items()}
        files.source = redact_source(files.source, redactor, renamed)
    doubts += redaction_findings(files.redacted)
    return files


def _read(file: RawFile, read: Callable[[RawFile], bytes], max_bytes: int) -> tuple[_Result | None, Finding | None]:
    """Decode one raw file if it is of a kind we decode; whatever is wrong with it is a Finding."""
    if file.kind not in _NAMED and not _may_tell(file, max_bytes):
        return None, None
    data = b""
    try:
        data = read(file)
        return _decode(file.kind, data, max_bytes), None
    except DecodeError as error:
        if file.kind == "other":
            return None, None
        cure = error.cure or "Collect it again."
        severity: Severity = "warning" if file.kind == "source" else "error"
        return None, Finding(error.code, severity, error.message, file.path, f"begins with {data[:24]!a}", cure)
    except StoreError as error:
        return None, Finding("unreadable", "error", error.message, file.path, "", error.cure)
    except Exception as error:  # noqa: BLE001 - one bad file never loses a run
        return None, _internal(file.path, error)


def _decode(kind: str, data: bytes, max_bytes: int) -> _Result | None:
    """Decode bytes of a kind; what a file of no known name, or a log, holds is told by its content."""
    from pipeline.decode import decode_profile
    from pipeline.decode.contents import recognise, recognise_log
    from pipeline.decode.gnutime import decode_time
    from pipeline.decode.gobench import decode_gobench
    from pipeline.decode.loadtest import decode_load
    from pipeline.decode.memstats import decode_memstats
    from pipeline.decode.source_store import decode_source

    if kind in {"other", "log"}:
        kind = recognise(data, max_bytes) if kind == "other" else recognise_log(data)
    if kind == "profile" or kind in _PROFILE_KINDS:
        return decode_profile(data, max_bytes=max_bytes, symbolize=True)
    decoders: dict[str, Callable[[bytes], _Result]] = {
        "bench": decode_gobench,
        "load": decode_load,
        "memstats": decode_memstats,
        "source": decode_source,
        "time": decode_time,
    }
    return decoders[kind](data) if kind in decoders else None


def _may_tell(file: RawFile, max_bytes: int) -> bool:
    """Tell whether the content of a file is looked at though its name says nothing; collect's own logs are known."""
    if file.kind == "log":
        return file.path.rpartition("/")[2] not in _OUR_LOGS
    return file.kind == "other" and file.size_bytes <= max_bytes and layout.component_of(file.path) != ""


def _placed(file: RawFile, result: _Result, named: Container[tuple[str, str]]) -> RawFile:
    """Give a file whose name does not tell what it is the place its content tells.

    Beside a file that is named so, it stays a profile of no kind: shown, but not measured as if it were the other.
    """
    from pipeline.decode.contents import kind_of

    if file.kind not in {"other", "profile"}:
        return file
    component = file.component or layout.component_of(file.path)
    if not isinstance(result, Profile):
        kinds = {LoadResult: "load", MemStats: "memstats", ProcessUsage: "time", BenchmarkFile: "bench"}
        return replace(file, component=component, kind=kinds.get(type(result), file.kind))
    kind = kind_of(result)
    if kind == "profile" or (component, kind) in named:
        return replace(file, component=component, kind="profile")
    return replace(file, component=component, kind=kind, phase=file.phase or layout.usual_phase(kind))


def _difference(subject: str, kind: str) -> Finding:
    return Finding(
        "difference",
        "warning",
        "The profile holds negative values: it is what changed between two others.",
        subject,
        f"else it would be measured as {kind}",
        "It is shown, and nothing is measured by it. Keep the two profiles it was made of.",
    )


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
    from pipeline.analysis.contention import rate_cure
    from pipeline.analysis.header import describe
    from pipeline.analysis.source import open_profile
    from pipeline.analysis.stacktree import build_stack_tree
    from pipeline.analysis.top import build_top_tables
    from pipeline.model import pfv, stacks
    from pipeline.render.flame import BRIEF, LEAD, flame_svg
    from pipeline.render.heaviest import heaviest
    from pipeline.render.payload import payload_scripts

    tree, tables = build_call_tree(profile), build_top_tables(profile, limit=TABLE_ROWS)
    name, data = "", {}
    if len(tree):
        opened = open_profile(profile)
        whole, samples = pfv.pack(tree), stacks.pack_samples(opened, build_stack_tree(opened), tree.frames)
        name = hashlib.sha256(whole + samples).hexdigest()[:16]
        data = payload_scripts(name, whole, samples)
        # Pages show the default sample type before their script has run; the script draws the others from the data.
        rows = [row.name for row in heaviest(tables[tree.default_index])]
        head = LEAD if file.kind in _LEADING else BRIEF
        data[f"{name}.svg"] = flame_svg(tree, tree.default_index, rows, head=head).encode()
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
        tables=tables,
        tree=name,
        node_count=len(tree),
        time_nanos=profile.time_nanos,
        duration_nanos=profile.duration_nanos,
        binary=header.file,
        build_id=header.build_id,
        findings=tuple(
            rate_cure(replace(doubt, subject=file.path), file.kind)
            for doubt in profile.findings
            if _is_news(file, doubt)
        ),
    )
    return record, data


def _annotate(
    profiles: tuple[ProfileRecord, ...],
    source: SourceStore | None,
    decoded: Sequence[tuple[RawFile, Profile]],
    doubts: list[Finding],
) -> tuple[ProfileRecord, ...]:
    """Say what the stored source lines weigh in each profile; without stored source nothing is done."""
    if source is None:
        return profiles
    from pipeline.analysis.annotate import annotate

    read = {file.path: profile for file, profile in decoded}
    try:
        return tuple(replace(one, source=annotate(read[one.path], source)) for one in profiles)
    except Exception as error:  # noqa: BLE001 - profiles can be shown without their source
        doubts.append(_internal("source.json", error))
        return profiles


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


def _follow(
    decoded: Sequence[tuple[RawFile, Profile]],
    merged: Sequence[Merged],
    memstats: Sequence[tuple[RawFile, MemStats]],
    rules: LeakRules,
    module: str,
    doubts: list[Finding],
) -> tuple[tuple[Growth, ...], tuple[GoroutineGroups, ...]]:
    """Follow heap and goroutines of every component over its snapshots; each pod speaks for itself in ``doubts``."""
    from pipeline.analysis.follow import follow

    try:
        found = follow(decoded, memstats, rules, module)
        summed = follow([(one.file, one.profile) for one in merged], (), rules, module)
    except Exception as error:  # noqa: BLE001 - a run whose growth is not known still has profiles to show
        doubts.append(_internal("growth", error))
        return (), ()
    doubts += found.findings
    return (*found.growth, *summed.growth), (*found.goroutines, *summed.goroutines)


def _cost(
    run: Run,
    decoded: Sequence[tuple[RawFile, Profile]],
    load: Mapping[str, LoadResult],
    rules: CostRules,
    doubts: Sequence[Finding],
) -> tuple[dict[str, tuple[Rollup, ...]], RunCost]:
    """Weigh every profile by whose code it is, and measure churn and contention of every component."""
    from pipeline.analysis.cost import RunCost, measure_cost
    from pipeline.analysis.replicas import restarted
    from pipeline.analysis.rollup import roll_up
    from pipeline.analysis.topics import compile_topics

    rollups: dict[str, tuple[Rollup, ...]] = {}
    faults: list[Finding] = []
    topics = compile_topics(rules.topics)
    for file, profile in decoded:
        try:
            rollups[file.path] = roll_up(profile, module=rules.module, topics=topics)
        except Exception as error:  # noqa: BLE001 - one bad file never loses a run
            faults.append(_internal(file.path, error))
    again = {one.subject.partition("/")[0] for one in doubts if one.code == "restarted"} | restarted(run)
    try:
        costs = measure_cost(run, decoded, rollups, load, restarted=again, module=rules.module)
    except Exception as error:  # noqa: BLE001 - a run whose cost is not known still has profiles to show
        costs, faults = RunCost(), [*faults, _internal("cost", error)]
    return rollups, replace(costs, findings=(*faults, *costs.findings))


def _measure_usage(usage: Mapping[str, ProcessUsage]) -> tuple[tuple[Measurement, ...], tuple[Finding, ...]]:
    from pipeline.analysis.usage import measure_usage

    measured, doubts = measure_usage(usage)
    return tuple(measured), tuple(doubts)
