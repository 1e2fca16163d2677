"""A run's summary, made of its record: what the pages of other runs and the lists say of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.run import Environment
from pipeline.model.summary import SHOWN_FAILURES, RunSummary, SummaryMeasurement, SummaryProfile
from pipeline.render.run_cells import cells
from pipeline.render.state import state_key

FUNCTIONS_OF_PROFILE: Final = 12
FUNCTIONS_OF_RUN: Final = 48


def summarize(record: RunRecord) -> RunSummary:
    """Summarize a run's record."""
    run = record.run
    environment = run.manifest.environment if run.manifest else Environment()
    errors = [doubt for doubt in record.all_findings if doubt.severity == "error"]
    return RunSummary(
        id=run.id,
        key=record.key,
        label=run.label,
        started=run.started,
        branch=environment.git_branch,
        commit=environment.git_sha,
        dirty=environment.git_dirty,
        components=run.components,
        state=state_key(record),
        errors=len(errors),
        warnings=sum(doubt.severity == "warning" for doubt in record.all_findings),
        measurements=tuple(SummaryMeasurement(one.metric, one.value, one.component) for one in record.measurements),
        functions=_functions(record.profiles),
        profiles=tuple(_profile(one) for one in record.profiles),
        cells=cells(record.measurements),
        failures=tuple(errors[:SHOWN_FAILURES]),
    )


def _profile(one: ProfileRecord) -> SummaryProfile:
    shown = one.sample_types[one.default_index].type if one.default_index < len(one.sample_types) else ""
    return SummaryProfile(one.path, one.component, one.kind, one.phase, one.index, one.tree, shown, one.total)


def _functions(profiles: Sequence[ProfileRecord]) -> tuple[str, ...]:
    """Name the functions at the top of each profile's first table, each once."""
    names: dict[str, None] = {}
    for profile in profiles:
        for table in profile.tables[profile.default_index : profile.default_index + 1]:
            names.update(dict.fromkeys(row.name for row in table.rows[:FUNCTIONS_OF_PROFILE]))
    return tuple(list(names)[:FUNCTIONS_OF_RUN])
