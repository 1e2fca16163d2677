"""The data files of a run in one: what was packed comes out, equal bytes for equal files, and damage is told."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import archive

NAMES = st.text("abc019.-_", min_size=1, max_size=20)


@given(st.dictionaries(NAMES, st.binary(max_size=200), max_size=6))
def test_what_was_packed_comes_out(files: dict[str, bytes]) -> None:
    data = archive.pack(files)
    assert data == archive.pack(dict(reversed(files.items())))
    opened = archive.opened(data)
    assert opened.namelist() == sorted(files)
    assert {name: archive.member(opened, name) for name in files} == files


def test_any_program_can_open_it(tmp_path: Path) -> None:
    path = tmp_path / archive.NAME
    path.write_bytes(archive.pack({"b.js": b"2", "a.svg": b"1"}))
    with zipfile.ZipFile(path) as found:
        assert found.testzip() is None
        assert {one.filename: one.date_time[0] for one in found.infolist()} == {"a.svg": 1980, "b.js": 1980}


@pytest.mark.parametrize("name", ["a", "b"])
def test_damage_is_an_error_of_reading(name: str) -> None:
    whole, unhurt = archive.pack({"a": b"alpha" * 9, "b": b"beta" * 9}), 0
    for at in range(len(whole)):
        flipped = [whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :] for bit in range(8)]
        for damaged in (whole[:at], *flipped):
            try:
                found = archive.member(archive.opened(damaged), name)
            except OSError:
                continue
            assert found == {"a": b"alpha" * 9, "b": b"beta" * 9}[name]
            unhurt += 1
    assert unhurt > 8 * 9, "what hurts one file leaves the other"


def test_a_file_that_is_not_in_it_is_named() -> None:
    with pytest.raises(OSError, match=r"none\.js"):
        archive.member(archive.opened(archive.pack({})), "none.js")
