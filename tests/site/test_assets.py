from __future__ import annotations

import pytest

from pipeline.errors import SiteError
from pipeline.site.assets import link_modules, read_assets
from pipeline.site.templates import templates_dir

MODULES = {
    "main.js": """import { twice, LIMIT as TOP } from "./a.js";
import {
  Box,
} from "./b.js";
globalThis.said = [twice(TOP), new Box(3).size, shadow()];
function shadow() { return "main"; }
""",
    "a.js": """import { shadow } from "./c.js";
export const LIMIT = 21;
export function twice(x) { return shadow(x) * 2; }
""",
    "b.js": """export class Box {
  constructor(size) { this.size = size; }
}
export async function later() {}
export let state = 1;
""",
    "c.js": "export function shadow(x) { return x; }\n// import nothing(at all)\n",
    "unused.js": "export const x = 1;\n",
}


def test_linking_keeps_order_and_leaves_no_module_syntax() -> None:
    script = link_modules(MODULES)
    assert "import {" not in script
    assert "export " not in script
    assert "unused" not in script
    assert script.index("// c.js") < script.index("// a.js") < script.index("// main.js")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('import a from "./a.js";', "does not know"),
        ('import * as a from "./a.js";', "does not know"),
        ('import "./a.js";', "does not know"),
        ('import { LIMIT } from "../a.js";', "does not know"),
        ('import { LIMIT } from "https://x.test/a.js";', "does not know"),
        ("export default 1;", "does not know"),
        ("export { x };", "does not know"),
        ("export const { x } = y;", "does not know"),
        ('const a = await import("./a.js");', "does not know"),
        ('import { nothing } from "./a.js";', "does not export"),
        ('import { x } from "./none.js";', "does not exist"),
        ('import { a b } from "./a.js";', "does not know"),
    ],
)
def test_everything_else_is_refused(source: str, said: str) -> None:
    with pytest.raises(SiteError, match=said):
        link_modules(MODULES | {"main.js": f"// first line\n{source}\n"})


def test_the_line_is_named() -> None:
    with pytest.raises(SiteError, match=r"main\.js, line 3"):
        link_modules({"main.js": "const a = 1;\n\nexport default a;\n"})


def test_circles_are_refused() -> None:
    with pytest.raises(SiteError, match=r"main\.js → a\.js → main\.js"):
        link_modules(
            {
                "main.js": 'import { a } from "./a.js";\nexport const m = 1;',
                "a.js": 'import { m } from "./main.js";\nexport const a = 1;',
            }
        )


def test_our_scripts_link_and_our_styles_load_nothing() -> None:
    found = read_assets(templates_dir() / "assets")
    script = found["assets/profbook.js"].decode()
    for feature in ("bootTabs", "bootSorting", "bootFilters", "bootCommands", "bootCharts", "bootFlames"):
        assert f"{feature}(root)" in script
    style = found["assets/profbook.css"].decode()
    assert "url(" not in style
    assert "@import" not in style
    assert b"import" not in found["assets/early.js"]
