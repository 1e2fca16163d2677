"""ghz: calls, states, marks."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.decode.loadtest import decode_load
from pipeline.errors import DecodeError
from tests.decode.load_samples import GHZ, text


def test_the_result() -> None:
    result = decode_load(text(GHZ))
    assert (result.tool, result.operations, result.errors, result.duration_seconds) == ("ghz", 97, 3, 2.0)
    assert (result.started, result.mean_latency_seconds) == ("2026-11-20T10:00:01.125Z", 0.005)
    assert result.quantiles == ((0.5, 0.004), (0.99, 0.02), (1.0, 0.03))
    assert result.histogram == ((0.001, 1), (0.03, 96))
    assert result.status_codes == (("OK", 97), ("Unavailable", 3))


@pytest.mark.parametrize(("options", "loop"), [({"async": True}, True), ({"async": False}, False), ({}, False)])
def test_the_loop(options: dict[str, Any], *, loop: bool) -> None:
    assert decode_load(text(GHZ | {"options": options})).open_loop is loop


def test_a_server_that_was_down_is_data() -> None:
    down = {
        "statusCodeDistribution": {"Unavailable": 100},
        "latencyDistribution": None,
        "histogram": None,
        "average": 0,
    }
    result = decode_load(text(GHZ | down | {"details": None}))
    assert (result.operations, result.errors, result.started, result.quantiles) == (0, 100, "", ())


def test_more_answers_than_calls_are_refused() -> None:
    with pytest.raises(DecodeError, match="at /statusCodeDistribution: counts more than the 100 calls"):
        decode_load(text(GHZ | {"statusCodeDistribution": {"OK": 101}}))
