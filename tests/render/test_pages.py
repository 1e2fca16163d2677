from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from pipeline.errors import SiteError
from pipeline.model.config import Config, SiteConfig
from pipeline.model.metric import Measurement
from pipeline.model.page import SiteContent, StampedPage
from pipeline.model.record import ProfileRecord
from pipeline.render.late import read_late
from pipeline.site.templates import read_templates, templates_dir
from tests.records import (
    HEADLINE,
    HOSTILE,
    METRICS,
    compared,
    comparison,
    empty_record,
    failed_record,
    hostile_record,
    profile,
    record,
)
from tests.rendered import render_site

TEMPLATES = read_templates(templates_dir())
CHARTS: dict[str, str] = {}
VOID = {"br", "hr", "img", "input", "meta", "link", "wbr", "path", "line", "rect", "circle"}


def site(*records: object, compared: tuple[object, ...] = (), **config: object) -> SiteContent:
    """Render a site of records with the real templates."""
    return render_site(
        records,
        compared,
        config=Config(site=SiteConfig(**config)),
        templates=TEMPLATES,
        metrics=METRICS,
        headline=HEADLINE,
        flames={"0123456789abcdef": "<svg>space</svg>"},
        notes={("20260102_030405-baseline", "README.md"): "# Not a heading <b>"},
        charts=CHARTS,
    )


class Structure(HTMLParser):
    """Checks that tags close in order, ids are unique, and collects text, ids and links."""

    def __init__(self, page: StampedPage) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.handlers: list[str] = []
        self.feed(page.body)
        self.close()
        assert self.open == []
        assert len(self.ids) == len(set(self.ids)), page.url
        assert {anchor for anchor, _ in page.toc} <= set(self.ids)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        facts = dict(attrs)
        if "id" in facts:
            self.ids.append(facts["id"] or "")
        if tag == "script":
            self.scripts.append(facts)
        self.handlers += [name for name in facts if name.startswith("on")]
        for name in ("href", "src"):
            assert not re.match(r"\s*(javascript|data|vbscript|https?):", facts.get(name) or ""), facts

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag


def all_pages(content: SiteContent) -> list[StampedPage]:
    return [page for pages in content.stamped.values() for page in pages]


def body(content: SiteContent, kind: str) -> str:
    (page,) = content.stamped[kind]
    return page.body


def test_pages_of_every_kind_of_run_are_well_formed() -> None:
    content = site(record(), failed_record(), empty_record(), compared=(comparison(),))
    for page in all_pages(content):
        Structure(page)
    assert {page.url for page in all_pages(content)} == {
        "",
        "runs/",
        "compare/",
        "explore/",
        "trends/",
        "functions/",
        "runs/20260102_030405-baseline/",
        "runs/20260103_000000-failed/",
        "runs/empty/",
        "compare/baseline..optimized/",
    }


def test_an_empty_site_says_so() -> None:
    content = site()
    assert "No runs yet" in body(content, "overview")
    assert "Nothing is compared yet" in body(content, "comparisons")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_ever_text(text: str) -> None:
    hostile = comparison(base_label=text, head_label=text + "2", reasons=(text,), base_runs=(text,))
    for page in all_pages(site(hostile_record(text), compared=(hostile,))):
        structure = Structure(page)
        assert structure.handlers == []
        assert all(facts.get("type") == "application/json" for facts in structure.scripts)
        assert "<img" not in page.body
        assert "\u202e" not in page.body
        assert re.fullmatch(r"[A-Za-z0-9._/-]*", page.url)


def test_the_run_page_judges_first_and_shows_everything() -> None:
    text = body(site(record(), compared=(comparison(),)), "run")
    places = [
        text.index(f'id="{name}"')
        for name in ("verdict", "metrics", "load", "profiles", "files", "provenance", "notes")
    ]
    assert places == sorted(places)
    for expected in (
        "complete",
        "higher is better",
        "125 ops/s",
        'data-pb-around="20260102_030405-baseline" data-root="../../"',
        "inuse_space: the 2 heaviest of 7 functions, total 400 B",
        '<a href="flame/index.html">Full window</a>',
        'data-src="../../data/01/0123456789abcdef.pfv.js"',
        'data-type="1"',
        "# Not a heading &lt;b&gt;",
        "with uncommitted changes",
    ):
        assert expected in text, expected


