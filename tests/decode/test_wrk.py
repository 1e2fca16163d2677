"""wrk and wrk2: closed and open loop."""

from __future__ import annotations

import pytest

from pipeline.decode.loadtest import decode_load
from pipeline.errors import DecodeError
from tests.decode.load_samples import WRK, WRK2, WRK_DOWN


def test_wrk() -> None:
    result = decode_load(WRK)
    assert (result.tool, result.operations, result.errors, result.duration_seconds) == ("wrk", 990, 15, 2.0)
    assert (result.operations_per_second, result.mean_latency_seconds) == (495.0, 0.0015)
    assert result.quantiles == ((0.5, 0.0009), (0.75, 0.0011), (0.9, 0.002), (0.99, 0.01), (1.0, 0.04))
    assert (result.open_loop, result.omission_corrected, result.histogram) == (False, False, ())


def test_the_rate_is_kept_when_all_answers_were_good() -> None:
    good = WRK.replace(b"  Non-2xx or 3xx responses: 10\n", b"").replace(b"500.00\n", b"501.25\n")
    assert decode_load(good).operations_per_second == 501.25


def test_wrk2_is_an_open_loop_with_corrected_latency() -> None:
    result = decode_load(WRK2)
    assert (result.tool, result.operations, result.errors, result.duration_seconds) == ("wrk2", 6000, 0, 60.0)
    assert (result.open_loop, result.omission_corrected) == (True, True)
    assert result.mean_latency_seconds == 0.001423
    assert result.histogram == ((6.7e-05, 1), (0.001371, 2999), (0.003023, 2940), (0.012927, 60))
    assert result.quantiles == ((0.5, 0.00137), (0.99, 0.00302), (0.999, 1.0), (1.0, 0.01292))


def test_the_third_column_is_the_largest_only_when_it_says_so() -> None:
    other = WRK.replace(b"Stdev     Max  ", b"Stdev     99%  ")
    assert decode_load(other).quantiles[-1] == (0.99, 0.01)


def test_a_server_that_was_down_is_data() -> None:
    result = decode_load(WRK_DOWN)
    assert (result.operations, result.errors, result.duration_seconds, result.quantiles) == (0, 1, 0.0, ())
    assert "could not connect" in result.warnings[0]


@pytest.mark.parametrize("line", [b"Requests/sec", b"  1000 requests"])
def test_text_cut_short(line: bytes) -> None:
    with pytest.raises(DecodeError, match="output of wrk, but its total or its rate is missing") as caught:
        decode_load(WRK[: WRK.index(line)])
    assert caught.value.code == "not_a_load_result"


def test_a_rate_that_does_not_fit_is_a_warning() -> None:
    (warning,) = decode_load(WRK.replace(b"500.00\n", b"900.00\n")).warnings
    assert warning == "1000 in 2 s are 500 a second, but the file says 900"
