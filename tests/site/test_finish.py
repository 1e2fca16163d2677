"""Files finished in a staging tree: only what differs, each a file of its own, and what cannot be had is named."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pipeline.model import archive
from pipeline.site import finish
from pipeline.site.finish import File, Finisher, copies


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    finisher = Finisher(tmp_path / "tree")
    here = {"u/same": sha(b"1"), "u/other": sha(b"2"), "u/gone": sha(b"3"), "u/stays": sha(b"4")}
    files = [File("u/same", b"1"), File("u/other", b"new"), File("u/deep/er", b""), File("u/stays", None, sha(b"4"))]
    found = finisher.finish("u", files, here)
    assert tree(tmp_path / "tree") == {"u/other": b"new", "u/deep/er": b""}
    assert set(finisher.done.written) == {"u/other", "u/deep/er"}
    assert finisher.done.removed == ["u/gone"]
    assert found == finisher.done.digests["u"] == {path: sha(data) for path, data in {
        "u/same": b"1", "u/other": b"new", "u/deep/er": b"", "u/stays": b"4",
    }.items()}  # fmt: skip


@pytest.mark.parametrize("small", [8, 1 << 20], ids=["large", "small"])
def test_a_file_under_two_addresses_is_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    monkeypatch.setattr(finish, "_SMALL", small)
    (tmp_path / "source").write_bytes(b"x" * 9)
    finisher = Finisher(tmp_path / "tree")
    wanted = {"u/a": "source", "u/deep/b": "source"}
    found = finisher.finish("u", copies(wanted, (), tmp_path, []), {})
    assert found == dict.fromkeys(wanted, sha(b"x" * 9))
    assert tree(tmp_path / "tree") == dict.fromkeys(wanted, b"x" * 9)
    places = [tmp_path / "tree" / path for path in wanted]
    assert {place.stat().st_nlink for place in places} == {1}


def test_data_files_are_taken_out_of_their_archive(tmp_path: Path) -> None:
    packed = archive.pack({"a.js": b"alpha", "b.js": b"beta"})
    (tmp_path / archive.NAME).write_bytes(packed)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / archive.NAME).write_bytes(packed.replace(b"alpha", b"ALPHA"))
    finisher = Finisher(tmp_path / "tree")
    wanted = {
        "u/a": f"{archive.NAME}/a.js", "u/b": f"{archive.NAME}/b.js", "u/none": f"{archive.NAME}/c.js",
        "u/damaged": f"other/{archive.NAME}/a.js", "u/whole": f"other/{archive.NAME}/b.js",
        "u/gone": f"{archive.NAME}/", "u/archive": archive.NAME,
    }  # fmt: skip
    finisher.finish("u", copies(wanted, (), tmp_path, []), {})
    assert tree(tmp_path / "tree") == {"u/a": b"alpha", "u/b": b"beta", "u/whole": b"beta", "u/archive": packed}
    assert sorted(finisher.done.skipped) == ["u/damaged", "u/gone", "u/none"]


def test_what_cannot_be_read_or_placed_is_named(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    finisher, skipped = Finisher(tmp_path / "tree"), list[str]()
    wanted = {
        "../outside": "source", "/root": "source", "u/taken": "source", "u/taken/below": "source", "u/deep": "source",
        "u/gone": "missing", "u/folder": "folder", "u/fine": "source",
    }  # fmt: skip
    files = list(copies(wanted, {"u/taken", "u/deep/one"}, tmp_path, skipped))
    assert skipped == ["../outside", "/root", "u/deep", "u/taken/below"]
    assert set(finisher.finish("u", files, {})) == {"u/taken", "u/fine"}
    assert sorted(finisher.done.skipped) == ["u/folder", "u/gone"]


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    finisher = Finisher(tmp_path / "tree")
    assert finisher.finish("u", [File("u/a", b"1"), File("u/a/b", b"2")], {}) == {"u/a": sha(b"1")}
    assert finisher.done.skipped == ["u/a/b"]


def test_what_another_process_did_is_taken_in(tmp_path: Path) -> None:
    one, other = Finisher(tmp_path / "tree"), Finisher(tmp_path / "tree")
    one.finish("u", [File("u/a", b"1")], {"u/old": ""})
    other.finish("v", [File("v/b", b"2")], {"v/old": ""})
    one.done.add(other.done)
    assert set(one.done.digests) == {"u", "v"}
    assert set(one.done.written) == {"u/a", "v/b"}
    assert one.done.removed == ["u/old", "v/old"]
