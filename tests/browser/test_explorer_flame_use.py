"""Using the flame graph: by keyboard alone, as a table, as a comparison, turned, pinched, saved."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from pipeline.render.flame import short_name
from pipeline.units import show
from tests.browser.conftest import watched_page
from tests.browser.flame_page import (
    KEY,
    SAMPLES,
    TREE,
    Open,
    card_name,
    classic_script,
    colors,
    found,
    heaviest_chain,
    open_flame,
    payload,
    settle,
    spoken,
    tools,
    write_page,
)
from tests.trees import call_tree

__all__ = ["open_flame"]
pytestmark = pytest.mark.browser

CHAIN = heaviest_chain(TREE)
ACTIVE = "document.activeElement"


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
    settle(page)


def tab_to(page: Any, test: str) -> None:
    """Press Tab until the element in focus passes a test; fail after a full round."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"() => {{ const e = {ACTIVE}; return Boolean({test}); }}"):
            return
    raise AssertionError(f"Tab never reached {test}")


def has_text(text: str) -> str:
    return f'e.textContent === "{text}"'


CANVAS = 'e.matches(".pb-flame-box canvas")'


# ---- keyboard ------------------------------------------------------------------------------------------------------


def test_every_task_is_done_by_keyboard_alone(open_flame: Open) -> None:
    page = open_flame()
    tab_to(page, CANVAS)
    press(page, "ArrowDown", "ArrowDown")
    assert spoken(page).startswith(f"{CHAIN[1]}, ")
    press(page, "Enter")
    assert spoken(page).startswith(f"Zoomed to {CHAIN[1]}, ")
    press(page, "Escape")
    assert page.locator(".pb-flame-path [aria-current]").count() == 0
    press(page, "/")
    page.keyboard.type("f1$")
    press(page, "Enter", "Enter")
    assert re.match(r"Matched .* of total", found(page))
    assert card_name(page).endswith("f1")
    press(page, "Shift+Tab")
    tab_to(page, CANVAS)
    first = spoken(page)
    press(page, "n")
    assert spoken(page) != first
    press(page, "N")
    assert spoken(page) == first
    press(page, "s")
    assert page.get_by_label("Direction").input_value() == "sandwich"
    press(page, "t")
    assert page.evaluate(f"() => {ACTIVE}.getAttribute('role')") == "treegrid"
    press(page, "Escape")
    assert page.evaluate(f"() => {ACTIVE}.matches('.pb-flame-box canvas')")
    page.keyboard.press("Shift+Tab")
    tab_to(page, CANVAS)
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if page.evaluate(f"() => {ACTIVE}.tagName") == "SUMMARY":
            break
    press(page, "Enter")
    tab_to(page, 'e.getAttribute("aria-label") === "Direction"')
    press(page, "ArrowUp")
    assert page.get_by_label("Direction").input_value() == "up"
    tab_to(page, 'e.type === "checkbox"')
    press(page, " ")
    settle(page)
    assert "cr=1" in page.url
    tab_to(page, has_text("Save SVG"))
    with page.expect_download() as saving:
        page.keyboard.press("Enter")
    assert saving.value.suggested_filename == "cpu-cpu-up.svg"


# ---- the table -----------------------------------------------------------------------------------------------------


def rows(page: Any) -> list[dict[str, str]]:
    return page.evaluate(
        """() => [...document.querySelectorAll(".pb-flame-grid [aria-level]")].map((row) => ({
        name: row.querySelector("[role=rowheader]").textContent, level: row.getAttribute("aria-level"),
        size: row.getAttribute("aria-setsize"), place: row.getAttribute("aria-posinset"),
        open: row.getAttribute("aria-expanded"), active: row.getAttribute("aria-selected"),
        cells: [...row.querySelectorAll("[role=gridcell]")].map((cell) => cell.textContent) }))"""
    )


def active(page: Any) -> dict[str, str]:
    """The row the grid names as active is the one marked as selected."""
    chosen = [row for row in rows(page) if row["active"] == "true"]
    named = page.evaluate(
        """() => document.getElementById(document.querySelector(".pb-flame-grid").getAttribute("aria-activedescendant"))
        ?.querySelector("[role=rowheader]").textContent"""
    )
    assert [row["name"] for row in chosen] == [named]
    return chosen[0]


