from __future__ import annotations

import re

from pipeline.site.templates import read_templates, templates_dir
from tests.test_house import ROOT

GUIDE = {name: text for name, text in read_templates(templates_dir()).items() if name.startswith("guide/")}
CODE = re.compile(r"\b(?:Finding|DecodeError|FetchError|_finding)\(\s*f?\"([a-z_]+[a-z])")


def test_every_code_the_program_can_say_is_explained() -> None:
    said = {
        code: path.name
        for path in sorted((ROOT / "pipeline").rglob("*.py"))
        for code in CODE.findall(path.read_text("utf-8"))
    }
    explained = set(re.findall(r'id="(\w+)"', GUIDE["guide/findings.md"]))
    missing = {code: where for code, where in said.items() if not any(known.startswith(code) for known in explained)}
    assert missing == {}
    assert len(said) > 30


def test_the_guide_is_markdown_only() -> None:
    for name, text in GUIDE.items():
        assert text.startswith("# "), name
        assert not re.search(r"<(?!span id=|/span)[a-zA-Z]", re.sub(r"`[^`]*`|```.*?```", "", text, flags=re.DOTALL)), (
            name
        )


def test_the_verdict_page_tells_the_limits_the_code_uses() -> None:
    from pipeline.compare import stats
    from pipeline.model.court import ComparisonConfig

    text, limits = GUIDE["guide/verdicts.md"], ComparisonConfig()
    assert f"*p* < {stats.ALPHA}" in text
    assert f"more than {limits.error_rate * 100:g} %" in text
    assert f"more than {limits.duration * 100:g} % apart" in text
    assert f"different rates (more than {limits.rate * 100:g} %" in text
    assert stats.runs_needed() == 4
    assert "fewer than four runs" in text
