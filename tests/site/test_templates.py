from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.errors import SiteError
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
