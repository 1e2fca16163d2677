"""A profile's samples for the browser, in full: every location, label and value, as the section ``<hash>.samples``.

Format 3, with the container and the numbers of `model.pfv`. It answers what a call tree cannot: filters on labels,
lines and addresses, inlining, and totals of differences. It is read beside the call tree of the same profile, and says
nothing again that is there: a function is a frame of it. Header: ``format``, ``section`` "samples", ``types``,
``scales`` and ``signed`` as there; ``mappings`` that hold locations, [[start, limit, offset, file, build ID]], numbers
in hexadecimal; ``labels`` [[key, unit]], unit null for texts; ``period`` [type, unit] or null; ``based``, whether lines
are counted from where their function starts; ``counts`` as in `COUNTS`; ``columns``, the bytes of each of `COLUMNS`,
then of one for each sample type.

    function.frame                          functions with a name that are a frame of the call tree: growth of its
                                            position (frames of one name and file: the first), at first from 0
    names function.name files function.file the other functions, behind these: text tables and positions in them
    function.system_at                      gaps of the functions whose system name is not their name
    systems function.system                 of these: text table and positions
    function.start                          per function: the line it starts in, zigzag
    location.address location.mapping       per location, by address: growth from the one before; mapping + 1
    location.folded location.lines          gaps of folded locations; lines of each location, innermost call first
    line.function line.number line.column   per line: growth of the function from the line before, zigzag; numbers
                                            and columns zigzag
    node.location node.up_at node.up        the stacks merged from the root, a node per location on a path
    row.node row.labels                     per sample, by node: growth from the node before (at first from -1, which
                                            is no stack at all); its set of labels
    set.labels label.kind                   per set, in the order of the samples, how many labels; per label its
                                            position in ``labels``
    texts label.text label.number           of the labels that are texts: table and positions; the others, zigzag
    flat.0 flat.1 …                         per sample and type: value ÷ scale

Samples are those that are not zero in every type. Readers refuse formats and sections they do not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.model import pfv
from pipeline.model.calltree import Frames
from pipeline.model.profile import Index, Int, Labels, Profile

FORMAT: Final = 3
SECTION: Final = "samples"
COUNTS: Final = ("framed", "names", "systems", "files", "functions", "locations", "nodes", "rows", "texts")
COLUMNS: Final = (
    "function.frame", "names", "function.name", "files", "function.file", "function.system_at", "systems",
    "function.system", "function.start", "location.address", "location.mapping", "location.folded", "location.lines",
    "line.function", "line.number", "line.column", "node.location", "node.up_at", "node.up", "row.node", "row.labels",
    "set.labels", "label.kind", "texts", "label.text", "label.number",
)  # fmt: skip
"""What comes before ``flat.0``, ``flat.1`` … in the file."""
_FAR: Final = 1 << 31
"""No function starts in such a line."""


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


def pack_samples(profile: Profile, tree: StackTree, frames: Frames) -> bytes:
    """Write the samples of a profile as pprof has it when a report begins; ``tree`` is made of the same profile, as is
    the call tree whose ``frames`` a reader has at hand.
    """
    kept = np.flatnonzero((profile.samples.values != 0).any(axis=1))
    rows = kept[np.argsort(tree.leaf[kept], kind="stable")]
    functions, counts, function_place = _functions(profile, pfv.sorted_frames(frames)[0])
    mapped, mapping_place = _mappings(profile)
    locations, is_based, place = _locations(profile, function_place, mapping_place)
    labels, kinds, counts["texts"] = _labels(profile.labels, len(profile.samples), rows)
    up_at, up = pfv.encode_shape(tree.parent)
    columns = {
        **functions,
        **locations,
        **labels,
        "node.location": pfv.encode_varints(place[tree.location]),
        "node.up_at": up_at,
        "node.up": up,
        "row.node": pfv.encode_varints(np.diff(tree.leaf[rows], prepend=-1)),
    }
    weights, about = pfv.encode_weights(np.ascontiguousarray(profile.samples.values[rows].T))
    counts |= {"locations": len(place), "nodes": len(tree), "rows": len(rows)}
    header: dict[str, Any] = {
        "section": SECTION,
        "types": [[kind.type, kind.unit] for kind in profile.sample_types],
        "mappings": mapped,
        "labels": kinds,
        "period": [profile.period_type.type, profile.period_type.unit] if profile.period_type else None,
        "based": is_based,
        "counts": [counts[name] for name in COUNTS],
    }
    return pfv.seal(header | about, {name: columns[name] for name in COLUMNS} | weights, FORMAT)


def _functions(profile: Profile, frames: Frames) -> tuple[dict[str, bytes], dict[str, int], Index]:
    """Write functions, those that are frames first; returns the columns, their counts and the new place of each."""
    table = profile.functions
    bare = frames.bare or (0,) * len(frames)
    known: dict[tuple[str, str], int] = {}
    for at, (name, file, kind) in enumerate(zip(frames.name, frames.file, bare, strict=True)):
        if not kind:
            known.setdefault((name, file), at)
    frame = np.fromiter((known.get(key, -1) for key in zip(table.name, table.filename, strict=True)), np.int64)
    order = np.lexsort((frame, frame < 0))
    framed = int((frame >= 0).sum())
    columns = {"function.frame": pfv.encode_varints(np.diff(frame[order[:framed]], prepend=0))}
    counts = {"functions": len(table), "framed": framed}
    other = order[framed:].tolist()
    odd = [at for at, one in enumerate(order.tolist()) if table.system_name[one] != table.name[one]]
    tables = (
        ("name", [table.name[one] for one in other]),
        ("file", [table.filename[one] for one in other]),
        ("system", [table.system_name[one] for one in order[odd].tolist()]),
    )
    for name, texts in tables:
        columns[f"{name}s"], columns[f"function.{name}"], counts[f"{name}s"] = pfv.encode_texts(texts)
    columns["function.system_at"] = pfv.encode_gaps(np.array(odd, np.int64))
    columns["function.start"] = _signed(table.start_line[order])
    return columns, counts, _places(order)


def _mappings(profile: Profile) -> tuple[list[list[str]], Index]:
    """Write the mappings some location is in; returns them and the new place of each, that of none last."""
    used = np.unique(profile.locations.mapping)
    used = used[used >= 0]
    place = np.full(len(profile.mappings) + 1, -1, np.int64)
    place[used] = np.arange(len(used), dtype=np.int64)
    kept = [profile.mappings[at] for at in used.tolist()]
    return [[f"{one.start:x}", f"{one.limit:x}", f"{one.offset:x}", one.file, one.build_id] for one in kept], place


def _locations(profile: Profile, function_place: Index, mapping_place: Index) -> tuple[dict[str, bytes], bool, Index]:
    """Write locations by address; returns the columns, whether lines count from where functions start, and the new
    place of each location.
    """
    table = profile.locations
    order = np.argsort(table.address, kind="stable")
    lengths = np.diff(table.line_offset)[order]
    first = np.repeat(table.line_offset[:-1][order] - (np.cumsum(lengths) - lengths), lengths)
    line = first + np.arange(len(first), dtype=np.int64)
    function, number = table.line_function[line], table.line_number[line]
    start = profile.functions.start_line
    is_based = bool(start.min(initial=0) >= 0 and start.max(initial=0) < _FAR and number.min(initial=0) >= 0)
    growth = np.diff(table.address[order], prepend=np.zeros(1, np.uint64))
    columns = {
        "location.address": pfv.encode_varints(growth),
        "location.mapping": pfv.encode_varints(mapping_place[table.mapping[order]] + 1),
        "location.folded": pfv.encode_gaps(np.flatnonzero(table.is_folded[order])),
        "location.lines": pfv.encode_varints(lengths),
        "line.function": _signed(np.diff(function_place[function], prepend=0)),
        "line.number": _signed(number - start[function] if is_based else number),
        "line.column": _signed(table.line_column[line]),
    }
    return columns, is_based, _places(order)


def _places(order: NDArray[np.intp]) -> Index:
    """Tell where each of what is put into an order comes."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order), dtype=np.int64)
    return place


