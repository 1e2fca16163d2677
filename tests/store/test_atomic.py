import os
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.store import atomic


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_whole_with_its_folders(tmp_path):
    atomic.write_bytes(tmp_path / "a/b/c.json", b"one")
    atomic.write_bytes(tmp_path / "a/b/c.json", b"two")
    assert (tmp_path / "a/b/c.json").read_bytes() == b"two"
    assert names(tmp_path / "a/b") == ["c.json"]


def test_a_failed_write_leaves_the_old_bytes_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "c.json"
    atomic.write_bytes(path, b"old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left on device"):
        atomic.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["c.json"]


def test_bytes_are_flushed_before_the_rename_and_the_folder_after(tmp_path, monkeypatch):
    path, seen = tmp_path / "c.json", []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: seen.append((Path(f"/proc/self/fd/{descriptor}").is_dir(), path.exists()))
    )
    atomic.write_bytes(path, b"x")
    assert seen == [(False, False), (True, True)]


def test_bytes_that_a_digest_vouches_for_need_not_be_flushed(tmp_path, monkeypatch):
    path, seen = tmp_path / "c.js", []
    monkeypatch.setattr(os, "fsync", seen.append)
    assert atomic.write_if_changed(path, b"x", flush=False)
    assert (path.read_bytes(), names(tmp_path), seen) == (b"x", ["c.js"], [])


def test_equal_bytes_are_not_written_again(tmp_path):
    path = tmp_path / "c.json"
    assert atomic.write_if_changed(path, b"one")
    inode = path.stat().st_ino
    assert not atomic.write_if_changed(path, b"one")
    assert path.stat().st_ino == inode
    assert atomic.write_if_changed(path, b"two")


def test_only_leftovers_of_the_same_file_are_cleared(tmp_path):
    for name in (".c.json.12-34.tmp", ".c.json.bak.12-34.tmp", ".d.json.12-34.tmp", "c.json", ".c.json.note.tmp"):
        (tmp_path / name).touch()
    atomic.clear_leftovers(tmp_path / "c.json")
    assert ".c.json.12-34.tmp" not in names(tmp_path)
    assert {".d.json.12-34.tmp", "c.json", ".c.json.note.tmp"} <= set(names(tmp_path))


def test_remove_takes_files_folders_and_links_but_not_what_links_point_to(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "folder/deep").mkdir(parents=True)
    for name in ("link", "folder", "absent"):
        atomic.remove(tmp_path / name)
    assert names(tmp_path) == ["kept"]
