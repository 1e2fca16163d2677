"""Bad input, code by code: each file ends as ok, ok with these doubts, or refused with this code."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import pytest

from pipeline.decode import decode_profile
from pipeline.decode.clean import clean_text
from pipeline.decode.gobench import decode_gobench
from pipeline.decode.loadtest import decode_load
from pipeline.errors import DecodeError
from pipeline.model.profile import Profile
from pipeline.proto import profile_pb2
from tests.builders import pprof_message
from tests.decode.load_samples import EVENTODB

GUIDE: Final = Path(__file__).parents[2] / "site_templates" / "guide" / "findings.md"
CORPUS: Final = Path(__file__).parents[3] / "shared" / "corpus" / "malformed"
corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of malformed files is not here")

Message = profile_pb2.Profile
Row = tuple[str, bytes, str]
"""A name, bytes, and how they must end: ``ok``, ``ok CODE…`` or ``refused CODE``."""


def message(change: Callable[[Message], object] = lambda _: None, **facts: object) -> bytes:
    """Make an uncompressed profile with one thing changed."""
    made = pprof_message([(("main", "work"), (1, 10)), (("main",), (3, 20))], **facts)  # type: ignore[arg-type]
    change(made)
    return made.SerializeToString()


def named(text: bytes) -> bytes:
    def change(made: Message) -> None:
        made.string_table.append(text)
        made.function[0].name = len(made.string_table) - 1

    return message(change)


def filtered(pattern: bytes) -> bytes:
    def change(made: Message) -> None:
        made.string_table.append(pattern)
        made.drop_frames = len(made.string_table) - 1

    return message(change)


def bare(made: Message) -> None:
    for location in made.location:
        location.ClearField("line")
    made.ClearField("mapping")
    for location in made.location:
        location.mapping_id = 0


def no_stacks(made: Message) -> None:
    for sample in made.sample:
        sample.ClearField("location_id")


def deep(depth: int) -> bytes:
    def change(made: Message) -> None:
        made.sample[0].location_id[:] = [1 + i % 2 for i in range(depth)]

    return message(change)


def values(*column: int) -> bytes:
    return pprof_message([(("a",), (value,)) for value in column], [("space", "bytes")]).SerializeToString()


GOOD: Final = message()
PACKED: Final = gzip.compress(GOOD, mtime=0)
HEAP_TEXT: Final = b"heap profile: 3: 96 [3: 96] @ heap/2\n1: 32 [1: 32] @ 0x11\n2: 64 [2: 64] @ 0x12\n"
DUMP: Final = b"goroutine 1 [select, 7 minutes]:\nmain.main()\n\t/a.go:1 +0x1\ncreated by main.start\n\t/a.go:2\n"

PROFILES: Final[list[Row]] = [
    ("empty file", b"", "refused empty"),
    ("gzip of nothing", gzip.compress(b""), "refused empty"),
    ("gzip cut", PACKED[: len(PACKED) // 2], "refused gzip_truncated"),
    ("gzip without trailer", PACKED[:-8], "refused gzip_truncated"),
    ("gzip with another checksum", PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "refused gzip_crc"),
    ("bytes after gzip", PACKED + b"\n", "refused trailing_data"),
    ("profile twice, two members", PACKED + PACKED, "refused concatenated"),
    ("profile twice", GOOD + GOOD, "refused concatenated"),
    ("gzip in gzip", gzip.compress(PACKED), "ok double_gzip"),
    ("html", b"<!DOCTYPE html><html><title>Sign in</title>", "refused not_a_profile"),
    ("html, compressed", gzip.compress(b"<html>502"), "refused not_a_profile"),
    ("json", b'{"error": "no"}', "refused not_a_profile"),
    ("404", b"404 page not found\n", "refused not_a_profile"),
    ("unknown profile", b"Unknown profile\n", "refused not_a_profile"),
    ("words", b"ok", "refused not_a_profile"),
    ("goroutine debug=1", b"goroutine profile: total 1\n1 @ 0x1\n#\t0x1\tmain.f+0x1\t/a.go:1\n", "ok"),
    ("heap debug=1", HEAP_TEXT, "ok unsymbolized"),
    ("goroutine debug=2", DUMP, "ok"),
    ("heap debug=1 cut", HEAP_TEXT.partition(b"2: 64")[0], "ok text_incomplete unsymbolized"),
    ("goroutine debug=1 cut", b"goroutine profile: total 9\n1 @ 0x1\n", "ok text_incomplete unsymbolized"),
    ("proto cut", GOOD[:-9], "refused proto_corrupt"),
    ("random bytes", bytes(range(200, 256)) * 9, "refused proto_corrupt"),
    ("overlong varint", GOOD + b"\x48" + b"\x80" * 11, "refused proto_corrupt"),
    ("huge length", GOOD + b"\x12\xff\xff\xff\xff\x07", "refused proto_corrupt"),
    ("group", GOOD + b"\x93\x03\x94\x03", "refused proto_corrupt"),
    ("location missing", message(lambda m: m.sample[0].location_id.append(99)), "refused dangling_ref"),
    ("function missing", message(lambda m: setattr(m.location[0].line[0], "function_id", 9)), "refused dangling_ref"),
    ("mapping missing", message(lambda m: setattr(m.location[0], "mapping_id", 9)), "ok dangling_mapping"),
    ("string past the table", message(lambda m: setattr(m.function[0], "name", 99)), "refused bad_string_index"),
    ("string -1", message(lambda m: setattr(m.function[0], "name", -1)), "refused bad_string_index"),
    ("first string", message(lambda m: m.string_table.__setitem__(0, b"x")), "refused bad_table"),
    ("id 0", message(lambda m: setattr(m.location[0], "id", 0)), "refused bad_table"),
    ("id twice", message(lambda m: setattr(m.function[0], "id", 2)), "refused bad_table"),
    ("too few values", message(lambda m: m.sample[0].value.pop()), "refused value_count"),
    ("no sample types", message(lambda m: m.ClearField("sample_type")), "refused value_count"),
    ("a type twice", message(lambda m: setattr(m.sample_type[1], "type", 1)), "refused dup_sample_type"),
    ("no samples", message(lambda m: m.ClearField("sample")), "ok no_samples"),
    ("sum past 64 bits", values(2**62, 2**62), "ok overflow"),
    ("sum up to 64 bits", values(2**62, 2**62 - 1), "ok"),
    ("negative values", values(5, -9), "ok"),
    ("no time", message(time_nanos=0), "ok clock"),
    ("a time to come", message(time_nanos=2**63 - 1), "ok clock"),
    ("negative duration", message(duration_nanos=-1), "ok clock"),
    ("a million frames", deep(10**6), "ok"),
    ("recursion of 1003", deep(1003), "ok"),
    ("a name of 1 MB", named(b"n" * (1 << 20)), "ok"),
    ("names that repeat, packed 900 to 1", gzip.compress(named(b"n" * (4 << 20)), 9), "ok"),
    ("invalid UTF-8", named(b"caf\xe9"), "ok text_cleaned"),
    ("NUL, ESC, CR LF", named(b"a\0\x1b[31m\r\nb"), "ok text_cleaned"),
    ("bidi", named("\u202egnp.exe".encode()), "ok text_cleaned"),
    ("no symbols, no mapping", message(bare), "ok unsymbolized"),
    ("no stacks", message(no_stacks), "ok unsymbolized"),
    ("drop_frames no regex", filtered(b"runtime\\.("), "ok bad_regex"),
    ("drop_frames that backtracks", filtered(b"(a+)+$"), "ok"),
    ("bomb of zeros", gzip.compress(bytes(64_000_000)), "refused too_large"),
    ("bomb of samples", gzip.compress(GOOD + b"\x12\x00" * 10**7), "refused too_large"),
    ("folded stacks cut", b"a;b 1\na;c 2\na;", "refused text_corrupt"),
]

LOADS: Final[list[tuple[str, bytes, str]]] = [
    ("NaN", b'{"total_ops": NaN}', "at /total_ops: NaN is not a number"),
    ("Infinity", b'{"a": [1, -Infinity]}', "at /a/1: -Infinity is not a number"),
    ("1e400", b'{"a": {"b/c": 1e400}}', "at /a/b~1c: the number is too large"),
    ("400 digits", b'{"a": ' + b"9" * 400 + b"}", "at /a: the number is too large"),
    ("duplicate key", b'{"a": {"x": 1, "x": 2}}', "at /a/x: this key stands twice"),
    ("nested 65 deep", b'{"a": ' + b"[" * 65 + b"]" * 65 + b"}", "nested deeper than 64"),
    ("nested 100,000 deep", b"[" * 100_000 + b"]" * 100_000, "nested deeper than 64"),
    ("larger than the limit", b"[" + b"1," * (9 << 20) + b"1]", "more than the 16777216"),
    ("cut", b'{"total_ops": 1', "not JSON"),
    ("half a surrogate", b'{"a": "\\ud800"}', "at /a: a text holds half a surrogate pair"),
    ("not UTF-8", b'{"a": "\xff"}', "byte 7 is not UTF-8"),
]


def read(data: bytes) -> Profile:
    """Decode as a run's files are."""
    return decode_profile(data, symbolize=True)