def test_what_comes_late_is_beside_the_page() -> None:
    one = record()
    part = site(one).parts[0].make() if site(one).parts else None
    data = part.data if part else site(one).data
    (script,) = [text for path, text in data.items() if path.endswith("/more.js")]
    assert script.startswith(b'profbook.late("20260102_030405-baseline","')
    held = read_late(script)
    for expected in ("go tool pprof -http=: -base profiles/20260102_030405-baseline/heap-before.prof", "cd" * 32):
        assert expected in json.dumps(held)
    assert set(held) == set(re.findall(r'data-pb-late="([^"]*)"', body(site(one), "run")))


def test_of_a_series_the_heaviest_cpu_profile_is_shown_and_the_last_heap() -> None:
    def series(kind: str) -> list[ProfileRecord]:
        weighed = enumerate(((1, 10), (9, 90), (2, 20)))
        return [profile(f"{kind}{at}.pprof", kind=kind, phase="series", index=at, totals=of) for at, of in weighed]

    whole = record()
    text = body(site(replace(whole, profiles=(*series("cpu"), *series("heap")))), "run")
    shown = re.findall(r'Shown: <code class="pb-path">([^<]*)</code>', text)
    assert shown == ["cpu1.pprof", "heap2.pprof"]


def test_one_file_is_not_told_as_many() -> None:
    whole = record()
    one = replace(whole, run=replace(whole.run, files=whole.run.files[:1]), measurements=whole.measurements[:1])
    text = body(site(one), "run")
    assert "The one file, with its digest<" in text
    assert "The one metric, with its source<" in text
    assert '<p class="pb-about">1 file, ' in text


def test_a_failed_run_says_what_is_missing() -> None:
    content = site(failed_record())
    text = body(content, "run")
    assert "ended with exit code 1" in text
    assert "timeout: no byte for 5 s" in text
    assert "load failed" in body(content, "overview")
    assert "1 error" in body(content, "overview")


def test_runs_are_listed_newest_first_and_linked_to_their_neighbours() -> None:
    older, newer = record("20260102_030405-a"), record("20260103_030405-b")
    newer = replace(newer, run=replace(newer.run, started="2026-01-03T03:04:05Z"))
    content = site(older, newer)
    assert [page.title for page in content.stamped["run"]] == ["20260103_030405-b", "20260102_030405-a"]
    table = body(content, "overview")
    assert table.index("20260103_030405-b") < table.index("20260102_030405-a")
    assert 'rel="prev" href="../../runs/20260102_030405-a/index.html"' in content.stamped["run"][0].body


def test_a_later_run_or_comparison_changes_no_page_of_a_run() -> None:
    first, later = record("20260102_030405-a"), record("20260103_030405-b")
    later = replace(later, run=replace(later.run, started="2026-01-03T03:04:05Z"))
    alone, both = site(first), site(later, first, compared=(comparison(),))
    assert both.stamped["run"][1] == alone.stamped["run"][0]
    assert both.data["data/catalogue.js"] != alone.data["data/catalogue.js"]


def test_a_card_claims_only_what_is_judged() -> None:
    changes = []
    for outcome in ("improved", "unchanged", "inconclusive"):
        one = comparison(metrics=(compared(outcome=outcome),))
        found = re.search(r'<dd class="(pb-card__change[^"]*)">([^<]*)<', body(site(compared=(one,)), "overview"))
        assert found
        changes.append((found[1].endswith("--open"), found[2].strip()))
    assert changes == [(False, "+100.0 %"), (True, "~ (+100.0 %)"), (True, "~ (+100.0 %)")]


def test_a_comparison_claims_only_what_is_judged() -> None:
    text = body(site(record(), compared=(comparison(),)), "compare")
    rows = re.findall(r"<tr class=.*?</tr>", text)
    assert [re.search(r"<span title=.*?>(.*?)<", row)[1] for row in rows] == ["Throughput", "Heap after", "Heap before"]
    assert "+100.0 %" in rows[0]
    assert "~" not in rows[0]
    assert "~ <span" in rows[1]
    assert "(+100.0 %)" in rows[1]
    assert "needs 4 runs a side" in rows[1]
    assert "100 ops/s ±\N{NO-BREAK SPACE}∞" in rows[0]
    assert "for information" in rows[2]
    assert "−8 ns/op" in text
    assert 'href="../../runs/20260102_030405-baseline/index.html"' in text
    assert "runs/gone/" not in text


