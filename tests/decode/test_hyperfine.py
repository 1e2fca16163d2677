"""hyperfine: one command, many runs."""

from __future__ import annotations

import pytest

from pipeline.decode.loadtest import decode_load
from pipeline.errors import DecodeError
from tests.decode.load_samples import HYPERFINE, text


def test_runs_that_failed_are_errors() -> None:
    result = decode_load(text(HYPERFINE))
    assert (result.tool, result.operations, result.errors) == ("hyperfine", 2, 1)
    assert result.duration_seconds == pytest.approx(0.6)
    assert (result.quantiles[0], result.quantiles[-1], result.open_loop) == ((0.5, 0.2), (1.0, 0.3), False)


def test_several_commands_are_no_load_test() -> None:
    with pytest.raises(DecodeError, match="compared 2 commands") as caught:
        decode_load(text({"results": HYPERFINE["results"] * 2}))
    assert caught.value.code == "not_a_load_result"


def test_codes_and_times_must_pair() -> None:
    broken = HYPERFINE["results"][0] | {"exit_codes": [0]}
    with pytest.raises(DecodeError, match="at /results/0/exit_codes: has 1 codes for 3 runs"):
        decode_load(text({"results": [broken]}))
