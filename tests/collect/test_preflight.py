"""What is checked before a run begins."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.collect.preflight import check_room, label_doubt
from pipeline.errors import CollectError
from tests.collect.fakes import Recorder, collect, settings, visible


@pytest.mark.parametrize(
    "label", ["test1", "final", "new", "final-2", "test", "x", "tmp3", "my-test", "v2", "1", "Final_v2"]
)
def test_labels_that_say_nothing(label: str) -> None:
    doubt = label_doubt(label)
    assert doubt is not None
    assert (doubt.code, doubt.severity) == ("vague_label", "info")


@pytest.mark.parametrize(
    "label",
    [
        "",
        "baseline",
        "optimized",
        "with-caching",
        "pr-1234",
        "main-1a2b3c4",
        "go1.27",
        "manual",
        "latest-go",
        "newrelic",
    ],
)
def test_labels_that_say_something(label: str) -> None:
    assert label_doubt(label) is None


def test_a_vague_label_is_hinted_at_and_kept(tmp_path: Path) -> None:
    recorder = Recorder()
    run = collect(tmp_path, settings(plan="snapshot", mode="heap"), label="test1", progress=recorder)
    assert [finding.code for finding in run.manifest.findings] == ["vague_label"]
    assert run.manifest.status == "complete"
    assert any("test1 does not say" in step for step in recorder.steps)


def test_a_full_disk_is_refused_before_anything_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10 << 20))
    with pytest.raises(CollectError, match="10 MiB are free, not 64 MiB") as caught:
        collect(tmp_path, settings())
    assert "collect.free_bytes" in caught.value.cure
    assert not (tmp_path / "profiles").exists() or visible(tmp_path) == []
    collect(tmp_path, settings(plan="snapshot", mode="heap", free_bytes=1 << 20))


def test_room_is_asked_of_the_nearest_folder_there_is(tmp_path: Path) -> None:
    check_room(tmp_path / "not" / "yet", 1)
    with pytest.raises(CollectError, match="below yet/"):
        check_room(tmp_path / "not" / "yet", 1 << 62)
