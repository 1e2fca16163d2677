"""ab: failed is not always failed."""

from __future__ import annotations

import pytest

from pipeline.decode.loadtest import decode_load
from pipeline.errors import DecodeError
from tests.decode.load_samples import AB, AB_DOWN


def test_answers_of_another_length_stay_operations() -> None:
    result = decode_load(AB)
    assert (result.tool, result.operations, result.errors, result.duration_seconds) == ("ab", 990, 10, 2.0)
    assert result.mean_latency_seconds == 0.016
    assert result.quantiles == ((0.5, 0.015), (0.99, 0.04), (1.0, 0.06))
    assert result.warnings == ("ab found 27 answers of another length than the first",)


def test_a_server_that_was_down_is_data() -> None:
    result = decode_load(AB_DOWN)
    assert (result.operations, result.errors) == (0, 1)


def test_text_cut_short() -> None:
    with pytest.raises(DecodeError, match="output of ab, but its totals"):
        decode_load(AB[: AB.index(b"Complete requests")])
