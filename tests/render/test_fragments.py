"""Our markup, judged by itself and, where it can be had, by html-validate: every kind of page, in every state."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.model.growth import Growth, Snapshot, Trend
from pipeline.model.page import SiteContent, StampedPage
from pipeline.model.run import FileReport, LoadReport
from tests.records import comparison, empty_record, failed_record, manifest, profile, record
from tests.render.test_pages import all_pages, site

RULES = {
    "root": True,
    "extends": ["html-validate:recommended"],
    "rules": {
        # Shares and places are data: they come as lengths, everything else is in the sheet.
        "no-inline-style": ["error", {"allowedProperties": ["left", "width", "--pb-share"]}],
        # A box that scrolls has a role and a name for the keyboard, but is no section of the page.
        "prefer-native-element": ["error", {"exclude": ["region"]}],
        "no-trailing-whitespace": "off",
    },
}
HEAD = '<!DOCTYPE html>\n<html lang="en"><head><title>A page</title></head><body><main>\n'
LABELLED = {"aria-labelledby", "aria-controls", "for"}


def followed() -> object:
    """Make a run with a series, a timeline and several components."""
    shots = tuple(Snapshot(f"service/heap{place}.pprof", 100 + place, 5, float(place)) for place in range(5))
    one = record("20260106_000000-series", "series", growth=(Growth("service", "heap", shots, 4, Trend("growing", 5)),))
    times = [f"2026-01-06T00:00:0{place}Z" for place in range(5)]
    files = tuple(
        FileReport(shot.path, "service", "heap", "series", "ok", started=at, finished=at)
        for at, shot in zip(times, shots, strict=True)
    )
    report = LoadReport(("load",), 0, started="2026-01-06T00:00:00Z", finished="2026-01-06T00:00:05Z")
    told = manifest(one.run.id, label="series", files=files, load=report, notes="after the change\nof the cache")
    series = tuple(profile(shot.path, phase="series", index=place) for place, shot in enumerate(shots))
    run = replace(one.run, manifest=told, started="2026-01-06T00:00:00Z")
    return replace(one, run=run, profiles=(*series, profile("worker/heap.prof", component="worker")))


@cache
def whole() -> SiteContent:
    """Render a site with whole, failed, empty and followed runs."""
    dated = [record(f"2026010{day}_000000-baseline") for day in range(7, 10)]
    dated = [replace(one, run=replace(one.run, started=f"2026-01-0{one.run.id[7]}T00:00:00Z")) for one in dated]
    return site(record(), *dated, followed(), failed_record(), empty_record(), compared=(comparison(),))


@cache
def pages() -> tuple[StampedPage, ...]:
    """Give every kind of page that stands in a shell, with those of a site without any run."""
    return (*all_pages(whole()), *all_pages(site()))


class Judge(HTMLParser):
    """Collects what must hold between elements: names that are pointed to, headings in order, cells in rows."""

    def __init__(self, page: StampedPage) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.pointed: set[str] = set()
        self.levels: list[int] = []
        self.unnamed: list[str] = []
        self.regions: list[str] = []
        self.rows: list[int] = []
        self.uneven: list[tuple[int, int]] = []
        self.feed(page.body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        self.ids |= {facts["id"]} if "id" in facts else set()
        for name in LABELLED & facts.keys():
            self.pointed |= set(facts[name].split())
        if re.fullmatch(r"#[\w.-]+", facts.get("href", "")):
            self.pointed |= {facts["href"][1:]} - {""}
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if facts.get("role") in {"region", "img", "group"} and not {"aria-label", "aria-labelledby"} & facts.keys():
            self.unnamed.append(self.get_starttag_text() or tag)
        if facts.get("role") == "region":
            self.regions.append(facts.get("aria-label", ""))
        if tag == "table":
            self.rows.append(0)
        if tag == "tr":
            self.cells = 0
        if tag in {"td", "th"}:
            self.cells += int(facts.get("colspan", "1"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.rows.pop()
        if tag == "tr":
            if self.rows[-1] and self.cells != self.rows[-1]:
                self.uneven.append((self.rows[-1], self.cells))
            self.rows[-1] = self.rows[-1] or self.cells


def test_every_state_is_there() -> None:
    bodies = {page.url: page.body for page in pages()}
    assert "pb-film" in bodies["runs/20260106_000000-series/"]
    assert "pb-time__lane" in bodies["runs/20260106_000000-series/"]
    assert "after the change" in bodies["runs/20260106_000000-series/"]
    assert "pb-tile__spread" in bodies["runs/20260109_000000-baseline/"]
    assert "pb-since__value" in "".join(page.body for page in pages() if not page.url)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.url or "overview")
def test_what_is_pointed_to_is_there_and_tables_are_even(page: StampedPage) -> None:
    found = Judge(page)
    assert found.pointed <= found.ids
    assert found.unnamed == []
    assert sorted(set(found.regions)) == sorted(found.regions)
    assert found.uneven == []
    assert found.levels[0] == 1
    assert found.levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(found.levels, found.levels[1:], strict=False))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.url or "overview")
def test_pictures_have_a_size_before_their_style_comes(page: StampedPage) -> None:
    ours = [one for one in re.findall(r"<svg[^>]*>", page.body) if "pb-" in one]
    assert [one for one in ours if not re.search(r'\swidth="[\d.]+" height="[\d.]+"', one)] == []


def test_html_validate_finds_nothing(tmp_path: Path) -> None:
    """Uses the program on PATH or the one HTML_VALIDATE names; nothing is downloaded by a test."""
    program = os.environ.get("HTML_VALIDATE") or shutil.which("html-validate")
    if program is None:
        pytest.skip("html-validate is not installed")
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps(RULES))
    for place, page in enumerate(pages()):
        text = f"{HEAD}{page.body}</main></body></html>\n"
        (tmp_path / f"page-{place}.html").write_text(text, "utf-8")
    alone = [data for name, data in whole().data.items() if name.endswith("/flame/index.html")]
    (tmp_path / "page-flame.html").write_bytes(alone[0])
    done = subprocess.run([program, "page-*.html"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
