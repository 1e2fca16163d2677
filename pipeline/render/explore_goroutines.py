"""The groups of goroutines a run followed over its snapshots, as the explorer reads them: one data file a run. Pure.

``profbook.data("goroutines/<run>", {format, components: [{component, paths, dump, proof, count, groups: [{entry, runs,
counts, sign, word, createdBy, createdAt, waitsIn, state, minutes, leaked}]}]})``; ``counts`` are by ``paths``, in the
order they were taken, ``count`` is how many groups there were before the list was cut. Texts are as in the profiles.
"""

from __future__ import annotations

from typing import Any, Final

from pipeline.model.goroutine_group import GoroutineGroup, GoroutineGroups
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.render.growth_section import trend_state

FORMAT: Final = 1


def followed_goroutines(record: RunRecord) -> dict[str, Any] | None:
    """Say what the run found out about its goroutines; None when that is nothing."""
    if not record.goroutines:
        return None
    return {"format": FORMAT, "components": [_component(one) for one in record.goroutines]}


def is_followed(profile: ProfileRecord, record: RunRecord) -> bool:
    """Tell whether a profile is one of the snapshots whose goroutines were followed."""
    return any(profile.path in {*one.paths, one.dump, one.proof} for one in record.goroutines)


def _component(one: GoroutineGroups) -> dict[str, Any]:
    return {
        "component": one.component,
        "paths": list(one.paths),
        "dump": one.dump,
        "proof": one.proof,
        "count": one.group_count,
        "groups": [_group(group) for group in one.groups],
    }


def _group(group: GoroutineGroup) -> dict[str, Any]:
    state = trend_state(group.trend)
    return {
        "entry": group.entry,
        "runs": group.runs,
        "counts": list(group.counts),
        "sign": state.sign,
        "word": state.word,
        "createdBy": group.created_by,
        "createdAt": group.created_at,
        "waitsIn": group.waits_in,
        "state": group.state,
        "minutes": group.wait_minutes,
        "leaked": group.leaked,
    }
