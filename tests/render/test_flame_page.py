"""The page of a run's flame graph alone: which profile it shows, where its links lead, and what may stand in it."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from pipeline.render.env import environment
from pipeline.render.flame_page import flame_page
from pipeline.render.profile_section import SectionRules
from pipeline.site.templates import read_templates, templates_dir
from tests.records import HOSTILE, profile, record

ENV = environment(read_templates(templates_dir()))
KEY = "0123456789abcdef"
OTHER = "fedcba9876543210"
SVG = '<svg class="pb-flame-svg" height="700"><a href="#2"><title>main.work</title></a><a href="?main.work"></a></svg>'
RUN = "20260102_030405-baseline"


class Links(HTMLParser):
    """Collects links by their text, and the elements' attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.boxes: list[dict[str, Any]] = []
        self.scripts: list[dict[str, Any]] = []
        self._href = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts: dict[str, Any] = dict(attrs)
        if tag == "a":
            self._href = facts["href"]
        if "pb-flame" in (facts.get("class") or "").split():
            self.boxes.append(facts)
        if tag == "script":
            self.scripts.append(facts)

    def handle_data(self, text: str) -> None:
        if self._href and text.strip():
            self.links[text] = self._href
            self._href = ""


def page(*profiles: object, flames: dict[str, str] | None = None, **facts: Any) -> str:
    rules = SectionRules(flames or {KEY: SVG}, {}, "profiles", "", raw=True)
    found = flame_page(ENV, replace(record(RUN), profiles=profiles, **facts), rules)
    assert set(found) <= {f"runs/{RUN}/flame/index.html"}
    return "".join(text.decode() for text in found.values())


def test_it_shows_what_the_runs_page_shows_first() -> None:
    cpu = [
        profile(f"cpu{at}.pprof", kind="cpu", phase="series", index=at, totals=(1, 9 - at), tree=KEY) for at in (1, 2)
    ]
    text = page(profile("heap-after.prof", tree=OTHER), *cpu)
    read = Links(text)
    (box,) = read.boxes
    assert (box["data-key"], box["data-title"], box["data-src"]) == (KEY, "CPU", f"../../../data/01/{KEY}.pfv.js")
    assert box["style"] == "--pb-flame-height:700px"
    assert "cpu1.pprof" in text, "the heaviest window of a series"
    assert read.links["main.work"] == "../index.html#profile-cpu-row-2"
    assert f'href="../../../explore/index.html?p={RUN}/cpu1.pprof#d=sandwich&amp;c=main.work"' in text
    assert read.links["Heap"] == f"../../../explore/index.html?p={RUN}/heap-after.prof#v=flame"
    assert read.links["baseline"] == "../index.html"
    assert "CPU" not in read.links


def test_components_are_named_where_there_are_many() -> None:
    read = Links(
        page(profile("a/cpu.prof", component="a", kind="cpu"), profile("b/cpu.prof", component="b", kind="cpu"))
    )
    assert read.boxes[0]["data-title"] == "a: CPU"
    assert read.links["b: CPU"].endswith("/b/cpu.prof#v=flame")
    assert read.links["Tables, and the whole run"] == "../index.html#profile-a-cpu"


@pytest.mark.parametrize("profiles", [(), (profile(tree=""),)])
def test_a_run_without_a_flame_graph_has_no_such_page(profiles: tuple[object, ...]) -> None:
    assert page(*profiles) == ""


@pytest.mark.parametrize("text", HOSTILE)
def test_names_stay_text(text: str) -> None:
    hostile = profile(f"{text}/cpu.prof", component=text, kind="cpu")
    found = page(hostile, profile(), flames={KEY: "<p>nothing to draw</p>"})
    read = Links(found)
    assert [one.get("data-late") for one in read.scripts] == [None, "../../../assets/profbook.js"]
    assert len(read.boxes) == 1
    assert "<p>nothing to draw</p></div>" in found
    assert all(href.startswith("../") for href in read.links.values())
