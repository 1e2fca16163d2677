"""Cutting columns: keep some samples, stack entries or lines of a profile and mend the offsets.

Rules: a mask has one boolean per item of the column it cuts; nothing is renumbered that others point to (locations,
functions and mappings keep their positions), so cuts compose in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.model.profile import Index, Int, Labels, Locations, Profile, Samples

Mask = NDArray[np.bool_]

_TABLE_CELLS: Final = 1 << 20
_MOST_STEPS: Final = 8192
"""Where items are so many that tables hold few owners, sorting is faster."""


def owners(offset: Index) -> Index:
    """Name the owner of every item of a ragged column: offsets [0, 2, 3] give owners [0, 0, 1]."""
    return np.repeat(np.arange(len(offset) - 1, dtype=np.int64), np.diff(offset))


def shrink(offset: Index, keep: Mask) -> Index:
    """Compute the offsets that remain when only masked items are kept."""
    kept = np.concatenate((np.zeros(1, np.int64), np.cumsum(keep, dtype=np.int64)))
    shrunk: Index = kept[offset]
    return shrunk


def expand(start: Index, count: Index) -> Index:
    """List start, start+1, … start+count-1 for each pair, one after the other."""
    # In place: these columns are as long as all stacks.
    begin = np.cumsum(count)
    total = int(begin[-1]) if len(begin) else 0
    begin -= count
    np.subtract(start, begin, out=begin)
    listed: Index = np.repeat(begin, count)
    listed += np.arange(total, dtype=np.int64)
    return listed


def last_of_each(offset: Index, items: Index, count: int) -> Mask:
    """Mark the last occurrence of every item within its owner: bool[E]. ``items`` (int64[E]) are below ``count``.

    As many owners are looked at together as a small table of all their possible items can hold: several times faster
    than sorting.
    """
    owned, marks = np.diff(offset), np.zeros(len(items), np.bool_)
    step = max(_TABLE_CELLS // max(count, 1), 1)
    if len(owned) > step * _MOST_STEPS:
        keys = (owners(offset) * count + items)[::-1]
        marks[len(items) - 1 - np.unique(keys, return_index=True)[1]] = True
        return marks
    table, rows = np.empty(step * count, np.int32), np.arange(step, dtype=np.int64) * count
    for first in range(0, len(owned), step):
        lengths = owned[first : first + step]
        start, end = int(offset[first]), int(offset[first + len(lengths)])
        cells = np.repeat(rows[: len(lengths)], lengths) + items[start:end]
        places = np.arange(end - start, dtype=np.int32)
        # NumPy assigns in order, so the last place stays.
        table[cells] = places
        marks[start:end] = table[cells] == places
    return marks


def keep_lines(locations: Locations, keep: Mask) -> Locations:
    """Keep the masked lines (bool[Q])."""
    return replace(
        locations,
        line_offset=shrink(locations.line_offset, keep),
        line_function=locations.line_function[keep],
        line_number=locations.line_number[keep],
        line_column=locations.line_column[keep],
    )


def keep_entries(samples: Samples, keep: Mask) -> Samples:
    """Keep the masked stack entries (bool[R])."""
    return replace(samples, stack_offset=shrink(samples.stack_offset, keep), stack=samples.stack[keep])


def keep_samples(profile: Profile, keep: Mask) -> Profile:
    """Keep the masked samples (bool[M]) with their labels."""
    if keep.all():
        return profile
    samples = profile.samples
    lengths = np.diff(samples.stack_offset)
    entries = np.repeat(keep, lengths)
    offset = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths[keep], dtype=np.int64)))
    kept = Samples(offset, samples.stack[entries], samples.values[keep])
    return replace(profile, samples=kept, labels=keep_labels(profile.labels, keep))


def keep_labels(labels: Labels, keep: Mask) -> Labels:
    """Keep the labels of masked samples (bool[M]), renumbering the samples they belong to."""
    if not len(labels):
        return labels
    renumbered = np.cumsum(keep, dtype=np.int64) - 1
    chosen = keep[labels.sample]
    return pick_labels(replace(labels, sample=renumbered[labels.sample]), np.flatnonzero(chosen))


def pick_labels(labels: Labels, rows: Index) -> Labels:
    """Take some label rows."""
    return Labels(
        sample=labels.sample[rows],
        key=_pick(labels.key, rows),
        is_number=labels.is_number[rows],
        text=_pick(labels.text, rows),
        number=labels.number[rows],
        unit=_pick(labels.unit, rows),
    )


def _pick(values: Sequence[str], rows: Index) -> tuple[str, ...]:
    return tuple(values[row] for row in rows.tolist())


@dataclass(frozen=True, slots=True, eq=False)
class Unfolded:
    """Stacks with inlined calls as frames of their own, leaf first: E frames over M samples.

    ``offset`` int64[M+1]; ``slot`` int32[E] into slots. A slot is a line of a location; a location without lines has
    one slot of its own. ``slot_location`` int64[K]; ``slot_line`` int64[K], -1 where there is no line;
    ``slot_inlined`` bool[K]: the call was inlined into the next line of its location.
    """

    offset: Index
    slot: NDArray[np.int32]
    slot_location: Index
    slot_line: Int
    slot_inlined: Mask


def unfold(profile: Profile) -> Unfolded:
    """Spell the stacks out."""
    locations, samples = profile.locations, profile.samples
    lines = np.diff(locations.line_offset)
    slots = np.maximum(lines, 1)
    slot_offset = np.concatenate((np.zeros(1, np.int64), np.cumsum(slots, dtype=np.int64)))
    slot_location = np.repeat(np.arange(len(locations), dtype=np.int64), slots)
    within = np.arange(len(slot_location), dtype=np.int64) - slot_offset[slot_location]
    has_line = lines[slot_location] > 0
    slot_line = np.where(has_line, locations.line_offset[:-1][slot_location] + within, -1)
    # In place, and half as wide: these columns are as long as all stacks, and no profile has 2**31 calls.
    counts = slots.astype(np.int32).take(samples.stack)
    entry_offset = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=entry_offset[1:])
    begin = slot_offset.astype(np.int32).take(samples.stack)
    begin -= entry_offset[:-1]
    slot = np.repeat(begin, counts)
    slot += np.arange(len(slot), dtype=np.int32)
    return Unfolded(
        offset=entry_offset[samples.stack_offset].astype(np.int64),
        slot=slot,
        slot_location=slot_location,
        slot_line=slot_line,
        slot_inlined=within < lines[slot_location] - 1,
    )
