"""oha: what the deadline aborts is no error."""

from __future__ import annotations

from pipeline.decode.loadtest import decode_load
from tests.decode.load_samples import OHA, text


def test_the_result() -> None:
    result = decode_load(text(OHA))
    assert (result.tool, result.operations, result.errors, result.duration_seconds) == ("oha", 980, 20, 2.0)
    assert (result.operations_per_second, result.mean_latency_seconds) == (490.0, 0.001)
    assert result.quantiles == ((0.5, 0.0009), (0.99, 0.01), (0.999, 0.015), (1.0, 0.02))
    assert result.status_codes == (("200", 980), ("404", 10))
    assert (result.histogram, result.open_loop, result.warnings) == ((), None, ())


def test_a_server_that_was_down_is_data() -> None:
    nulls = {"total": 0.1, "slowest": None, "average": None, "requestsPerSec": 100.0}
    percentiles = {"p50": None, "p99": None}
    down = OHA | {
        "summary": nulls,
        "latencyPercentiles": percentiles,
        "statusCodeDistribution": {},
        "errorDistribution": {"connection refused": 10},
    }
    result = decode_load(text(down))
    assert (result.operations, result.errors, result.mean_latency_seconds, result.quantiles) == (0, 10, None, ())
