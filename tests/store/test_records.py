import os
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.model import archive
from pipeline.model.pfv import pack, unpack
from pipeline.render.payload import payload_scripts
from pipeline.store import records
from tests.trees import call_tree


@dataclass(frozen=True)
class Value:
    text: str
    numbers: tuple[int, ...] = ()


VALUE = Value('body } \n,\n"body":', (1, 2))


@pytest.fixture
def record(tmp_path):
    path = tmp_path / "derived/run/record.json"
    records.write(path, VALUE, kind="run", key="k1", files={"a.js": b"data", "a.0.svg": b"<svg/>"})
    return path


def current(path, key="k1", kind="run"):
    return records.is_current(path, kind=kind, key=key)


def test_a_written_record_is_current_and_reads_back(record):
    assert current(record)
    assert records.read(record, Value, kind="run") == VALUE


def test_only_the_document_is_flushed_and_lost_data_are_noticed(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(Path(f"/proc/self/fd/{descriptor}").resolve()))
    path = tmp_path / "run/record.json"
    records.write(path, VALUE, kind="run", key="k1", files={"a.js": b"data", "a.svg": b"<svg/>"})
    assert [place.name.startswith(".record.json.") or place == path.parent for place in flushed] == [True, True]
    (path.parent / "a.js").write_bytes(b"")
    assert not current(path)


def test_another_key_or_kind_is_not_current(record):
    assert not current(record, key="k2")
    assert not current(record, kind="comparison")
    with pytest.raises(StoreError, match="missing or damaged"):
        records.read(record, Value, kind="comparison")


def test_any_flipped_byte_is_seen(record):
    whole = record.read_bytes()
    for at in range(len(whole)):
        record.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert not current(record), at
    record.write_bytes(whole)
    assert current(record)


def test_any_cut_and_any_tail_is_seen(record):
    whole = record.read_bytes()
    for length in range(len(whole)):
        record.write_bytes(whole[:length])
        assert not current(record), length
    record.write_bytes(whole + b"\n")
    assert not current(record)


def test_noise_is_never_current_and_never_an_exception(record):
    chance = random.Random(7)
    for _ in range(200):
        record.write_bytes(chance.randbytes(chance.randrange(300)))
        assert not current(record)


def test_a_damaged_or_missing_data_file_is_seen(record):
    (record.parent / "a.js").write_bytes(b"dat0")
    assert not current(record)
    (record.parent / "a.js").unlink()
    assert not current(record)


def test_writing_again_removes_what_no_longer_belongs(record):
    (record.parent / ".record.json.1-2.tmp").touch()
    records.write(record, VALUE, kind="run", key="k2", files={"b.js": b"data"})
    assert sorted(path.name for path in record.parent.iterdir()) == ["b.js", "record.json"]


def test_equal_values_give_equal_files_that_are_not_rewritten(record):
    inodes = {path.name: path.stat().st_ino for path in record.parent.iterdir()}
    records.write(record, VALUE, kind="run", key="k1", files={"a.js": b"data", "a.0.svg": b"<svg/>"})
    assert {path.name: path.stat().st_ino for path in record.parent.iterdir()} == inodes


def test_the_head_tells_the_key_and_the_digests_without_looking_at_the_files(tmp_path):
    path = tmp_path / "site.json"
    records.seal(path, VALUE, kind="site", key="k", files={"runs": "1", "data": "2"})
    assert records.head(path, kind="site") == ("k", {"runs": "1", "data": "2"})
    assert records.head(path, kind="run") == ("", {})
    assert records.whole_key(path, kind="site") == ""
    path.write_bytes(path.read_bytes().replace(b'"k"', b'"K"'))
    assert records.head(path, kind="site") == ("K", {"runs": "1", "data": "2"})
    path.write_bytes(path.read_bytes()[:-4])
    assert records.head(path, kind="site") == ("", {})


def test_a_body_of_another_shape_is_refused_with_a_cure(record):
    @dataclass(frozen=True)
    class Other:
        name: str

    with pytest.raises(StoreError, match="another version"):
        records.read(record, Other, kind="run")


def test_a_call_tree_is_read_by_run_and_name(tmp_path):
    tree = call_tree([(["main", "f"], [1, 10])])
    path = records.run_record(tmp_path, "r")

    def write(files: dict[str, bytes]) -> None:
        records.write(path, VALUE, kind="run", key="k", files={archive.NAME: archive.pack(files)})

    write(payload_scripts("abc", pack(tree), b""))
    assert records.call_tree(tmp_path, "r", "abc").frames == unpack(pack(tree)).frames
    for damage in (b"", b'profbook.data("abc.pfv","AAAA");', b'profbook.data("abc.pfv","\xff");', pack(tree)):
        write({"other.pfv.js": damage})
        with pytest.raises(StoreError, match=r"cannot be read|is damaged"):
            records.call_tree(tmp_path, "r", "other")
    with pytest.raises(StoreError, match="cannot be read") as missing:
        records.call_tree(tmp_path, "r", "none")
    assert "doit derive" in missing.value.cure
