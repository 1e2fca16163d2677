"""Data files as a page gets them: scripts that nothing can end, small beside the profile they hold."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path

import pytest

from pipeline.analysis.calltree import build_call_tree
from pipeline.decode import decode_profile
from pipeline.model.pfv import pack, unpack
from pipeline.render.payload import ENDINGS, opened, packed, payload_scripts
from tests.records import HOSTILE
from tests.trees import call_tree

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "profiles"


def test_scripts_hold_the_bytes_and_nothing_that_ends_them() -> None:
    data = pack(call_tree([(["</script><script>alert(1)</script>", "\u2028"], [1, 10])]))
    scripts = payload_scripts("0a", data, b"\x00\xff")
    assert list(scripts) == [f"0a{ending}" for ending in ENDINGS]
    for (name, script), held in zip(scripts.items(), (data, b"\x00\xff"), strict=True):
        text = script.decode("ascii")
        assert text.startswith("profbook.data(")
        key, coded = json.loads(f"[{text.removeprefix('profbook.data(').removesuffix(');' + chr(10))}]")
        assert f"{key}.js" == name
        assert base64.b64decode(coded) == held
        assert "<" not in text


@pytest.mark.parametrize("text", [*HOSTILE, "\udc80", "µ → ½"])
def test_values_are_packed_and_opened(text: str) -> None:
    value = {"b": [1, None, text], "a": {text: 0.5}}
    script = packed("data", "run/x", value)
    assert script == packed("data", "run/x", dict(reversed(value.items())))
    assert re.fullmatch(rb'profbook\.data\("run/x","[A-Za-z0-9+/]+=*"\);\n', script)
    assert opened(script) == value


def test_what_is_no_number_of_json_is_not_packed() -> None:
    with pytest.raises(ValueError, match="JSON"):
        packed("data", "k", [float("nan")])


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the profile corpus is not beside this checkout")
@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("cpu/mtg-4.pgo", 0.3),
        ("cpu/prometheus-amd64.pprof", 0.3),
        ("heap/krawler-2.heap.out", 0.3),
        ("cpu/large.cpu", 0.55),
    ],
)
def test_call_trees_are_small_beside_their_profiles(name: str, most: float) -> None:
    raw = (CORPUS / name).read_bytes()
    tree = build_call_tree(decode_profile(raw))
    packed = pack(tree)
    compressed = raw if raw.startswith(b"\x1f\x8b") else gzip.compress(raw, 9)
    assert len(packed) <= most * len(compressed)
    assert (unpack(packed).cum == tree.cum).all()
