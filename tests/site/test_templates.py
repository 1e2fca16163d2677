from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pipeline.errors import SiteError
from pipeline.render import env
from pipeline.site import templates


def test_a_checkout_wins_and_a_wheel_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = tmp_path / "site_templates", tmp_path / "pipeline" / "site_templates"
    monkeypatch.setattr(templates, "_PLACES", places)
    with pytest.raises(SiteError, match="missing"):
        templates.templates_dir()
    for place in reversed(places):
        place.mkdir(parents=True)
        (place / "mkdocs.yml.j2").write_text("x")
        assert templates.templates_dir() == place


def test_what_is_read() -> None:
    found = templates.read_templates(templates.templates_dir())
    assert list(found) == sorted(found)
    assert {"mkdocs.yml.j2", "pages/run.html.j2", "partials/macros.html.j2", "guide/index.md"} <= set(found)
    styles = [name for name in found if name.startswith("assets")]
    assert styles == ["assets/css/alone.css", "assets/css/flame_still.css"]
    assert not [name for name in styles if re.search(r"/\*|\n", found[name])]
    assert [name for name in found if name.startswith("overrides")] == list(templates.FRAME)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder in which Python keeps the compiled module."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return Path(f"{tmp_path}{Path(templates.__file__).resolve().parent}")


def filled(compiled: env.Compiled | None) -> str:
    texts = {"t": "{{ x }}"}
    return env.render(env.environment(texts, compiled), "t", x=1)


def test_compiled_templates_are_where_python_keeps_compiled_modules(place: Path) -> None:
    place.mkdir(parents=True)
    kept = templates.compiled("a key")
    assert kept is not None
    assert filled(kept) == "1"
    (file,) = (path for path in place.rglob("*") if path.is_file())
    assert file.parent.parent == place / "templates"
    whole = file.read_bytes()
    for damaged in (b"", whole[:-1], whole.replace(b"\n", b"\n0", 1)):
        file.write_bytes(damaged)
        templates.compiled.cache_clear()
        assert filled(templates.compiled("a key")) == "1"
        assert file.read_bytes() == whole


def test_templates_are_not_kept_where_python_keeps_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert templates.compiled("no folder") is None
    place.mkdir(parents=True)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert templates.compiled("told not to") is None
