"""A profile's samples for the browser, in full: every location, label and value, as the section ``<hash>.samples``.

Format 2, with the container and the numbers of `model.pfv`. It answers what a call tree cannot: filters on labels,
lines and addresses, inlining, and totals of differences. Header: ``format``, ``section`` "samples", ``types``,
``scales`` and ``signed`` as there; ``mappings`` [[start, limit, offset, file, build ID]], numbers in hexadecimal;
``labels`` one list of [key, text, unit] per distinct set of labels, in the order of the sample, unit null for a text;
``period`` [type, unit] or null; ``counts`` as in `COUNTS`; ``columns``, the bytes of each of `COLUMNS`, then of one for
each sample type.

    names function.name, systems function.system, files function.file   text tables and positions in them
    function.start                          per function: the line it starts in, zigzag
    location.address location.mapping       per location, by address: growth from the one before; mapping + 1
    location.folded location.lines          gaps of folded locations; lines of each location, innermost call first
    line.function line.number line.column   per line; numbers and columns zigzag
    node.location node.up_at node.up        the stacks merged from the root, a node per location on a path
    row.node row.labels                     per sample, by node: growth from the node before (at first from -1, which
                                            is no stack at all); position in ``labels``
    flat.0 flat.1 …                         per sample and type: value ÷ scale

Samples are those that are not zero in every type. Readers refuse formats and sections they do not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.model import pfv
from pipeline.model.profile import Index, Int, Labels, Profile

SECTION: Final = "samples"
COUNTS: Final = ("names", "systems", "files", "functions", "locations", "nodes", "rows")
COLUMNS: Final = (
    "names", "function.name", "systems", "function.system", "files", "function.file", "function.start",
    "location.address", "location.mapping", "location.folded", "location.lines", "line.function", "line.number",
    "line.column", "node.location", "node.up_at", "node.up", "row.node", "row.labels",
)  # fmt: skip
"""What comes before ``flat.0``, ``flat.1`` … in the file."""


@dataclass(frozen=True, slots=True, eq=False)
class StackTree:
    """The stacks of a profile merged from the root, one node per location on a path, in depth-first order.

    ``parent`` and ``location`` int64[N]; ``leaf`` int64[M] is the node of each sample, -1 where there is no stack.
    """

    parent: Index
    location: Index
    leaf: Index

    def __len__(self) -> int:
        return len(self.parent)


def pack_samples(profile: Profile, tree: StackTree) -> bytes:
    """Write the samples of a profile as pprof has it when a report begins; ``tree`` is made of the same profile."""
    kept = np.flatnonzero((profile.samples.values != 0).any(axis=1))
    rows = kept[np.argsort(tree.leaf[kept], kind="stable")]
    functions, function_counts = _functions(profile)
    locations, order = _locations(profile)
    sets, of_sample = _label_sets(profile.labels, len(profile.samples))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order), dtype=np.int64)
    up_at, up = pfv.encode_shape(tree.parent)
    columns = {
        **functions,
        **locations,
        "node.location": pfv.encode_varints(place[tree.location]),
        "node.up_at": up_at,
        "node.up": up,
        "row.node": pfv.encode_varints(np.diff(tree.leaf[rows], prepend=-1)),
        "row.labels": pfv.encode_varints(of_sample[rows]),
    }
    weights, about = pfv.encode_weights(np.ascontiguousarray(profile.samples.values[rows].T))
    counts = {**function_counts, "locations": len(order), "nodes": len(tree), "rows": len(rows)}
    header: dict[str, Any] = {
        "section": SECTION,
        "types": [[kind.type, kind.unit] for kind in profile.sample_types],
        "mappings": [[f"{m.start:x}", f"{m.limit:x}", f"{m.offset:x}", m.file, m.build_id] for m in profile.mappings],
        "labels": sets,
        "period": [profile.period_type.type, profile.period_type.unit] if profile.period_type else None,
        "counts": [counts[name] for name in COUNTS],
    }
    return pfv.seal(header | about, {name: columns[name] for name in COLUMNS} | weights)


def _functions(profile: Profile) -> tuple[dict[str, bytes], dict[str, int]]:
    table = profile.functions
    columns, counts = dict[str, bytes](), {"functions": len(table)}
    for name, texts in (("name", table.name), ("system", table.system_name), ("file", table.filename)):
        columns[f"{name}s"], columns[f"function.{name}"], counts[f"{name}s"] = pfv.encode_texts(texts)
    columns["function.start"] = _signed(table.start_line)
    return columns, counts


def _locations(profile: Profile) -> tuple[dict[str, bytes], NDArray[np.intp]]:
    """Write locations by address; returns the columns and which location of the profile each of theirs is."""
    table = profile.locations
    order = np.argsort(table.address, kind="stable")
    lengths = np.diff(table.line_offset)[order]
    first = np.repeat(table.line_offset[:-1][order] - (np.cumsum(lengths) - lengths), lengths)
    line = first + np.arange(len(first), dtype=np.int64)
    growth = np.diff(table.address[order], prepend=np.zeros(1, np.uint64))
    columns = {
        "location.address": pfv.encode_varints(growth),
        "location.mapping": pfv.encode_varints(table.mapping[order] + 1),
        "location.folded": pfv.encode_gaps(np.flatnonzero(table.is_folded[order])),
        "location.lines": pfv.encode_varints(lengths),
        "line.function": pfv.encode_varints(table.line_function[line]),
        "line.number": _signed(table.line_number[line]),
        "line.column": _signed(table.line_column[line]),
    }
    return columns, order


def _signed(values: Int) -> bytes:
    return pfv.encode_varints(pfv.zigzag(values))


def _label_sets(labels: Labels, count: int) -> tuple[list[list[list[str | None]]], Index]:
    """Find the distinct sets of labels, and which one each of ``count`` samples has."""
    lists: list[tuple[tuple[str, str, str | None], ...]] = [()] * count
    columns = (labels.sample.tolist(), labels.key, labels.is_number.tolist(), labels.text, labels.number.tolist())
    for sample, key, is_number, text, number, unit in zip(*columns, labels.unit, strict=True):
        lists[sample] += ((key, str(number) if is_number else text, unit if is_number else None),)
    positions: dict[tuple[tuple[str, str, str | None], ...], int] = {}
    of_sample = np.fromiter((positions.setdefault(own, len(positions)) for own in lists), np.int64, count)
    return [[list(label) for label in own] for own in positions], of_sample