def test_several_components_have_sections_of_their_own() -> None:
    two = replace(record(), profiles=(profile(component="a"), profile(component="b")))
    (page,) = site(two).stamped["run"]
    assert [text for _, text in page.toc if text in {"a", "b"}] == ["a", "b"]
    Structure(page)


def test_headline_values_name_their_component_when_there_are_several() -> None:
    both = tuple(Measurement("heap_inuse_after", 1 << 20, name) for name in ("manager", "worker"))
    assert ", manager</dt>" in body(site(record(measurements=both)), "run")
    assert ", manager</dt>" not in body(site(record(measurements=both[:1])), "run")


def test_copies_put_raw_files_where_pprof_finds_them() -> None:
    found = site(record()).copies
    run = "20260102_030405-baseline"
    assert found[f"runs/{run}/raw/service/heap-after.prof"] == f"profiles/{run}/heap-after.prof"
    assert found[f"runs/{run}/service/debug/pprof/heap"] == f"profiles/{run}/heap-after.prof"
    scripts = {f"0123456789abcdef.{ending}.js" for ending in ("pfv", "samples")}
    assert all(found[f"data/01/{name}"] == f"build/derived/{run}/data.zip/{name}" for name in scripts)
    assert set(site(record(), raw_profiles=False).copies) == {f"data/01/{name}" for name in scripts}


def test_no_copy_leaves_its_folder() -> None:
    bad = replace(
        record(),
        run=replace(record().run, files=tuple(replace(record().run.files[0], path=p) for p in ("../x", "/etc/passwd"))),
    )
    assert not any("passwd" in place or ".." in place for place in site(bad).copies)


def test_search_entries_hold_functions_and_no_markup() -> None:
    entries = site(hostile_record(HOSTILE[0]), record(), compared=(comparison(),)).search
    found = {entry.title: entry for entry in entries}
    assert found["Function runtime.mallocgc"].url == "functions/index.html?f=runtime.mallocgc"
    assert "of 1 run, last of 20260102_030405-baseline" in found["Function runtime.mallocgc"].text
    assert not any("runtime.mallocgc" in entry.text for entry in entries)
    assert len({entry.url for entry in entries}) == len(entries)
    assert not any("<" in entry.title + entry.text for entry in entries)


def test_engine_settings_are_yaml_whatever_the_name() -> None:
    for name in ("plain", "a: b # c", "!ENV HOME", '"quoted" {{ x }}', "- item"):
        settings = yaml.safe_load(site(name=name, url="https://x.test/").extra["mkdocs.yml"])
        assert settings["site_name"] == name
        assert settings["site_url"] == "https://x.test/"
    assert "site_url" not in yaml.safe_load(site().extra["mkdocs.yml"])


def test_rendering_is_deterministic() -> None:
    assert site(record(), failed_record(), compared=(comparison(),)) == site(
        record(), failed_record(), compared=(comparison(),)
    )


def test_a_template_that_asks_for_too_much_stops_the_build() -> None:
    broken = dict(TEMPLATES) | {"pages/run.html.j2": "{{ nothing }}"}
    with pytest.raises(SiteError, match=r"pages/run\.html\.j2"):
        render_site([record()], [], config=Config(), templates=broken)


def test_the_readme_names_every_template_and_no_template_marks_text_as_safe() -> None:
    readme = (templates_dir() / "README.md").read_text("utf-8")
    for name, text in TEMPLATES.items():
        if name.endswith(".j2"):
            assert f"`{name}`" in readme, name
            assert not re.search(r"\|\s*safe\b", text), name
            assert text.count("\n") <= 120, name


def test_the_nav_and_the_guide_agree() -> None:
    nav = Path(templates_dir() / "mkdocs.yml.j2").read_text("utf-8")
    for name in TEMPLATES:
        if name.startswith("guide/"):
            assert name in nav
