"""fortio: codes, percentiles, loop."""

from __future__ import annotations

from pipeline.decode.loadtest import decode_load
from tests.decode.load_samples import FORTIO, text


def test_the_result() -> None:
    result = decode_load(text(FORTIO))
    assert (result.tool, result.operations, result.errors, result.duration_seconds) == ("fortio", 97, 3, 2.0)
    assert result.quantiles == ((0.5, 0.004), (0.999, 0.02), (1.0, 0.03))
    assert result.histogram == ((0.01, 90), (0.03, 10))
    assert (result.open_loop, result.omission_corrected) == (False, False)


def test_a_set_rate_and_other_protocols() -> None:
    result = decode_load(text(FORTIO | {"RequestedQPS": "50", "RetCodes": {"SERVING": 100}}))
    assert (result.operations, result.errors, result.open_loop, result.operations_per_second) == (100, 0, None, 50.0)


def test_a_server_that_was_down_is_data() -> None:
    nothing = {"Count": 0, "Min": 0, "Max": 0, "Sum": 0, "Avg": 0, "Data": None}
    result = decode_load(text(FORTIO | {"DurationHistogram": nothing, "RetCodes": {"-1": 4}}))
    assert (result.operations, result.errors, result.quantiles, result.histogram) == (0, 4, (), ())
