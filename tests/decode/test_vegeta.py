"""vegeta: the report, and the streams it is made of."""

from __future__ import annotations

import pytest

from pipeline.decode.loadtest import decode_load
from pipeline.errors import DecodeError
from tests.decode.load_samples import VEGETA_CSV, VEGETA_JSON, VEGETA_REPORT, text


def test_the_report() -> None:
    result = decode_load(text(VEGETA_REPORT))
    assert (result.tool, result.operations, result.errors, result.duration_seconds) == ("vegeta", 297, 3, 3.0)
    assert result.operations_per_second == 99.0
    assert result.started == "2026-11-20T10:00:00.123456789+01:00"
    assert result.mean_latency_seconds == 0.01
    assert result.quantiles == ((0.5, 0.008), (0.9, 0.015), (0.95, 0.02), (0.99, 0.03), (1.0, 0.04))
    assert result.status_codes == (("0", 2), ("200", 290), ("302", 7), ("503", 1))


@pytest.mark.parametrize("stream", [VEGETA_JSON, VEGETA_CSV, VEGETA_JSON.splitlines()[0] + b"\n" + VEGETA_JSON[:0]])
def test_streams(stream: bytes) -> None:
    result = decode_load(stream)
    one = stream.count(b"\n") == 1
    assert (result.operations, result.errors) == ((0, 1) if one else (3, 1))
    assert result.started == "2026-11-20T10:00:00.500Z"
    assert result.duration_seconds == pytest.approx(0.1 if one else 3.4)
    assert result.mean_latency_seconds == pytest.approx(0.1 if one else 0.25)
    assert result.quantiles[-1] == (1.0, pytest.approx(0.1 if one else 0.4))


def test_both_streams_say_the_same() -> None:
    assert decode_load(VEGETA_JSON) == decode_load(VEGETA_CSV)


def test_an_error_text_may_hold_anything() -> None:
    odd = VEGETA_CSV.replace(b"dial", '"a ""b"",\n\u2028c"'.encode())
    assert decode_load(odd) == decode_load(VEGETA_CSV)
    assert decode_load(VEGETA_CSV.replace(b"dial", "a\u2028b".encode())) == decode_load(VEGETA_CSV)


def test_a_server_that_was_down_is_data() -> None:
    down = VEGETA_REPORT | {"status_codes": {"0": 300}, "success": 0}
    assert decode_load(text(down)).operations == 0
    empty = VEGETA_REPORT | {
        "status_codes": {},
        "requests": 0,
        "duration": 0,
        "wait": 0,
        "earliest": "0001-01-01T00:00:00Z",
    }
    result = decode_load(text(empty))
    assert (result.operations, result.errors, result.started, result.mean_latency_seconds) == (0, 0, "", None)


def test_codes_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(DecodeError, match="at /status_codes: counts 1 answers for 300 requests"):
        decode_load(text(VEGETA_REPORT | {"status_codes": {"200": 1}}))


@pytest.mark.parametrize(
    ("stream", "code", "place"),
    [
        (VEGETA_JSON[:-20], "bad_json", "line 4"),
        (VEGETA_JSON.replace(b'"latency": 200000000', b'"latency": -2'), "bad_json", "line 2/latency"),
        (VEGETA_CSV[:-40], "not_a_load_result", "Line 4"),
        (VEGETA_CSV + b"9223372036854775807,200,9223372036854775807,0,5,,,a,1\n", "not_a_load_result", "Line 5"),
        (VEGETA_CSV + b"1795168800500000000,200,-1,0,5,,,a,1\n", "not_a_load_result", "Line 5"),
        (VEGETA_JSON.replace(b"2026-11-20T10:00:02", b"9999-11-20T10:00:02"), "bad_json", "line 3"),
        (VEGETA_CSV + b"1,2\n", "not_a_load_result", "Line 5"),
        (VEGETA_CSV + b"x,200,5,0,5,,,a,1,GET,u,\n", "not_a_load_result", "Line 5"),
    ],
)
def test_a_broken_line_refuses_the_stream(stream: bytes, code: str, place: str) -> None:
    with pytest.raises(DecodeError, match=place) as caught:
        decode_load(stream)
    assert caught.value.code == code
