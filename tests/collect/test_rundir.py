"""A run directory is whole or invisible; leftovers are found by their lock, not by guessing."""

from __future__ import annotations

import errno
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.collect.clock import SystemClock
from pipeline.collect.rundir import QUARANTINE, RunFolder, sweep
from pipeline.errors import CollectError


class FrozenClock(SystemClock):
    def now(self) -> datetime:
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


CLOCK = FrozenClock()
OK = {"files": [{"path": "api/heap.prof", "status": "ok"}], "status": "interrupted"}


def leftover(profiles: Path, manifest: object, *, profile: bool = True) -> RunFolder:
    folder = RunFolder.reserve(profiles, "x", CLOCK)
    if profile:
        folder.write("api/heap.prof", b"data")
    (folder.path / "run.json").write_text(manifest if isinstance(manifest, str) else json.dumps(manifest))
    folder.close()
    return folder


def test_nothing_is_visible_before_the_seal(tmp_path: Path) -> None:
    folder = RunFolder.reserve(tmp_path, "x", CLOCK)
    folder.write("api/heap.prof", b"data")
    assert [path.name for path in tmp_path.iterdir()] == [".20260102_030405-x.partial"]
    final = folder.seal({"id": folder.id})
    assert final == tmp_path / "20260102_030405-x"
    assert sorted(path.name for path in final.iterdir()) == ["api", "run.json"]
    assert [path.name for path in tmp_path.iterdir()] == [final.name]


def test_ids_of_one_second_are_numbered(tmp_path: Path) -> None:
    first, second = RunFolder.reserve(tmp_path, "", CLOCK), RunFolder.reserve(tmp_path, "", CLOCK)
    first.seal({})
    third = RunFolder.reserve(tmp_path, "", CLOCK)
    assert [first.id, second.id, third.id] == ["20260102_030405", "20260102_030405-2", "20260102_030405-3"]
    second.close()
    third.close()


def test_failed_write_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder.reserve(tmp_path, "", CLOCK)
    folder.write("a", b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        folder.write("a", b"new")
    with pytest.raises(CollectError, match="could not be finished: No space"):
        folder.seal({})
    assert (folder.path / "a").read_bytes() == b"old"
    assert not list(folder.path.glob(".*.tmp"))


def test_logs_are_bounded_and_without_secrets(tmp_path: Path) -> None:
    folder = RunFolder.reserve(tmp_path, "", CLOCK)
    folder.write("test.log", b"first token=hunter2\n" + b"line\n" * 600_000 + b"last password=hunter2\n")
    text = (folder.seal({}) / "test.log").read_bytes()
    assert text.startswith(b"first token=***\n")
    assert text.endswith(b"last password=***\n")
    assert b"[... cut ...]" in text
    assert len(text) < 1_100_000


def test_leftover_with_a_profile_becomes_an_interrupted_run(tmp_path: Path) -> None:
    folder = leftover(tmp_path, OK)
    (folder.path / "api" / ".cpu.prof.tmp").write_bytes(b"half")
    (line,) = sweep(tmp_path, CLOCK)
    assert "1 profiles kept" in line
    run = tmp_path / folder.id
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    assert sorted(path.name for path in run.rglob("*")) == ["api", "heap.prof", "run.json"]
    assert sweep(tmp_path, CLOCK) == ()


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "{",
        "[]",
        "null",
        {"files": 7},
        {"files": [7]},
        {"files": [{"path": "../../x", "status": "ok"}]},
        "[" * 99_999,
    ],
)
def test_leftover_that_cannot_be_trusted_is_put_aside(tmp_path: Path, manifest: object) -> None:
    folder = leftover(tmp_path, manifest)
    sweep(tmp_path, CLOCK)
    assert [path.name for path in tmp_path.iterdir()] == [QUARANTINE]
    assert (tmp_path / QUARANTINE / folder.id / "api" / "heap.prof").exists()


def test_leftover_whose_profile_is_gone_is_put_aside(tmp_path: Path) -> None:
    leftover(tmp_path, OK, profile=False)
    sweep(tmp_path, CLOCK)
    assert [path.name for path in tmp_path.iterdir()] == [QUARANTINE]


def test_two_leftovers_of_one_name_are_both_kept(tmp_path: Path) -> None:
    for _ in range(2):
        leftover(tmp_path, "")
        sweep(tmp_path, CLOCK)
    assert sorted(path.name for path in (tmp_path / QUARANTINE).iterdir()) == [
        "20260102_030405-x",
        "20260102_030405-x-2",
    ]


def test_living_run_is_left_alone(tmp_path: Path) -> None:
    folder = RunFolder.reserve(tmp_path, "", CLOCK)
    assert sweep(tmp_path, CLOCK) == ()
    assert folder.path.is_dir()
    folder.close()


def test_symlinks_named_like_leftovers_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / ".x.partial").symlink_to(tmp_path / "outside")
    assert sweep(tmp_path / "p", CLOCK) == ()


def test_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CollectError, match="cannot write runs"):
        RunFolder.reserve(tmp_path / "file", "", CLOCK)
