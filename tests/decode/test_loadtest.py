"""Load results: what is read, and what is refused with which pointer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.decode.loadtest import MAX_BYTES, REQUIRED, decode_load, load_doubts
from pipeline.errors import DecodeError
from pipeline.model.metric import LoadResult
from pipeline.store import codec
from tests.decode.load_samples import EVERY

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
CORPUS = SHARED / "made-here" / "runs"

PLAIN: dict[str, Any] = {
    "timestamp": "2026-11-20T17:33:35Z",
    "duration_s": 8.5,
    "total_ops": 1000,
    "writes": 900,
    "reads": 100,
    "errors": 3,
    "ops_per_sec": 117.6,
    "avg_latency_ms": 2.5,
}
FULL: dict[str, Any] = PLAIN | {
    "tool": "profbook-loadgen",
    "latency_ms": {"max": 80.0, "p50": 2, "p90": 5.5, "p95": 8, "p99": 20.0, "p999": 40.0},
    "histogram_ms": [{"le": 0.5, "count": 0}, {"le": 5, "count": 900}, {"le": 80.0, "count": 100}],
    "status": {"200": 1000, "500": 3},
    "workers": 10,
    "rate": 0,
    "streams": 100,
}


def written(**changes: Any) -> bytes:
    return json.dumps(FULL | changes).encode()


def refusal(data: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode_load(data)
    return caught.value


def test_the_plain_form_is_read() -> None:
    assert decode_load(json.dumps(PLAIN).encode()) == LoadResult(
        tool="",
        started="2026-11-20T17:33:35Z",
        duration_seconds=8.5,
        operations=1000,
        errors=3,
        operations_per_second=117.6,
        mean_latency_seconds=0.0025,
        writes=900,
        reads=100,
    )


def test_quantiles_and_histogram_are_read_in_seconds() -> None:
    result = decode_load(written())
    assert result.tool == "profbook-loadgen"
    assert result.quantiles == ((0.5, 0.002), (0.9, 0.0055), (0.95, 0.008), (0.99, 0.02), (0.999, 0.04), (1.0, 0.08))
    assert result.histogram == ((0.0005, 0), (0.005, 900), (0.08, 100))


@pytest.mark.parametrize(
    ("key", "quantile"), [("p5", 0.05), ("p75", 0.75), ("p99.9", 0.999), ("p9999", 0.9999), ("max", 1.0)]
)
def test_quantile_names(key: str, quantile: float) -> None:
    assert decode_load(written(latency_ms={key: 1.0})).quantiles == ((quantile, 0.001),)


@pytest.mark.parametrize("key", ["p100", "p500", "min", "mean", "p", "P50", "p-1", "p5٠"])
def test_other_latency_keys_are_passed_over(key: str) -> None:
    assert decode_load(written(latency_ms={key: 1.0, "p50": 1.0})).quantiles == ((0.5, 0.001),)


def test_a_byte_order_mark_is_accepted() -> None:
    assert decode_load(b"\xef\xbb\xbf" + written()) == decode_load(written())


def test_errors_of_the_load_test_are_data() -> None:
    result = decode_load(written(total_ops=0, writes=0, reads=0, errors=50, avg_latency_ms=0, latency_ms={}))
    assert (result.operations, result.errors, result.mean_latency_seconds) == (0, 50, None)


def test_a_whole_number_may_be_written_as_a_float() -> None:
    assert decode_load(written(total_ops=1000.0)).operations == 1000


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_field_is_named(name: str) -> None:
    error = refusal(json.dumps({key: value for key, value in FULL.items() if key != name}).encode())
    assert error.code == "not_a_load_result"
    assert name in error.message


@pytest.mark.parametrize("data", [b"[]", b"{}", b"null", b"1", b'"text"', b'{"metrics": {}}'])
def test_other_json_is_no_load_result(data: bytes) -> None:
    assert refusal(data).code == "not_a_load_result"


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", b"{", written()[:-1], written() + b"}", b"\xff\xfe{\x00}\x00", b"{'a': 1}", b"[1,]", b"\x00"],
)
def test_what_is_not_json_is_refused(data: bytes) -> None:
    assert refusal(data).code == "bad_json"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"duration_s": "8"}, "/duration_s"),
        ({"duration_s": True}, "/duration_s"),
        ({"duration_s": None}, "/duration_s"),
        ({"duration_s": -1}, "/duration_s"),
        ({"ops_per_sec": float("nan")}, "/ops_per_sec"),
        ({"ops_per_sec": float("inf")}, "/ops_per_sec"),
        ({"avg_latency_ms": float("-inf")}, "/avg_latency_ms"),
        ({"total_ops": 1.5}, "/total_ops"),
        ({"total_ops": -1}, "/total_ops"),
        ({"total_ops": 2**60}, "/total_ops"),
        ({"total_ops": 10**5000}, "/total_ops"),
        ({"errors": [1]}, "/errors"),
        ({"writes": -0.5}, "/writes"),
        ({"reads": {}}, "/reads"),
        ({"timestamp": 17}, "/timestamp"),
        ({"timestamp": "yesterday"}, "/timestamp"),
        ({"tool": 1}, "/tool"),
        ({"tool": "\ud800"}, "/tool"),
        ({"latency_ms": []}, "/latency_ms"),
        ({"latency_ms": {"p50": "2"}}, "/latency_ms/p50"),
        ({"latency_ms": {"p50": 2, "p99": 1}}, "/latency_ms/p99"),
        ({"latency_ms": {"p99.9": 2, "p999": 2}}, "/latency_ms/p999"),
        ({"histogram_ms": {}}, "/histogram_ms"),
        ({"histogram_ms": [{"le": 1}]}, "/histogram_ms/0"),
        ({"histogram_ms": [1]}, "/histogram_ms/0"),
        ({"histogram_ms": [{"le": 1, "count": 1}, {"le": 1, "count": 1}]}, "/histogram_ms/1/le"),
        ({"histogram_ms": [{"le": 1, "count": 0.5}]}, "/histogram_ms/0/count"),
        ({"status": {"a/b~c": [0, float("nan")]}}, "/status/a~1b~0c/1"),
    ],
)
def test_a_wrong_value_is_refused_with_its_pointer(changes: dict[str, Any], pointer: str) -> None:
    error = refusal(_json(FULL | changes))
    assert error.code == "bad_json"
    assert f"at {pointer}:" in error.message
    assert error.cure


def _json(value: Any) -> bytes:
    """Write like json.dumps, but integers of any length too."""
    if isinstance(value, dict) and any(type(item) is int and item > 2**64 for item in value.values()):
        return json.dumps(value | {"total_ops": "HUGE"}).replace('"HUGE"', "1" + "0" * 5000).encode()
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        (b'"errors": 0, "errors": 1', "/errors"),
        (b'"more": {"200": 1, "200": 1}', "/more/200"),
        (b'"ops_per_sec": 1e400', "/ops_per_sec"),
        (b'"more": [-1e999]', "/more/0"),
        (b'"\\udc00": 1', "the top"),
    ],
)
def test_rules_of_the_text_hold_everywhere(text: bytes, pointer: str) -> None:
    error = refusal(written()[:-1].replace(b'"ops_per_sec": 117.6', b'"x": 1') + b", " + text + b"}")
    assert (error.code, f"at {pointer}:" in error.message) == ("bad_json", True)


def test_nesting_has_a_limit() -> None:
    def nested(depth: int) -> bytes:
        return written()[:-1] + b', "deep": ' + b"[" * depth + b"]" * depth + b"}"

    assert decode_load(nested(63)).operations == 1000
    for depth in (64, 65, 500, 100_000):
        error = refusal(nested(depth))
        assert (error.code, "nested deeper than 64" in error.message) == ("bad_json", True)


def test_a_huge_file_is_refused_unread() -> None:
    assert "bytes are more than" in refusal(b" " * (MAX_BYTES + 1)).message


def test_a_hostile_key_cannot_reach_a_terminal() -> None:
    error = refusal(written(status={"\x1b[2J" + "x" * 1000: float("nan")}))
    assert "\x1b" not in str(error)
    assert len(error.message) < 400


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real runs is not here")
def test_results_of_real_runs_are_read() -> None:
    files = sorted(CORPUS.glob("*/load-test-results.json"))
    assert files
    for file in files:
        result = decode_load(file.read_bytes())
        assert result.operations == (result.writes or 0) + (result.reads or 0)
        assert result.operations_per_second == pytest.approx(result.operations / result.duration_seconds)


@pytest.mark.parametrize("name", EVERY)
def test_every_tool_is_recognised_by_content(name: str, tmp_path: Path) -> None:
    tool, data = EVERY[name]
    unknown = tmp_path / "unknown"
    unknown.write_bytes(data)
    result = decode_load(unknown.read_bytes())
    assert result.tool == tool
    assert decode_load(data.replace(b"\n", b"\r\n") if not data.startswith(b"{") else data) == result
    assert codec.load(codec.dump(result), LoadResult) == result


@pytest.mark.parametrize("name", EVERY)
def test_a_file_cut_anywhere_is_refused_or_whole(name: str) -> None:
    data = EVERY[name][1]
    whole = decode_load(data)
    for end in range(0, len(data) - 1, max(1, len(data) // 60)):
        try:
            cut = decode_load(data[:end])
        except DecodeError as error:
            assert error.code in {"bad_json", "not_a_load_result"}  # noqa: PT017 - either outcome is right
        else:
            assert cut.operations <= whole.operations


JUNK = (b"null", b"-1", b"1e400", b"{}", b'"x"', b"NaN", b"0.0.5", b"9" * 40, b"9" * 5000, b"1e308", b"\xff", b"")


@pytest.mark.parametrize("name", EVERY)
def test_a_damaged_value_is_read_or_refused_with_a_code(name: str) -> None:
    data = EVERY[name][1]
    places = list(re.finditer(rb'-?[0-9]+(?:\.[0-9]+)?|"[^"]*"', data))
    for number, place in enumerate(places[:: max(1, len(places) // 40)]):
        try:
            decode_load(data[: place.start()] + JUNK[number % len(JUNK)] + data[place.end() :])
        except DecodeError as error:
            assert error.code in {"bad_json", "not_a_load_result"}  # noqa: PT017 - either outcome is right
            assert error.cure  # noqa: PT017


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\n     execution: local\n        script: a.js\n", "k6's console text"),
        (b'{"type":"Metric","data":{"type":"gauge"},"metric":"vus"}\n{"type":"Point"}\n', "k6's stream of points"),
        (b"Percentage served,Time in ms\n0,0.232\n", "ab's percentiles"),
        (b"Summary:\n  Success rate:\t100.00%\n", "oha --output-format json"),
        (b"\nSummary:\n  Count:\t\t200\n", "ghz -O json"),
        (b"Requests      [total, rate, throughput]  1, 1.00, 1.00\n", "vegeta report -type=json"),
    ],
)
def test_other_forms_of_known_tools_are_named_with_a_way_out(data: bytes, words: str) -> None:
    error = refusal(data)
    assert error.code == "not_a_load_result"
    assert words in str(error)


def test_warnings_become_findings() -> None:
    (finding,) = load_doubts(decode_load(written(ops_per_sec=5.0)), "load.json")
    assert (finding.code, finding.subject) == ("load_doubtful", "load.json")


SAMPLES = [*SHARED.glob("loadtest/*"), *SHARED.glob("made-here/loadtest/*"), *SHARED.glob("runs/*/load*")]
REFUSED = {"ab.percentiles.csv", "devsmith.k6-console-failed.txt", "oha.schema.json"}


@pytest.mark.skipif(not SAMPLES, reason="the corpus of real results is not here")
def test_real_results_are_read_under_the_name_unknown(tmp_path: Path) -> None:
    for sample in SAMPLES:
        unknown = tmp_path / "unknown"
        unknown.write_bytes(sample.read_bytes())
        if sample.name in REFUSED:
            assert refusal(unknown.read_bytes()).code == "not_a_load_result"
        else:
            result = decode_load(unknown.read_bytes())
            assert result.tool in sample.name or result.tool in {"wrk", "k6"}, sample.name
            assert result.operations + result.errors > 0
