"""Which samples, frames and labels a report counts: focus, ignore, hide, show, show_from by name, the rest by label.

Rules: as pprof, a pattern is tried on function names, file names and the mapped file of a location; hiding removes
frames, focusing removes samples; a sample whose frames were all hidden is gone. Numbers of frames that stay do not
change. Filters that matched nothing are told in words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pipeline.analysis import prune, tagfilter
from pipeline.analysis.columns import Mask, keep_entries, keep_lines, keep_samples, owners, pick_labels
from pipeline.analysis.pattern import Pattern, compile_pattern
from pipeline.analysis.pattern_syntax import PatternError
from pipeline.errors import UsageError
from pipeline.model.profile import Profile
from pipeline.model.report import FilterOptions


@dataclass(frozen=True, slots=True)
class Filtered:
    """The profile that is left, and what a reader should know about the filters."""

    profile: Profile
    warnings: tuple[str, ...] = ()


def apply_filters(profile: Profile, options: FilterOptions, label_units: dict[str, str]) -> Filtered:
    """Apply all filters in pprof's order; raises UsageError on a pattern Go would refuse."""
    names = ("focus", "ignore", "hide", "show", "show_from", "prune_from")
    patterns = {name: option_pattern(name, getattr(options, name)) for name in names}
    tags = {
        name: tagfilter.compile_tag_filter(name, getattr(options, name), label_units)
        for name in ("tagfocus", "tagignore")
    }
    tag_show, tag_hide = (option_pattern(name, getattr(options, name)) for name in ("tagshow", "taghide"))
    warnings: list[str] = [note for tag in tags.values() if tag and (note := tag.note)]
    profile, missed = filter_by_name(
        profile, focus=patterns["focus"], ignore=patterns["ignore"], hide=patterns["hide"], show=patterns["show"]
    )
    if pattern := patterns["show_from"]:
        profile, matched = show_from(profile, pattern)
        missed += () if matched else ("ShowFrom",)
    for name, title in (("tagfocus", "TagFocus"), ("tagignore", "TagIgnore")):
        if tag := tags[name]:
            chosen = tag.matches(profile)
            missed += () if chosen.any() else (title,)
            profile = keep_samples(profile, chosen if name == "tagfocus" else ~chosen)
    profile, absent = filter_labels(profile, show=tag_show, hide=tag_hide)
    missed += absent
    if pattern := patterns["prune_from"]:
        profile = prune.prune_from(profile, pattern.search)
    return Filtered(profile, (*warnings, *(f"{name} expression matched no samples" for name in missed)))


def option_pattern(name: str, text: str) -> Pattern | None:
    """Compile the pattern of an option; raises UsageError, no text gives None."""
    if not text:
        return None
    try:
        return compile_pattern(text)
    except PatternError as error:
        raise UsageError(f"parsing {name} regexp: {error}") from error


def filter_labels(profile: Profile, *, show: Pattern | None, hide: Pattern | None) -> tuple[Profile, tuple[str, ...]]:
    """Keep labels whose key is shown and not hidden; returns the profile and the filters that matched nothing."""
    if not (show or hide):
        return profile, ()
    keys = profile.labels.key
    shown = np.fromiter((not show or show.search(key) for key in keys), np.bool_, len(keys))
    hidden = np.fromiter((bool(hide and hide.search(key)) for key in keys), np.bool_, len(keys))
    missed: tuple[str, ...] = ("TagShow",) if show and not shown.any() else ()
    missed += ("TagHide",) if hide and not hidden.any() else ()
    return replace(profile, labels=pick_labels(profile.labels, np.flatnonzero(shown & ~hidden))), missed


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Where a pattern matches: lines bool[Q] by function or file name, locations bool[L] by mapped file."""

    line: Mask
    mapped: Mask

    def locations(self, profile: Profile) -> Mask:
        """Tell which locations match by any of their lines or by their file: bool[L]."""
        matched = self.mapped.copy()
        matched[owners(profile.locations.line_offset)[self.line]] = True
        return matched


def match_names(profile: Profile, search: Callable[[str], bool]) -> Matches:
    """Find where a search matches, as pprof's options of names do."""
    functions, locations = profile.functions, profile.locations
    pairs = zip(functions.name, functions.filename, strict=True)
    function = np.fromiter((search(name) or search(file) for name, file in pairs), np.bool_, len(functions))
    mapping = np.array([*(search(mapping.file) for mapping in profile.mappings), False])
    return Matches(function[locations.line_function], mapping[locations.mapping])