def test_the_table_says_what_the_picture_shows(open_flame: Open) -> None:
    page = open_flame()
    page.locator(".pb-flame-box canvas").focus()
    press(page, "t")
    roots = [int(node) for node in (TREE.parent < 0).nonzero()[0]]
    total, *below = rows(page)
    assert (total["name"], total["level"], total["open"]) == ("total cpu", "1", "true")
    assert [row["name"] for row in below] == [TREE.frames.name[TREE.frame[node]] for node in roots]
    for row, node in zip(below, roots, strict=True):
        cum, flat = int(TREE.cum[1, node]), int(TREE.flat[1, node])
        shares = [show(value / TREE.totals[1], "ratio") for value in (cum, flat)]
        assert row["cells"] == [show(cum, "ns"), shares[0], show(flat, "ns"), shares[1]]
        assert (row["level"], row["size"]) == ("2", str(len(roots)))
    press(page, "ArrowDown", "ArrowRight", "ArrowRight")
    assert (active(page)["name"], active(page)["level"], active(page)["place"]) == (CHAIN[1], "3", "1")
    press(page, "ArrowLeft", "ArrowLeft")
    assert (active(page)["name"], active(page)["open"]) == (CHAIN[0], "false")
    press(page, "Enter", "Escape")
    assert page.locator(".pb-flame-path [aria-current]").inner_text().strip() == short_name(CHAIN[0])
    press(page, "t")
    assert active(page)["name"] == CHAIN[0]


def test_only_rows_in_view_are_in_the_document_and_letters_find_the_others(open_flame: Open) -> None:
    samples = [(["root.main", f"p.f{i:04d}"], [1, 9000 - i]) for i in range(4000)]
    page = open_flame(call_tree(samples))
    page.locator(".pb-flame-box canvas").focus()
    press(page, "t", "ArrowDown", "ArrowRight")
    assert len(rows(page)) < 80
    page.keyboard.type("p.f3777")
    settle(page)
    row = active(page)
    assert (row["name"], row["place"], row["size"]) == ("p.f3777", "3778", "4000")
    press(page, "End")
    assert active(page)["name"] == "p.f3999"
    box = page.evaluate(
        """() => { const row = document.querySelector(".pb-flame-grid [aria-selected=true]").getBoundingClientRect();
        const grid = document.querySelector(".pb-flame-grid").getBoundingClientRect();
        return [row.top >= grid.top, row.bottom <= grid.bottom + 1]; }"""
    )
    assert box == [True, True]


def test_the_table_of_a_sandwich_has_both_halves(open_flame: Open) -> None:
    page = open_flame(call_tree([(["m.main", "x.hot", "y.low"], [1, 40]), (["n.other", "x.hot"], [1, 60])]))
    page.locator(".pb-flame-box canvas").focus()
    press(page, "ArrowDown", "ArrowDown", "s", "t")
    assert [(row["name"], row["cells"][0]) for row in rows(page) if row["level"] == "1"] == [
        ("x.hot: callees", "100 ns"),
        ("x.hot: callers", "100 ns"),
    ]
    press(page, "End", "ArrowRight")
    assert [row["name"] for row in rows(page)] == ["x.hot: callees", "y.low", "x.hot: callers", "n.other", "m.main"]


# ---- turning, zooming by hand ---------------------------------------------------------------------------------------


def test_a_sandwich_is_a_link(open_flame: Open) -> None:
    page = open_flame()
    canvas = page.locator(".pb-flame-box canvas")
    canvas.focus()
    press(page, "ArrowDown", "ArrowDown", "s")
    assert spoken(page).startswith(f"{CHAIN[1]}, ")
    press(page, "ArrowUp", "Enter")
    caller = page.locator(".pb-flame-path [aria-current]").inner_text().strip()
    settle(page)
    linked = page.url
    assert re.search(r"z=U[0-9a-z]+&d=sandwich&c=", linked)
    page.goto("about:blank")
    page.goto(linked)
    page.wait_for_selector(".pb-flame[data-state=ready]")
    settle(page)
    assert page.locator(".pb-flame-path [aria-current]").inner_text().strip() == caller
    assert page.get_by_label("Direction").input_value() == "sandwich"


def test_a_function_that_is_not_there_is_told(open_flame: Open) -> None:
    page = open_flame(hash_=f"#d=sandwich&c=no.such&k={KEY[:12]}")
    assert found(page) == "no.such is not in this profile."
    assert colors(page) > 8


def test_recursion_is_folded_on_demand(open_flame: Open) -> None:
    page = open_flame(call_tree([(["a.walk", "a.walk", "a.walk", "b.leaf"], [1, 10])]))
    canvas = page.locator(".pb-flame-box canvas")
    canvas.focus()
    press(page, "ArrowDown", "ArrowDown")
    assert spoken(page).startswith("a.walk, ")
    tools(page).get_by_label("Collapse recursion").check()
    canvas.focus()
    press(page, "Home", "ArrowDown", "ArrowDown")
    assert spoken(page).startswith("b.leaf, ")


