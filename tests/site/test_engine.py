"""Every engine makes a site of the same documents; what it made is kept until something it was made of changes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipeline.errors import SiteError
from pipeline.model.page import SiteContent
from pipeline.site import engine
from pipeline.site.templates import templates_dir
from tests.site.test_build import Links, build, content, files, project


def made(root: Path, given: SiteContent, name: str = "none") -> engine.Engine:
    return engine.run_engine(
        given, templates_dir=templates_dir(), root=root, staging=root / "build" / "staging", name=name
    )


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count how often the plain frame is made."""
    done: list[str] = []
    real = engine.frame.build_frame
    monkeypatch.setattr(engine.frame, "build_frame", lambda *words: done.append("") or real(*words))
    return done


def test_an_output_is_kept_and_a_run_more_is_nothing_to_it(tmp_path: Path, runs: list[str]) -> None:
    given = content()
    first = made(tmp_path, given)
    page = given.stamped["run"][0]
    more = replace(given, stamped=given.stamped | {"run": (page, replace(page, url="runs/more/"))}, data={}, search=())
    assert made(tmp_path, more) == first
    assert len(runs) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, documents=one.documents | {"guide/index.md": "# Other"}),
        lambda one: replace(one, stamped=one.stamped | {"compare": ()}),
        lambda one: replace(one, extra=one.extra | {"mkdocs.yml": one.extra["mkdocs.yml"] + "\n"}),
    ],
)
def test_what_it_is_made_of_makes_it_anew(tmp_path: Path, runs: list[str], change) -> None:
    given = content()
    first = made(tmp_path, given)
    second = made(tmp_path, change(given))
    assert second.key != first.key
    assert len(runs) == 2
    assert [path.name for path in (tmp_path / "build/cache/engine").iterdir()] == [second.key]


@pytest.mark.parametrize("name", ["site/index.html", "site/assets/profbook.js", "files.json"])
def test_a_damaged_output_is_made_again(tmp_path: Path, runs: list[str], name: str) -> None:
    first = made(tmp_path, content())
    path = first.folder.parent / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    assert made(tmp_path, content()) == first
    assert path.read_bytes() == whole
    assert len(runs) == 2


def test_damage_after_the_look_is_an_error_and_no_page(tmp_path: Path) -> None:
    first = made(tmp_path, content())
    (first.folder / "index.html").write_bytes(b"")
    with pytest.raises(SiteError, match="damaged"):
        list(engine.shells_of(first, content()))


def test_an_engine_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda _: None)
    with pytest.raises(SiteError, match="not installed") as told:
        made(tmp_path, content(), "zensical")
    assert "site.engine" in told.value.cure
    with pytest.raises(SiteError, match="no engine"):
        made(tmp_path, content(), "hugo")


@pytest.mark.parametrize("name", engine.ENGINES)
def test_the_same_site_comes_of_every_engine(tmp_path: Path, name: str) -> None:
    if name != engine.NONE and find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    given = content()
    root = project(tmp_path)
    build(root, given, engine=name)
    site = root / "build" / "site"
    found = files(site)
    for pages in given.stamped.values():
        for page in pages:
            text = found[f"{page.url}index.html"].decode()
            assert page.body in text
            assert all(f'href="#{anchor}"' in text for anchor, _ in page.toc)
    for path, data in found.items():
        assert path.endswith((".map", ".css")) or not re.search(rb"pb-?shell", data, re.IGNORECASE), path
    run = "runs/20260102_030405-baseline/"
    assert f'<link rel="canonical" href="https://x.test/p/{run}"'.encode() in found[f"{run}index.html"]
    assert f"https://x.test/p/{run}" in found["sitemap.xml"].decode()
    for path in (site / "index.html", site / run / "index.html", site / "guide" / "quick-start" / "index.html"):
        page = Links(path)
        assert not [load for load in page.loads if re.match(r"(https?:)?//", load)]
        inside = [link.partition("#")[0].partition("?")[0] for link in page.links if not re.match(r"[a-z]+:", link)]
        missing = {link for link in inside if link and "script" not in link and not (path.parent / link).is_file()}
        assert not missing, path
    index = found.get("search/search_index.js") or found.get("search.json")
    assert index is not None
    told = json.loads(index.removeprefix(b"var __index = "))
    assert f"{run}index.html" in {one["location"] for one in told.get("docs") or told["items"]}


def test_the_theme_asks_for_no_other_names_than_ours() -> None:
    """Its inline scripts are replaced by partials/first.html: a theme that has others there wants another look."""
    theme = find_spec("material")
    assert theme
    assert theme.origin
    scripts = Path(theme.origin).parent / "templates" / "partials" / "javascripts"
    ours = (templates_dir() / "overrides" / "partials" / "first.html").read_text()
    names = set(re.findall(r"__md_\w+(?==)", (scripts / "base.html").read_text()))
    assert names
    assert names == set(re.findall(r"__md_\w+(?= =)", ours))
    assert '__md_get("__palette")' in (scripts / "palette.html").read_text()


def test_the_plain_frame_leads_from_document_to_document(tmp_path: Path) -> None:
    first = made(tmp_path, content())
    page = first.read("guide/index.html").decode()
    assert 'href="../guide/quick-start/index.html"' in page
    assert not re.search(r'href="[^":]*\.md', page)
    assert 'href="../guide/index.html" aria-current="page"' in page


def test_the_plain_frame_tells_its_search_what_the_guide_says(tmp_path: Path) -> None:
    given = content()
    index = json.loads(made(tmp_path, given).read("search/search_index.json"))
    found = {one["location"]: one for one in index["docs"]}
    codes = found["guide/findings/index.html#collecting"]
    assert codes["title"] == "Collecting (Findings and codes)"
    assert "not_collected_refused" in codes["text"]
    assert "<" not in codes["title"]
    assert all(one.startswith("guide/") for one in found)
    terms = re.split(index["config"]["separator"], "runtime.mallocgc")
    assert terms == ["runtime", "mallocgc"]


def test_the_plain_frame_has_a_page_for_an_address_that_leads_nowhere(tmp_path: Path) -> None:
    page = made(tmp_path, content()).read("404.html").decode()
    assert 'href="/p/runs/index.html"' in page
    assert 'src="/p/assets/frame.js"' in page
    assert 'rel="canonical"' not in page
