"""Finished parts on disk: what comes back is what was kept, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.page import SitePart, StampedPage
from pipeline.site.kept_parts import KeptParts

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PATHS = st.text(max_size=20)  # undecodable names of files are lone surrogates
PARTS = st.builds(
    SitePart,
    st.builds(StampedPage, st.just("runs/a/"), TEXT, TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)),
    st.dictionaries(PATHS, st.binary(max_size=60), max_size=4),
    st.dictionaries(PATHS, PATHS, max_size=4),
)


def part(url: str = "runs/a/") -> SitePart:
    return SitePart(StampedPage(url, "A", "body é\n", (("one", "One"),)), {f"{url}d.js": b"x\n"}, {f"{url}raw": "raw"})


@given(PARTS)
def test_what_is_kept_comes_back(tmp_path_factory: pytest.TempPathFactory, kept: SitePart) -> None:
    pages = KeptParts(tmp_path_factory.mktemp("kept"))
    pages.put("key", kept)
    assert pages.get("runs/a/", "key") == kept


def test_another_key_or_address_finds_nothing(tmp_path: Path) -> None:
    pages = KeptParts(tmp_path / "kept")
    assert not pages.has("runs/a/", "key")
    pages.put("key", part())
    assert pages.has("runs/a/", "key")
    for url, key in (("runs/a/", "ke"), ("runs/a/", "key2"), ("runs/b/", "key")):
        assert not pages.has(url, key)
        assert pages.get(url, key) is None


@pytest.mark.parametrize("damage", ["cut", "changed", "empty"])
def test_what_is_damaged_is_no_entry(tmp_path: Path, damage: str) -> None:
    pages = KeptParts(tmp_path)
    pages.put("key", part())
    (path,) = tmp_path.iterdir()
    data = path.read_bytes()
    path.write_bytes({"cut": data[:-1], "changed": data[:-9] + b"\0" + data[-8:], "empty": b""}[damage])
    assert pages.get("runs/a/", "key") is None


def test_others_are_forgotten(tmp_path: Path) -> None:
    pages = KeptParts(tmp_path)
    for name in "abc":
        pages.put("key", part(f"runs/{name}/"))
    pages.forget_others({"runs/a/", "runs/d/"})
    assert [pages.get(f"runs/{name}/", "key") is not None for name in "abc"] == [True, False, False]
