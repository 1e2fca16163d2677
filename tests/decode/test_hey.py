"""hey: CSV and text."""

from __future__ import annotations

import pytest

from pipeline.decode.loadtest import decode_load
from pipeline.errors import DecodeError
from tests.decode.load_samples import HEY_CSV, HEY_TEXT


def test_csv() -> None:
    result = decode_load(HEY_CSV)
    assert (result.tool, result.operations, result.errors) == ("hey", 3, 1)
    assert result.duration_seconds == pytest.approx(0.01)
    assert result.mean_latency_seconds == pytest.approx(0.0025)
    assert (result.quantiles[0], result.quantiles[-1]) == ((0.5, 0.002), (1.0, 0.004))
    assert result.status_codes == (("200", 2), ("201", 1), ("500", 1))
    assert (result.open_loop, result.omission_corrected) == (False, False)
    assert "leaves out requests that got no answer" in result.warnings[0]


def test_csv_of_a_server_that_was_down() -> None:
    result = decode_load(HEY_CSV.splitlines()[0] + b"\n")
    assert (result.operations, result.errors, result.duration_seconds, result.quantiles) == (0, 0, 0.0, ())


@pytest.mark.parametrize(
    "line", [b"0.1,2", b"x,0,0,0,0,0,200,0", b"nan,0,0,0,0,0,200,0", b"0,0,0,0,0,0,2x,0", b"-1,0,0,0,0,0,200,0"]
)
def test_a_broken_line_refuses_the_csv(line: bytes) -> None:
    with pytest.raises(DecodeError, match="Line 6 is no answer of hey") as caught:
        decode_load(HEY_CSV + line)
    assert caught.value.code == "not_a_load_result"


def test_text() -> None:
    result = decode_load(HEY_TEXT)
    assert (result.operations, result.errors, result.duration_seconds) == (980, 20, 2.0)
    assert result.operations_per_second == 490.0
    assert result.mean_latency_seconds == 0.001
    assert result.quantiles == ((0.1, 0.0002), (0.5, 0.0009), (0.99, 0.01), (1.0, 0.02))
    assert result.status_codes == (("200", 980), ("503", 10))
    assert (result.histogram, result.warnings) == ((), ())


def test_text_of_a_server_that_was_down() -> None:
    down = HEY_TEXT.replace(b"  [200]\t980 responses\n  [503]\t10 responses\n", b"").replace(
        b"\t0.0010 secs\n  Req", b"\t NaN secs\n  Req"
    )
    result = decode_load(down)
    assert (result.operations, result.errors, result.mean_latency_seconds, result.quantiles) == (0, 10, None, ())


def test_text_cut_short() -> None:
    with pytest.raises(DecodeError, match="output of hey, but its total"):
        decode_load(HEY_TEXT[: HEY_TEXT.index(b"Status code")])
