"""The flame graph of the explorer in a real browser, over http and from a file: drawn, found, said and linked right."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import pytest

from pipeline.render.encode import visible
from pipeline.render.flame import short_name
from pipeline.units import show
from tests.browser.conftest import PHONE, watched_page
from tests.browser.flame_page import (
    KEY,
    POINT_AT,
    SAMPLES,
    TREE,
    Open,
    card_name,
    colors,
    found,
    heaviest_chain,
    layout,
    open_flame,
    settle,
    spoken,
    tools,
    write_page,
)
from tests.render import format_cases
from tests.trees import call_tree

__all__ = ["open_flame"]
pytestmark = pytest.mark.browser


@pytest.mark.parametrize("over", ["http", "file"])
def test_the_canvas_takes_the_pictures_place(open_flame: Open, over: str) -> None:
    page = open_flame(over=over)
    assert page.locator(".pb-flame-box svg").count() == 0
    assert colors(page) > 8
    size = page.evaluate(
        """() => { const c = document.querySelector(".pb-flame-box canvas"), b = c.closest(".pb-flame-box");
        return [c.width, c.height, b.clientWidth, b.clientHeight, devicePixelRatio]; }"""
    )
    assert size[0] == size[2] * size[4]
    assert size[1] <= size[3] * size[4]


def test_nothing_moves_when_the_canvas_takes_over(page: Any, server: str, tmp_path: Path) -> None:
    write_page(tmp_path, TREE, before="globalThis.held = new Promise((go) => { globalThis.letGo = go; });")
    page.goto(f"{server}/index.html")
    page.wait_for_selector(".pb-flame[data-state=loading]")
    box = (
        "() => { const b = document.querySelector('.pb-flame-box').getBoundingClientRect(); return [b.top, b.height]; }"
    )
    before = page.evaluate(box)
    page.evaluate("letGo()")
    page.wait_for_selector(".pb-flame[data-state=ready]")
    settle(page)
    assert page.evaluate(box) == before


@pytest.mark.parametrize("type_index", [0, 1])
def test_every_frame_a_pixel_wide_can_be_pointed_at(open_flame: Open, type_index: int) -> None:
    page = open_flame(type_index=type_index)
    width = page.evaluate("() => document.querySelector('.pb-flame-box').clientWidth")
    wide = [(name, row, x, w) for name, row, x, w in layout(TREE, type_index, width) if w >= 1]
    assert len(wide) > 150
    names = page.evaluate(POINT_AT, [[x + w / 2, row] for _, row, x, w in wide])
    assert names == [name for name, _, _, _ in wide]


def test_the_card_tells_the_figures(open_flame: Open) -> None:
    page = open_flame()
    name, row, x, width = next(
        layout(TREE, 1, page.evaluate("() => document.querySelector('.pb-flame-box').clientWidth"))
    )
    page.evaluate(POINT_AT, [[x + width / 2, row]])
    cum, flat, total = int(TREE.cum[1, 0]), int(TREE.flat[1, 0]), TREE.totals[1]
    text = page.locator(".pb-flame-card").inner_text()
    assert text.startswith(name)
    for expected in (show(cum, "ns"), show(flat, "ns"), show(cum / total, "ratio"), show(flat / total, "ratio")):
        assert expected in text


def test_the_card_comes_and_goes_with_the_pointer(open_flame: Open) -> None:
    page = open_flame()
    area = page.locator(".pb-flame-box canvas").bounding_box()
    page.mouse.move(area["x"] + 5, area["y"] + 30)
    assert card_name(page) == heaviest_chain(TREE)[0]
    assert page.locator(".pb-flame-card").is_visible()
    page.mouse.move(area["x"] + 5, area["y"] - 60)
    assert not page.locator(".pb-flame-card").is_visible()


def click_first(page: Any, depth: int) -> str:
    """Zoom to the heaviest frame of a depth; returns its name."""
    area = page.locator(".pb-flame-box canvas").bounding_box()
    page.mouse.click(area["x"] + 5, area["y"] + depth * 20 + 10)
    settle(page)
    return heaviest_chain(TREE)[depth - 1]


def test_zoom_back_and_the_link(open_flame: Open, server: str) -> None:
    page = open_flame()
    first = click_first(page, 1)
    second = click_first(page, 2)
    assert spoken(page).startswith(f"Zoomed to {second}, ")
    assert page.locator(".pb-flame-path [aria-current]").inner_text().strip() == short_name(second)
    assert re.search(rf"#z=[0-9a-z]+&k={KEY[:12]}$", page.url)
    linked = page.url
    page.locator(".pb-flame-box canvas").press("Escape")
    assert spoken(page).startswith(f"Zoomed to {first}, ")
    tools(page).get_by_role("button", name="Reset zoom").click()
    settle(page)
    assert page.url == f"{server}/index.html"
    page.goto("about:blank")
    page.goto(linked)
    page.wait_for_selector(".pb-flame[data-state=ready]")
    assert page.locator(".pb-flame-path [aria-current]").inner_text().strip() == short_name(second)


def test_a_link_carries_over_to_another_run(open_flame: Open) -> None:
    click_first(page := open_flame(), 2)
    path = re.search("z=([0-9a-z]+)", page.url)[1]
    slower = call_tree([(["new.root"], [9, 10**9]), *((stack, [v * 3 for v in values]) for stack, values in SAMPLES)])
    page.goto("about:blank")
    open_flame(slower, hash_=f"#t=samples&z={path}&k={KEY[:12]}")
    assert page.locator(".pb-flame-path [aria-current]").inner_text().strip() == short_name(heaviest_chain(TREE)[1])
    assert page.get_by_label("Sample type").input_value() == "samples"


def test_a_link_to_a_missing_path_says_so(open_flame: Open) -> None:
    page = open_flame(hash_=f"#z=1&k={KEY[:12]}")
    assert found(page) == "The linked call path is not in this profile; all of it is shown."


def matched(pattern: str, kind: int, flags: int = 0) -> int:
    """Sum the samples with a matching frame: each counts once."""
    return sum(values[kind] for stack, values in SAMPLES if any(re.search(pattern, name, flags) for name in stack))


@pytest.mark.parametrize("pattern", [r"pkg1\.", r"f[0-3]$", "pkg1|f2$", "(?i)PKG2", "PKG", "pkg", "^nothing$"])
def test_search_tells_the_share_matched(open_flame: Open, pattern: str) -> None:
    page = open_flame()
    page.locator("input[type=search]").fill(pattern)
    value = matched(pattern, 1)
    if value:
        assert found(page).startswith(
            f"Matched {show(value / TREE.totals[1], 'ratio')} of total, {show(value, 'ns')}, in "
        )
    else:
        assert found(page) == "No frame matches."


def test_a_broken_expression_is_explained(open_flame: Open) -> None:
    page = open_flame()
    page.locator("input[type=search]").fill("f(1")
    assert found(page).startswith("Not a regular expression: ")
    assert page.locator("input[type=search]").get_attribute("aria-invalid") == "true"
    page.locator("input[type=search]").press("Escape")
    assert found(page) == ""
    assert page.locator("input[type=search]").get_attribute("aria-invalid") == "false"


def test_matches_are_drawn_and_walked(open_flame: Open) -> None:
    page = open_flame()
    before = page.evaluate("() => document.querySelector('.pb-flame-box canvas').toDataURL()")
    page.locator("input[type=search]").fill("f1$")
    settle(page)
    assert page.evaluate("() => document.querySelector('.pb-flame-box canvas').toDataURL()") != before
    page.locator("input[type=search]").press("Enter")
    assert re.search(r"f1$", card_name(page))
    page.locator(".pb-flame-box canvas").press("n")
    assert re.search(r"f1$", card_name(page))


def test_keys_walk_the_graph(open_flame: Open) -> None:
    page = open_flame()
    canvas = page.locator(".pb-flame-box canvas")
    canvas.focus()
    chain = heaviest_chain(TREE)
    for name in chain[:3]:
        canvas.press("ArrowDown")
        assert spoken(page).startswith(f"{name}, ")
    assert f"self {show(int(TREE.flat[1, 2]) / TREE.totals[1], 'ratio')}, depth 3" in spoken(page)
    canvas.press("ArrowUp")
    assert spoken(page).startswith(f"{chain[1]}, ")
    canvas.press("ArrowUp")
    roots = [int(node) for node in (TREE.parent < 0).nonzero()[0]]
    canvas.press("ArrowRight")
    assert spoken(page).startswith(
        f"{TREE.frames.name[TREE.frame[roots[1]]]}, {show(int(TREE.cum[1, roots[1]]), 'ns')}"
    )
    canvas.press("ArrowLeft")
    canvas.press("ArrowLeft")
    assert spoken(page) == "No frame there."
    canvas.press("Enter")
    assert spoken(page).startswith(f"Zoomed to {chain[0]}, ")
    canvas.press("/")
    assert page.evaluate("() => document.activeElement.type") == "search"


def test_sample_types_have_their_own_totals(open_flame: Open) -> None:
    page = open_flame()
    for index, kind in enumerate(TREE.sample_types):
        page.get_by_label("Sample type").select_option(kind.type)
        settle(page)
        label = page.locator(".pb-flame-box canvas").get_attribute("aria-label")
        assert label == f"CPU, total {kind.type}: {show(TREE.totals[index], kind.unit)}, {len(TREE):,} frames"
    assert "#t=" not in page.url
    page.evaluate("() => { document.querySelector('.pb-flame').dataset.type = '0'; }")
    page.wait_for_function("() => document.querySelector('select').value === 'samples'")


def test_copy_gives_the_full_name(open_flame: Open) -> None:
    page = open_flame()
    name = click_first(page, 2)
    tools(page).get_by_role("button", name="Copy name").click()
    page.wait_for_function("() => document.querySelector('.pb-flame-found').textContent !== ''")
    assert found(page) == f"Copied {name}"


def test_the_palette_follows_the_theme(open_flame: Open) -> None:
    page = open_flame()
    picture = "() => document.querySelector('.pb-flame-box canvas').toDataURL()"
    light = page.evaluate(picture)
    page.evaluate("() => { document.body.dataset.mdColorScheme = 'slate'; }")
    settle(page)
    dark = page.evaluate(picture)
    page.emulate_media(forced_colors="active")
    settle(page)
    assert len({light, dark, page.evaluate(picture)}) == 3


def test_narrow_windows_are_laid_out_again(open_flame: Open) -> None:
    page = open_flame()
    page.set_viewport_size({"width": 400, "height": 800})
    page.wait_for_function(
        "() => { const c = document.querySelector('.pb-flame-box canvas');"
        " return c.width === document.querySelector('.pb-flame-box').clientWidth * devicePixelRatio; }"
    )
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


# ---- odd profiles -----------------------------------------------------------------------------------------------


def test_one_frame(open_flame: Open) -> None:
    page = open_flame(call_tree([(["main.main"], [3, 30])]))
    assert page.evaluate(POINT_AT, [[600, 1]]) == ["main.main"]


@pytest.mark.parametrize("samples", [[], [(["a.a"], [4, 0])]])
def test_nothing_recorded(open_flame: Open, samples: Sequence[Any]) -> None:
    page = open_flame(call_tree(samples))
    assert page.locator(".pb-flame-empty").inner_text() == "No flame graph: this profile recorded no cpu."
    assert not page.locator(".pb-flame-box canvas").is_visible()
    if samples:
        page.get_by_label("Sample type").select_option("samples")
        settle(page)
        assert page.locator(".pb-flame-box canvas").is_visible()
        assert page.evaluate(POINT_AT, [[600, 1]]) == ["a.a"]


def test_samples_without_a_stack_are_told(open_flame: Open) -> None:
    page = open_flame(call_tree([((), [2, 20]), (["a.a"], [3, 60])]))
    assert page.locator(".pb-flame-help").inner_text().startswith("20 ns (25 %) has no call stack.")
    width = page.evaluate("() => document.querySelector('.pb-flame-box').clientWidth")
    assert page.evaluate(POINT_AT, [[width * 0.74, 1], [width * 0.76, 1]]) == ["a.a", None]


def test_negative_values(open_flame: Open) -> None:
    tree = call_tree([(["m.m", "a.grew"], [5, 50]), (["m.m", "b.shrank"], [-9, -90])])
    page = open_flame(tree)
    width = page.evaluate("() => document.querySelector('.pb-flame-box').clientWidth")
    assert page.evaluate(POINT_AT, [[width * 0.3, 2], [width * 0.9, 2]]) == ["b.shrank", "a.grew"]
    assert "Widths are sums of absolute changes" in page.locator(".pb-flame-help").inner_text()
    page.evaluate(POINT_AT, [[width * 0.3, 2]])
    assert "−90 ns" in page.locator(".pb-flame-card").inner_text()


def test_a_stack_of_five_thousand(open_flame: Open) -> None:
    names = [f"pkg{i % 7}.f{i}" for i in range(5000)]
    page = open_flame(call_tree([(names, [1, 10_000_000])]))
    assert page.evaluate("() => document.querySelector('.pb-flame-box canvas').clientHeight") <= 640
    assert page.evaluate(POINT_AT, [[600, 1], [600, 2500], [600, 5000]]) == [names[0], names[2499], names[4999]]
    page.evaluate("() => { document.querySelector('.pb-flame-box').scrollTop = 1e9; }")
    settle(page)
    assert colors(page) > 4
    page.locator("input[type=search]").fill(r"f4998$")
    page.locator("input[type=search]").press("Enter")
    assert spoken(page).startswith("pkg0.f4998, ")
    page.locator(".pb-flame-box canvas").press("Enter")
    page.locator(".pb-flame-box canvas").press("ArrowDown")
    assert spoken(page).startswith("pkg1.f4999, ")


def test_hostile_names_stay_text(open_flame: Open) -> None:
    names = ["</script><script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "<!-- {{ x }}", "a\u2028b\u202ec"]
    page = open_flame(call_tree([(names, [1, 10])], packages=dict.fromkeys(names, '<b id="evil">')), over="file")
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    shown = page.evaluate(POINT_AT, [[600, row] for row in range(1, 5)])
    assert shown == [*names[:3], "a\\u2028b\\u202ec"]
    page.locator("input[type=search]").fill("<img")
    page.locator("input[type=search]").press("Enter")
    page.locator(".pb-flame-box canvas").press("Enter")
    assert not dialogs
    assert page.locator("img, #evil").count() == 0
    assert page.locator(".pb-flame-card-place").inner_text().startswith('<b id="evil">')


def test_many_small_siblings_are_counted_and_found_by_zooming(open_flame: Open) -> None:
    samples = [(["root.main", f"p.f{i:04d}"], [1, 1000 + i]) for i in range(4000)]
    page = open_flame(call_tree(samples))
    (text,) = page.evaluate(POINT_AT, [[600, 2]])
    assert text == "4,000 more, too narrow to draw"


# ---- failures, touch, twins ---------------------------------------------------------------------------------------


def test_data_that_cannot_be_read_leave_the_picture(page: Any, server: str, tmp_path: Path) -> None:
    write_page(
        tmp_path, TREE, before='globalThis.held = { then: (_, no) => no(new Error("the data file is damaged")) };'
    )
    page.goto(f"{server}/index.html")
    page.wait_for_selector(".pb-flame[data-state=error]")
    assert found(page) == "The interactive flame graph did not start: the data file is damaged."
    assert page.locator("svg.pb-flame-svg").is_visible()


def test_a_finger_reads_before_it_zooms(browser: Any, allowed_folder: Path, server: str, tmp_path: Path) -> None:
    write_page(tmp_path, TREE)
    phone = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
    with watched_page(browser, allowed_folder, device_scale_factor=2, **phone) as page:
        page.goto(f"{server}/index.html")
        page.wait_for_selector(".pb-flame[data-state=ready]")
        settle(page)
        area = page.locator(".pb-flame-box canvas").bounding_box()
        page.touchscreen.tap(area["x"] + 20, area["y"] + 28 + 14)
        name = heaviest_chain(TREE)[0]
        assert card_name(page) == name
        assert page.locator(".pb-flame-path [aria-current]").count() == 0
        page.touchscreen.tap(area["x"] + 20, area["y"] + 28 + 14)
        assert page.locator(".pb-flame-path [aria-current]").inner_text().strip() == short_name(name)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_a_small_graph_is_whole_on_a_phone(browser: Any, allowed_folder: Path, server: str, tmp_path: Path) -> None:
    write_page(tmp_path, call_tree([(["a.a", "a.b", "a.c"], [1, 10])]))
    heights = []
    for has_script in (False, True):
        with watched_page(browser, allowed_folder, java_script_enabled=has_script, **PHONE) as page:
            page.goto(f"{server}/index.html")
            page.wait_for_selector(".pb-flame[data-state=ready] canvas" if has_script else ".pb-flame-svg")
            heights.append(page.locator(".pb-flame-box" if has_script else ".pb-flame-svg").bounding_box()["height"])
    assert heights[0] == 4 * 28
    assert 0 <= heights[1] - heights[0] <= 2  # its border


def test_the_static_picture_stands_without_script(browser: Any, allowed_folder: Path, tmp_path: Path) -> None:
    write_page(tmp_path, TREE)
    with watched_page(browser, allowed_folder, java_script_enabled=False) as page:
        page.goto((tmp_path / "index.html").as_uri())
        assert page.locator("svg.pb-flame-svg").bounding_box()["width"] > 1000
        assert page.locator(f"svg.pb-flame-svg >> text={escape(short_name(heaviest_chain(TREE)[0]))}").count() >= 1


def test_booting_twice_changes_nothing(open_flame: Open) -> None:
    page = open_flame()
    page.evaluate("() => bootAgain()")
    assert page.locator(".pb-flame-box canvas").count() == 1


def test_the_browser_prints_what_python_prints(open_flame: Open) -> None:
    page = open_flame()
    cases = json.loads(format_cases.FILE.read_text(encoding="utf-8"))
    printed = page.evaluate(
        """(cases) => ({ show: cases.show.map(([value, unit]) => [value, unit, pure.show(value, unit)]),
          short: cases.short.map(([name]) => [name, pure.shortName(name)]),
          hue: cases.hue.map(([name]) => [name, pure.packageHue(name)]) })""",
        cases,
    )
    for kind in ("show", "short", "hue"):
        wrong = [(want, got) for want, got in zip(cases[kind], printed[kind], strict=True) if want[-1] != got[-1]]
        assert not wrong


def test_hidden_characters_are_spelt_as_python_spells_them(open_flame: Open) -> None:
    page = open_flame()
    texts = ["plain", "a\u202eb", "\x1b[1m", "zero\u200bwidth", "tab\tkept", "é漢😀", "\U000e0041", "\ue000"]
    assert page.evaluate("(texts) => texts.map(pure.visible)", texts) == [visible(text) for text in texts]
