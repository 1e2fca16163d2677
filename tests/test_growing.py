"""A site that grew, by whatever steps, is the site built anew, byte for byte; what did not change is not touched."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline import sites
from pipeline.model.config import Config
from pipeline.render import pages
from pipeline.site import build as building
from pipeline.site import templates
from pipeline.store import fingerprint
from tests import light
from tests.builders import pprof_bytes, write_run
from tests.test_history import write as write_measured

IN_PROCESSES = """
import os, sys
from pathlib import Path
from pipeline import sites
from pipeline.model.config import Config
from pipeline.site import workers

begun, crew = [], workers._Crew
workers.MANY, os.sched_getaffinity = 2, lambda _: {0, 1}
workers._Crew = lambda parts, kept: begun.append(len(parts)) or crew(parts, kept)
sites.build_site(Path(sys.argv[1]), Config(), say=lambda _: None)
print(begun)
"""

QUIET: Callable[[str], None] = lambda _: None  # noqa: E731


def cpu(nanos: int) -> bytes:
    stacks = [(("main.main", "main.work"), (1, nanos)), (("main.main", "runtime.mallocgc"), (1, 7))]
    return pprof_bytes(stacks, duration_nanos=10**10)


class Project:
    """A folder of runs with settings and templates of its own, and what may be done to it."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.settings: dict[str, Any] = {}
        self.made = 0
        self.folder = root / "templates"
        shutil.copytree(templates.templates_dir(), self.folder)
        monkeypatch.setattr(templates, "templates_dir", lambda: self.folder)
        for _ in range(3):
            self.add(random.Random(1))

    def build(self) -> bool:
        fingerprint.of_folder.cache_clear()
        return sites.build_site(self.root, Config.model_validate(self.settings), say=QUIET)

    def built(self) -> dict[str, str]:
        return light.snapshot(self.root / "build")

    def built_anew(self, place: Path) -> dict[str, str]:
        """Build the same project elsewhere, with nothing but the engine's output and drawn charts from before."""
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.root / "profiles", place / "profiles")
        for name in ("charts", "engine", "scripts"):
            if (self.root / "build/cache" / name).is_dir():
                shutil.copytree(self.root / "build/cache" / name, place / "build/cache" / name)
        sites.build_site(place, Config.model_validate(self.settings), say=QUIET)
        return light.snapshot(place / "build")

    def names(self) -> list[str]:
        return sorted(path.name for path in (self.root / "profiles").iterdir())

    def add(self, chance: random.Random) -> None:
        label = chance.choice(["baseline", "optimized", "main"])
        name = write_measured(self.root, label, self.made, 1000.0 + self.made, chance.choice("ab") * 40)
        write_run(self.root / "profiles", name, {"cpu.prof": cpu(1000 + self.made % 3), "README.md": b"a note"})
        self.made += 1

    def change(self, chance: random.Random) -> None:
        run = chance.choice(self.names())
        write_run(self.root / "profiles", run, {"cpu.prof": cpu(chance.randrange(99)), "heap-after.prof": cpu(9)})

    def delete(self, chance: random.Random) -> None:
        shutil.rmtree(self.root / "profiles" / chance.choice(self.names()))

    def damage(self, chance: random.Random) -> None:
        files = sorted(path for path in (self.root / "build/site").rglob("*") if path.is_file())
        path = chance.choice(files)
        path.write_bytes(path.read_bytes()[:-1] + b"\0")
        (self.root / "build/site/data/stray").mkdir(exist_ok=True)
        (self.root / "build/site/data/stray/file").touch()

    def lose(self, chance: random.Random) -> None:
        shutil.rmtree(self.root / "build/site")
        if chance.random() < 0.5:
            (self.root / "build/site.json").unlink()
        kept = chance.choice(sorted((self.root / "build/cache/pages").iterdir()))
        kept.write_bytes(kept.read_bytes()[:-1] + b"\0")

    def configure(self, chance: random.Random) -> None:
        name, url = chance.choice(["one", "two"]), chance.choice(["", "https://x.test/"])
        raw, keep = chance.random() < 0.7, chance.choice([0, 2])
        self.settings = {"site": {"name": name, "url": url, "raw_profiles": raw, "keep_runs": keep}}

    def theme(self, chance: random.Random) -> None:
        (self.folder / "assets/css/page.css").write_text(f".x {{ top: {chance.randrange(99)}px }}\n")

    def template(self, chance: random.Random) -> None:
        path = self.folder / "pages" / chance.choice(["run.html.j2", "compare.html.j2", "overview.html.j2"])
        path.write_text(path.read_text() + f"<p>{chance.randrange(99)}</p>\n")

    def guide(self, chance: random.Random) -> None:
        path = self.folder / "guide/glossary.md"
        path.write_text(path.read_text() + f"\nMore: {chance.randrange(99)}.\n")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return Project(tmp_path / "project", monkeypatch)


