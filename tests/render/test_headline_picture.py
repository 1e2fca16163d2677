"""The picture of a comparison outside its page: readable without a sheet, told in words, harmless, small."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from pipeline.model.config import Config, SiteConfig
from pipeline.render.headline_picture import headline_picture, headline_svg, version
from pipeline.site.templates import read_templates, templates_dir
from tests.records import HEADLINE, HOSTILE, METRICS, comparison, record
from tests.rendered import render_site


def size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def test_it_is_a_small_png_on_white_and_the_same_each_time() -> None:
    drawn = headline_picture(comparison(), HEADLINE, {})
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    assert drawn.endswith(b"IEND\xaeB`\x82")
    width, height = size(drawn)
    assert width > 400
    assert height > 250
    assert len(drawn) < 100_000
    assert headline_picture(comparison(), HEADLINE, {}) == drawn


def test_it_says_verdict_and_changes_in_words() -> None:
    svg = headline_svg(comparison(), HEADLINE, {})
    told = " ".join(ET.fromstring(svg).itertext())
    assert "optimized against baseline: improved" in told
    assert "higher is better" in told
    assert "+100.0 % ▲ improved" in told


def test_what_was_not_measured_on_both_sides_is_no_picture() -> None:
    assert headline_picture(replace(comparison(), metrics=()), HEADLINE, {}) == b""
    assert headline_picture(comparison(), (), {}) == b""


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(text: str) -> None:
    named = replace(comparison(), base_label=text, head_label=text * 9, base_runs=(text,))
    root = ET.fromstring(headline_svg(named, HEADLINE, {}))
    allowed = {"svg", "rect", "text", "g", "path", "circle", "title"}
    assert {one.tag.rpartition("}")[2] for one in root.iter()} <= allowed
    assert headline_picture(named, HEADLINE, {})


def test_other_runs_have_another_address() -> None:
    assert version(comparison()) == version(comparison())
    assert version(replace(comparison(), head_runs=("other",))) != version(comparison())


@pytest.mark.parametrize(
    ("settings", "is_there"),
    [
        ({"site": SiteConfig(url="https://x.test/p/"), "comment": {"picture": True}}, True),
        ({"site": SiteConfig(url="https://x.test/p/")}, False),
        ({"comment": {"picture": True}}, False),
    ],
)
def test_the_site_holds_it_where_comments_can_refer_to_it(settings: dict[str, object], is_there: bool) -> None:
    config = Config.model_validate(settings)
    templates = read_templates(templates_dir())
    made = render_site(
        [record()], [comparison()], config=config, templates=templates, metrics=METRICS, headline=HEADLINE
    )
    assert ("compare/baseline..optimized/runs.png" in made.data) == is_there
