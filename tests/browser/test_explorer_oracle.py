"""The explorer's numbers are those of `go tool pprof`: random questions over real profiles, asked in the page's worker.

Real profiles: the demo runs of this repository, a Go program made for the oracle, and the shared corpus where it is.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.model.profile import Profile
from pipeline.site.assets import link_modules, read_modules
from pipeline.site.templates import templates_dir
from tests.browser import asking
from tests.browser.conftest import serve, watched_page
from tests.builders import pprof_bytes
from tests.oracle.conftest import CORPUS, Oracle, go, go_profiles, pprof
from tests.oracle.drawn import draw as draw_profile

__all__ = ["go", "go_profiles", "pprof"]

pytestmark = [pytest.mark.browser, pytest.mark.oracle]

ROOT = Path(__file__).parents[2]
QUESTIONS = 220
ENTRY = """import { compileRe2 } from "./explorer/filter/re2.js";
import { openDesk } from "./explorer/filter/desk.js";
import { openEngine } from "./explorer/filter/engine.js";
import { weights } from "./explorer/data/tree.js";
import { rankedSums } from "./explorer/filter/sums.js";
import { rankRows, topTable } from "./explorer/filter/top.js";
import { RankedRows } from "./explorer/views/ranked.js";
if (typeof document !== "undefined") {
  const [engine, hasty] = [openEngine(), openEngine({ longest: 200 })];
  const heavy = (rows, { nodeFraction = 0 }) => {
    const cutoff = Math.abs(Math.trunc(rows.reduce((sum, row) => sum + row.flat, 0) * nodeFraction));
    return rows.filter(({ cum }) => Math.abs(cum) >= cutoff);
  };
  const told = (tree, type, rows, options) => ({
    rows: heavy(rows, options), total: tree.exactTotals[type], warnings: tree.warnings,
  });
  // What the explorer's table shows: sums of the worker where these suffice, else of the filtered tree.
  const rowsOf = async (tree, type, told, options) => {
    if (!told && tree.flat[type].exact) return topTable(tree, type, options);
    const sums = told ?? { tree, ...(await rankedSums(tree, weights(tree, type))) };
    engine.summed += told ? 1 : 0;
    if (!options.byCum && !options.dropNegative) return new RankedRows(sums.tree, sums).slice(0);
    return rankRows(sums.tree, sums.sums, options);
  };
  engine.summed = 0;
  engine.top = async (place, filters, type, options = {}) => {
    const tree = await engine.tree(place, filters);
    const { type: name } = tree.types[type];
    const isOnly = tree.types.findIndex((one) => one.type === name) === type;
    const sums = isOnly ? await engine.sums(place, null, filters, name) : null;
    return told(tree, type, await rowsOf(tree, type, sums, options), options);
  };
  engine.pairTop = async (head, base, filters, how, type, options = {}) => {
    const tree = await engine.pair(head, base, filters, how);
    return told(tree, type, topTable(tree, type, options), options);
  };
  Object.assign(globalThis, { openDesk, engine, hasty, compileRe2 });
}
"""
ASK = """async (asks) => {
  const place = (key) => ({ key, src: key });
  const answers = asks.map(({ head, base, filters, how, type, options }) => base
    ? engine.pairTop(place(head), place(base), filters, how, type, options)
    : engine.top(place(head), filters, type, options));
  return Promise.all(answers.map((answer) => answer.catch((error) => ({ error: error.message, field: error.field }))));
}"""


def write_page(folder: Path) -> None:
    sources = read_modules(templates_dir() / "assets" / "js")
    (folder / "profbook.js").write_text(link_modules(sources | {"main.js": ENTRY}), encoding="utf-8")
    (folder / "index.html").write_text(
        '<!doctype html><link rel="icon" href="data:,"><script src="profbook.js"></script>'
    )


@pytest.fixture(scope="module")
def library(
    go_profiles: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, dict[Path, Profile], dict[Path, str]]:
    """Publish all real profiles: the folder, the profiles by path, their names in the folder."""
    folder = tmp_path_factory.mktemp("explorer")
    write_page(folder)
    paths = [*go_profiles, *sorted((ROOT / "profiles").glob("*/eventstore/*.prof"))]
    paths += [
        path for path in sorted((CORPUS / "profiles").rglob("*")) if path.is_file() and path.stat().st_size < 400_000
    ]
    profiles: dict[Path, Profile] = {}
    for path in paths:
        try:
            profile = asking.read_profile(path)
        except ValueError:
            continue
        if profile.format == "pprof" and len(profile.samples):
            profiles[path] = profile
    names = {path: f"p{at}" for at, path in enumerate(profiles)}
    for path, profile in profiles.items():
        asking.publish(folder, names[path], profile)
    return folder, profiles, names


@pytest.fixture
def allowed_folder(library: tuple[Path, Any, Any]) -> Path:
    return library[0]


def draw(
    library: tuple[Path, dict[Path, Profile], dict[Path, str]], seed: str, count: int
) -> Iterator[asking.Question]:
    _, profiles, _ = library
    chance = random.Random(seed)
    alike: dict[str, list[Path]] = {}
    for path, profile in profiles.items():
        alike.setdefault(str(profile.sample_types), []).append(path)
    for path in (chance.choice(list(profiles)) for _ in range(count)):
        yield asking.draw_question(chance, path, profiles[path], alike[str(profiles[path].sample_types)])


def ask(page: Any, questions: list[asking.Question], names: dict[Path, str]) -> list[dict[str, Any]]:
    asks = [
        {
            "head": names[one.head],
            "base": names[one.base] if one.base else None,
            "filters": one.filters,
            "how": one.how,
            "type": one.type_index,
            "options": one.options,
        }
        for one in questions
    ]
    answers: list[dict[str, Any]] = page.evaluate(ASK, asks)
    return answers


def test_tables_are_those_of_pprof(browser: Any, library: Any, pprof: Oracle) -> None:
    folder, profiles, names = library
    questions = list(draw(library, "tables", QUESTIONS))
    with serve(folder) as address, watched_page(browser, folder) as page:
        page.goto(address)
        answers = ask(page, questions, names)
        told = Counter({"summed": page.evaluate("engine.summed")})
    for question, answer in zip(questions, answers, strict=True):
        expected = asking.theirs(pprof, question, profiles[question.head])
        words = question.words(profiles[question.head])
        assert (expected is None) == ("error" in answer), (words, answer)
        if expected is None:
            continue
        total, rows = asking.explorer(answer)
        assert total == expected[0], words
        assert asking.settled(rows, question) == asking.settled(expected[1], question), words
        told["rows"] += len(rows)
        told["pairs" if question.base else "profiles"] += 1
        told["empty"] += not rows
    assert told["profiles"] + told["pairs"] >= 200
    assert told["pairs"] >= 30
    assert told["summed"] >= 30, "tables that needed no filtered tree"
    assert told["empty"] < QUESTIONS / 2
    assert told["rows"] >= 5_000


def test_odd_profiles_are_counted_as_pprof_counts_them(browser: Any, pprof: Oracle, tmp_path: Path) -> None:
    """Places without functions, functions without names, inlined calls, labels of every shape, values that cancel."""
    write_page(tmp_path)
    profiles: dict[Path, Profile] = {}
    for seed in range(40):
        path = tmp_path / f"{seed}.pb"
        path.write_bytes(draw_profile(seed))
        profiles[path] = asking.read_profile(path)
        asking.publish(tmp_path, path.stem, profiles[path])
    names = {path: path.stem for path in profiles}
    questions = list(draw((tmp_path, profiles, names), "odd", 160))
    with watched_page(browser, tmp_path) as page:
        page.goto((tmp_path / "index.html").as_uri())
        answers = ask(page, questions, names)
    compared = 0
    for question, answer in zip(questions, answers, strict=True):
        expected = asking.theirs(pprof, question, profiles[question.head])
        if expected is None:
            continue  # pprof puts no profiles of different periods together, the explorer does
        words = question.words(profiles[question.head])
        assert "error" not in answer, (words, answer)
        total, rows = asking.explorer(answer)
        assert total == expected[0], words
        assert asking.settled(rows, question) == asking.settled(expected[1], question), words
        compared += 1
    assert compared > 100


def test_values_past_doubles_are_exact(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "huge.pb"
    path.write_bytes(pprof_bytes([(["main", "f"], [1, 2**60 + 1]), (["main"], [1, 2**55 + 3]), (["f", "f"], [0, -7])]))
    asking.publish(tmp_path, "huge", asking.read_profile(path))
    write_page(tmp_path)
    with watched_page(browser, tmp_path) as page:
        page.goto((tmp_path / "index.html").as_uri())
        answer = page.evaluate('engine.top({ key: "huge", src: "huge" }, { ignore: "nothing" }, 1)')
    assert answer["total"] == str(2**60 + 1 + 2**55 + 3 + 7)
    found = [(row["name"], int(row["exactFlat"]), int(row["exactCum"])) for row in answer["rows"]]
    assert found == [("f", 2**60 - 6, 2**60 - 6), ("main", 2**55 + 3, 2**60 + 2**55 + 4)]


def test_pairs_of_different_units_are_brought_to_the_finer(browser: Any, pprof: Oracle, tmp_path: Path) -> None:
    kinds = {"fine": "nanoseconds", "coarse": "milliseconds"}
    for name, unit in kinds.items():
        data = pprof_bytes([(["main", "f"], [1, 7]), (["main"], [2, 5])], [("samples", "count"), ("cpu", unit)])
        (tmp_path / f"{name}.pb").write_bytes(data)
        asking.publish(tmp_path, name, asking.read_profile(tmp_path / f"{name}.pb"))
    paths = {name: tmp_path / f"{name}.pb" for name in kinds}
    questions = [
        asking.Question(paths[head], paths[base], {}, {"mode": mode, "normalize": False}, 1, {})
        for head, base in (("fine", "coarse"), ("coarse", "fine"))
        for mode in ("base", "diff_base")
    ]
    write_page(tmp_path)
    with watched_page(browser, tmp_path) as page:
        page.goto((tmp_path / "index.html").as_uri())
        answers = ask(page, questions, {path: name for name, path in paths.items()})
    for question, answer in zip(questions, answers, strict=True):
        expected = asking.theirs(pprof, question, asking.read_profile(paths["fine"]))
        assert asking.explorer(answer) == expected, question


def test_pages_on_the_disk_say_the_same(browser: Any, library: Any) -> None:
    folder, _, names = library
    questions = list(draw(library, "disk", 12))
    answers = []
    with serve(folder) as address:
        for place in (address, (folder / "index.html").as_uri()):
            with watched_page(browser, folder) as page:
                page.goto(place)
                answers.append(ask(page, questions, names))
    assert answers[0] == answers[1]


def test_a_slow_expression_is_stopped(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "slow.pb"
    path.write_bytes(pprof_bytes([(["main.main", "main." + "a" * 60], [1, 10])]))
    asking.publish(tmp_path, "slow", asking.read_profile(path))
    write_page(tmp_path)
    with watched_page(browser, tmp_path) as page:
        page.goto((tmp_path / "index.html").as_uri())
        said = page.evaluate(
            """async () => {
              const place = { key: "slow", src: "slow" };
              const stopped = await hasty.tree(place, { focus: "(a+)+!" }).catch((error) => error.message);
              const after = await hasty.tree(place, { focus: "main" });
              return [stopped, after.names];
            }"""
        )
    assert "longer than 0.2 s" in said[0]
    assert "main.main" in said[1]


PIECES = (
    *("a", "B", "main", "é", "\u017f", "\u212a", "1", " ", "/", "-", "\\.", "\\*", "\\(", ".", "^", "$"),
    *(
        "\\b",
        "\\B",
        "\\A",
        "\\z",
        "[a-c]",
        "[^a-c]",
        "[[:alpha:]]",
        "[[:^upper:]]",
        "[^[:space:]x]",
        "[\\d_]",
        "[^\\W]",
    ),
    *("\\w", "\\W", "\\d", "\\s", "\\S", "\\pL", "\\P{Lu}", "\\x41", "\\x{e9}", "\\101", "\\Qa.b\\E"),
    *(
        "(?i)",
        "(?i:B)",
        "(?s)",
        "(?m)",
        "(?-i)",
        "(?P<n>a)",
        "(",
        ")",
        "|",
        "*",
        "+",
        "?",
        "*?",
        "{2}",
        "{1,2}",
        "{0,}",
    ),
    *("{2,1}", "{", "}", "]", "[", "\\", "(?", "(?=a)", "\\8", "[z-a]"),
)
TEXTS = (
    *("", "a", "B", "b", "main.main", "Main.(*T).Run", "é", "É", "s", "\u017f", "k", "\u212a", "a.b", "A1_x y/z-"),
    *("a\nb", "\nB", "net/http.f"),
)
GO_REGEXP = """package main

