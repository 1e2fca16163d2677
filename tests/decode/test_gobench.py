"""The Go benchmark format, line by line."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from pipeline.decode.gobench import decode_gobench, is_gobench, tidy
from pipeline.errors import DecodeError
from pipeline.model.benchmark import BenchmarkValue

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "bench"

OUTPUT = b"""goos: linux
pkg: example.com/store
cpu: A CPU @ 1.00GHz
note:
Unit ns/op better=lower assume=exact
Unit p50-ns better=lower
BenchmarkAppend/size=1K/fast-8 \t     100\t     4000 ns/op\t  24.68 MB/s\t 64 B/op\t 2 allocs/op
BenchmarkAppend/size=1K/fast-8 \t     110\t     4200 ns/op\t  23.68 MB/s\t 64 B/op\t 2 allocs/op
some log line
BenchmarkBroken
    store_test.go:12: skipped
pkg: example.com/other
BenchmarkQueue 7 0 ns/op 250 p50-ns 1.5e3 ops/s 3 widgets
PASS
ok  \texample.com/store\t1.2s
"""


def faults(data: bytes) -> list[tuple[int, str]]:
    return [(fault.line, fault.message) for fault in decode_gobench(data).faults]


def test_results_with_their_configuration() -> None:
    found = decode_gobench(OUTPUT)
    first, again, queue = found.results
    assert (first.name, first.base, first.procs, first.iterations, first.line) == (
        "Append/size=1K/fast-8",
        "Append",
        8,
        100,
        7,
    )
    assert first.parts == (("size", "1K"), ("", "fast"))
    assert first.config == (("goos", "linux"), ("pkg", "example.com/store"), ("cpu", "A CPU @ 1.00GHz"))
    assert again.value("sec/op") == BenchmarkValue(4200 * 1e-9, "sec/op", 4200.0, "ns/op")
    assert first.value("B/s") == BenchmarkValue(24.68e6, "B/s", 24.68, "MB/s")
    assert first.value("ns/op") is None
    assert dict(queue.config)["pkg"] == "example.com/other"
    assert (queue.base, queue.parts, queue.procs) == ("Queue", (), None)


def test_custom_units_and_zero_are_tidied_with_the_raw_value_kept() -> None:
    values = decode_gobench(OUTPUT).results[2].values
    assert [(value.unit, value.raw_value, value.raw_unit) for value in values] == [
        ("sec/op", 0.0, "ns/op"),
        ("p50-sec", 250.0, "p50-ns"),
        ("ops/s", 1500.0, "ops/s"),
        ("widgets", 3.0, "widgets"),
    ]
    assert values[1].value == pytest.approx(2.5e-07)


def test_unit_metadata_is_found_by_base_unit() -> None:
    found = decode_gobench(OUTPUT)
    assert (found.better("sec/op"), found.better("p50-sec"), found.better("B/s")) == ("lower", "lower", "higher")
    assert (found.better("B/op"), found.better("widgets")) == ("lower", "none")
    assert (found.is_exact("sec/op"), found.is_exact("B/op")) == (True, False)
    assert (found.units[0].raw_unit, found.units[0].line) == ("ns/op", 5)


def test_a_bad_line_is_a_record_and_a_finding_not_a_lost_file() -> None:
    found = decode_gobench(OUTPUT)
    assert [(fault.line, fault.message) for fault in found.faults] == [(10, "missing iteration count")]
    (finding,) = found.findings
    assert (finding.code, finding.evidence) == ("benchmark_lines", "line 10: missing iteration count")
    assert decode_gobench(b"BenchmarkA 1 2 ns/op\n").findings == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("BenchmarkA", "missing iteration count"),
        ("BenchmarkA x 1 ns/op", "parsing iteration count: invalid syntax"),
        ("BenchmarkA 1_0 1 ns/op", "parsing iteration count: invalid syntax"),
        ("BenchmarkA 9223372036854775808 1 ns/op", "parsing iteration count: value out of range"),
        ("BenchmarkA 1" + "0" * 5000 + " 1 ns/op", "parsing iteration count: value out of range"),
        ("BenchmarkA 1", "missing measurements"),
        ("BenchmarkA 1 5", "missing units"),
        ("BenchmarkA 1 5 ns/op 6", "missing units"),
        ("BenchmarkA 1 5 ns/op x B/op", "parsing measurement: invalid syntax"),
        ("BenchmarkA 1 1__0 ns/op", "parsing measurement: invalid syntax"),
        ("BenchmarkA 1 1_.0 ns/op", "parsing measurement: invalid syntax"),
        ("BenchmarkA 1 x ns/op 6", "parsing measurement: invalid syntax"),
        ("BenchmarkA 1 -nan ns/op", "parsing measurement: invalid syntax"),
        ("BenchmarkA 1 0x.p1 ns/op", "parsing measurement: invalid syntax"),
        ("BenchmarkA 1 1e5000 ns/op", "parsing measurement: value out of range"),
        ("BenchmarkA 1 1e999 ns/op", "parsing measurement: value out of range"),
        ("BenchmarkA 1 0x1p99999 ns/op", "parsing measurement: value out of range"),
        ("Unit", "missing unit"),
        ("Unit ns better", "expected key=value"),
        ("Unit ns =x", "expected key=value"),
    ],
)
def test_bad_lines(line: str, message: str) -> None:
    assert faults(b"BenchmarkFirst 1 1 ns/op\n" + line.encode()) == [(2, message)]


def test_conflicting_metadata_keeps_the_first() -> None:
    found = decode_gobench(
        b"Unit ns better=lower\nUnit sec better=lower x=1\nUnit ns better=higher\nBenchmarkA 1 1 ns\n"
    )
    assert found.better("sec") == "lower"
    assert [entry.key for entry in found.units] == ["better", "x"]
    assert found.faults[0].message == "metadata better of unit ns already set to lower"


def test_the_odd_numbers_go_reads() -> None:
    line = b"BenchmarkA +7 Inf a -inf b NaN c 0x1.8p1 d .5 e 5. f 1_000.5 g\n"
    (result,) = decode_gobench(line).results
    assert result.iterations == 7
    assert [value.value for value in result.values[:2]] == [math.inf, -math.inf]
    assert math.isnan(result.values[2].value)
    assert [value.value for value in result.values[3:]] == [3.0, 0.5, 5.0, 1000.5]


@pytest.mark.parametrize(
    "line",
    [
        "Key: x",
        "key:x",
        "ke y: x",
        "kEy: x",
        ": x",
        "1key: x",
        "--- BENCH: x",
        "ªkey: x",
        "Units ns a=b",
        " Unit ns a=b",
    ],
)
def test_lines_that_are_no_configuration(line: str) -> None:
    found = decode_gobench(f"{line}\nBenchmarkA 1 1 ns/op\n".encode())
    assert (found.results[0].config, found.units, found.faults) == ((), (), ())


def test_configuration_is_changed_and_removed() -> None:
    data = b"a: 1\r\nb:\t 2\r\nBenchmarkA 1 1 x\r\na:\r\nb: 3\r\nBenchmarkA 1 1 x\r\n"
    assert [result.config for result in decode_gobench(data).results] == [(("a", "1"), ("b", "2")), (("b", "3"),)]


@pytest.mark.parametrize(
    ("unit", "base", "value"),
    [
        ("ns", "sec", 1e-9),
        ("MB/s", "B/s", 1e6),
        ("op/ns", "op/ns", 1.0),
        ("B/ns*MB", "B/ns*B", 1e6),
        ("ns*ns", "sec*sec", 1e-18),
        ("cpu-ns/op", "cpu-sec/op", 1e-9),
        ("/ns-MB", "/ns-MB", 1.0),
        ("MBps", "MBps", 1.0),
        ("conns", "conns", 1.0),
    ],
)
def test_units_are_tidied_only_as_whole_words_of_the_numerator(unit: str, base: str, value: float) -> None:
    assert tidy(1.0, unit) == (pytest.approx(value), base)


def test_names_are_cleaned_and_bad_bytes_are_one_bad_line() -> None:
    found = decode_gobench(b"\xef\xbb\xbfBenchmarkA\x1b[2J 1 1 ns/op\nBenchmark\xff 1 1 ns/op\n\xff\nBenchmark 1 1 x\n")
    assert [result.name for result in found.results] == ["A\\x1b[2J", ""]
    assert [(fault.line, fault.message) for fault in found.faults] == [(2, "the line is not UTF-8")]


@pytest.mark.parametrize("data", [b"", b"PASS\nok x 1s\n", b"goos: linux\n", b"\x00\x01"])
def test_text_without_benchmarks_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_gobench(data)
    assert caught.value.code == "not_a_benchmark"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real results is not here")
def test_real_results_are_read_under_the_name_unknown(tmp_path: Path) -> None:
    samples = [path for path in CORPUS.iterdir() if path.suffix != ".stdout"]
    assert samples
    for sample in samples:
        unknown = tmp_path / "unknown"
        unknown.write_bytes(sample.read_bytes())
        found = decode_gobench(unknown.read_bytes())
        lines = [line for line in sample.read_bytes().split(b"\n") if line.startswith(b"Benchmark")]
        assert len(found.results) + len(found.faults) == len(lines), sample.name
        assert {fault.message for fault in found.faults} <= {"missing iteration count"}, sample.name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"goos: linux\nBenchmarkX-8 \t 10 \t 12.5 ns/op\n", True),
        (b"=== RUN\nBenchmarkX 1 1e3 x\r\n", True),
        (b"Benchmarks 3 are fun\n", False),
        (b"BenchmarkX\nBenchmarkX-8 10\n", False),
        (b"the BenchmarkX 10 5 ns/op\n", False),
        (b"", False),
    ],
)
def test_results_are_recognised_by_a_whole_line(text: bytes, *, expected: bool) -> None:
    assert is_gobench(text) == expected
