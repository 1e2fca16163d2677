"""Labels by sample."""

from __future__ import annotations

from pipeline.analysis.labels import Label, by_key, sample_labels
from tests.analysis.drawing import labelled


def test_labels_go_to_their_samples() -> None:
    profile = labelled([(["f"], 1, {}), (["f"], 2, {"user": "ann", "size": (8, "bytes"), "b": "x"})])
    none, some = sample_labels(profile.labels, 2)
    assert none == ()
    assert some[1] == Label("size", is_number=True, text="", number=8, unit="bytes")
    assert list(by_key(some, numbers=False)) == ["b", "user"]
    assert list(by_key(some, numbers=True)) == ["size"]