def _signed(values: Int) -> bytes:
    return pfv.encode_varints(pfv.zigzag(values))


def _labels(labels: Labels, count: int, rows: NDArray[np.intp]) -> tuple[dict[str, bytes], list[list[str | None]], int]:
    """Write the distinct sets of labels of ``count`` samples, of which ``rows`` are written; returns the columns, the
    kinds of labels, a count of texts. Sets stay in the order of the samples: that decides the unit of a key.
    """
    kinds: dict[tuple[str, str | None], int] = {}
    lists: list[tuple[tuple[int, str | int], ...]] = [()] * count
    columns = (labels.sample.tolist(), labels.key, labels.is_number.tolist(), labels.text, labels.number.tolist())
    for sample, key, is_number, text, number, unit in zip(*columns, labels.unit, strict=True):
        kind = kinds.setdefault((key, unit if is_number else None), len(kinds))
        lists[sample] += ((kind, number if is_number else text),)
    places: dict[tuple[tuple[int, str | int], ...], int] = {}
    of_sample = np.fromiter((places.setdefault(own, len(places)) for own in lists), np.int64, count)
    held = [label for own in places for label in own]
    texts, positions, count = pfv.encode_texts([value for _, value in held if isinstance(value, str)])
    numbers = np.array([value for _, value in held if isinstance(value, int)], np.int64)
    written = {
        "row.labels": pfv.encode_varints(of_sample[rows]),
        "set.labels": pfv.encode_varints([len(own) for own in places]),
        "label.kind": pfv.encode_varints([kind for kind, _ in held]),
        "texts": texts,
        "label.text": positions,
        "label.number": _signed(numbers),
    }
    return written, [list(kind) for kind in kinds], count
