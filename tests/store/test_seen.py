"""What is remembered of folders is used exactly as long as nothing in them has changed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pipeline.store import seen
from pipeline.store.seen import SETTLED_NANOS, FolderState, Memory, look


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "run"
    (place / "api").mkdir(parents=True)
    (place / "api" / "cpu.prof").write_bytes(b"12345")
    (place / "run.json").write_bytes(b"{}")
    return place


def state(folder: Path, *, deep: bool = True) -> str:
    found = look(folder, deep=deep)
    assert found is not None
    return found.state


def flip(path: Path) -> None:
    """Change a byte, and set back all times that can be set."""
    before = path.stat()
    path.write_bytes(b"12344")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


CHANGES = {
    "other bytes of the same time and size": flip,
    "another mode": lambda path: path.chmod(0o600),
    "a new name": lambda path: path.rename(path.with_name("cpu2.prof")),
    "a file more": lambda path: path.with_name("heap.prof").touch(),
    "a folder more": lambda path: path.with_name("odd\u202ename").mkdir(),
    "a file less": Path.unlink,
    "a second link": lambda path: os.link(path, path.parent.parent.parent / "elsewhere"),
    "a copy in its place": lambda path: (
        path.with_name("x").replace(path) if path.with_name("x").write_bytes(b"12345") else None
    ),
}


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was just written count as old."""
    monkeypatch.setattr(seen, "SETTLED_NANOS", -(10**12))


def visit(folder: Path, *, deep: bool = True) -> str:
    found = look(folder, deep=deep)
    assert found is not None
    return found.visit


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_changes_the_state(folder: Path, change: str) -> None:
    before = state(folder)
    assert state(folder) == before
    time.sleep(0.02)  # the clock of the file system ticks each few milliseconds
    CHANGES[change](folder / "api" / "cpu.prof")
    assert state(folder) != before


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("change", CHANGES)
def test_a_folder_is_revisited_until_it_changes(folder: Path, tmp_path: Path, change: str) -> None:
    Memory(tmp_path / "memory").keep("run", state(folder), "it", visit(folder))
    known = Memory(tmp_path / "memory")
    assert known.names() == ["run"]
    assert known.revisit("run", folder) == known.revisit("run", folder) == "it"
    time.sleep(0.02)
    CHANGES[change](folder / "api" / "cpu.prof")
    assert known.revisit("run", folder) is None


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("change", CHANGES)
def test_what_comes_between_a_look_and_its_note_is_seen(folder: Path, tmp_path: Path, change: str) -> None:
    noted = visit(folder)
    time.sleep(0.02)
    CHANGES[change](folder / "api" / "cpu.prof")
    known = Memory(tmp_path / "memory")
    known.keep("run", state(folder), "it", noted)
    assert known.revisit("run", folder) is None


@pytest.mark.usefixtures("hasty")
def test_what_is_seen_of_folders_is_not_that_of_others_in_their_place(folder: Path, tmp_path: Path) -> None:
    known = Memory(tmp_path / "memory")
    known.keep("run", "s", "it", visit(folder))
    os.utime(folder / "api", ns=(1, 1))
    assert known.revisit("run", folder) is None
    known.keep("run", "s", "it", visit(folder))
    assert known.revisit("run", folder) == "it"
    (folder / "api").rename(tmp_path / "api")
    (folder / "api").symlink_to(tmp_path / "api")
    assert known.revisit("run", folder) is None
    assert known.revisit("run", tmp_path / "nothing") is None
    assert known.revisit("other", folder) is None


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("name", ["a\tb", "a\nb"])
def test_odd_names_and_links_are_listed_each_time(folder: Path, name: str) -> None:
    assert visit(folder)
    (folder / name).touch()
    assert not visit(folder)
    (folder / name).unlink()
    (folder / "link").symlink_to(folder / "run.json")
    assert not visit(folder)
    (folder / "link").unlink()
    (folder / "\udcff").touch()
    assert visit(folder)


@pytest.mark.usefixtures("hasty")
def test_a_shallow_visit_sees_no_deeper(folder: Path, tmp_path: Path) -> None:
    known = Memory(tmp_path / "memory")
    known.keep("run", "s", "it", visit(folder, deep=False))
    (folder / "api" / "more").touch()
    assert known.revisit("run", folder) == "it"
    (folder / "more").touch()
    assert known.revisit("run", folder) is None


def test_a_fresh_folder_is_listed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not visit(folder)
    time.sleep(0.02)
    (folder / "api" / "heap.prof").touch()
    (folder / "api" / "heap.prof").unlink()
    changed = (folder / "api").stat().st_ctime_ns
    monkeypatch.setattr(seen, "is_settled", lambda at, _now: at < changed)
    found = look(folder)
    assert found is not None
    assert (found.settled, found.visit) == (True, "")


def test_what_a_link_leads_to_is_part_of_the_state(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"12345")
    (folder / "link").symlink_to(target)
    before = state(folder)
    time.sleep(0.02)
    flip(target)
    assert state(folder) != before
    target.unlink()
    assert look(folder) is None


def test_only_the_folder_itself_is_looked_at_when_asked(folder: Path) -> None:
    before = state(folder, deep=False)
    (folder / "api" / "more").touch()
    assert state(folder, deep=False) == before


def test_a_fresh_change_is_not_settled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = look(folder)
    assert found is not None
    assert not found.settled
    later = time.time_ns() + SETTLED_NANOS + 10**9
    monkeypatch.setattr(seen.time, "time_ns", lambda: later)
    again = look(folder)
    assert again == FolderState(found.facts, settled=True, folders=again.folders if again else ())


def test_a_memory_is_kept_between_processes(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "memory"
    Memory(path).keep("a", "1", "one\ttab")
    Memory(path).keep("a", "2", "two")
    known = Memory(path)
    assert known.recall("a", "2") == "two"
    assert known.recall("a", "1") is None
    assert known.recall("b", "2") is None
    assert known.last("a") == "two"


@pytest.mark.parametrize("cut", [1, 5, 12, 16])
def test_a_torn_line_is_no_line(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "memory"
    Memory(path).keep("a", "1", "one")
    whole = path.read_bytes()
    Memory(path).keep("b", "1", "two")
    path.write_bytes(path.read_bytes()[: len(whole) + cut])
    known = Memory(path)
    assert (known.recall("a", "1"), known.recall("b", "1")) == ("one", None)
    known.keep("c", "1", "three")
    assert Memory(path).recall("c", "1") == "three"
    path.write_bytes(whole.replace(b"one", b"two"))
    assert Memory(path).recall("a", "1") is None


def test_a_memory_that_is_only_read_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "memory"
    known = Memory(path)
    for turn in range(600):
        known.keep("a", str(turn), "x")
    before = path.read_bytes()
    assert Memory(path, is_kept=False).recall("a", "599") == "x"
    assert path.read_bytes() == before
    assert Memory(path).recall("a", "599") == "x"
    assert len(path.read_bytes()) < len(before)


def test_what_is_outdated_is_dropped_in_time(tmp_path: Path) -> None:
    path = tmp_path / "memory"
    for turn in range(600):
        Memory(path).keep("a", str(turn), "x" * 100)
    assert len(path.read_bytes()) < 300 * 130
    assert Memory(path).recall("a", "599") == "x" * 100


def test_a_memory_that_cannot_be_written_is_only_slow(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    known = Memory(tmp_path / "file" / "memory")
    known.keep("a", "1", "one")
    assert known.recall("a", "1") == "one"
    assert Memory(tmp_path / "file" / "memory").recall("a", "1") is None
