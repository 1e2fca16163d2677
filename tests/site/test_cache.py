from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.site import cache


def test_texts_are_kept_by_key(tmp_path: Path) -> None:
    kept = cache.FileCache(tmp_path / "charts")
    kept["b"] = "zwei\nZeilen ü"
    kept["a"] = ""
    again = cache.FileCache(tmp_path / "charts")
    assert dict(again) == {"a": "", "b": "zwei\nZeilen ü"}
    assert len(again) == 2
    del again["a"]
    assert again.get("a") is None
    with pytest.raises(KeyError):
        del again["a"]


def test_a_damaged_entry_is_no_entry(tmp_path: Path) -> None:
    kept = cache.FileCache(tmp_path)
    kept["key"] = "text"
    (path,) = (p for p in tmp_path.rglob("key") if p.is_file())
    for data in (b"", path.read_bytes()[:-1], path.read_bytes().replace(b"text", b"texT"), b"\xff\xfe"):
        path.write_bytes(data)
        assert kept.get("key") is None


def test_other_code_starts_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.FileCache(tmp_path / "charts")["key"] = "old"
    monkeypatch.setattr(cache, "_code", lambda: "other")
    kept = cache.FileCache(tmp_path / "charts")
    assert len(kept) == 0
    kept["key"] = "new"
    assert [p.name for p in (tmp_path / "charts").iterdir()] == ["other"]
