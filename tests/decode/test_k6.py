"""k6: three shapes, one meaning."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pipeline.decode.loadtest import decode_load
from pipeline.errors import DecodeError
from tests.decode.load_samples import K6_LEGACY, K6_MACHINE, K6_SUMMARY, text


@pytest.mark.parametrize("shape", [K6_LEGACY, K6_SUMMARY, K6_MACHINE])
def test_the_three_shapes_say_the_same(shape: dict[str, Any]) -> None:
    result = decode_load(text(shape))
    assert (result.tool, result.operations, result.errors, result.duration_seconds) == ("k6", 294, 6, 10.0)
    assert result.operations_per_second == pytest.approx(29.4)
    assert result.mean_latency_seconds == 0.004
    assert result.quantiles == ((0.5, 0.003), (0.9, 0.008), (0.999, 0.0195), (1.0, 0.02))
    assert (result.open_loop, result.omission_corrected, result.warnings) == (None, None, ())


def test_without_http_the_operations_are_iterations_and_their_duration_is_no_latency() -> None:
    metrics = {"iterations": {"count": 50, "rate": 5.0}, "iteration_duration": {"avg": 1000.0, "max": 2000.0}}
    result = decode_load(text({"root_group": {}, "metrics": metrics}))
    assert (result.operations, result.errors, result.duration_seconds) == (50, 0, 10.0)
    assert (result.mean_latency_seconds, result.quantiles) == (None, ())
    assert "its operations are iterations" in result.warnings[0]


def test_a_server_that_was_down_is_data() -> None:
    down = copy.deepcopy(K6_SUMMARY)
    down["metrics"]["http_req_failed"]["values"] = {"rate": 1, "passes": 300, "fails": 0}
    result = decode_load(text(down))
    assert (result.operations, result.errors, result.operations_per_second) == (0, 300, 0.0)
    nothing = decode_load(text({"root_group": {}, "metrics": {}}))
    assert (nothing.operations, nothing.errors, nothing.duration_seconds) == (0, 0, 0.0)


def test_failures_that_are_not_told_are_a_warning() -> None:
    old = copy.deepcopy(K6_LEGACY)
    del old["metrics"]["http_req_failed"]
    assert decode_load(text(old)).warnings == ("k6 does not tell how many requests failed",)


def test_more_failures_than_requests_are_refused() -> None:
    broken = copy.deepcopy(K6_SUMMARY)
    broken["metrics"]["http_req_failed"]["values"]["passes"] = 301
    with pytest.raises(DecodeError, match="at /metrics/http_req_failed/values: more requests failed"):
        decode_load(text(broken))
