"""Making profiles alike before they are put together: the same sample types, in the same units.

Rules: as pprof, the finest unit wins so that no digit is lost; values stay int64.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline import units
from pipeline.analysis.columns import keep_samples
from pipeline.errors import UsageError
from pipeline.model.profile import Int, Profile, SampleType


def share_sample_types(profiles: Sequence[Profile]) -> list[Profile]:
    """Keep the sample types all profiles have, in the order of the first; raises UsageError when there are none."""
    sets = [{kind.type for kind in profile.sample_types} for profile in profiles]
    names = [kind.type for kind in profiles[0].sample_types if all(kind.type in known for known in sets)]
    if not names:
        raise UsageError("profiles have empty common sample type list", cure="Compare profiles of the same kind.")
    return [_choose_types(profile, names) for profile in profiles]


def _choose_types(profile: Profile, names: list[str]) -> Profile:
    have = [kind.type for kind in profile.sample_types]
    if have == names:
        return profile
    columns = [have.index(name) for name in names]
    values = profile.samples.values[:, columns]
    default = profile.default_sample_type if profile.default_sample_type in names else names[0]
    return replace(
        profile,
        sample_types=tuple(profile.sample_types[column] for column in columns),
        samples=replace(profile.samples, values=values),
        default_sample_type=default,
    )


def scale_alike(profiles: Sequence[Profile]) -> list[Profile]:
    """Scale values and periods to the finest unit of each sample type; raises UsageError where units do not fit."""
    if len(profiles) == 1:
        return list(profiles)
    period = _finest([profile.period_type for profile in profiles if profile.period_type], "period type")
    columns = zip(*(profile.sample_types for profile in profiles), strict=True)
    finest = [_finest(column, "sample types") for column in columns]
    return [_rescale(profile, finest, period) for profile in profiles]


def _rescale(profile: Profile, finest: list[SampleType | None], period: SampleType | None) -> Profile:
    ratios, kinds = [], []
    for kind, best in zip(profile.sample_types, finest, strict=True):
        unit = best.unit if best else kind.unit
        ratios.append(units.scale(1, kind.unit, unit)[0])
        kinds.append(SampleType(kind.type, unit))
    scaled = replace(scale_values(profile, ratios), sample_types=tuple(kinds))
    if period is None or profile.period_type is None:
        return scaled
    length = int(units.scale(profile.period, profile.period_type.unit, period.unit)[0])
    return replace(scaled, period=length, period_type=SampleType(profile.period_type.type, period.unit))


def _finest(kinds: Iterable[SampleType], what: str) -> SampleType | None:
    best: SampleType | None = None
    for kind in kinds:
        if best is None:
            best = kind
            continue
        same = best.type.removesuffix("s") == kind.type.removesuffix("s")
        if not (same and units.same_family(best.unit, kind.unit)):
            raise UsageError(f"{what}: incompatible types: {best} and {kind}")
        if units.scale(1, kind.unit, best.unit)[0] < 1:
            best = kind
    return best


def scale_values(profile: Profile, ratios: Sequence[float]) -> Profile:
    """Multiply each sample type by its ratio, rounding half away from zero.

    As in pprof, samples are dropped whose *changed* values all become zero.
    """
    changed = [column for column, ratio in enumerate(ratios) if ratio != 1]
    if not changed:
        return profile
    values = profile.samples.values.copy()
    for column in changed:
        values[:, column] = _round_away(values[:, column].astype(np.float64) * ratios[column])
    scaled = replace(profile, samples=replace(profile.samples, values=values))
    return keep_samples(scaled, (values[:, changed] != 0).any(axis=1))


def total_ratios(profile: Profile, base: Profile) -> list[float]:
    """Say by how much each type of a profile must grow to reach the base's (signed) total."""
    wanted, have = base.samples.values.sum(axis=0).tolist(), profile.samples.values.sum(axis=0).tolist()
    return [float(new) / float(old) if old else 0.0 for new, old in zip(wanted, have, strict=True)]


def _round_away(values: NDArray[np.float64]) -> Int:
    whole = np.trunc(values)
    away = np.abs(values - whole) >= 0.5
    with np.errstate(invalid="ignore"):
        return (whole + np.where(away, np.sign(values), 0.0)).astype(np.int64)
