"""Load results: what is read, and what is refused with which pointer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.decode.loadtest import MAX_BYTES, REQUIRED, decode_load
from pipeline.errors import DecodeError
from pipeline.model.metric import LoadResult

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "made-here" / "runs"

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
