"""What an import is given: listings that are bounded and follow no link."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from pipeline.collect.archive import Budget, ImportLimits
from pipeline.collect.sources import grouped, open_source, staging, walk
from pipeline.errors import CollectError

LIMITS = ImportLimits(files=5, bytes=100)


def budget() -> Budget:
    return Budget(LIMITS, "x")


def test_files_that_are_no_archives_belong_together(tmp_path: Path) -> None:
    for name in ("a.prof", "b.prof"):
        (tmp_path / name).write_bytes(b"x")
    with zipfile.ZipFile(tmp_path / "c.prof", "w") as archive:
        archive.writestr("d.prof", b"x")
    loose = (tmp_path / "a.prof", tmp_path / "b.prof")
    given = [loose[0], tmp_path, loose[1], tmp_path / "c.prof"]
    assert grouped(given) == [tmp_path, tmp_path / "c.prof", loose]


def test_an_archive_is_named_without_its_ending(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "run.zip", "w") as archive:
        archive.writestr("d.prof", b"x")
    with staging(tmp_path / "staging") as scratch:
        source = open_source(tmp_path / "run.zip", scratch, LIMITS)
        assert (source.name, [entry.path for entry in source.entries]) == ("run", ["d.prof"])
        assert source.entries[0].file.read_bytes() == b"x"
    assert not (tmp_path / "staging").exists()


def test_staging_begins_empty_and_ends_with_the_block(tmp_path: Path) -> None:
    (tmp_path / "staging/left").mkdir(parents=True)

    def fail() -> None:
        with staging(tmp_path / "staging") as scratch:
            assert list(scratch.iterdir()) == []
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not (tmp_path / "staging").exists()


def test_loose_files_of_one_name_are_not_both_taken(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "heap.prof").write_bytes(folder.encode())
    source = open_source((tmp_path / "a/heap.prof", tmp_path / "b/heap.prof"), tmp_path, LIMITS)
    assert [entry.file.read_bytes() for entry in source.entries] == [b"a"]
    assert [doubt.code for doubt in source.findings] == ["same_name"]


def test_a_walk_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 101)
    with pytest.raises(CollectError, match="more than 100 bytes"):
        walk(tmp_path, budget())
    (tmp_path / "big").unlink()
    for number in range(6):
        (tmp_path / str(number)).touch()
    with pytest.raises(CollectError, match="more than 5 files"):
        walk(tmp_path, budget())


def test_a_walk_follows_no_link_and_enters_no_barred_folder(tmp_path: Path) -> None:
    for name in ("in/heap.prof", "out/heap.prof", "in/.git/config", "in/build/cpu.prof"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "in/loop").symlink_to(tmp_path / "in")
    (tmp_path / "in/other").symlink_to(tmp_path / "out/heap.prof")
    os.mkfifo(tmp_path / "in/pipe")
    entries, found = walk(tmp_path / "in", budget(), leave=(tmp_path / "in/build",))
    assert [entry.path for entry in entries] == ["heap.prof"]
    assert [(doubt.code, doubt.subject) for doubt in found] == [
        ("link", "loop"),
        ("link", "other"),
        ("special_file", "pipe"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0)
    assert [(doubt.code, doubt.subject) for doubt in walk(tmp_path, budget())[1]] == [("unreadable", "shut/")]
