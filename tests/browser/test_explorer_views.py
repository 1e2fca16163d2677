"""The explorer's views in a real browser: walked by keys alone, with long and odd profiles and hostile names."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.analysis.calltree import build_call_tree
from pipeline.analysis.source import open_profile
from pipeline.analysis.stacktree import build_stack_tree
from pipeline.decode import decode_profile
from pipeline.model.calltree import CallTree
from pipeline.model.pfv import pack
from pipeline.model.stacks import pack_samples
from pipeline.site.assets import link_modules, read_modules
from tests.builders import Stack
from tests.trees import call_tree

pytestmark = pytest.mark.browser

ASSETS = Path(__file__).parents[2] / "site_templates" / "assets"
VIEWS = ("top", "callers", "tree", "peek", "graph", "traces", "tags", "source", "goroutines")
ENTRY = """import { decodePfv } from "./explorer/data/pfv.js";
import { weights } from "./explorer/data/tree.js";
import { openDesk } from "./explorer/filter/desk.js";
import { DEFAULTS } from "./explorer/shell/state.js";
import { neighbour } from "./explorer/views/graph_view.js";
import { layoutGraph } from "./explorer/views/layout.js";
import { exactName, exactQuery } from "./explorer/views/words.js";
import { originOf } from "./explorer/views/origin.js";
import { TABLE_VIEWS } from "./explorer/views/views.js";
const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const host = document.querySelector("main");
let context, state;
const draw = async () => {
  host.dataset.view = "";
  await TABLE_VIEWS.find(({ id }) => id === state.view).render(host, { ...context, state });
  host.dataset.view = state.view;
};
globalThis.pure = { layoutGraph, exactName, exactQuery, originOf, neighbour };
globalThis.show = async (payload, change, extras) => {
  const tree = await decodePfv(bytes(payload));
  state = { ...DEFAULTS, ...change };
  const dispatch = (next) => { state = { ...state, ...next }; return draw(); };
  context = { tree, weights: weights(tree, extras.type ?? tree.defaultType), dispatch, ...extras };
  const source = { key: "x", tree: { text: payload }, samples: { text: extras.packed } };
  if (extras.packed) context.samples = () => openDesk().samples({ source, filters: {}, type: context.weights.type });
  await draw();
};
globalThis.state = () => state;
"""


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


Show = Callable[..., Any]


@pytest.fixture
def show(page: Any, tmp_path: Path) -> Show:
    """Open a page with one view of a tree, from the disk."""
    script = link_modules({**read_modules(ASSETS / "js"), "entry.js": ENTRY}, "entry.js")
    styles = "\n".join(path.read_text("utf-8") for path in sorted((ASSETS / "css").glob("*.css")))
    (tmp_path / "all.css").write_text(styles, encoding="utf-8")
    (tmp_path / "all.js").write_text(script, encoding="utf-8")
    (tmp_path / "index.html").write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>views</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="all.css"></head><body data-md-color-scheme="default" class="md-typeset">'
        '<main class="pb-page pbx"></main><script src="all.js"></script>',
        encoding="utf-8",
    )

    def shown(tree: CallTree, view: str = "top", *, state: dict[str, Any] | None = None, **extras: Any) -> Any:
        if page.url == "about:blank":
            page.goto((tmp_path / "index.html").as_uri())
        page.evaluate(
            "([payload, change, extras]) => globalThis.show(payload, change, extras)",
            [encoded(pack(tree)), {"view": view, **(state or {})}, extras],
        )
        return page

    return shown


SAMPLES: Sequence[tuple[Stack, Sequence[int]]] = (
    (("main.main", "main.work", "strings.Index"), (3, 300)),
    (("main.main", "main.work", "main.work", "runtime.mallocgc"), (2, 200)),
    (("main.main", "example.com/lib@v1.Do", "strings.Index"), (1, 100)),
    (("runtime.gcBgMarkWorker", "runtime.gcDrain"), (4, 400)),
)
TREE = call_tree(SAMPLES)


def sampled(data: bytes) -> tuple[CallTree, str]:
    """Decode a profile into its tree and its packed samples."""
    profile = open_profile(decode_profile(data))
    tree = build_call_tree(profile)
    return tree, encoded(pack_samples(profile, build_stack_tree(profile), tree.frames))


def rows(page: Any) -> list[list[str]]:
    """Read the rows of the first table."""
    return page.evaluate(
        "() => [...document.querySelectorAll('table')[0].tBodies].flatMap((body) => [...body.rows])"
        ".filter((row) => !row.hidden && row.ariaHidden !== 'true')"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


def ready(page: Any, view: str) -> None:
    page.wait_for_selector(f"main[data-view={view}]")


def focused(page: Any) -> str:
    return page.evaluate(
        "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    )


def test_the_top_table_has_pprofs_columns_and_sorts(show: Show) -> None:
    page = show(TREE)
    assert [cells[5] for cells in rows(page)] == [
        "runtime.gcDrain", "strings.Index", "runtime.mallocgc", "example.com/lib@v1.Do",
        "main.main", "main.work", "runtime.gcBgMarkWorker",
    ]  # fmt: skip
    assert rows(page)[1] == ["400 ns", "40 %", "80 %", "400 ns", "40 %", "strings.Index"]
    page.locator("[data-sort=cum]").click()
    ready(page, "top")
    assert rows(page)[0][3:] == ["600 ns", "60 %", "main.main"]
    assert page.locator("th[aria-sort=descending]").inner_text() == "cum"
    page.locator("[data-sort=cum]").click()
    page.wait_for_selector("th[aria-sort=ascending]")
    assert rows(page)[-1][5] == "main.main"
    assert focused(page).startswith("cum")
    assert "7 functions with 1 us of 1 us cpu (100 %) as their own" in page.locator("caption").inner_text()


def test_the_top_table_is_narrowed_to_whose_code_it_is_and_to_a_search(show: Show) -> None:
    page = show(TREE)
    page.get_by_label("Whose code").select_option("own")
    assert [cells[5] for cells in rows(page)] == ["main.main", "main.work"]
    page.get_by_label("Whose code").select_option("")
    show(TREE, state={"query": "^runtime"})
    assert [cells[5] for cells in rows(page)] == ["runtime.gcDrain", "runtime.mallocgc", "runtime.gcBgMarkWorker"]
    show(TREE, state={"query": "("})
    assert "missing closing )" in page.get_by_role("alert").inner_text()


def test_the_choice_of_whose_code_stays_where_it_is(show: Show) -> None:
    page = show(TREE)
    page.get_by_label("Whose code").focus()
    page.evaluate("() => { globalThis.before = document.activeElement; }")
    show(TREE, state={"sort": "cum"})
    assert page.evaluate("() => document.activeElement === before && before.isConnected")
    page.get_by_label("Whose code").select_option("own")
    assert [cells[5] for cells in rows(page)] == ["main.main", "main.work"]


def test_keys_alone_lead_from_a_function_to_its_callers_and_on(show: Show) -> None:
    page = show(TREE)
    page.locator("main").get_by_role("button", name="runtime.gcDrain").focus()
    page.keyboard.press("ArrowDown")
    assert focused(page) == "strings.Index"
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    ready(page, "callers")
    assert focused(page) == "strings.Index"
    assert page.locator("table caption").all_inner_texts() == ["Callers of strings.Index: 2"]
    assert rows(page) == [["300 ns", "75 %", "main.work"], ["100 ns", "25 %", "example.com/lib@v1.Do"]]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('h3')?.textContent === 'main.work'")
    assert page.evaluate("() => globalThis.state().query") == r"^main\.work$"


def test_the_tree_and_peek_put_functions_between_callers_and_callees(show: Show) -> None:
    page = show(TREE, "tree")
    block = [cells[-1] for cells in rows(page)]
    assert block[:2] == ["runtime.gcBgMarkWorker", "runtime.gcDrain"]
    assert page.locator("th[scope=rowgroup]").count() == 7
    show(TREE, "peek", state={"query": "work"})
    assert rows(page) == [
        ["caller", "500 ns", "100 %", "main.main"],
        ["0 s", "0 %", "0 %", "500 ns", "50 %", "", "", "main.work"],
        ["callee", "300 ns", "60 %", "strings.Index"],
        ["callee", "200 ns", "40 %", "runtime.mallocgc"],
    ]


def test_a_long_table_holds_only_rows_in_view_and_is_walked_to_its_end(show: Show) -> None:
    tree = call_tree([(("main.main", f"main.f{i:04}"), (i + 1, i + 1)) for i in range(3000)])
    page = show(tree)
    table = page.get_by_role("table")
    assert table.get_attribute("aria-rowcount") == "3002"
    assert table.locator("tbody tr").count() < 120
    page.locator("main").get_by_role("button", name="main.f2999").focus()
    page.keyboard.press("End")
    assert focused(page) == "main.main"
    assert page.evaluate("() => document.activeElement.closest('tr').ariaRowIndex") == "3002"
    page.keyboard.press("ArrowUp")
    assert focused(page) == "main.f0000"
    page.keyboard.press("Home")
    assert focused(page) == "main.f2999"
    box = page.get_by_role("region", name="Functions by weight")
    box.evaluate("(box) => { box.scrollTop = 30 * 1500; }")
    page.wait_for_selector("tr[data-row='1510']")
    gap = page.evaluate(
        "() => { const box = document.querySelector('.pbx-long').getBoundingClientRect();"
        "return document.querySelector('tr[data-row=\"1500\"]').getBoundingClientRect().top - box.top; }"
    )
    assert abs(gap) < 90


def test_traces_open_and_are_searched(show: Show) -> None:
    page = show(TREE, "traces")
    assert page.locator("main p").first.inner_text() == "4 distinct stacks, 1 us of 1 us cpu."
    page.locator("summary").nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".pbx-stack")
    assert page.locator(".pbx-stack li").all_inner_texts() == ["strings.Index", "main.work", "main.main"]
    show(TREE, "traces", state={"query": "lib"})
    assert page.locator("summary").count() == 1


def test_the_graph_is_walked_along_its_calls(show: Show) -> None:
    page = show(TREE, "graph")
    boxes = page.locator(".pbx-box")
    assert boxes.count() == 7
    page.locator("[aria-label^='main.main,']").focus()
    page.keyboard.press("ArrowDown")
    assert focused(page).startswith("main.work, flat 0 s, 0 %, cum 500 ns, 50 %, 1 caller, 2 callees")
    page.keyboard.press("ArrowUp")
    assert focused(page).startswith("main.main,")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    ready(page, "callers")
    assert page.locator("h3").inner_text() == "main.work"


def span(place: dict[str, float], box: dict[str, float]) -> tuple[float, float, float, float]:
    """Left, right, upper and lower edge of a box."""
    half = box["width"] / 2, box["height"] / 2
    return place["x"] - half[0], place["x"] + half[0], place["y"] - half[1], place["y"] + half[1]


def test_boxes_of_a_graph_never_lie_over_one_another(show: Show) -> None:
    page = show(TREE)
    drawing = page.evaluate(
        """() => {
        const boxes = Array.from({ length: 60 }, (_, i) => ({ width: 40 + (i * 37) % 90, height: 20 + (i * 13) % 30 }));
        const link = (_, i) => ({ from: (i * 7) % 60, to: (i * i * 11 + 3) % 60, weight: i });
        const links = Array.from({ length: 150 }, link);
        const drawn = globalThis.pure.layoutGraph(boxes, links);
        const again = globalThis.pure.layoutGraph(boxes, links);
        return { boxes, links, ...drawn, same: JSON.stringify(drawn) === JSON.stringify(again) };
    }"""
    )
    assert drawing["same"]
    spans = [span(*pair) for pair in zip(drawing["places"], drawing["boxes"], strict=True)]
    for at, (left, right, top, bottom) in enumerate(spans):
        assert min(left, top, drawing["width"] - right, drawing["height"] - bottom) >= 0
        for other in spans[:at]:
            assert right <= other[0] or other[1] <= left or bottom <= other[2] or other[3] <= top
    assert all(len(path) >= 2 for path in drawing["paths"])


ODD: dict[str, Sequence[tuple[Stack, Sequence[int]]]] = {
    "empty": (),
    "one frame": ((("main.main",), (1, 5)),),
    "deep": ((tuple(f"main.f{i}" for i in range(5000)), (1, 5)),),
    "negative": ((("a.A", "b.B"), (-2, -7)), (("a.A",), (1, 9))),
}


@pytest.mark.parametrize("samples", ODD.values(), ids=list(ODD))
def test_every_view_bears_odd_profiles(show: Show, samples: Sequence[tuple[Stack, Sequence[int]]]) -> None:
    for view in VIEWS:
        page = show(call_tree(samples), view)
        ready(page, view)
        assert page.locator("main").inner_text().strip()
        assert page.get_by_role("alert").count() == 0


def test_names_are_texts_and_nothing_else(show: Show) -> None:
    hostile = "<img src=x onerror=alert(1)>\u202e\x07main.<script>"
    tree = call_tree([((hostile, "b.B"), (1, 5)), ((hostile,), (1, 5))])
    for view in ("top", "callers", "tree", "peek", "graph", "traces"):
        page = show(tree, view)
        if view == "traces":
            page.locator("summary").first.click()
        assert page.locator("main img, main script").count() == 0
        text = page.locator("main").text_content()
        assert "\u202e" not in text
        assert "onerror" in text


def test_tables_have_captions_and_scopes(show: Show) -> None:
    for view in ("top", "callers", "tree", "peek"):
        page = show(TREE, view)
        assert page.locator("table").count() == page.locator("table > caption").count() > 0
        assert page.locator("thead th:not([scope=col])").count() == 0
        assert page.locator("tbody tr:not(.pbx-caller, .pbx-callee) > th:not([scope])").count() == 0
        assert page.locator("[role=region]:not([aria-label])").count() == 0


def test_goroutines_are_grouped_by_where_they_began(show: Show) -> None:
    tree = call_tree(
        [
            (("main.serve", "main.wait", "runtime.chanrecv1", "runtime.chanrecv", "runtime.gopark"), (40,)),
            (("main.serve", "main.read", "runtime.selectgo", "runtime.gopark"), (2,)),
            (("main.main",), (1,)),
        ],
        (("goroutine", "count"),),
    )
    page = show(tree, "goroutines")
    assert [cells[2:] for cells in rows(page)] == [
        ["main.serve", "chan receive", "main.wait"],
        ["main.serve", "select", "main.read"],
        ["main.main", "running", "main.main"],
    ]
    assert rows(page)[0][:2] == ["40", "93.02 %"]
    show(TREE, "goroutines")
    assert "Choose a goroutine profile" in page.locator("main").inner_text()


def test_what_the_run_found_out_about_its_goroutines_stands_below(show: Show) -> None:
    tree = call_tree([(("main.serve", "main.wait"), (40,)), (("main.main",), (1,))], (("goroutine", "count"),))
    evil = "<img src=x onerror=alert(1)>\u202e"
    group = {
        "entry": "main.serve", "runs": evil, "counts": [2, 20, 40], "sign": "▲", "word": "leaking",
        "createdBy": "main.main", "createdAt": evil, "waitsIn": "main.wait", "state": "select", "minutes": None,
        "leaked": 38,
    }  # fmt: skip
    other = {**group, "entry": evil, "counts": [3, 2, 1], "leaked": 0, "minutes": 7}
    followed = {"paths": ["g0", "g1", evil], "count": 9, "groups": [group, other]}
    page = show(tree, "goroutines", followed=followed)
    table = page.get_by_role("region", name="Groups of goroutines over the snapshots of the run")
    assert "over 3 snapshots, g0 to <img" in table.locator("caption").inner_text()
    assert "2 of 9 groups" in table.locator("caption").inner_text()
    cells = [row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr").all()]
    shown = evil.replace("\u202e", "\\u202e")
    where = ["select in main.wait", f"main.main at {shown}"]
    assert cells[0] == ["main.serve", "▲ leaking", "2", "40", "+38", "38", "–", shown, *where]
    assert cells[1] == [shown, "▲ leaking", "3", "1", "−2", "–", "7 min", shown, *where]
    page = show(tree, "goroutines", followed=followed, state={"query": "^main\\.main$"})
    assert [row[2] for row in rows(page)] == ["main.main"]
    assert table.locator("tbody tr").count() == 2, "started by it"
    show(tree, "goroutines", followed={**followed, "paths": ["g"], "groups": [{**group, "counts": [7]}]})
    assert table.locator("thead th").all_inner_texts()[:3] == ["began in", "last", "proved leaked"]
    table.get_by_role("button", name="main.serve").click()
    ready(page, "callers")


DUMP = b"""goroutine 1 [running]:
main.main()
\t/x/main.go:5 +0x1

