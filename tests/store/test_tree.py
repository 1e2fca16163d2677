"""The site's units: which there are, and that a file is read again exactly when something about it changed."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from pipeline.model.page import is_deep, unit_of
from pipeline.store import seen, tree
from pipeline.store.tree import SiteTree, weigh

FILES = (
    "index.html",
    "runs/index.html",
    "runs/a/index.html",
    "runs/a/raw/x/cpu",
    "data/list.js",
    "data/0a/0a.js",
    "guide/b/i",
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "site"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which files are read."""
    done: list[str] = []
    real = tree._digest
    monkeypatch.setattr(tree, "_digest", lambda path: done.append(path.name) or real(path))
    return done


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was written be long ago."""
    now = time.time_ns() + 2 * seen.SETTLED_NANOS
    monkeypatch.setattr(seen.time, "time_ns", lambda: now)


def opened(site: Path) -> SiteTree:
    return SiteTree(site, seen.Memory(site.parent / "memory"), {})


def test_every_file_is_of_one_unit(site: Path) -> None:
    assert opened(site).units() == [".", "data", "data/0a", "guide", "runs", "runs/a"]
    found = {path: unit for unit in opened(site).units() for path in opened(site).digests(unit)}
    assert found == {name: unit_of(name) for name in FILES}
    assert {unit: is_deep(unit) for unit in (".", "runs", "runs/a", "guide")} == {
        ".": False,
        "runs": False,
        "runs/a": True,
        "guide": True,
    }
    assert opened(site / "none").units() == []


def test_files_are_read_once_and_again_when_changed(
    site: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(site).digests("runs/a")
    assert first["runs/a/raw/x/cpu"] == hashlib.sha256(b"runs/a/raw/x/cpu").hexdigest()
    opened(site).digests("runs/a")
    assert len(reads) == 4, "what changed a moment ago is not trusted"
    later(monkeypatch)
    content = opened(site).content("runs/a")
    reads.clear()
    for _ in range(2):
        assert opened(site).content("runs/a") == content
        assert opened(site).digests("runs/a") == first
    assert reads == []
    path = site / "runs/a/raw/x/cpu"
    before = path.stat()
    time.sleep(0.02)
    path.write_text("runs/a/raw/x/cpv")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert opened(site).content("runs/a") != content
    assert set(reads) == {"cpu"}
    (site / "runs/a/stray").touch()
    assert len(opened(site).digests("runs/a")) == 3


def test_what_was_just_written_is_known_unless_it_changed_since(
    site: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in FILES if unit_of(name) == "runs/a"}
    written = dict.fromkeys(digests, time.time_ns() + 10**9)
    later(monkeypatch)
    opened(site).learn("runs/a", digests, written)
    assert opened(site).digests("runs/a") == digests
    assert reads == []
    opened(site).learn("runs/a", digests, dict.fromkeys(digests, 1))
    assert opened(site).digests("runs/a") == digests
    assert reads == [], "the state is that of before"
    (site.parent / "memory").unlink()
    opened(site).learn("runs/a", digests, dict.fromkeys(digests, 1))
    assert opened(site).digests("runs/a") == digests
    assert set(reads) == {"index.html", "cpu"}


def test_a_unit_without_files_has_no_content(site: Path) -> None:
    (site / "runs" / "empty" / "deep").mkdir(parents=True)
    assert opened(site).content("runs/empty") == ""
    assert opened(site).content("runs/none") == ""


def test_a_file_under_two_names_weighs_once(site: Path) -> None:
    os.link(site / "guide/b/i", site / "guide/b/j")
    found = weigh(site)
    assert sum(size for size, _ in found) == sum(len(name) for name in FILES)
    assert found[0] == (17, "runs/a/index.html")
