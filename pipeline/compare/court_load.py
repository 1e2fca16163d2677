"""Objections about the load: it failed, it was another one, or the profile does not lie inside it.

Rules: a rate of errors counts against a run only beyond the limit, not at it. What a load offered is known of open
loops alone: in a closed loop the rate is what the service answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipeline import units
from pipeline.compare.hearing import Check, Hearing
from pipeline.compare.thresholds import is_at_least, is_more
from pipeline.model.court import Objection
from pipeline.model.metric import LoadResult
from pipeline.model.record import RunRecord
from pipeline.model.run import FileReport

_SLACK_SECONDS: Final = 0.5
_WHOLE: Final = 0.99
_SAME_LOAD: Final = "Run the same load against both."


def _failures(case: Hearing) -> Iterator[Objection]:
    for run in case.runs:
        if (failed := failure(run)) is not None:
            yield Objection(
                "load_failed", "invalid", failed, run.run.id, "run.json", "Correct what failed and collect again."
            )


def failure(run: RunRecord) -> str | None:
    """Say how the load, test or programs of a run failed; None when they did not."""
    manifest = run.run.manifest
    if manifest is None:
        return None
    if manifest.load is not None and manifest.load.timed_out:
        return f"the load command of {run.run.id} was stopped at its deadline"
    if manifest.load is not None and manifest.load.exit_code not in {0, None}:
        return f"the load command of {run.run.id} failed (exit code {manifest.load.exit_code})"
    failed = [one for one in manifest.programs if one.exit_code != 0]
    if not failed:
        return None
    names = ", ".join(f"{one.component} {one.name}" for one in failed[:3])
    return f"programs of {run.run.id} failed: {names}" + (", …" if len(failed) > 3 else "")


def error_rate(load: LoadResult) -> float | None:
    """Share of the operations tried that failed; None when none was tried."""
    tried = load.operations + load.errors
    return load.errors / tried if tried else None


def _errors(case: Hearing) -> Iterator[Objection]:
    for run in case.runs:
        if run.load is None:
            continue
        rate = error_rate(run.load)
        if rate is None:
            sentence = f"the load test of {run.run.id} did nothing: no operation, no error"
        elif is_more(rate, case.limits.error_rate):
            sentence = (
                f"{units.show(rate, 'ratio')} of the operations of {run.run.id} failed "
                f"({run.load.errors:,} errors in {units.show(run.load.duration_seconds, 'seconds')}, "
                f"{run.load.operations:,} operations succeeded); failing is often faster than working"
            )
        else:
            continue
        cure = "See the service's log for why, and collect again once the load succeeds."
        yield Objection("error_rate", "invalid", sentence, run.run.id, _load_file(run), cure)


def _errors_differ(case: Hearing) -> Iterator[Objection]:
    rates = [[rate for run in side if run.load and (rate := error_rate(run.load)) is not None] for side in case.sides]
    if not rates[0] or not rates[1]:
        return
    low, high = (sum(side) / len(side) for side in rates)
    if is_more(abs(high - low), case.limits.error_rate_difference):
        yield Objection(
            "error_rates_differ",
            "doubt",
            f"error rates differ: {units.show(low, 'ratio')} on the base, {units.show(high, 'ratio')} on the head",
            cure="Failed operations cost something else than successful ones: look at why they fail.",
        )


def _durations(case: Hearing) -> Iterator[Objection]:
    known = {run.run.id: run.load.duration_seconds for run in case.runs if run.load is not None}
    values = known.values()
    if values and is_more(max(values), min(values) * (1 + case.limits.duration)):
        least, most = min(known, key=lambda run: known[run]), max(known, key=lambda run: known[run])
        yield Objection(
            "load_durations",
            "invalid",
            f"load durations differ: {known[least]:g} s to {known[most]:g} s",
            least,
            cure=_SAME_LOAD,
        )


def _rates(case: Hearing) -> Iterator[Objection]:
    loops = {run.load.open_loop for run in case.runs if run.load is not None} - {None}
    if len(loops) > 1:
        yield Objection(
            "load_rates",
            "invalid",
            "some loads sent operations by the clock (open loop), others each after the last answer (closed loop)",
            cure=_SAME_LOAD,
        )
        return
    offered = [_offered(run.load) for run in case.runs if run.load is not None and run.load.open_loop]
    if offered and is_more(max(offered), min(offered) * (1 + case.limits.rate)):
        yield Objection(
            "load_rates",
            "invalid",
            f"the loads offered different rates: {units.show(min(offered), 'ops/s')} to "
            f"{units.show(max(offered), 'ops/s')}",
            cure=_SAME_LOAD,
        )


def _offered(load: LoadResult) -> float:
    tried = load.operations + load.errors
    return tried / load.duration_seconds if load.duration_seconds > 0 else 0.0


def _commands(case: Hearing) -> Iterator[Objection]:
    """Commands are kept with their placeholders, so the same load has the same words."""
    sides = [{_command(run) for run in side} - {()} for side in case.sides]
    if sides[0] and sides[1] and sides[0] != sides[1]:
        only = min((sides[1] - sides[0]) or (sides[0] - sides[1]))
        yield Objection(
            "load_commands", "invalid", f"the load commands differ; one is: {' '.join(only)}", cure=_SAME_LOAD
        )
    tools = sorted({run.load.tool for run in case.runs if run.load is not None and run.load.tool})
    if len(tools) > 1:
        yield Objection(
            "load_commands", "invalid", f"different tools made the load: {', '.join(tools)}", cure=_SAME_LOAD
        )


def _command(run: RunRecord) -> tuple[str, ...]:
    manifest = run.run.manifest
    return manifest.load.command if manifest is not None and manifest.load is not None else ()


def _mix(case: Hearing) -> Iterator[Objection]:
    shares = [
        run.load.reads / (run.load.reads + run.load.writes)
        for run in case.runs
        if run.load is not None and run.load.reads is not None and run.load.writes is not None
        if run.load.reads + run.load.writes
    ]
    if shares and is_more(max(shares) - min(shares), case.limits.mix):
        yield Objection(
            "load_mix",
            "doubt",
            f"the loads were mixed differently: {units.show(min(shares), 'ratio')} to "
            f"{units.show(max(shares), 'ratio')} reads",
            cure="Fix the mix of the load, or compare reads and writes apart.",
        )


def _windows(case: Hearing) -> Iterator[Objection]:
    for run in case.runs:
        duration = run.load.duration_seconds if run.load is not None else 0.0
        for report in run.run.manifest.files if run.run.manifest and duration else ():
            if (share := _inside(report, duration)) is None or is_at_least(share, _WHOLE):
                continue
            yield Objection(
                "cpu_outside_load",
                "doubt" if share > 0 else "invalid",
                f"{units.show(share, 'ratio')} of the CPU profile of {run.run.id} lies inside its load",
                run.run.id,
                report.path,
                "Make the load longer or collect.cpu_seconds smaller.",
            )


def _inside(report: FileReport, duration: float) -> float | None:
    """Share of a CPU profile's window that lies inside a load of so many seconds; None when it is not known."""
    start, length = report.offset_seconds, report.window_seconds
    if report.kind != "cpu" or report.phase == "series" or start is None or not length:
        return None
    begin, end = max(start, -_SLACK_SECONDS), min(start + length, duration + _SLACK_SECONDS)
    return min(1.0, max(0.0, end - begin) / length)


def _load_file(run: RunRecord) -> str:
    return next((file.path for file in run.run.files if file.kind == "load"), "")


LOAD_CHECKS: Final[tuple[Check, ...]] = (
    _failures,
    _errors,
    _errors_differ,
    _durations,
    _rates,
    _commands,
    _mix,
    _windows,
)
