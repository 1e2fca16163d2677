"""Samples in files: what is packed holds all there is, the same bytes each time; stacks become trees and back."""

from __future__ import annotations

import gzip
import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.calltree import build_call_tree
from pipeline.analysis.source import open_profile
from pipeline.analysis.stacktree import build_stack_tree
from pipeline.decode import decode_profile
from pipeline.model.calltree import CallTree
from pipeline.model.pfv import decode_varints, pack, unpack
from pipeline.model.profile import Labels, Profile
from pipeline.model.stacks import COLUMNS, COUNTS, FORMAT, StackTree, pack_samples
from tests.builders import pprof_bytes

STACKS = st.lists(st.lists(st.sampled_from("abcd"), max_size=6), max_size=20)
PROFILES = sorted((Path(__file__).parents[2] / "profiles").glob("*-baseline/eventstore/*.prof"))


def drawn(stacks: list[list[str]]) -> Profile:
    return decode_profile(pprof_bytes([(stack, [1, row + 1]) for row, stack in enumerate(stacks)]))


def path_to(tree: StackTree, node: int) -> list[int]:
    path = []
    while node >= 0:
        path.append(int(tree.location[node]))
        node = int(tree.parent[node])
    return path


def check(profile: Profile) -> StackTree:
    tree = build_stack_tree(profile)
    samples = profile.samples
    for row, leaf in enumerate(tree.leaf.tolist()):
        stack = samples.stack[samples.stack_offset[row] : samples.stack_offset[row + 1]]
        assert path_to(tree, leaf) == stack.tolist()
    pairs = list(zip(tree.parent.tolist(), tree.location.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    ancestors: list[int] = []
    for node, parent in enumerate(tree.parent.tolist()):
        while ancestors and ancestors[-1] != parent:
            ancestors.pop()
        assert (ancestors[-1] if ancestors else -1) == parent
        ancestors.append(node)
    return tree


@settings(deadline=None)
@given(STACKS)
def test_any_stacks_become_a_tree_in_depth_first_order(stacks: list[list[str]]) -> None:
    check(drawn(stacks))


@pytest.mark.parametrize("path", PROFILES[:4], ids=lambda path: path.stem)
def test_real_stacks_become_a_tree(path: Path) -> None:
    tree = check(decode_profile(path.read_bytes()))
    assert len(tree) > 1


def opened(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    plain = gzip.decompress(data)
    (length,) = struct.unpack_from("<I", plain)
    header = json.loads(plain[4 : 4 + length])
    columns, at = {}, 4 + length
    header["counts"] = dict(zip(COUNTS, header["counts"], strict=True))
    names = (*COLUMNS, *(f"flat.{index}" for index in range(len(header["types"]))))
    for name, size in zip(names, header["columns"], strict=True):
        columns[name] = plain[at : at + size]
        at += size
    assert at == len(plain)
    return header, columns


def unzigzag(data: bytes) -> list[int]:
    return [value >> 1 ^ -(value & 1) for value in decode_varints(data).view(np.uint64).tolist()]


def texts_at(columns: dict[str, bytes], table: str, column: str) -> list[str]:
    """Read texts by their table and the positions in it."""
    data, at, text, known = columns[table], 0, b"", list[str]()
    while at < len(data):
        shared, length = data[at : at + 2]  # short texts alone: one byte holds each number
        assert shared < 128 > length
        text, at = text[:shared] + data[at + 2 : at + 2 + length], at + 2 + length
        known.append(text.decode())
    return [known[place] for place in decode_varints(columns[column]).tolist()]


def functions_of(columns: dict[str, bytes], tree: CallTree) -> list[tuple[str, str, str, int]]:
    frames = unpack(pack(tree)).frames
    place = np.cumsum(decode_varints(columns["function.frame"])).tolist()
    names = [frames.name[at] for at in place] + texts_at(columns, "names", "function.name")
    files = [frames.file[at] for at in place] + texts_at(columns, "files", "function.file")
    systems = list(names)
    odd = (np.cumsum(decode_varints(columns["function.system_at"])) - 1).tolist()
    for at, system in zip(odd, texts_at(columns, "systems", "function.system"), strict=True):
        systems[at] = system
    return list(zip(names, systems, files, unzigzag(columns["function.start"]), strict=True))


def lines_of(header: dict[str, Any], columns: dict[str, bytes], tree: CallTree) -> list[list[tuple[object, ...]]]:
    """Read the lines of each location: function, line, column."""
    functions = functions_of(columns, tree)
    own = [functions[at] for at in np.cumsum(unzigzag(columns["line.function"])).astype(int).tolist()]
    base = [one[3] if header["based"] else 0 for one in own]
    number = [at + start for at, start in zip(unzigzag(columns["line.number"]), base, strict=True)]
    lines = iter(list(zip(own, number, unzigzag(columns["line.column"]), strict=True)))
    return [[next(lines) for _ in range(count)] for count in decode_varints(columns["location.lines"]).tolist()]


def label_sets(header: dict[str, Any], columns: dict[str, bytes]) -> list[list[tuple[object, ...]]]:
    words = iter(texts_at(columns, "texts", "label.text"))
    numbers, kinds = iter(unzigzag(columns["label.number"])), iter(decode_varints(columns["label.kind"]).tolist())
    sets: list[list[tuple[object, ...]]] = []
    for count in decode_varints(columns["set.labels"]).tolist():
        own = [header["labels"][next(kinds)] for _ in range(count)]
        sets.append([(key, next(words) if unit is None else next(numbers), unit) for key, unit in own])
    return sets


def check_packed(raw: Profile) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Pack a profile's samples and compare all that is read back with the profile."""
    profile, tree = open_profile(raw), build_call_tree(raw)
    stacks = build_stack_tree(profile)
    data = pack_samples(profile, stacks, tree.frames)
    assert data == pack_samples(profile, stacks, tree.frames)
    header, columns = opened(data)
    table, functions = profile.locations, profile.functions
    named = list(zip(functions.name, functions.system_name, functions.filename, functions.start_line, strict=True))
    assert sorted(functions_of(columns, tree)) == sorted(named)
    lines = lines_of(header, columns, tree)
    mapping = decode_varints(columns["location.mapping"]).tolist()
    order = np.argsort(table.address, kind="stable").tolist()
    for place, at in enumerate(order):
        span = range(table.line_offset[at], table.line_offset[at + 1])
        assert lines[place] == [
            (named[table.line_function[one]], table.line_number[one], table.line_column[one]) for one in span
        ]
        own = profile.mappings[table.mapping[at]] if table.mapping[at] >= 0 else None
        assert (header["mappings"][mapping[place] - 1][3:] if mapping[place] else None) == (
            [own.file, own.build_id] if own else None
        )
    sets, labels = label_sets(header, columns), profile.labels
    kept = np.flatnonzero((profile.samples.values != 0).any(axis=1))
    rows = kept[np.argsort(stacks.leaf[kept], kind="stable")].tolist()
    of_row = decode_varints(columns["row.labels"]).tolist()
    of_sample: list[list[tuple[object, ...]]] = [[] for _ in range(len(profile.samples))]
    for at, row in enumerate(labels.sample.tolist()):
        number = (int(labels.number[at]), labels.unit[at]) if labels.is_number[at] else (labels.text[at], None)
        of_sample[row].append((labels.key[at], *number))
    assert [sets[place] for place in of_row] == [of_sample[row] for row in rows]
    assert sets == [own for at, own in enumerate(of_sample) if own not in of_sample[:at]], "the order decides units"
    return header, columns


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_real_samples_are_read_back(path: Path) -> None:
    header, columns = check_packed(decode_profile(path.read_bytes()))
    assert header["format"] == FORMAT
    if path.stem in {"cpu", "heap-after"}:
        assert header["based"]
        assert len(columns["names"]) < 20, "a function of the call tree was written again"


Label = tuple[str, str | int, str]


def labelled(profile: Profile, sets: list[list[Label]]) -> Profile:
    """Put labels on samples: key, text or number, unit of a number."""
    all_labels = [(row, label) for row, own in enumerate(sets) for label in own]
    keys, values, units = zip(*(label for _, label in all_labels), strict=True) if all_labels else ((), (), ())
    labels = Labels(
        np.array([row for row, _ in all_labels], np.int64),
        keys,
        np.array([isinstance(value, int) for value in values], np.bool_),
        tuple(value if isinstance(value, str) else "" for value in values),
        np.array([value if isinstance(value, int) else 0 for value in values], np.int64),
        units,
    )
    return replace(profile, labels=labels)


NUMBERS = st.tuples(st.sampled_from("kl"), st.integers(-(1 << 63), (1 << 63) - 1), st.sampled_from(["", "bytes"]))
TEXTS = st.tuples(st.sampled_from("kl"), st.sampled_from(["", "x", "xyz"]), st.just(""))


@settings(deadline=None)
@given(st.lists(st.tuples(st.lists(st.sampled_from("abcd"), max_size=5), st.lists(NUMBERS | TEXTS, max_size=3))))
def test_any_samples_are_read_back(drawn_samples: list[tuple[list[str], list[Label]]]) -> None:
    values = [(stack, [row % 3, row % 2]) for row, (stack, _) in enumerate(drawn_samples)]
    profile = decode_profile(pprof_bytes(values))
    check_packed(labelled(profile, [own for _, own in drawn_samples]))


@pytest.mark.parametrize(
    ("start", "number"), [(7, 9), (9, 7), (-1, 5), (1 << 40, 3), (5, -2), (-(1 << 63), (1 << 63) - 1)]
)
def test_lines_are_read_back_wherever_functions_start(start: int, number: int) -> None:
    profile = decode_profile(pprof_bytes([(["a", "b"], [1, 1]), (["c"], [0, 0])]))
    starts, numbers = profile.functions.start_line.copy(), profile.locations.line_number.copy()
    starts[:], numbers[:] = start, number
    functions = replace(profile.functions, start_line=starts, system_name=("_Za", *profile.functions.system_name[1:]))
    locations = replace(profile.locations, line_number=numbers)
    header, columns = check_packed(replace(profile, functions=functions, locations=locations))
    assert header["based"] == (0 <= start < 1 << 31 and number >= 0)
    assert columns["function.system_at"]


def test_labels_of_all_kinds_are_read_back() -> None:
    profile = decode_profile(pprof_bytes([(["a"], [1, 1]), (["b"], [1, 1]), ([], [1, 1]), (["b"], [2, 1])]))
    sets: list[list[Label]] = [
        [("k", "text", ""), ("bytes", -(1 << 63), "bytes")],
        [("bytes", 9, "")],
        [],
        [("k", 0, "")],
    ]
    header, _ = check_packed(labelled(profile, sets))
    assert header["labels"] == [["k", None], ["bytes", "bytes"], ["bytes", ""], ["k", ""]]


def test_samples_are_written_whole() -> None:
    header, columns = check_packed(drawn([["main", "f"], ["main"], [], ["main", "f", "g"], ["main", "f"]]))
    assert (header["format"], header["section"], header["labels"]) == (3, "samples", [])
    rows = np.cumsum(decode_varints(columns["row.node"])) - 1
    assert rows.tolist() == [-1, 0, 1, 1, 2]
    assert decode_varints(columns["flat.1"]).tolist() == [3, 2, 1, 5, 4]


def test_samples_that_are_zero_in_every_type_are_left_out() -> None:
    profile = decode_profile(pprof_bytes([(["a"], [0, 0]), (["b"], [1, 0])]))
    header, _ = check_packed(profile)
    assert header["counts"]["rows"] == 1
