"""The builder: interning, ordering, cleaning."""

from __future__ import annotations

from pipeline.decode.table_builder import TableBuilder
from pipeline.model.profile import Mapping, Profile, SampleType
from tests.decode.frames import codes, labels, stacks

COUNT = SampleType("n", "count")


def built(builder: TableBuilder) -> Profile:
    return builder.build("test", [COUNT], period_type=COUNT, period=1)


def test_an_empty_builder_makes_an_empty_profile() -> None:
    profile = built(TableBuilder())
    assert (len(profile.samples), len(profile.locations), len(profile.labels)) == (0, 0, 0)
    assert profile.samples.values.shape == (0, 1)


def test_calls_are_moved_onto_the_call_and_leaves_may_stay() -> None:
    builder = TableBuilder()
    builder.add(builder.call_stack([0x10, 0x20]), (1,))
    builder.add(builder.call_stack([0x10, 0x20], leaf_is_call=False), (1,))
    builder.add(builder.call_stack([0]), (1,))
    assert [frames for frames, _ in stacks(built(builder))] == [
        ("0xf", "0x1f"),
        ("0x10", "0x1f"),
        ("0xffffffffffffffff",),
    ]


def test_locations_and_functions_are_numbered_by_first_use() -> None:
    builder = TableBuilder()
    unused = builder.frame("unused", "u.go", 1)
    first, second = builder.frame("b", "b.go", 2), builder.frame("a", "a.go", 1)
    builder.add([second, first], (1,))
    builder.order_locations()
    profile = built(builder)
    assert unused == 0
    assert profile.functions.name == ("a", "b")
    assert profile.samples.stack.tolist() == [0, 1]


def test_a_frame_is_one_location() -> None:
    builder = TableBuilder()
    assert builder.frame("a", "a.go", 1) == builder.frame("a", "a.go", 1) != builder.frame("a", "a.go", 2)
    assert built(builder).functions.name == ("a",)


def test_the_leaf_seen_twice_is_dropped_once() -> None:
    builder = TableBuilder()
    builder.add(builder.call_stack([0x10, 0x10, 0x20], leaf_is_call=False), (1,))
    builder.map_addresses(())
    builder.drop_repeated_leaf()
    assert stacks(built(builder)) == [(("0x10", "0x1f"), (1,))]


def test_all_text_is_cleaned() -> None:
    builder = TableBuilder()
    sample = builder.add([builder.frame("f\x1b", "a\n.go", 1)], (1,))
    builder.label_text(sample, "k\x00", "v\u202e")
    builder.label_number(sample, "n", 4, "bytes")
    builder.locations[0].address = 0x4000
    builder.map_addresses([Mapping(0x4000, 0x5000, 0, "/bin/\x07")])
    profile = built(builder)
    assert profile.functions.name == ("f\\x1b",)
    assert profile.functions.filename == ("a\\x0a.go",)
    assert profile.mappings[0].file == "/bin/\\x07"
    assert labels(profile, 0) == {"k\\x00": "v\\u202e", "n": 4}
    assert codes(profile) == {"text_cleaned"}
