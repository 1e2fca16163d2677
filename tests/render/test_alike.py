"""Findings that say the same are told once, and none of what they are about is lost."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model.finding import Finding
from pipeline.render.alike import alike
from pipeline.render.env import environment, render
from pipeline.render.state import SEVERITIES
from tests.render.test_pages import TEMPLATES

EMPTY = Finding("no_samples", "warning", "the profile holds no samples: every total is 0", cure="Give it work.")
WINDOWS = [replace(EMPTY, subject=f"app/cpu{place}.pprof") for place in range(60)]
OTHER = Finding("clock_skew", "warning", "the clock went back", "run.json", evidence="2 s")
PAGE = """{% from "partials/macros.html.j2" import findings %}{{ findings(all, severities, "") }}"""


def test_only_what_differs_in_its_subject_alone_is_put_together() -> None:
    elsewhere = [replace(EMPTY, severity="info"), replace(OTHER, evidence="3 s"), replace(EMPTY, cure="Look again.")]
    found = alike([*WINDOWS[:30], OTHER, *WINDOWS[30:], *elsewhere])
    assert [(one.finding.code, len(one.subjects)) for one in found] == [
        ("no_samples", 60), ("clock_skew", 1), ("no_samples", 0), ("clock_skew", 1), ("no_samples", 0),
    ]  # fmt: skip
    assert found[0].subjects == tuple(one.subject for one in WINDOWS)
    assert found[0].finding is WINDOWS[0]


def test_a_page_tells_them_once_and_names_each() -> None:
    env = environment(TEMPLATES | {"page.html.j2": PAGE})
    text = render(env, "page.html.j2", all=[*WINDOWS, OTHER], severities=SEVERITIES)
    assert text.count(EMPTY.message) == text.count(EMPTY.cure) == 1
    assert "The same of 57 more" in text
    assert all(f">{one.subject}</code>" in text for one in [*WINDOWS, OTHER])
    assert "more warning" not in text, "both are in sight"