def filter_by_name(
    profile: Profile, *, focus: Pattern | None, ignore: Pattern | None, hide: Pattern | None, show: Pattern | None
) -> tuple[Profile, tuple[str, ...]]:
    """Keep samples with a focused and no ignored location, then hide frames (pprof's FilterSamplesByName).

    Returns the profile and the names of the filters that matched nothing.
    """
    if not (focus or ignore or hide or show):
        return profile, ()
    missed: list[str] = []
    count = len(profile.locations)
    ignored = match_names(profile, ignore.search).locations(profile) if ignore else np.zeros(count, np.bool_)
    focused = ~ignored & (match_names(profile, focus.search).locations(profile) if focus else np.ones(count, np.bool_))
    missed += ["Focus"] if focus and not focused.any() else []
    missed += ["Ignore"] if ignore and not ignored.any() else []
    keep = any_entry(profile, focused) & ~any_entry(profile, ignored)
    hidden = np.zeros(count, np.bool_)
    if hide:
        matches = match_names(profile, hide.search)
        matched = matches.locations(profile)
        missed += [] if matched.any() else ["Hide"]
        profile = _keep_matching(profile, ~matches.line & ~matches.mapped[owners(profile.locations.line_offset)])
        hidden |= matched & (np.diff(profile.locations.line_offset) == 0)
    if show:
        matches = match_names(profile, show.search)
        profile = _keep_matching(profile, matches.line | matches.mapped[owners(profile.locations.line_offset)])
        empty = np.diff(profile.locations.line_offset) == 0
        missed += ["Show"] if empty.all() else []
        hidden |= empty
    profile = keep_samples(profile, keep)
    return (_hide_locations(profile, hidden) if hidden.any() else profile), tuple(missed)


def _keep_matching(profile: Profile, keep: Mask) -> Profile:
    return replace(profile, locations=keep_lines(profile.locations, keep))


def any_entry(profile: Profile, marked: Mask) -> Mask:
    """Tell for each sample whether a marked location (bool[L]) is on its stack."""
    samples = profile.samples
    result = np.zeros(len(samples), np.bool_)
    result[owners(samples.stack_offset)[marked[samples.stack]]] = True
    return result


def _hide_locations(profile: Profile, hidden: Mask) -> Profile:
    samples = keep_entries(profile.samples, ~hidden[profile.samples.stack])
    return keep_samples(replace(profile, samples=samples), np.diff(samples.stack_offset) > 0)


def show_from(profile: Profile, pattern: Pattern) -> tuple[Profile, bool]:
    """Drop frames above the matching one nearest the root, and samples without a match (pprof's ShowFrom).

    Returns the profile and whether anything matched.
    """
    locations, samples = profile.locations, profile.samples
    matches = match_names(profile, pattern.search)
    owner = owners(locations.line_offset)
    position = np.arange(len(owner), dtype=np.int64)
    last = np.full(len(locations), -1, np.int64)
    np.maximum.at(last, owner[matches.line], position[matches.line])
    last = np.where(matches.mapped | (last < 0), locations.line_offset[1:], last)
    found = matches.locations(profile)
    profile = _keep_matching(profile, position <= last[owner])
    entries = owners(samples.stack_offset)
    entry = np.arange(len(entries), dtype=np.int64)
    top = np.full(len(samples), -1, np.int64)
    np.maximum.at(top, entries[found[samples.stack]], entry[found[samples.stack]])
    cut = replace(profile, samples=keep_entries(samples, entry <= top[entries]))
    return keep_samples(cut, top >= 0), bool(found.any())
