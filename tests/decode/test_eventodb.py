"""The EventoDB family; its strictness is tested in test_loadtest."""

from __future__ import annotations

from pipeline.decode.loadtest import decode_load
from tests.decode.load_samples import EVENTODB, text


def test_our_own_generator_tells_its_loop() -> None:
    ours = EVENTODB | {"tool": "profbook-loadgen", "status": {"200": 1000, "500": 3}}
    for rate, loop in ((0, False), (500, True)):
        result = decode_load(text(ours | {"rate": rate}))
        assert (result.open_loop, result.omission_corrected) == (loop, loop)
        assert result.status_codes == (("200", 1000), ("500", 3))
    assert decode_load(text(EVENTODB | {"rate": 0})).open_loop is None


def test_a_rate_that_does_not_fit_is_kept_with_a_warning() -> None:
    result = decode_load(text(EVENTODB | {"ops_per_sec": 5000.0}))
    assert result.operations_per_second == 5000.0
    assert result.warnings == ("1000 in 2 s are 500 a second, but the file says 5000",)
