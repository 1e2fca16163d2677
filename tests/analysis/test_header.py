"""Facts about a profile above its reports."""

from __future__ import annotations

import pytest

from pipeline.analysis.header import base_name, describe
from tests.analysis.drawing import decoded, string
from tests.builders import pprof_message


def test_describe() -> None:
    message = pprof_message([(["a"], [1, 1])], duration_nanos=7, time_nanos=5)
    message.mapping[0].build_id = string(message, "abc")
    message.comment.extend([string(message, "shown"), string(message, "#hidden")])
    header = describe(decoded(message))
    assert (header.file, header.build_id, header.comments) == ("app", "abc", ("shown",))
    assert (header.time_nanos, header.duration_nanos) == (5, 7)


def test_nothing_known() -> None:
    message = pprof_message([])
    del message.mapping[:]
    assert describe(decoded(message)).file == ""


@pytest.mark.parametrize(("path", "name"), [("/a/b", "b"), ("/a/b//", "b"), ("///", "/"), ("", "."), ("x", "x")])
def test_base_name(path: str, name: str) -> None:
    assert base_name(path) == name
