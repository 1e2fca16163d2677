"""The benchmarks can be started, and the one of reading measures what it says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pipeline.decode import decode_profile
from pipeline.render.commands import Command
from pipeline.render.late import LateCommands, LateHtml, LateTable, late_script
from tests.bench import read, site

BENCHES = sorted(Path(read.__file__).parent.glob("[a-z]*.py"))


@pytest.mark.parametrize("path", BENCHES, ids=lambda path: path.stem)
def test_a_benchmark_says_what_it_shows_and_has_a_main(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert f"python -m tests.bench.{path.stem}" in (ast.get_docstring(tree) or "")
    assert "main" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_everyone_takes_their_turn_and_the_first_round_does_not_count() -> None:
    seen: list[str] = []
    times = read.rounds({"a": lambda: seen.append("a"), "b": lambda: seen.append("b")}, 2)
    assert seen == ["a", "b"] * 3
    assert {name: len(seconds) for name, seconds in times.items()} == {"a": 2, "b": 2}


def test_ratios_are_of_the_others_to_ours(capsys: pytest.CaptureFixture[str]) -> None:
    read.show("title", {"ours": [(0.1, 0.2), (0.2, 0.1), (0.3, 0.3)], "pprof": [(0.5, 0.1)] * 3}, "a lot")
    title, ours, other = capsys.readouterr().out.splitlines()
    assert title == "title  (target: a lot)"
    assert ours.split() == ["ours", "200.0", "ms", "spread", "100", "%", "processor", "200", "ms"]
    assert other.split() == [
        *("pprof", "500.0", "ms", "spread", "0", "%", "processor", "100", "ms"),
        *("2.50", "x", "ours,", "processor", "0.50"),
    ]


def test_a_store_holds_as_many_runs_as_asked_for(tmp_path: Path) -> None:
    profiles = read.make_store(tmp_path, 11)
    runs = sorted(path.name for path in (tmp_path / "profiles").iterdir())
    assert len(runs) == 11
    assert {path.parents[1].name for path in profiles} == set(runs)
    assert all(path.is_file() for path in profiles)
    assert all(f'"{name}"' in (tmp_path / "profiles" / name / "run.json").read_text("utf-8") for name in runs)


def test_the_large_profile_is_made_where_there_is_no_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "CORPUS", tmp_path)
    profile = decode_profile(read.large_profile(tmp_path).read_bytes())
    assert len(profile.samples) == 20_000
    assert 400_000 < len(profile.samples.stack) < 600_000


def test_tables_that_come_late_are_given_to_the_others_too(tmp_path: Path) -> None:
    table = LateTable("t", "All of it", ("name", "value"), (("a|b", "1"), (("link", "#x"), "2")), numbers=(1,))
    commands = LateCommands("c", "Commands", (Command("Look", "go tool pprof x", ""),))
    whole = LateHtml("w", "<table><tr><th>w</th></tr><tr><td>2</td></tr></table>")
    (tmp_path / "more.js").write_bytes(late_script("run-a", [table, commands, whole]))
    (tmp_path / "index.html").write_text("<h2>Top</h2><table><tr><th>n</th></tr><tr><td>1</td></tr></table>")
    small = site.as_markdown(tmp_path / "index.html", late=False)
    assert small.split("\n", 1)[1].split() == ["##", "Top", "|", "n", "|", "|---|", "|", "1", "|"]
    told = site.as_markdown(tmp_path / "index.html", late=True).removeprefix(small.rstrip("\n"))
    assert [line for line in told.split("\n") if line] == [
        "### Commands",
        "| Purpose | Command |",
        "|---|---|",
        "| Look | go tool pprof x |",
        "### All of it",
        "| name | value |",
        "|---|---|",
        "| a\\|b | 1 |",
        "| link | 2 |",
        "| w |",
        "|---|",
        "| 2 |",
    ]