goroutine 7 [chan receive, 12 minutes]:
main.wait()
\t/x/main.go:9 +0x1
created by main.start in goroutine 1
\t/x/main.go:20 +0x1
"""


def test_a_goroutine_dump_tells_waits_and_what_started_them(show: Show) -> None:
    tree, packed = sampled(DUMP)
    page = show(tree, "goroutines", packed=packed)
    told = [cells[2:] for cells in rows(page)]
    assert ["main.wait", "chan receive", "main.wait", "12 min", "main.start at /x/main.go:20"] in told
    assert ["main.main", "running", "main.main", "–", ""] in told


def test_tags_and_labels_of_traces_are_shown(show: Show) -> None:
    tree, packed = sampled(DUMP)
    page = show(tree, "tags", packed=packed)
    assert page.locator("caption").all_inner_texts()[-2:] == [
        "state: 2 of 2 goroutine (100 %)",
        "wait_minutes: 1 of 2 goroutine (50 %)",
    ]
    show(tree, "traces", packed=packed)
    assert "2 samples" in page.locator("main p").first.inner_text()
    assert page.locator(".pbx-mark", has_text="state: chan receive").count() == 1


def test_stored_source_is_shown_with_what_lines_weigh(show: Show) -> None:
    lines = [
        {"number": 7, "text": "\tx := <-c // </td>", "flat": 0, "cum": 300, "href": "https://git.test/main.go#L7"},
        {"number": 8, "text": "}", "flat": 0, "cum": 0},
    ]
    source = {"type": "cpu", "functions": [{"name": "main.work", "path": "main.go", "lines": lines}]}
    page = show(TREE, "source", source=source)
    assert rows(page) == [["7", "", "300 ns", "30 %", "\tx := <-c // </td>"], ["8", "", "", "", "}"]]
    assert page.locator("tbody a").evaluate_all("(links) => links.map(({ href }) => href)") == [lines[0]["href"]]
    show(TREE, "source")
    assert "stored no source" in page.locator("main").inner_text()


def test_pure_parts(show: Show) -> None:
    page = show(TREE)
    names = ["a.b", "x|y", "f[...]", "(*T).m", "^a$", "\\d{2}", ""]
    there_and_back = "(names) => names.map((name) => globalThis.pure.exactName(globalThis.pure.exactQuery(name)))"
    assert page.evaluate(there_and_back, names) == names
    assert page.evaluate("() => ['^a.b$', 'a', '^a', '^(a|b)$'].map(globalThis.pure.exactName)") == ["", "", "", ""]
    origins = [
        ("main", ["/x/main.go"]), ("net/http", []), ("runtime/debug", []), ("internal/runtime/maps", []), ("", []),
        ("example.com/own/x", ["/home/x/own/a.go"]), ("example.com/dep", ["example.com/dep@v1.2.0/a.go"]),
        ("example.com/dep", []), ("demo/x", []),
    ]  # fmt: skip
    assert page.evaluate("(all) => all.map((one) => globalThis.pure.originOf(...one))", origins) == [
        "own", "standard", "runtime", "runtime", "other", "own", "dependency", "dependency", "own",
    ]  # fmt: skip
