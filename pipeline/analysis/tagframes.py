"""Labels as frames: the tagroot and tagleaf options put the values of label keys at the root or leaf of every stack.

Rules: as pprof, each key gives one frame whose function is the key's values joined by commas (nothing where a sample
has none) and whose file is the key; the first root key is the root, the last leaf key the leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline import units
from pipeline.analysis.labels import sample_labels
from pipeline.model.profile import Functions, Locations, Profile, Samples


def add_label_frames(
    profile: Profile, roots: Sequence[str], leaves: Sequence[str], unit: str
) -> tuple[Profile, tuple[str, ...]]:
    """Add the frames; returns the profile and a sentence for each option whose keys no sample has."""
    if not (roots or leaves):
        return profile, ()
    values = _label_texts(profile, {*roots, *leaves}, unit)
    places = _Places(profile)
    count = len(profile.samples)
    # Inserted leaf first, so the last key comes first.
    leaf_rows = [[places.find(values[key][row], key) for key in reversed(leaves)] for row in range(count)]
    root_rows = [[places.find(values[key][row], key) for key in reversed(roots)] for row in range(count)]
    samples = profile.samples
    bounds = zip(samples.stack_offset[:-1].tolist(), samples.stack_offset[1:].tolist(), strict=True)
    stack: list[int] = []
    entries = samples.stack.tolist()
    for row, (start, end) in enumerate(bounds):
        stack += [*leaf_rows[row], *entries[start:end], *root_rows[row]]
    lengths = np.diff(samples.stack_offset) + len(roots) + len(leaves)
    offset = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)))
    missed = tuple(
        f"{name} expression matched no samples"
        for name, keys in (("TagRoot", roots), ("TagLeaf", leaves))
        if keys and not any(text is not None for key in keys for text in values[key])
    )
    return replace(places.profile(), samples=Samples(offset, np.array(stack, np.int64), samples.values)), missed


def _label_texts(profile: Profile, keys: set[str], unit: str) -> dict[str, list[str | None]]:
    """Join the values of each key for each sample; None where a sample has none."""
    texts: dict[str, list[str | None]] = {key: [None] * len(profile.samples) for key in keys}
    for row, labels in enumerate(sample_labels(profile.labels, len(profile.samples))):
        for key in keys:
            numbers = [(label.number, label.unit) for label in labels if label.is_number and label.key == key]
            shown = [label.text for label in labels if not label.is_number and label.key == key]
            wanted = unit if any(own for _, own in numbers) else ""
            shown += [units.scaled_label(number, own, wanted) for number, own in numbers]
            if shown:
                texts[key][row] = ",".join(shown)
    return texts


class _Places:
    """Locations and functions to add, each once."""

    def __init__(self, profile: Profile) -> None:
        self.before = profile
        self.added: dict[tuple[str, str], int] = {}

    def find(self, text: str | None, key: str) -> int:
        """Give the location of a frame."""
        return self.added.setdefault((text or "", key), len(self.added)) + len(self.before.locations)

    def profile(self) -> Profile:
        """Give the profile with the longer tables."""
        functions, locations, count = self.before.functions, self.before.locations, len(self.added)
        blank, nothing = ("",) * count, np.zeros(count, np.int64)
        longer = Functions(
            functions.name + tuple(name for name, _ in self.added),
            functions.system_name + blank,
            functions.filename + tuple(file for _, file in self.added),
            np.concatenate((functions.start_line, nothing)),
        )
        ordinal = np.arange(count, dtype=np.int64)
        last = locations.line_offset[-1]
        return replace(
            self.before,
            functions=longer,
            locations=Locations(
                address=np.concatenate((locations.address, nothing.astype(np.uint64))),
                mapping=np.concatenate((locations.mapping, nothing - 1)),
                is_folded=np.concatenate((locations.is_folded, nothing != 0)),
                line_offset=np.concatenate((locations.line_offset, last + 1 + ordinal)),
                line_function=np.concatenate((locations.line_function, len(functions) + ordinal)),
                line_number=np.concatenate((locations.line_number, nothing)),
                line_column=np.concatenate((locations.line_column, nothing)),
            ),
        )