def test_the_wheel_zooms_with_control_and_scrolls_without(open_flame: Open) -> None:
    page = open_flame()
    area = page.locator(".pb-flame-box canvas").bounding_box()
    page.mouse.move(area["x"] + 5, area["y"] + 50)
    page.mouse.wheel(0, -120)
    settle(page)
    assert page.locator(".pb-flame-path [aria-current]").count() == 0
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    settle(page)
    assert page.locator(".pb-flame-path [aria-current]").inner_text().strip() == short_name(CHAIN[0])
    page.mouse.wheel(0, 120)
    settle(page)
    assert page.locator(".pb-flame-path [aria-current]").count() == 0


def test_two_fingers_zoom(browser: Any, allowed_folder: Path, server: str, tmp_path: Path) -> None:
    write_page(tmp_path, TREE)
    phone = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
    with watched_page(browser, allowed_folder, device_scale_factor=2, **phone) as page:
        page.goto(f"{server}/index.html")
        page.wait_for_selector(".pb-flame[data-state=ready]")
        settle(page)
        area = page.locator(".pb-flame-box canvas").bounding_box()
        y = area["y"] + 28 * 1.5
        touch = page.context.new_cdp_session(page)

        def put(kind: str, *places: float) -> None:
            points = [{"x": area["x"] + x, "y": y, "id": at} for at, x in enumerate(places)]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        put("touchStart", 10, 30)
        put("touchMove", 4, 38)
        put("touchEnd")
        settle(page)
        assert page.locator(".pb-flame-path [aria-current]").inner_text().strip() == short_name(CHAIN[0])
        put("touchStart", 4, 60)
        put("touchMove", 20, 40)
        put("touchEnd")
        settle(page)
        assert page.locator(".pb-flame-path [aria-current]").count() == 0
        assert page.evaluate("() => visualViewport.scale") == 1


def test_the_small_picture_shows_the_way(open_flame: Open) -> None:
    names = [f"pkg{i % 7}.f{i}" for i in range(300)]
    page = open_flame(call_tree([(names, [1, 10_000_000]), (["z.other"], [1, 10_000_000])]))
    small = page.locator(".pb-flame-minimap")
    area = small.bounding_box()
    page.mouse.click(area["x"] + 20, area["y"] + area["height"] - 4)
    settle(page)
    assert page.evaluate("() => document.querySelector('.pb-flame-box').scrollTop") > 4000
    page = open_flame(call_tree([(["a.a"], [1, 10])]))
    assert not page.locator(".pb-flame-minimap").is_visible()


@pytest.mark.parametrize("direction", ["up", "sandwich"])
def test_a_stack_of_five_thousand_can_be_turned(open_flame: Open, direction: str) -> None:
    names = [f"pkg{i % 7}.f{i}" for i in range(5000)]
    page = open_flame(call_tree([(names, [1, 10_000_000])]), hash_=f"#d={direction}&c=pkg1.f2500&k={KEY[:12]}")
    assert colors(page) > 4
    canvas = page.locator(".pb-flame-box canvas")
    canvas.focus()
    press(page, "ArrowDown")
    assert spoken(page).startswith("pkg1.f4999, " if direction == "up" else "pkg2.f2501, ")


def test_colours_of_origins_are_explained(open_flame: Open) -> None:
    page = open_flame()
    before = page.evaluate("() => document.querySelector('.pb-flame-box canvas').toDataURL()")
    tools(page).get_by_label("Colour by").select_option("origin")
    settle(page)
    assert page.evaluate("() => document.querySelector('.pb-flame-box canvas').toDataURL()") != before
    assert "standard library" in page.locator(".pb-flame-legend").inner_text()
    settle(page)
    assert "co=origin" in page.url


def test_a_search_that_was_stopped_is_told(page: Any) -> None:
    page.set_content('<!doctype html><html lang="en"><body><main></main></body></html>')
    page.evaluate(f'() => {{ globalThis.payload = "{payload(TREE)}"; }}')
    page.add_script_tag(content=classic_script())
    page.evaluate("() => showAlone(document.querySelector('main'), () => Promise.reject(new Error('stopped')))")
    page.locator("input[type=search]").fill("(a+)+$")
    page.wait_for_function("() => document.querySelector('.pb-flame-found').textContent !== ''")
    assert found(page) == "Not a regular expression: stopped"
    page.locator("input[type=search]").fill("f1")
    assert found(page).startswith("Matched ")


# ---- comparison ------------------------------------------------------------------------------------------------------

BASE = [(["m.m", "a.grew"], [5, 50]), (["m.m", "b.gone"], [9, 90]), (["m.m", "s.same"], [3, 30])]
HEAD = [(["m.m", "a.grew"], [5, 70]), (["m.m", "c.new"], [2, 20]), (["m.m", "s.same"], [3, 30])]


