"""Call trees in files: what is packed is what is read, byte for byte the same each time, and damage is told."""

from __future__ import annotations

import gzip
import json
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.calltree import build_call_tree
from pipeline.decode import decode_profile
from pipeline.errors import StoreError
from pipeline.model.calltree import CallTree
from pipeline.model.pfv import COLUMNS, COUNTS, decode_varints, encode_varints, pack, unpack, usual_package
from tests.trees import call_tree, random_samples

INT64 = st.integers(-(2**63), 2**63 - 1)
PROFILES = sorted((Path(__file__).parent.parent.parent / "profiles").glob("*-baseline/eventstore/*.prof"))
DRAWN = [(["main", "f"], [1, 10]), (["main", "f", "g"], [2, -30]), (["main", "f", "f"], [0, 50]), (["x"], [1, 10])]


def frames_of(tree: CallTree) -> list[tuple[object, ...]]:
    """All that is said of the frame of every node: frames get other numbers in a file."""
    frames = tree.frames
    columns = [column or ("",) * len(frames) for column in (frames.mapping, frames.bare)]
    rows = list(zip(frames.name, frames.file, frames.package, *columns, strict=True))
    return [rows[frame] for frame in tree.frame.tolist()]


def same(first: CallTree, second: CallTree) -> None:
    assert sorted(map(repr, zip(first.frames.name, first.frames.file, strict=True))) == sorted(
        map(repr, zip(second.frames.name, second.frames.file, strict=True))
    )
    assert frames_of(first) == frames_of(second)
    assert (first.sample_types, first.default_index) == (second.sample_types, second.default_index)
    assert first.totals == second.totals
    for column in ("parent", "inlined", "flat", "cum"):
        np.testing.assert_array_equal(getattr(first, column), getattr(second, column), column)


@settings(deadline=None)
@given(st.lists(INT64))
def test_numbers_come_back(numbers: list[int]) -> None:
    values = np.array(numbers, np.int64)
    np.testing.assert_array_equal(decode_varints(encode_varints(values.view(np.uint64)), len(numbers)), values)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from(["a", "ab", "é", "日本", "x\ud800", "", "<b>"]), max_size=5), INT64, INT64),
        max_size=30,
    )
)
def test_any_tree_comes_back(samples: list[tuple[list[str], int, int]]) -> None:
    drawn = [(stack, [a // 64, b // 64]) for stack, a, b in samples]
    tree = call_tree(drawn, inlined=frozenset({"ab"}))
    same(unpack(pack(tree)), tree)


def test_a_tree_without_nodes_comes_back() -> None:
    tree = call_tree([([], [3, 40])])
    assert not len(unpack(pack(tree)))
    same(unpack(pack(tree)), tree)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: f"{path.parent.parent.name}-{path.name}")
def test_real_trees_come_back_and_are_small(path: Path) -> None:
    data = path.read_bytes()
    tree = build_call_tree(decode_profile(data, max_bytes=1 << 30, symbolize=True))
    packed = pack(tree)
    same(unpack(packed), tree)
    assert packed == pack(tree)
    assert len(packed) < (0.3 if len(data) > 12_000 else 0.5) * len(data)


def test_the_header_says_what_is_in_it() -> None:
    plain = gzip.decompress(pack(call_tree(DRAWN)))
    (length,) = struct.unpack_from("<I", plain)
    header = json.loads(plain[4 : 4 + length])
    assert header["format"] == 2
    assert header["types"] == [["samples", "count"], ["cpu", "nanoseconds"]]
    assert header["scales"] == [1, 10]
    assert header["signed"] == [False, True]
    assert sum(header["columns"]) == len(plain) - 4 - length
    columns = dict(zip((*COLUMNS, "flat.0", "flat.1"), header["columns"], strict=True))
    assert columns["node.frame"] == header["counts"][COUNTS.index("nodes")] == 5


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("net/http.(*conn).serve", "net/http"),
        ("main.main", "main"),
        ("gopkg.in/yaml%2ev3.Marshal[...]", "gopkg.in/yaml%2ev3"),
        ("slices.SortFunc[go.shape.[]a/b.C,go.shape.D]", "slices"),
        ("a.b(c/d.e)", "a"),
        ("memmove", ""),
        ("", ""),
    ],
)
def test_a_name_begins_with_its_package(name: str, package: str) -> None:
    assert usual_package(name) == package


def test_large_trees_keep_their_numbers() -> None:
    tree = call_tree(random_samples(3, 4000))
    same(unpack(pack(tree)), tree)


def damaged() -> list[bytes]:
    whole = pack(call_tree(DRAWN))
    plain = gzip.decompress(whole)
    (length,) = struct.unpack_from("<I", plain)
    header, columns = json.loads(plain[4 : 4 + length]), plain[4 + length :]

    def counts(name: str, count: int) -> list[int]:
        return [count if one == name else known for one, known in zip(COUNTS, header["counts"], strict=True)]

    def other(columns: bytes = columns, **facts: object) -> bytes:
        text = json.dumps({**header, **facts}).encode()
        return gzip.compress(struct.pack("<I", len(text)) + text + columns)

    return [
        b"",
        b"not gzip",
        whole[:-9],
        gzip.compress(b""),
        gzip.compress(plain[:-1]),
        gzip.compress(plain + b"\0"),
        gzip.compress(b"\xff\xff\xff\xff{}"),
        other(format=1),
        other(counts=counts("nodes", 4)),
        other(counts=counts("names", 9)),
        other(counts=counts("frames", 1)),
        other(columns=b"\xff" * len(columns)),
        other(columns=b"\x09" * len(columns)),
        other(types=[]),
        other(scales=["x", "y"]),
    ]


@pytest.mark.parametrize("data", damaged(), ids=range(15))
def test_damage_is_told(data: bytes) -> None:
    with pytest.raises(StoreError, match="call tree file is damaged"):
        unpack(data)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_never_ends_in_another_error(place: int, byte: int) -> None:
    plain = bytearray(gzip.decompress(pack(call_tree(DRAWN))))
    plain[place % len(plain)] = byte
    with suppress(StoreError):
        unpack(gzip.compress(bytes(plain)))
