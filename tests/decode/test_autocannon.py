"""autocannon: answers, connection errors, percentiles."""

from __future__ import annotations

from pipeline.decode.loadtest import decode_load
from tests.decode.load_samples import AUTOCANNON, text


def test_the_result() -> None:
    result = decode_load(text(AUTOCANNON))
    assert (result.tool, result.operations, result.errors, result.duration_seconds) == ("autocannon", 90, 15, 2.0)
    assert (result.operations_per_second, result.mean_latency_seconds) == (45.0, 0.005)
    assert result.quantiles == ((0.025, 0.001), (0.5, 0.004), (0.975, 0.009), (0.99, 0.02), (1.0, 0.03))
    assert result.status_codes == (("200", 90), ("404", 10))
    assert (result.open_loop, result.warnings) == (None, ())


def test_a_server_that_was_down_is_data() -> None:
    none = {"2xx": 0, "4xx": 0, "errors": 40, "requests": {"average": 0}}
    result = decode_load(text({k: v for k, v in (AUTOCANNON | none).items() if k != "statusCodeStats"}))
    assert (result.operations, result.errors, result.quantiles, result.status_codes) == (0, 40, (), ())