@pytest.fixture
def pair(page: Any, server: str, tmp_path: Path) -> Any:
    write_page(tmp_path, TREE)
    page.goto(f"{server}/index.html")
    script = """([head, base]) => {
      const host = document.createElement("div");
      document.querySelector("main").replaceChildren(host);
      return showPair(host, head, base); }"""
    page.evaluate(script, [payload(call_tree(HEAD)), payload(call_tree(BASE))])
    settle(page)
    return page


def test_a_comparison_says_sides_and_signs_in_words(pair: Any) -> None:
    pair.locator(".pb-flame-box canvas").focus()
    said = {}
    press(pair, "ArrowDown", "ArrowDown")
    for _ in range(4):
        name, change, _ = spoken(pair).split(", ", 2)
        said[name] = (change, pair.locator(".pb-flame-card").inner_text())
        press(pair, "ArrowRight")
    assert said["a.grew"][0] == "+20 ns"
    assert "+20 ns, head costs more" in said["a.grew"][1]
    assert "−90 ns, gone: only in base" in said["b.gone"][1]
    assert "+20 ns, new: only in head" in said["c.new"][1]
    assert said["s.same"][0] == "unchanged"
    text = said["a.grew"][1].split()
    assert text[text.index("base", text.index("total")) + 1 :][:1] == ["50"]
    label = pair.locator(".pb-flame-box canvas").get_attribute("aria-label")
    assert label.startswith("total cpu, head − base: −50 ns")
    assert pair.get_by_label("Colour by").input_value() == "diff"


def test_new_and_gone_differ_by_more_than_colour(pair: Any) -> None:
    """Hatches: colours inside one box are several for new and gone, one for the rest."""
    boxes = {"a.grew": 120, "b.gone": 90, "s.same": 60, "c.new": 20}
    at, kinds = 0, {}
    width = pair.evaluate("() => document.querySelector('.pb-flame-box').clientWidth")
    for name, wide in boxes.items():
        x = (at + wide) / 290 * width
        at += wide
        kinds[name] = pair.evaluate(
            """([x]) => { const c = document.querySelector(".pb-flame-box canvas"), r = devicePixelRatio;
            const data = c.getContext("2d").getImageData((x - 25) * r, 44 * r, 20 * r, 12 * r).data;
            return new Set(new Uint32Array(data.buffer)).size; }""",
            [x],
        )
    assert kinds["a.grew"] == kinds["s.same"] == 1
    assert kinds["b.gone"] > 1
    assert kinds["c.new"] > 1


def test_the_table_of_a_comparison_has_both_sides(pair: Any) -> None:
    pair.locator(".pb-flame-box canvas").focus()
    press(pair, "t", "ArrowDown", "ArrowRight")
    assert {row["name"]: row["cells"] for row in rows(pair)}["b.gone"] == ["90 ns", "0 s", "−90 ns, gone: only in base"]


# ---- saving ----------------------------------------------------------------------------------------------------------


def test_the_saved_svg_is_whole_and_safe(open_flame: Open) -> None:
    names = ["</svg><script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "a\u2028b\x07c"]
    page = open_flame(call_tree([(names, [1, 10]), (["other.other"], [1, 5])]))
    with page.expect_download() as saving:
        tools(page).get_by_role("button", name="Save SVG").click()
    root = ET.parse(saving.value.path()).getroot()
    space = "{http://www.w3.org/2000/svg}"
    titles = [title.text for title in root.iter(f"{space}title")]
    assert titles == ["total cpu: 15 ns", names[0], "other.other", names[1], "a\\u2028b\\x07c"]
    assert not list(root.iter(f"{space}script"))
    widths = [float(box.get("width")) for box in root.iter(f"{space}svg") if box.get("y") == "20"]
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.02)


def test_the_saved_png_holds_every_row(open_flame: Open) -> None:
    page = open_flame(call_tree([([f"p.f{i}" for i in range(100)], [1, 10])]))
    with page.expect_download() as saving:
        tools(page).get_by_role("button", name="Save PNG").click()
    data = Path(saving.value.path()).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[20:24], "big") == 2 * 20 * 101


def test_matches_stay_found_in_every_direction(open_flame: Open) -> None:
    page = open_flame()
    page.locator("input[type=search]").fill("f2$")
    share = found(page)
    value = sum(values[1] for stack, values in SAMPLES if any(name.endswith("f2") for name in stack))
    assert show(value, "ns") in share
    tools(page).get_by_label("Direction").select_option("up")
    settle(page)
    assert found(page) == share
