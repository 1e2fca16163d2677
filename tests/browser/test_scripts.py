"""Our linked scripts in a real browser: the linker's output runs, and the pure parts of the modules are right."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.site.assets import link_modules
from pipeline.site.templates import templates_dir
from tests.site.test_assets import MODULES

PURE = """import { compareKeys } from "./table_sort.js";
import { holdsAll } from "./table_filter.js";
import { tabAfter } from "./tabs.js";
import { siteAddress } from "./commands.js";
const keys = ["10", "", "9", "1e3"];
globalThis.said = [
  [...keys].sort((a, b) => compareKeys(a, b, false)),
  [...keys].sort((a, b) => compareKeys(a, b, true)),
  ["run-10", "run-9", ""].sort((a, b) => compareKeys(a, b, false)),
  [holdsAll("Base Line complete", "LINE base"), holdsAll("base", "base x"), holdsAll("a", "")],
  [tabAfter("ArrowRight", 2, 3), tabAfter("ArrowLeft", 0, 3), tabAfter("End", 0, 3), tabAfter("x", 0, 3)],
  [siteAddress("https://x.test/p/runs/a/index.html", "../../index.html"), siteAddress("file:///a/b/", "..")],
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
    ]
