"""profile.proto to columns: every table, every refusal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.decode.pprof import decode_pprof
from pipeline.errors import DecodeError
from pipeline.model.profile import SampleType
from pipeline.proto import profile_pb2
from tests.builders import pprof_message

Message = profile_pb2.Profile


def good(**facts: object) -> Message:
    stacks = [(("main", "work", "leaf"), (3, 30)), (("main",), (1, 10)), ((), (5, 50))]
    return pprof_message(stacks, **facts)


def text(message: Message, value: bytes) -> int:
    message.string_table.append(value)
    return len(message.string_table) - 1


def test_columns_follow_the_file() -> None:
    profile = decode_pprof(good(default_type="cpu", duration_nanos=7).SerializeToString())
    assert profile.sample_types == (SampleType("samples", "count"), SampleType("cpu", "nanoseconds"))
    assert profile.functions.name == ("main", "work", "leaf")
    assert profile.functions.filename == ("main.go", "work.go", "leaf.go")
    assert profile.samples.stack_offset.tolist() == [0, 3, 4, 4]
    assert profile.samples.stack.tolist() == [2, 1, 0, 0]
    assert profile.samples.values.tolist() == [[3, 30], [1, 10], [5, 50]]
    assert profile.locations.address.tolist() == [0x400001, 0x400002, 0x400003]
    assert profile.locations.line_offset.tolist() == [0, 1, 2, 3]
    assert profile.locations.line_number.tolist() == [10, 20, 30]
    assert profile.locations.mapping.tolist() == [0, 0, 0]
    assert profile.mappings[0].file == "/bin/app"
    assert profile.mappings[0].has_functions
    assert (profile.default_sample_type, profile.duration_nanos, profile.period_type) == ("cpu", 7, None)
    assert profile.findings == ()


def test_columns_have_the_types_the_model_promises() -> None:
    profile = decode_pprof(good().SerializeToString())
    assert profile.locations.address.dtype == np.uint64
    assert profile.samples.stack.dtype == profile.samples.values.dtype == profile.locations.mapping.dtype == np.int64


def test_inlined_lines_stay_innermost_first() -> None:
    message = good()
    message.location[0].line.add(function_id=3, line=99, column=4)
    profile = decode_pprof(message.SerializeToString())
    assert profile.locations.line_function.tolist() == [0, 2, 1, 2]
    assert profile.locations.line_column.tolist() == [0, 4, 0, 0]


def test_ids_need_not_be_dense_or_sorted() -> None:
    message = good()
    ids = {1: 2**63 + 5, 2: 7, 3: 900}
    for row in (*message.function, *message.location):
        row.id = ids[row.id]
    for location in message.location:
        location.line[0].function_id = ids[location.line[0].function_id]
    for sample in message.sample:
        sample.location_id[:] = [ids[i] for i in sample.location_id]
    profile = decode_pprof(message.SerializeToString())
    assert profile.samples.stack.tolist() == [2, 1, 0, 0]
    assert profile.locations.line_function.tolist() == [0, 1, 2]


def test_labels_are_texts_or_numbers_by_the_fields_that_are_set() -> None:
    message = good()
    key, value, unit = text(message, b"key"), text(message, b"value"), text(message, b"bytes")
    label = message.sample[1].label
    label.add(key=key, str=value, num=4, num_unit=2**40)
    label.add(key=key, num=-4)
    label.add(key=key, num_unit=unit)
    label.add(key=key)
    message.sample[2].label.add(key=key, num=9, num_unit=unit)
    labels = decode_pprof(message.SerializeToString()).labels
    assert labels.sample.tolist() == [1, 1, 1, 2]
    assert labels.is_number.tolist() == [False, True, True, True]
    assert labels.text == ("value", "", "", "")
    assert labels.number.tolist() == [0, -4, 0, 9]
    assert labels.unit == ("", "", "bytes", "bytes")


def test_texts_of_the_header_are_read() -> None:
    message = good()
    message.comment.append(text(message, b"first"))
    message.drop_frames, message.keep_frames = text(message, b"drop"), text(message, b"keep")
    message.doc_url = text(message, b"https://example.org/doc")
    message.period_type.type, message.period = text(message, b"cpu"), 10
    message.mapping.add(id=9, filename=text(message, b"[kernel.kallsyms]_text"))
    profile = decode_pprof(message.SerializeToString())
    assert profile.comments == ("first",)
    assert (profile.drop_frames, profile.keep_frames) == ("drop", "keep")
    assert profile.doc_url == "https://example.org/doc"
    assert (profile.period_type, profile.period) == (SampleType("cpu", ""), 10)
    assert profile.mappings[1].kernel_relocation_symbol == "_text"


def test_a_name_that_is_not_utf8_does_not_lose_the_profile() -> None:
    message = good()
    message.function[0].name = text(message, b"caf\xe9\x1b")
    profile = decode_pprof(message.SerializeToString())
    assert profile.functions.name[0] == "caf\ufffd\\x1b"
    assert [finding.code for finding in profile.findings] == ["text_cleaned"]


def test_a_missing_mapping_is_a_doubt() -> None:
    message = good()
    message.location[1].mapping_id = 8
    message.location[2].mapping_id = 0
    profile = decode_pprof(message.SerializeToString())
    assert profile.locations.mapping.tolist() == [0, -1, -1]
    (finding,) = profile.findings
    assert finding.code == "dangling_mapping"
    assert finding.message.startswith("1 ")


MALFORMED: list[tuple[str, Callable[[Message], object]]] = [
    ("bad_string_index", lambda m: setattr(m.function[1], "name", 999)),
    ("bad_string_index", lambda m: setattr(m.function[1], "name", -1)),
    ("bad_string_index", lambda m: setattr(m.function[1], "system_name", len(m.string_table))),
    ("bad_string_index", lambda m: setattr(m.mapping[0], "build_id", -5)),
    ("bad_string_index", lambda m: setattr(m.sample_type[0], "unit", 999)),
    ("bad_string_index", lambda m: setattr(m, "drop_frames", 999)),
    ("bad_string_index", lambda m: setattr(m, "default_sample_type", -2)),
    ("bad_string_index", lambda m: m.comment.append(999)),
    ("bad_string_index", lambda m: m.sample[0].label.add(key=999)),
    ("bad_string_index", lambda m: m.sample[0].label.add(key=1, str=999)),
    ("bad_string_index", lambda m: m.sample[0].label.add(key=1, num_unit=-1)),
    ("bad_string_index", lambda m: m.ClearField("string_table")),
    ("bad_table", lambda m: m.string_table.__setitem__(0, b"x")),
    ("bad_table", lambda m: setattr(m.function[0], "id", 0)),
    ("bad_table", lambda m: setattr(m.mapping[0], "id", 0)),
    ("bad_table", lambda m: setattr(m.location[0], "id", 0)),
    ("bad_table", lambda m: setattr(m.function[0], "id", 2)),
    ("bad_table", lambda m: setattr(m.location[0], "id", 2)),
    ("bad_table", lambda m: m.mapping.add(id=1)),
    ("concatenated", lambda m: (m.string_table.append(b""), setattr(m.function[0], "id", 2))),
    ("dangling_ref", lambda m: m.sample[0].location_id.append(99)),
    ("dangling_ref", lambda m: m.sample[0].location_id.append(0)),
    ("dangling_ref", lambda m: m.sample[0].location_id.append(2**64 - 1)),
    ("dangling_ref", lambda m: setattr(m.location[0].line[0], "function_id", 77)),
    ("dangling_ref", lambda m: setattr(m.location[0].line[0], "function_id", 0)),
    ("dangling_ref", lambda m: m.ClearField("location")),
    ("value_count", lambda m: m.sample[0].value.pop()),
    ("value_count", lambda m: m.sample[0].value.append(1)),
    ("value_count", lambda m: m.sample[0].ClearField("value")),
    ("value_count", lambda m: m.ClearField("sample_type")),
    ("dup_sample_type", lambda m: setattr(m.sample_type[1], "type", m.sample_type[0].type)),
]


@pytest.mark.parametrize(("code", "change"), MALFORMED, ids=[f"{code}-{i}" for i, (code, _) in enumerate(MALFORMED)])
def test_what_pprof_refuses_is_refused_by_name(code: str, change: Callable[[Message], object]) -> None:
    message = good()
    change(message)
    with pytest.raises(DecodeError) as caught:
        decode_pprof(message.SerializeToString())
    assert caught.value.code == code
    assert caught.value.cure


def test_a_large_profile_is_read_by_columns() -> None:
    names = [f"f{i}" for i in range(300)]
    stacks = [([names[(i * 7 + j) % 300] for j in range(20)], (1, i)) for i in range(5_000)]
    profile = decode_pprof(pprof_message(stacks).SerializeToString())
    assert profile.samples.stack.shape == (100_000,)
    leaf = profile.samples.stack[profile.samples.stack_offset[:-1]]
    assert [profile.functions.name[i] for i in leaf[:3].tolist()] == ["f19", "f26", "f33"]
    assert profile.total(1) == sum(range(5_000))