def outcome(data: bytes, decode: Callable[[bytes], object]) -> object:
    try:
        return decode(data)
    except DecodeError as error:
        return error


def ending(data: bytes, decode: Callable[[bytes], object] = read) -> str:
    """Say how bytes end, in the words of the table."""
    result = outcome(data, decode)
    if not isinstance(result, DecodeError):
        return " ".join(("ok", *sorted({finding.code for finding in getattr(result, "findings", ())})))
    assert clean_text(result.message) == result.message
    assert result.cure
    return f"refused {result.code}"


@pytest.mark.parametrize(("data", "end"), [row[1:] for row in PROFILES], ids=[row[0] for row in PROFILES])
def test_a_profile_ends_as_the_table_says(data: bytes, end: str) -> None:
    assert ending(data) == end


@pytest.mark.parametrize(("data", "words"), [row[1:] for row in LOADS], ids=[row[0] for row in LOADS])
def test_json_that_breaks_a_rule_is_refused_with_its_place(data: bytes, words: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_load(data)
    assert caught.value.code == "bad_json"
    assert words in caught.value.message


def test_a_byte_order_mark_before_a_load_result_is_passed_over() -> None:
    text = json.dumps(EVENTODB).encode()
    assert decode_load(b"\xef\xbb\xbf" + text) == decode_load(text)


def test_a_mean_of_no_operation_may_be_left_out_and_no_other() -> None:
    none = {**EVENTODB, "total_ops": 0, "writes": 0, "reads": 0, "ops_per_sec": 0}
    del none["avg_latency_ms"]
    assert decode_load(json.dumps(none).encode()).mean_latency_seconds is None
    with pytest.raises(DecodeError, match="lacks avg_latency_ms"):
        decode_load(json.dumps({**none, "total_ops": 1}).encode())


def test_totals_are_exact_where_other_tools_wrap_around() -> None:
    assert decode_profile(values(2**63 - 1, 2**63 - 1, -(2**63))).total(0) == 2 * (2**63 - 1) + 2**63


def test_a_refusal_shows_how_the_file_begins_cleaned_and_cut() -> None:
    with pytest.raises(DecodeError) as caught:
        decode_profile(b"<html>\x1b[31m<b>" + b"x" * 500)
    shown = caught.value.message.partition(": ")[2]
    assert shown.startswith("<html>\\x1b[31m<b>xxx")
    assert len(shown) == 80


def test_every_code_of_the_table_is_in_the_guide() -> None:
    ends = {code for row in PROFILES for code in row[2].split()[1:]} | {"bad_json"}
    guide = GUIDE.read_text(encoding="utf8")
    assert [code for code in sorted(ends) if f'id="{code}"' not in guide] == []


EXPECTED: Final = {
    "notprofile/zero_length.prof": "refused empty",
    "notprofile/random_64k.prof": "refused proto_corrupt",
    "notprofile/*": "refused not_a_profile",
    "transport/gzip_truncated_*": "refused gzip_truncated",
    "transport/gzip_header_only.prof": "refused gzip_truncated",
    "transport/gzip_two_bytes.prof": "refused gzip_truncated",
    "transport/gzip_no_trailer.prof": "refused gzip_truncated",
    "transport/gzip_bad_*": "refused gzip_crc",
    "transport/crlf_mangled.prof": "refused gzip_crc",
    "transport/bitflip_gzip_*": "refused gzip_crc",
    "transport/gzip_trailing_*": "refused trailing_data",
    "transport/overwritten_no_truncate.prof": "refused trailing_data",
    "transport/gzip_of_gzip.prof": "ok double_gzip",
    "transport/gzip_*": "ok",
    "transport/uncompressed.pb": "ok",
    "transport/with_log_line.prof": "refused proto_corrupt",
    "transport/proto_truncated_*": "refused proto_corrupt",
    "transport/proto_cut_between_fields.pb": "refused bad_string_index",
    "transport/bitflip_proto_0[28].pb": "refused bad_table",
    "transport/bitflip_proto_09.pb": "refused proto_corrupt",
    "transport/bitflip_proto_1[35].pb": "refused proto_corrupt",
    "transport/bitflip_proto_*": "ok",
    "transport/two_profiles_concatenated.pb": "refused concatenated",
    "transport/same_profile_twice_gz.prof": "refused concatenated",
    "transport/*": "refused not_a_profile",
    "structure/string_index_*": "refused bad_string_index",
    "structure/no_string_table.pb": "refused bad_string_index",
    "structure/first_string_not_empty.pb": "refused bad_table",
    "structure/no_sample_type.pb": "refused value_count",
    "structure/no_samples.pb": "ok no_samples",
    "structure/no_mapping.pb": "ok dangling_mapping",
    "structure/unknown_location.pb": "refused dangling_ref",
    "structure/location_zero.pb": "refused dangling_ref",
    "structure/line_without_function.pb": "refused dangling_ref",
    "structure/*_id_zero.pb": "refused bad_table",
    "structure/duplicate_sample_types.pb": "refused dup_sample_type",
    "structure/duplicate_*": "refused bad_table",
    "structure/*_values.pb": "refused value_count",
    "structure/wrong_wiretype.pb": "refused concatenated",
    "structure/group_wiretype.pb": "refused proto_corrupt",
    "structure/wiretype_7.pb": "refused proto_corrupt",
    "structure/field_zero.pb": "refused proto_corrupt",
    "structure/length_*": "refused proto_corrupt",
    "structure/varint_*": "refused proto_corrupt",
    "structure/nested_length.pb": "refused proto_corrupt",
    "structure/huge_ids.pb": "ok clock",
    "structure/drop_frames_bad_regex.pb": "ok bad_regex",
    "structure/location_without_line.pb": "ok unsymbolized",
    "structure/*": "ok",
    "values/int64_overflow.pb": "ok overflow",
    "values/int64_min.pb": "ok overflow",
    "values/time_*": "ok clock",
    "values/duration_*": "ok clock",
    "values/*": "ok",
    "strings/hostile_names.pb.gz": "ok text_cleaned",
    "strings/not_utf8.pb": "ok text_cleaned",
    "strings/*": "ok",
    "text/goroutine_debug2_truncated.txt": "ok lines_skipped",
    "text/goroutine_debug2_*": "ok",
    "text/goroutine_debug1_header_only.txt": "ok no_samples",
    "text/legacy_heap_bad_numbers.txt": "refused not_a_profile",
    "text/legacy_heap_truncated.txt": "ok text_incomplete unsymbolized",
    "text/html_escaped_debug1.txt": "ok frames_hidden text_incomplete",
    "text/*": "ok frames_hidden text_cleaned text_incomplete",
    "loadtest/ok.json": "ok",
    "loadtest/no_latency.json": "ok",
    "loadtest/bom.json": "ok",
    "loadtest/html_keys.json": "ok",
    "loadtest/array.json": "refused not_a_load_result",
    "loadtest/*": "refused bad_json",
    "bench/test2json.txt": "refused not_a_benchmark",
    "bench/split_line.txt": "ok benchmark_lines",
    "bench/*": "ok",
    "filenames/*": "ok",
}
"""The first pattern that fits a generated file says how it ends."""

STRICTER: Final = {"structure/field_zero.pb"}
"""What pprof reads and we refuse: field number 0 is illegal."""
_DECODERS: Final[dict[str, Callable[[bytes], object]]] = {"loadtest": decode_load, "bench": decode_gobench}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the corpus' damaged files."""
    folder = tmp_path_factory.mktemp("malformed")
    command = [sys.executable, str(CORPUS / "make_malformed.py"), "--out", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@corpus
def test_every_generated_file_ends_as_expected(generated: Path) -> None:
    different = {}
    for case in json.loads((generated / "CASES.json").read_text(encoding="utf8")):
        name = case["file"]
        expected = next(end for pattern, end in EXPECTED.items() if fnmatch(name, pattern))
        end = ending((generated / name).read_bytes(), _DECODERS.get(name.split("/")[0], read))
        if end != expected:
            different[name] = (end, expected)
    assert different == {}


@corpus
def test_what_pprof_accepts_and_refuses_we_do_too(generated: Path) -> None:
    different = {}
    for name, accepted_there in _pprof_says().items():
        if name.startswith("filenames/") or not (generated / name).exists():
            continue
        if ending((generated / name).read_bytes()).startswith("ok") != accepted_there:
            different[name] = accepted_there
    more = {name for name, accepted_there in different.items() if not accepted_there}
    dumps = {name for name in _pprof_says() if name.startswith("text/goroutine_debug2")}
    assert more == dumps | {"transport/gzip_of_gzip.prof"}
    assert set(different) - more == STRICTER


def _pprof_says() -> dict[str, bool]:
    text = (CORPUS / "PPROF_SAYS.md").read_text(encoding="utf8").partition("\n## ")[0]
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {row[0].removeprefix("| "): row[2] == "0" for row in rows if len(row) >= 6 and "/" in row[0]}


@corpus
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gdu-trace-single.out", "a Go execution trace"),
        ("haskell-simple.prof", "a JSON text"),
        ("lfs-pointer.pb.gz", "a git-LFS pointer"),
        ("smaran-heap.pprof", "404 page not found"),
    ],
)
def test_what_was_found_in_a_profiles_place(name: str, words: str) -> None:
    with pytest.raises(DecodeError, match=words) as caught:
        decode_profile((CORPUS / "wild" / name).read_bytes())
    assert caught.value.code == "not_a_profile"
