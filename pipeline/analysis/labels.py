"""Labels by sample: the label columns of a profile as one tuple of labels for each sample.

Rules: labels keep the order of the file; `by_key` groups them as pprof does, texts and numbers apart.
"""

from __future__ import annotations

from typing import NamedTuple

from pipeline.model.profile import Labels


class Label(NamedTuple):
    """One label of one sample: a text, or a number with its unit."""

    key: str
    is_number: bool
    text: str
    number: int
    unit: str


def sample_labels(labels: Labels, count: int) -> list[tuple[Label, ...]]:
    """List the labels of each of ``count`` samples."""
    lists: list[tuple[Label, ...]] = [()] * count
    columns = (labels.key, labels.is_number.tolist(), labels.text, labels.number.tolist(), labels.unit)
    for sample, *label in zip(labels.sample.tolist(), *columns, strict=True):
        lists[sample] += (Label._make(label),)
    return lists


def by_key(labels: tuple[Label, ...], *, numbers: bool) -> dict[str, list[Label]]:
    """Group the texts or the numbers of a sample by key, keys in order."""
    groups: dict[str, list[Label]] = {}
    for label in labels:
        if label.is_number == numbers:
            groups.setdefault(label.key, []).append(label)
    return dict(sorted(groups.items()))
