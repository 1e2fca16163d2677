"""From decoded files to the profile a report is made of: merged, a base taken away, names shown as pprof shows them.

Rules: this is what `go tool pprof` does between reading its sources and making a report, without looking for binaries
or servers to symbolize with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from pipeline.analysis.demangle import DEFAULT, NameStyle, demangle_names
from pipeline.analysis.merge import combine, subtract
from pipeline.analysis.prune import remove_uninteresting
from pipeline.errors import UsageError
from pipeline.model.profile import Mapping, Profile


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How sources become one profile; ``file`` and ``build_id`` override those of the main binary.

    Without ``names`` functions are called what the file calls them.
    """

    file: str = ""
    build_id: str = ""
    comment: str = ""
    diff: bool = False
    normalize: bool = False
    all_frames: bool = False
    names: NameStyle | None = DEFAULT


@lru_cache(maxsize=1)
def open_profile(profile: Profile) -> Profile:
    """Prepare one profile as pprof does before any report: this is what numbers on pages are taken from.

    All that is made of a profile is made in turn, so the last one is remembered.
    """
    return open_profiles((profile,), (), SourceOptions())


def open_profiles(sources: Sequence[Profile], bases: Sequence[Profile], options: SourceOptions) -> Profile:
    """Merge sources, subtract bases, then rename and prune; raises UsageError when they cannot be put together."""
    if options.normalize and not bases:
        raise UsageError("must have base profile to normalize by", cure="Add -base or -diff_base.")
    profile = combine([_locate(source, options) for source in sources])
    if bases:
        base = combine([_locate(source, options) for source in bases])
        profile = subtract(profile, base, normalize=options.normalize, diff=options.diff)
    if options.all_frames:
        profile = replace(profile, drop_frames="", keep_frames="")
    profile = remove_uninteresting(demangle_names(profile, options.names) if options.names else profile)
    return replace(profile, comments=(*profile.comments, options.comment)) if options.comment else profile


def _locate(profile: Profile, options: SourceOptions) -> Profile:
    """Give a profile without mappings an unnamed one, and put the names asked for on its main binary."""
    if not profile.mappings:
        everywhere = np.zeros(len(profile.locations), np.int64)
        located = replace(profile.locations, mapping=everywhere)
        profile = replace(profile, mappings=(Mapping(),), locations=located)
    if not (options.file or options.build_id):
        return profile
    main = profile.mappings[0]
    named = replace(main, file=options.file or main.file, build_id=main.build_id or options.build_id)
    return replace(profile, mappings=(named, *profile.mappings[1:]))
