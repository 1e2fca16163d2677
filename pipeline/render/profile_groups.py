"""The profiles of a run in the order people ask for them: by component, kind and when they were taken. Pure.

Rules: of each kind one profile is shown whole. What counts from the start of the process holds what came before, so it
is the last one; a CPU profile tells of its own time alone, so of a series it is the heaviest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.summary import SummaryProfile
from pipeline.render import encode

_KINDS: Final = ("cpu", "heap", "allocs", "goroutine", "goroutineleak", "mutex", "block", "threadcreate")
_PHASES: Final = {"before": 0, "during": 1, "series": 2, "": 3, "after": 4}
_TITLES: Final[Mapping[str, str]] = {
    "cpu": "CPU",
    "heap": "Heap",
    "allocs": "Allocations",
    "goroutine": "Goroutines",
    "goroutineleak": "Leaked goroutines",
    "mutex": "Mutex contention",
    "block": "Blocking",
    "threadcreate": "Thread creation",
    "profile": "Other profile",
}


@dataclass(frozen=True, slots=True)
class ProfileGroup:
    """The profiles of one kind of one component in the order they were ``taken``, and the one that is shown whole.

    ``component`` is empty when the run has only one.
    """

    id: str
    component: str
    kind: str
    taken: tuple[ProfileRecord, ...]
    shown: ProfileRecord

    @property
    def title(self) -> str:
        """Name the kind in words."""
        return kind_title(self.kind)

    @property
    def name(self) -> str:
        """Name the profiles so that no others of the run have the same name."""
        return f"{self.component}: {self.title}" if self.component else self.title


def profile_groups(record: RunRecord) -> tuple[ProfileGroup, ...]:
    """Sort the profiles of a run by component, then by kind in the order people ask for them."""
    groups: dict[tuple[str, str], list[ProfileRecord]] = {}
    for profile in record.profiles:
        groups.setdefault((profile.component, profile.kind), []).append(profile)
    ordered = sorted(groups, key=lambda key: (key[0], _rank(key[1]), key[1]))
    single = len({component for component, _ in groups}) == 1
    return tuple(
        ProfileGroup(
            id=encode.anchor("profile", kind) if single else encode.anchor("profile", component, kind),
            component="" if single else component,
            kind=kind,
            taken=tuple(sorted(groups[component, kind], key=taken_order)),
            shown=max(groups[component, kind], key=shown_order),
        )
        for component, kind in ordered
    )


def kind_title(kind: str) -> str:
    """Name a kind of profile in words."""
    return _TITLES.get(kind, kind)


def taken_order(profile: ProfileRecord | SummaryProfile) -> tuple[int, int, str]:
    """Sort key of the profiles of one kind: in the order they were taken."""
    return _PHASES.get(profile.phase, 3), profile.index or 0, profile.path


def shown_order(profile: ProfileRecord | SummaryProfile) -> tuple[int, int, int, str]:
    """Sort key of the profiles of one kind, of which the last is shown whole.

    A CPU profile tells of its own time alone, and the last of a series often begins when the load has ended: so it is
    the heaviest. All others hold what came before.
    """
    return profile.total if profile.kind == "cpu" else 0, *taken_order(profile)


def _rank(kind: str) -> int:
    return _KINDS.index(kind) if kind in _KINDS else len(_KINDS)
