"""The profile a raw or proto report shows: filtered, and without inlined calls where these are not wanted.

Rules: as pprof, leaving out inlined calls also leaves out columns, unless these are asked for. ``divide_by`` makes
every value smaller, towards zero.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.analysis.graph import outermost_lines
from pipeline.analysis.scope import Scope
from pipeline.model.profile import Profile


def raw_of(scope: Scope) -> Profile:
    """Give the profile as filters and options leave it."""
    profile = scope.profile
    if not scope.options.no_inlines:
        return profile
    profile = outermost_lines(profile)
    locations = profile.locations
    if not scope.options.show_columns:
        locations = replace(locations, line_column=np.zeros_like(locations.line_column))
    mappings = tuple(replace(mapping, has_inline_frames=False) for mapping in profile.mappings)
    return replace(profile, locations=locations, mappings=mappings)


def divided(profile: Profile, divide_by: float) -> Profile:
    """Divide all values, towards zero; ratios that are 1 or negative change nothing, as in pprof."""
    ratio = 1 / divide_by
    if ratio <= 0 or ratio == 1:
        return profile
    scaled = np.trunc(profile.samples.values.astype(np.float64) * ratio)
    with np.errstate(invalid="ignore"):
        return replace(profile, samples=replace(profile.samples, values=scaled.astype(np.int64)))