import (
	"encoding/json"
	"os"
	"regexp"
)

func main() {
	var asked struct{ Patterns, Texts []string }
	data, _ := os.ReadFile("asked.json")
	json.Unmarshal(data, &asked)
	answers := []any{}
	for _, pattern := range asked.Patterns {
		compiled, err := regexp.Compile(pattern)
		if err != nil {
			answers = append(answers, err.Error())
			continue
		}
		found := []bool{}
		for _, text := range asked.Texts {
			found = append(found, compiled.MatchString(text))
		}
		answers = append(answers, found)
	}
	json.NewEncoder(os.Stdout).Encode(answers)
}
"""


def test_expressions_are_understood_as_go_does(
    browser: Any,
    go: Callable[..., str],
    tmp_path: Path,
) -> None:
    chance = random.Random("expressions")
    drawn = sorted({"".join(chance.choices(PIECES, k=chance.randint(1, 5))) for _ in range(4_000)})
    # JavaScript cannot say in a part of a pattern "in no category, whatever the case"; a category alone is right.
    drawn = [pattern for pattern in drawn if not ("(?i" in pattern and "\\P" in pattern)]
    (tmp_path / "main.go").write_text(GO_REGEXP)
    (tmp_path / "asked.json").write_text(json.dumps({"Patterns": drawn, "Texts": TEXTS}))
    expected = json.loads(go("run", "main.go", cwd=tmp_path))
    write_page(tmp_path)
    with watched_page(browser, tmp_path) as page:
        page.goto((tmp_path / "index.html").as_uri())
        answers = page.evaluate(
            """([patterns, texts]) => patterns.map((pattern) => {
              try {
                const compiled = compileRe2(pattern);
                return texts.map((text) => compiled.test(text));
              } catch (error) {
                return error.message;
              }
            })""",
            [drawn, TEXTS],
        )
    differ = [row for row in zip(drawn, expected, answers, strict=True) if row[1] != row[2]]
    assert not differ, (len(differ), differ[:5])
    assert 500 < sum(isinstance(one, str) for one in expected) < 3_500
