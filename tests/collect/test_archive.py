"""Archives from others: what is hostile stays out, what is too much is refused, what is honest is unpacked."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from pipeline.collect.archive import Budget, ImportLimits, Names, packing, unpack_archive
from pipeline.errors import CollectError
from pipeline.model.finding import Finding

SMALL = ImportLimits(files=10, bytes=1 << 20)


def zipped(path: Path, files: dict[str, bytes], **kinds: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))
            info.external_attr = kinds.get(name.rpartition("/")[2], 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return path


def tarred(path: Path, members: list[tarfile.TarInfo | tuple[str, bytes]], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size, info.mtime = len(member[1]), 1_700_000_000
            archive.addfile(info, io.BytesIO(member[1]))
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def unpack(path: Path, limits: ImportLimits = SMALL) -> tuple[dict[str, bytes], list[str]]:
    into = path.parent / "out"
    into.mkdir()
    found = unpack_archive(path, into, Budget(limits, path.name))
    assert all(isinstance(one, Finding) for one in found)
    files = {file.relative_to(into).as_posix(): file.read_bytes() for file in into.rglob("*") if file.is_file()}
    return files, [f"{one.code}:{one.subject}" for one in found]


@pytest.mark.parametrize(("name", "mode"), [("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"), ("a.tar", "w")])
def test_a_tar_is_unpacked(tmp_path: Path, name: str, mode: str) -> None:
    path = tarred(tmp_path / name, [("./run/heap.prof", b"x" * 70_000), ("run/.git/config", b"")], mode)
    assert packing(path) == ("tar" if mode == "w" else "tar.gz")
    assert unpack(path) == ({"run/heap.prof": b"x" * 70_000}, [])
    assert (tmp_path / "out/run/heap.prof").stat().st_mtime == 1_700_000_000


def test_a_zip_is_unpacked(tmp_path: Path) -> None:
    path = zipped(tmp_path / "artifact", {"run/": b"", "run/heap.prof": b"x", "__MACOSX/run/._heap.prof": b"m"})
    assert packing(path) == "zip"
    assert unpack(path) == ({"run/heap.prof": b"x"}, [])


@pytest.mark.parametrize("data", [b"", b"heap", gzip.compress(b"a profile", mtime=0), b"\x1f\x8b broken"], ids=range(4))
def test_other_files_are_no_archives(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "f").write_bytes(data)
    assert packing(tmp_path / "f") == ""


HOSTILE = {
    "../up.prof": "outside_archive",
    "/etc/cron.d/x": "outside_archive",
    "a/../../b": "outside_archive",
    "C:/x.prof": "outside_archive",
    "aux.prof": "unsafe_name",
    "run/COM1": "unsafe_name",
    "lpt9.txt": "unsafe_name",
    "x./heap.prof": "unsafe_name",
    "heap.prof ": "unsafe_name",
    "..\\up.prof": "unsafe_name",
    "a\x1b[31m.prof": "unsafe_name",
    "\u202egpj.prof": "unsafe_name",
    "n" * 201: "unsafe_name",
    "d/" * 20 + "deep": "unsafe_name",
}


@pytest.mark.parametrize(("name", "code"), HOSTILE.items(), ids=range(len(HOSTILE)))
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_hostile_names_are_left_out_and_shown_harmlessly(tmp_path: Path, kind: str, name: str, code: str) -> None:
    good = ("good/heap.prof", b"x")
    if kind == "zip":
        path = zipped(tmp_path / "a", {name: b"bad", good[0]: good[1]})
    else:
        path = tarred(tmp_path / "a", [(name, b"bad"), good])
    files, told = unpack(path)
    assert files == {"good/heap.prof": b"x"}
    assert [one.partition(":")[0] for one in told] == [code]
    assert all(line.isascii() and line.isprintable() for line in told)
    assert sorted(place.name for place in tmp_path.iterdir()) == ["a", "out"]


def test_names_that_differ_in_case_only_are_not_both_kept(tmp_path: Path) -> None:
    path = tarred(tmp_path / "a", [("Heap.prof", b"1"), ("heap.prof", b"2"), ("stra\u00dfe", b"3"), ("STRASSE", b"4")])
    files, told = unpack(path)
    assert files == {"Heap.prof": b"1", "stra\u00dfe": b"3"}
    assert told == ["same_name:heap.prof", "same_name:STRASSE"]


@pytest.mark.parametrize("order", [("a", "a/b"), ("a/b", "A"), ("a/b/c", "a/B")])
def test_a_name_is_not_both_a_file_and_a_folder(tmp_path: Path, order: tuple[str, str]) -> None:
    files, told = unpack(tarred(tmp_path / "x", [(name, b"x") for name in order]))
    assert (list(files), told) == ([order[0]], [f"same_name:{order[1]}"])


def test_a_table_that_points_before_the_file_is_damage(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "a", {"x": b"abc"}).read_bytes())
    at = data.index(b"PK\x05\x06") + 16
    data[at : at + 4] = (int.from_bytes(data[at : at + 4], "little") + 999).to_bytes(4, "little")
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(CollectError, match="is damaged"):
        unpack(tmp_path / "a")


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a", {"x": b"abc"})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.utime", full)
    with pytest.raises(CollectError, match="No space left"):
        unpack(path)


def test_names_remember_only_what_was_taken() -> None:
    names = Names()
    assert names.refusal("../heap.prof") is not None
    assert names.refusal("heap.prof") is None
    assert names.refusal("HEAP.prof") is not None


def test_links_and_devices_of_a_tar_are_left_out(tmp_path: Path) -> None:
    path = tarred(
        tmp_path / "a",
        [
            special("link.prof", tarfile.SYMTYPE, "/etc/passwd"),
            special("hard.prof", tarfile.LNKTYPE, "/etc/passwd"),
            special("null", tarfile.CHRTYPE),
            special("pipe", tarfile.FIFOTYPE),
            ("link.prof/x", b"through"),
        ],
    )
    files, told = unpack(path)
    assert files == {"link.prof/x": b"through"}
    assert told == ["link:link.prof", "link:hard.prof", "special_file:null", "special_file:pipe"]
    assert not (tmp_path / "out/link.prof").is_symlink()


def test_links_and_odd_packings_of_a_zip_are_left_out(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a", {"link.prof": b"/etc/passwd", "pipe": b""}, **{"link.prof": 0o120777, "pipe": 0o010644}
    )
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("packed.prof", b"x" * 100)
    files, told = unpack(path)
    assert files == {}
    assert told == ["link:link.prof", "special_file:pipe", "unknown_packing:packed.prof"]


def test_an_encrypted_member_is_left_out(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "a", {"heap.prof": b"x"}).read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a").write_bytes(data)
    assert unpack(tmp_path / "a") == ({}, ["unknown_packing:heap.prof"])


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_too_many_files_are_refused(tmp_path: Path, kind: str) -> None:
    names = [f"{number}.prof" for number in range(11)]
    if kind == "zip":
        path = zipped(tmp_path / "a", dict.fromkeys(names, b""))
    else:
        path = tarred(tmp_path / "a", [(name, b"") for name in names])
    with pytest.raises(CollectError, match="more than 10 files") as caught:
        unpack(path)
    assert "limits.import_files" in caught.value.cure


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_bomb_is_refused_by_what_comes_out(tmp_path: Path, kind: str) -> None:
    zeros = b"\0" * (2 << 20)
    path = zipped(tmp_path / "a", {"x": zeros}) if kind == "zip" else tarred(tmp_path / "a", [("x", zeros)])
    with pytest.raises(CollectError, match="more than 1,048,576 bytes"):
        unpack(path)
    assert (tmp_path / "out/x").stat().st_size <= 1 << 20


def test_a_tar_that_only_skips_is_bounded_too(tmp_path: Path) -> None:
    path = tarred(tmp_path / "a", [("../x", b"\0" * (2 << 20)), ("y", b"")])
    with pytest.raises(CollectError, match="more bytes"):
        unpack(path)


def test_a_name_of_gigabytes_takes_no_memory(tmp_path: Path) -> None:
    """A pax header says how long a name is; believing it would cost a gigabyte."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    with gzip.open(tmp_path / "a", "wb", compresslevel=1) as file:
        file.write(info.tobuf())
        for _ in range(32):
            file.write(b"\0" * (1 << 20))
    (tmp_path / "out").mkdir()
    code = (
        "import sys, resource; from pathlib import Path; from pipeline.collect.archive import *;"
        "from pipeline.errors import CollectError\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n  unpack_archive(Path(sys.argv[1]), Path(sys.argv[2]), Budget(ImportLimits(), 'a'))\n"
        "except CollectError as error: print(error.message)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "a"), str(tmp_path / "out")]
    said, grown = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == "a holds a table or name of more than 16 MiB"
    assert int(grown) < 64


def test_a_zip_with_a_huge_table_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        for number in range(300):
            archive.writestr(zipfile.ZipInfo(f"{number}-" + "n" * 60_000), b"")
    with pytest.raises(CollectError, match="table"):
        unpack(tmp_path / "a")


def test_a_header_that_points_back_ends(tmp_path: Path) -> None:
    """A negative size would make tarfile read the same header for ever."""
    info = tarfile.TarInfo("x")
    data = bytearray(info.tobuf(format=tarfile.GNU_FORMAT))
    data[124:136] = b"\xff" * 10 + b"\xfc\x00"
    total = sum(data[:148]) + 8 * 32 + sum(data[156:512])
    data[148:156] = f"{total:06o}\0 ".encode()
    (tmp_path / "a").write_bytes(bytes(data) + b"\0" * 1024)
    with pytest.raises(CollectError):
        unpack(tmp_path / "a")


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_a_damaged_archive_is_refused_in_words(tmp_path: Path, kind: str, keep: float) -> None:
    noise = bytes(range(256)) * 300
    path = zipped(tmp_path / "a", {"x": noise}) if kind == "zip" else tarred(tmp_path / "a", [("x", noise)])
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(CollectError, match="is damaged"):
        unpack(path)


def test_a_wrong_checksum_is_damage(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "a", {"x": b"abc" * 100}).read_bytes())
    for at in (data.index(b"PK\x03\x04") + 14, data.index(b"PK\x01\x02") + 16):
        data[at] ^= 0xFF
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(CollectError, match="is damaged"):
        unpack(tmp_path / "a")
