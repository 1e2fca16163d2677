from __future__ import annotations

import gzip
import hashlib

import pytest

from pipeline.errors import SiteError
from pipeline.site.assets import PARTS, Part, link_modules, link_parts, read_assets, read_modules
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


def test_modules_of_folders_import_each_other_by_their_paths() -> None:
    script = link_modules(
        {
            "main.js": 'import { a } from "./deep/one/a.js";\nglobalThis.said = a;\n',
            "deep/one/a.js": 'import { b } from "../two/b.js";\nimport { c } from "../../c.js";\nexport const a = b;\n',
            "deep/two/b.js": "export const b = 1;\n",
            "c.js": "export const c = 2;\n",
        }
    )
    assert script.index("// deep/two/b.js") < script.index("// deep/one/a.js") < script.index("// main.js")


def test_comments_stay_behind() -> None:
    script = link_modules({"main.js": '/**\n * Words.\n */\n// more words\nconst address = "http://x.test";\n'})
    assert "ords" not in script
    assert '"http://x.test"' in script


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('import a from "./a.js";', "does not know"),
        ('import * as a from "./a.js";', "does not know"),
        ('import "./a.js";', "does not know"),
        ('import { LIMIT } from "../a.js";', "does not exist"),
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


PARTED = {
    "main.js": 'import { a } from "./a.js";\nglobalThis.said = [a];\n',
    "a.js": "export const a = 1;\n",
    "more.js": 'import { a } from "./a.js";\nimport { b } from "./b.js";\nexport const sum = () => a + b;\n',
    "b.js": "export const b = 2;\n",
}


def test_a_module_is_in_the_first_part_that_imports_it() -> None:
    scripts = link_parts(PARTED, (Part("first", "main.js"), Part("more", "more.js", ("first",))))
    homes = {name: [part for part, text in scripts.items() if f"// {name}\n" in text] for name in PARTED}
    assert homes == {"main.js": ["first"], "a.js": ["first"], "more.js": ["more"], "b.js": ["more"]}


def test_a_part_names_the_parts_it_needs() -> None:
    with pytest.raises(SiteError, match=r"'more' imports a\.js of 'first', which it does not need"):
        link_parts(PARTED, (Part("first", "main.js"), Part("more", "more.js")))


def test_a_part_carries_modules_for_others() -> None:
    scripts = link_parts(PARTED, (Part("first", "main.js", carries=("b.js",)), Part("more", "more.js", ("first",))))
    assert "// b.js\n" in scripts["first"]
    assert "// b.js\n" not in scripts["more"]


def test_every_module_of_ours_is_in_one_part_and_none_is_left_over() -> None:
    sources = read_modules(templates_dir() / "assets" / "js")
    text = "".join(link_parts(sources).values())
    assert {name: text.count(f"// {name}\n") for name in sources} == dict.fromkeys(sources, 1) | {"early.js": 0}
    page_only = {part.name for part in PARTS if not part.in_worker}
    assert not [part for part in PARTS if part.in_worker and page_only & {*part.needs}]


def test_our_scripts_are_small_and_our_styles_load_nothing() -> None:
    found = read_assets(templates_dir() / "assets")
    size = {part.name: len(gzip.compress(found[f"assets/{part.name}.js"], 9)) for part in PARTS}
    assert size["profbook"] <= 4_000
    assert size["base"] + size["engine"] + size["viewer"] <= 24_000, "what a first flame graph takes"
    assert size["trends"] + size["base"] <= 15_000
    assert size["pair"] <= 4_500, "what a comparison's page takes beside the viewer"
    assert sum(size.values()) <= 101_500
    scripts = "".join(found[f"assets/{part.name}.js"].decode() for part in PARTS)
    for feature in ("bootLate", "bootSorting", "bootRunTables", "bootCopying", "bootCharts", "bootFlameGraphs"):
        assert f"{feature}(root" in scripts
    assert "vegaLite" not in scripts
    style = found["assets/profbook.css"].decode()
    assert "url(" not in style
    assert "@import" not in style
    assert b"import" not in found["assets/early.js"]


def test_the_first_script_knows_the_others_by_what_is_in_them() -> None:
    found = read_assets(templates_dir() / "assets", squeeze=lambda text: text)
    for part in PARTS[1:]:
        version = hashlib.sha256(found[f"assets/{part.name}.js"]).hexdigest()[:8]
        assert f'"{part.name}.js?v={version}"'.encode() in found["assets/profbook.js"]
