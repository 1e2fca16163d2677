"""Our linked scripts and sheets in a real browser: they say what their sources say."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.render.style import squeeze_style
from pipeline.site.assets import link_modules
from pipeline.site.templates import templates_dir
from tests.site.test_assets import MODULES

PURE = """import { compareKeys } from "./table_sort.js";
import { holdsAll } from "./table_filter.js";
import { tabAfter } from "./tabs.js";
import { siteAddress } from "./late.js";
import { answer, askedOf, hashOf, nothing } from "./run_list.js";
import { when } from "./run_row.js";
const run = (name, label, key) => ({
  run: name, label, branch: "", components: ["a"], state: { word: "complete" }, keys: [key], all: `${name} ${label}`,
});
const runs = [run("r1", "x", "2"), run("r2", "y", ""), run("r3", "x", "10")];
const names = (change) => answer(runs, { ...nothing(), ...change }).map((one) => one.run);
const keys = ["10", "", "9", "1e3"];
globalThis.said = [
  [...keys].sort((a, b) => compareKeys(a, b, false)),
  [...keys].sort((a, b) => compareKeys(a, b, true)),
  ["run-10", "run-9", ""].sort((a, b) => compareKeys(a, b, false)),
  [holdsAll("Base Line complete", "LINE base"), holdsAll("base", "base x"), holdsAll("a", "")],
  [tabAfter("ArrowRight", 2, 3), tabAfter("ArrowLeft", 0, 3), tabAfter("End", 0, 3), tabAfter("x", 0, 3)],
  [siteAddress("https://x.test/p/runs/a/index.html", "../../index.html"), siteAddress("file:///a/b/", "..")],
  [
    names({}),
    names({ column: 3, descending: true }),
    names({ q: "X r" }),
    names({ chosen: { ...nothing().chosen, label: ["y"] } }),
  ],
  [
    hashOf(nothing()),
    askedOf("#other"),
    askedOf("#runs?sort=x&label=a&q=b").column,
    askedOf(hashOf({ ...nothing(), q: "a b", column: 4, descending: false })).q,
  ],
  [when("2026-01-02T03:04:05.123Z"), when("soon")],
];
"""


@pytest.mark.browser
def test_linked_modules_run_as_one_classic_script(page: Any) -> None:
    page.evaluate(link_modules(MODULES))
    assert page.evaluate("globalThis.said") == [42, 3, "main"]


@pytest.mark.browser
def test_pure_parts_of_our_scripts(page: Any) -> None:
    folder = templates_dir() / "assets" / "js"
    sources = {path.name: path.read_text("utf-8") for path in folder.glob("*.js")}
    page.evaluate(link_modules(sources | {"main.js": PURE}))
    assert page.evaluate("globalThis.said") == [
        ["9", "10", "1e3", ""],
        ["1e3", "10", "9", ""],
        ["run-9", "run-10", ""],
        [True, False, True],
        [0, 2, 2, -1],
        ["https://x.test/p", ""],
        [["r1", "r2", "r3"], ["r3", "r1", "r2"], ["r1", "r3"], ["r2"]],
        ["", None, -1, "a b"],
        ["2026-01-02 03:04:05 UTC", "soon"],
    ]


RULES = """(text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return [...sheet.cssRules].map((rule) => rule.cssText);
}"""
ODD = """
/* a { b } */
.a,
.b /* not c */ .d > i { content: "▸ "; margin : 1px -2px ; }
@media (min-width: 1em) {
  .a :is(b, i) { top: 0 }

  .b:not(.c) .d { --x: a b; }
}
"""


@pytest.mark.browser
def test_a_squeezed_sheet_says_what_it_said(page: Any) -> None:
    sheets = [path.read_text("utf-8") for path in sorted((templates_dir() / "assets" / "css").glob("*.css"))]
    for text in (*sheets, ODD):
        small = squeeze_style(text)
        assert "\n" not in small
        assert page.evaluate(RULES, small) == page.evaluate(RULES, text) != []