EDITS = ("add", "change", "delete", "damage", "lose", "configure", "theme", "template", "guide")


@pytest.mark.parametrize("seed", [1, 2])
def test_a_site_that_grew_is_the_site_built_anew(project: Project, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    edits = [*EDITS, *chance.choices(["add", "change", "delete", "damage", "configure"], k=3)]
    chance.shuffle(edits)
    project.build()
    for edit in edits:
        getattr(project, edit)(chance)
        assert project.build() or edit == "configure", edit
        grown, anew = project.built(), project.built_anew(tmp_path / "anew")
        assert {name for name in grown | anew if grown.get(name) != anew.get(name)} == set(), edit
        assert not project.build(), edit


def test_one_run_more_touches_few_files_makes_its_page_and_starts_no_engine(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.made = 20
    project.add(random.Random(2))
    project.build()
    before = {path: path.stat().st_ino for path in (project.root / "build/site").rglob("*") if path.is_file()}
    made: list[str] = []
    page = pages.run_part
    monkeypatch.setattr(
        pages, "run_part", lambda shop, one, *a, **k: made.append(one.run.id) or page(shop, one, *a, **k)
    )
    monkeypatch.setattr("pipeline.site.engine._run", lambda *_: pytest.fail("the engine is started"))
    project.made = 30
    project.add(random.Random(2))
    newest = project.names()[-1]
    assert project.build()
    assert newest in made
    after = {path: path.stat().st_ino for path in (project.root / "build/site").rglob("*") if path.is_file()}
    touched = sorted(
        path.relative_to(project.root / "build/site").as_posix() for path in before if after.get(path) != before[path]
    )
    assert len(touched) <= 16, touched
    told = (sites.changes_file(project.root)).read_text()
    assert all(f'"{name}"' in told for name in touched)


def test_a_new_theme_renders_no_page_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.build()
    before = project.built()
    project.settings = {"site": {"name": "another"}}
    monkeypatch.setattr(pages, "run_part", lambda *_, **__: pytest.fail("a page is rendered"))
    monkeypatch.setattr(pages, "comparison_part", lambda *_, **__: pytest.fail("a page is rendered"))
    assert project.build()
    after = project.built()
    run = next(name for name in after if name.startswith("site/runs/2") and name.endswith("index.html"))
    assert after[run] != before[run]


@pytest.mark.parametrize("document", ["there", "gone"])
def test_a_site_that_is_gone_renders_no_page_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, document: str
) -> None:
    project.build()
    before = project.built()
    shutil.rmtree(project.root / "build/site")
    if document == "gone":
        (project.root / "build/site.json").unlink()
    monkeypatch.setattr(pages, "run_part", lambda *_, **__: pytest.fail("a page is rendered"))
    monkeypatch.setattr(pages, "comparison_part", lambda *_, **__: pytest.fail("a page is rendered"))
    assert project.build()
    assert project.built() == before


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
@pytest.mark.parametrize("kept", ["pages kept", "nothing kept"])
def test_processes_write_the_site_this_one_writes(project: Project, kept: str) -> None:
    project.build()
    before = project.built()
    shutil.rmtree(project.root / "build/site")
    if kept == "nothing kept":
        shutil.rmtree(project.root / "build/cache/pages")
    words = [sys.executable, "-c", IN_PROCESSES, str(project.root)]
    done = subprocess.run(words, cwd=light.REPO, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "[2, 1]\n"), done.stderr
    assert project.built() == before


def test_a_failing_page_leaves_the_site_as_it_was(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.build()
    before = project.built()
    project.change(random.Random(1))
    monkeypatch.setattr(building, "finish", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        project.build()
    assert {name: sha for name, sha in project.built().items() if name.startswith("site/")} == {
        name: sha for name, sha in before.items() if name.startswith("site/")
    }
    monkeypatch.undo()
