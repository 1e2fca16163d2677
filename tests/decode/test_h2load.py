"""h2load: columns differ between versions."""

from __future__ import annotations

import pytest

from pipeline.decode.loadtest import decode_load
from pipeline.errors import DecodeError
from tests.decode.load_samples import H2LOAD


def test_the_text() -> None:
    result = decode_load(H2LOAD)
    assert (result.tool, result.operations, result.errors, result.duration_seconds) == ("h2load", 980, 20, 2.0)
    assert (result.operations_per_second, result.mean_latency_seconds) == (490.0, 0.000421)
    assert result.quantiles == ((0.5, 0.0003), (0.95, 0.0025), (0.99, 0.005), (1.0, 0.01138))
    assert result.status_codes == (("2xx", 980), ("4xx", 10))


def test_a_server_that_was_down_is_data() -> None:
    down = H2LOAD.replace(b"980 succeeded, 20 failed", b"0 succeeded, 1000 failed").replace(b"490.00 req", b"0.00 req")
    result = decode_load(down)
    assert (result.operations, result.errors, result.mean_latency_seconds) == (0, 1000, None)


def test_text_cut_short() -> None:
    with pytest.raises(DecodeError, match="output of h2load"):
        decode_load(H2LOAD.replace(b"succeeded", b"success"))
