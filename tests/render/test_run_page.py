"""The facts of a load test, as its page tells them."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.model.metric import LoadResult
from pipeline.render.run_page import load_facts


def facts(**more: Any) -> dict[str, str]:
    return dict(load_facts(LoadResult("wrk", "", 2.0, 990, 10, 495.0, **more)))


@pytest.mark.parametrize(
    ("open_loop", "corrected", "words"),
    [(False, False, "closed: "), (True, True, "from when they were due"), (True, False, "from when they were sent")],
)
def test_the_loop_is_told_where_the_tool_tells_it(words: str, *, open_loop: bool, corrected: bool) -> None:
    assert words in facts(open_loop=open_loop, omission_corrected=corrected)["loop"]
    assert "loop" not in facts()


def test_answers_by_status_and_doubts() -> None:
    told = facts(status_codes=(("200", 1990), ("503", 10)), warnings=("too fast",))
    assert (told["answers by status"], told["doubt"]) == ("200: 1,990, 503: 10", "too fast")
    assert not {"answers by status", "doubt"} & facts().keys()
