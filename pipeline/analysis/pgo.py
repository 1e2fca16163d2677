"""CPU profiles as one ``default.pgo``: added up so that no run counts more than another, and checked.

Rules, of go.dev/doc/pgo: profiles are of the CPU type and of equal duration, or a longer one would dominate; here each
is weighed to the longest. The compiler reads functions and lines, so they must be there. Labels, comments and addresses
are not needed and left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pipeline.analysis.columns import pick_labels
from pipeline.analysis.merge import combine
from pipeline.analysis.scaling import scale_values
from pipeline.errors import UsageError
from pipeline.model.profile import Profile

MIN_SAMPLES: Final = 200
"""Fewer samples (2 s of CPU time at 100 Hz) tell the compiler noise."""
_ALIKE: Final = 1.1
_NAMED: Final = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class PgoProfile:
    """The profile, and what to know about it, in words."""

    profile: Profile
    notes: tuple[str, ...]


def pgo_profile(profiles: Sequence[Profile]) -> PgoProfile:
    """Make one profile for the compiler. Raises UsageError when the profiles cannot serve."""
    for profile in profiles:
        _check(profile)
    longest = max(profile.duration_nanos for profile in profiles)
    shortest = min(profile.duration_nanos for profile in profiles)
    notes: list[str] = []
    if longest > _ALIKE * shortest:
        profiles = [
            scale_values(one, [longest / one.duration_nanos] * len(one.sample_types)) if one.duration_nanos else one
            for one in profiles
        ]
        notes.append(
            f"profiles last {shortest / 1e9:.1f} to {longest / 1e9:.1f} s: each is weighed as if it were the longest"
        )
    merged = combine([_bare(profile) for profile in profiles])
    count = int(merged.samples.values[:, 0].sum())
    if count < MIN_SAMPLES:
        raise UsageError(
            f"there are only {count} samples in {len(profiles)} CPU profiles, and {MIN_SAMPLES} are the least",
            cure="Collect longer or more runs under load (collect.cpu_seconds, --repeat).",
        )
    notes.append(f"{len(profiles)} CPU profiles, {count} samples")
    return PgoProfile(merged, tuple(notes))


def _check(profile: Profile) -> None:
    kinds = [(one.type, one.unit) for one in profile.sample_types]
    if kinds != [("samples", "count"), ("cpu", "nanoseconds")]:
        raise UsageError(
            f"{' '.join(map(str, profile.sample_types))} is no CPU profile of Go", cure="default.pgo needs --kind cpu."
        )
    lines = profile.locations.line_function
    named = np.array([bool(name) for name in profile.functions.name], np.bool_)
    lined = np.diff(profile.locations.line_offset) > 0
    used = np.zeros(len(profile.locations), np.bool_)
    used[profile.samples.stack] = True
    share = float(lined[used].mean()) if used.any() else 0.0
    if share < _NAMED or not named[lines].all():
        raise UsageError(
            f"only {100 * share:.0f} % of the code locations have a function name",
            cure="Take the profile from the service itself, not from a stripped binary.",
        )


def _bare(profile: Profile) -> Profile:
    nothing = np.zeros(0, np.int64)
    return replace(profile, labels=pick_labels(profile.labels, nothing), comments=(), doc_url="")
