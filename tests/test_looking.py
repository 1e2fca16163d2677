"""A command looks at every folder once, whatever the number of its steps, and at what another process did meanwhile."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import sites, stages, tasks
from pipeline.__main__ import main
from pipeline.site import build, workers
from pipeline.store import runs, scout, seen
from pipeline.store.config import load_config
from tests.builders import pprof_bytes, write_run

RUNS = ("20261101_100000-main", "20261101_100100-main", "20261101_100200-other")
NEW = "20261101_100300-main"


def add(root: Path, name: str) -> None:
    write_run(root / "profiles", name, {"cpu.prof": pprof_bytes([(("main.main",), (1, 10**9 + len(name)))])})


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "profbook.toml").write_text('[site]\nengine = "none"\n[comparison]\nbaseline = "main"\n')
    for name in RUNS:
        add(tmp_path, name)
    monkeypatch.chdir(tmp_path)
    tasks.forget()
    return tmp_path


def site(root: Path, look: stages.Look | None = None) -> bool:
    return sites.build_site(root, load_config(root, {}), look=look, say=lambda _: None)


def looked(monkeypatch: pytest.MonkeyPatch, *words: str) -> Counter[str]:
    """Run a command as a process of its own would; says how often it looked at each folder, from the project."""
    tasks.forget()
    seen.memory.cache_clear()
    found: Counter[str] = Counter()

    def counted(look: Callable[..., Any]) -> Callable[..., Any]:
        def noted(folder: Path | str, *words: Any, **options: Any) -> Any:
            found[Path(folder).relative_to(Path.cwd()).as_posix()] += 1
            return look(folder, *words, **options)

        return noted

    with monkeypatch.context() as patched:
        for name in ("look", "_visited"):
            patched.setattr(seen, name, counted(getattr(seen, name)))
        assert main(words) == 0
    return found


@pytest.mark.parametrize("settled", [seen.SETTLED_NANOS, -(10**12)])
def test_a_command_looks_at_each_folder_once(root: Path, monkeypatch: pytest.MonkeyPatch, settled: int) -> None:
    monkeypatch.setattr(seen, "SETTLED_NANOS", settled)
    main(["site"])
    if settled < 0:
        looked(monkeypatch, "site")  # what was just written is listed once more
    found = looked(monkeypatch, "site")
    assert {f"{kind}/{name}" for kind in ("profiles", "build/derived", "build/site/runs") for name in RUNS} <= set(
        found
    )
    assert set(found.values()) == {1}
    add(root, NEW)
    found = looked(monkeypatch, "site")
    assert (root / "build/site/runs" / NEW / "index.html").is_file()
    assert {found[f"profiles/{name}"] for name in RUNS} == {1}


def test_only_what_a_verb_needs_is_in_its_graph(root: Path) -> None:
    def derived(verb: str) -> list[str]:
        tasks.forget()
        return [one["name"] for one in tasks.graph(verb)["task_derive"]() if one["name"]]

    assert derived("site") == derived("derive") == list(RUNS)
    main(["site"])
    assert derived("site") == derived("compare") == []
    assert derived("derive") == list(RUNS)
    add(root, NEW)
    (root / "build/derived" / RUNS[0] / "data.zip").write_bytes(b"{}")
    assert derived("site") == [RUNS[0], NEW]
    assert set(tasks.graph("export")) == {"DOIT_CONFIG", "task_export"}


def test_what_was_seen_already_is_not_looked_for_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = stages.look(root, load_config(root, {}))
    monkeypatch.setattr(stages, "look", None)
    monkeypatch.setattr(stages, "known_runs", None)
    assert site(root, look)


def test_a_look_from_before_another_build_is_not_used(root: Path) -> None:
    config = load_config(root, {})
    empty = stages.look(root, config)
    site(root)
    add(root, NEW)
    site(root)
    assert not site(root, empty)
    old = stages.look(root, config)
    add(root, "20261101_100400-main")
    site(root)
    assert not site(root, old)
    assert len(list((root / "build/site/runs").glob("*/index.html"))) == 5


class Told(scout.Scout):
    """A scout that found the site as it is now."""

    def __init__(self, root: Path) -> None:
        super().__init__(scout.marks(root))
        self._found = {section: scout.look_at(root, section) for section in ("runs", "derived", "site")}

    def told(self, section: str) -> dict[str, str]:
        return self._found[section]


def test_what_a_scout_saw_holds_until_another_build_begins(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "SETTLED_NANOS", -(10**12))
    site(root)
    config, page = load_config(root, {}), root / "build/site/runs" / RUNS[0] / "index.html"
    look = replace(stages.look(root, config), sent=Told(root))
    whole = page.read_bytes()
    page.write_bytes(b"another build did not get further")
    assert not site(root, look)
    scout.begin(root)
    assert site(root, look)
    assert page.read_bytes() == whole


def test_a_run_that_changed_after_the_look_is_seen_by_the_next_one(root: Path) -> None:
    config = load_config(root, {})
    site(root)
    add(root, NEW)
    look = stages.look(root, config)
    write_run(root / "profiles", NEW, {"heap-after.prof": pprof_bytes([(("main.other",), (1, 7))])})
    site(root, look)
    assert site(root)
    assert not site(root)
    summary = stages.summary_of(root, NEW, stages.look(root, config).keys[NEW], config)
    assert [one.path for one in summary.profiles] == [
        one.path for one in runs.read_run(root / "profiles" / NEW).run.files
    ]


def test_a_side_that_cannot_be_an_address_stops_only_what_needs_it(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "profbook.toml").write_text('[[compare]]\nbase = "main"\nhead = "a b"\n')
    tasks.forget()
    assert main(["site"]) == 2
    assert "cannot be part of an address" in capsys.readouterr().err
    assert sorted(path.name for path in (root / "build/derived").iterdir()) == list(RUNS)
    monkeypatch.setattr(stages, "derive_run", None)
    tasks.forget()
    assert main(["derive"]) == 0


@pytest.mark.parametrize(("many", "gone", "first"), [(9, False, "lists"), (9, True, "look"), (1, False, "look")])
def test_few_parts_leave_time_for_the_lists_before_the_site_is_looked_at(
    root: Path, monkeypatch: pytest.MonkeyPatch, many: int, gone: bool, first: str
) -> None:
    site(root)
    whole = {path: path.read_bytes() for path in (root / "build/site").rglob("*.html")}
    add(root, NEW)
    if gone:
        shutil.rmtree(root / "build/site")
    done: list[str] = []
    lists, is_made = sites._lists, build.is_made
    monkeypatch.setattr(sites, "_lists", lambda *words: done.append("lists") or lists(*words))
    monkeypatch.setattr(build, "is_made", lambda *words: done.append("look") or is_made(*words))
    monkeypatch.setattr(workers, "MANY", many)
    monkeypatch.setattr(workers, "_crews", lambda _: 0)
    assert site(root)
    assert done[0] == first
    assert done.count("lists") == 1
    assert whole.keys() < set((root / "build/site").rglob("*.html"))


def test_what_is_loaded_while_waiting_begins_no_threads() -> None:
    """Else no process could be forked to make pages."""
    words = (
        "import sys, threading; from pipeline import stages; [piece() for piece in stages._preparations()]; "
        "from pipeline.site.workers import _THREADED; "
        "print('pipeline.render.pages' in sys.modules, threading.active_count(), *(set(_THREADED) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "1"]
