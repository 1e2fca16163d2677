"""A page with one flame graph, for tests: its controls and words, and the pure modules behind it as ``pure``."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.model.calltree import CallTree
from pipeline.model.pfv import pack
from pipeline.render.flame import flame_svg
from pipeline.site.assets import link_modules, read_modules
from tests.trees import call_tree, random_samples

ASSETS = Path(__file__).parents[2] / "site_templates" / "assets"
KEY = "0123456789abcdef" * 4
SAMPLES = random_samples(5, 120, depth=9)
TREE = call_tree(SAMPLES, inlined=frozenset({"example.com/pkg1.f1"}))
ENTRY = """import { show } from "./format.js";
import { Callees } from "./explorer/flame/callees.js";
import { Callers } from "./explorer/flame/callers.js";
import { packageHue, shortName, visible } from "./explorer/flame/frame.js";
import { layOut, layOutSandwich, pathOf } from "./explorer/flame/layout.js";
import { measure } from "./explorer/flame/measure.js";
import { findPath } from "./explorer/flame/find_path.js";
import { hashNames } from "./explorer/flame/path_hash.js";
import { coverage, matchHere } from "./explorer/flame/search.js";
import { decodePfv } from "./explorer/data/pfv.js";
import { weights } from "./explorer/data/tree.js";
import {} from "./explorer/flame/tools.js";
import { bootFlames } from "./explorer/flame/boot.js";
import { renderFlame } from "./explorer/flame/view.js";
import { pairTrees, pairWeights } from "./explorer/shell/pair.js";
const read = (text) => decodePfv(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
const load = async () => {
  await globalThis.held;
  return (globalThis.tree = await read(globalThis.payload));
};
globalThis.showPair = async (host, head, base) => {
  const tree = pairTrees(await read(head), await read(base));
  let state = { direction: "down", center: "", collapse: false, color: "", zoom: "", query: "", scale: "absolute" };
  const type = tree.defaultType;
  const draw = () => renderFlame(host, { tree, weights: pairWeights(tree, type), state, dispatch });
  const dispatch = (change) => { state = { ...state, ...change }; draw(); };
  draw();
};
globalThis.showAlone = async (host, matchNames) => showTree(host, await read(globalThis.payload), matchNames);
globalThis.showTree = (host, tree, matchNames) => {
  let state = { direction: "down", center: "", collapse: false, color: "", zoom: "", query: "", scale: "absolute" };
  const draw = () => renderFlame(host, { tree, weights: weights(tree, tree.defaultType), state, dispatch, matchNames });
  const dispatch = (change) => { state = { ...state, ...change }; draw(); };
  draw();
};
globalThis.bootAgain = () => bootFlames(document, () => ({ tree: load }));
globalThis.pure = {
  show, shortName, packageHue, visible, coverage, matchHere, Callers, Callees, layOut, layOutSandwich, pathOf,
  findPath, hashNames,
  measured: () => measure(globalThis.tree, weights(globalThis.tree, globalThis.tree.defaultType)),
};
bootAgain();
"""


def classic_script() -> str:
    """Link the modules as the site does."""
    return link_modules({**read_modules(ASSETS / "js"), "entry.js": ENTRY}, "entry.js")


def payload(tree: CallTree) -> str:
    return base64.b64encode(pack(tree)).decode("ascii")


def write_page(folder: Path, tree: CallTree, *, type_index: int | None = None, before: str = "") -> None:
    """Write a page that holds a still picture, and beside it the profile."""
    shown = tree.default_index if type_index is None else type_index
    sheets = [(ASSETS / "css" / name).read_text("utf-8") for name in ("flame.css", "flame_still.css")]
    (folder / "flame.css").write_text("".join(sheets), encoding="utf-8")
    (folder / "classic.js").write_text(classic_script(), encoding="utf-8")
    (folder / "data.js").write_text(f'globalThis.payload = "{payload(tree)}";{before}', encoding="utf-8")
    (folder / "index.html").write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>flame</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="flame.css"></head><body data-md-color-scheme="default"><main><h1>Flame</h1>'
        f'<div class="pb-flame" data-src="data.js" data-key="{KEY}" data-type="{shown}" data-title="CPU">'
        f'{flame_svg(tree, shown)}</div></main><script src="data.js"></script><script src="classic.js"></script>',
        encoding="utf-8",
    )


Open = Callable[..., Any]


@pytest.fixture
def open_flame(page: Any, server: str, tmp_path: Path) -> Open:
    """Write a page for a tree, open it and wait until the canvas is in charge."""

    def opened(tree: CallTree = TREE, *, over: str = "http", hash_: str = "", **how: Any) -> Any:
        write_page(tmp_path, tree, **how)
        address = f"{server}/index.html" if over == "http" else (tmp_path / "index.html").as_uri()
        page.goto(address + hash_)
        page.wait_for_selector(".pb-flame[data-state=ready]")
        settle(page)
        return page

    return opened


def settle(page: Any) -> None:
    """Wait for two frames: what was asked for is then drawn."""
    page.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")


def colors(page: Any) -> int:
    """Count the distinct colours on the canvas."""
    return page.evaluate(
        """() => { const c = document.querySelector(".pb-flame-box canvas");
        const pixels = new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer);
        return new Set(pixels).size; }"""
    )


def spoken(page: Any) -> str:
    return page.locator(".pb-flame-spoken").text_content()


def found(page: Any) -> str:
    return page.locator(".pb-flame-found").text_content()


def tools(page: Any) -> Any:
    """Open the rarely used controls."""
    page.evaluate("() => { document.querySelector('.pb-flame-tools').open = true; }")
    return page.locator(".pb-flame-tools")


def card_name(page: Any) -> str:
    settle(page)
    return page.locator(".pb-flame-card-name").text_content()


def layout(tree: CallTree, type_index: int, width: float) -> Iterator[tuple[str, int, float, float]]:
    """Work out boxes on our own: name, row, x and width in pixels of every frame, widest sibling first."""
    cum = tree.cum[type_index].tolist()
    scale = width / tree.totals[type_index]
    children: dict[int, list[int]] = {}
    for node, parent in enumerate(tree.parent.tolist()):
        children.setdefault(parent, []).append(node)
    pending = [(-1, 0, 0.0)]
    while pending:
        parent, row, x = pending.pop()
        for node in sorted(children.get(parent, []), key=lambda child: (-cum[child], child)):
            yield tree.frames.name[tree.frame[node]], row + 1, x, cum[node] * scale
            pending.append((node, row + 1, x))
            x += cum[node] * scale


POINT_AT = """async (points) => {
  const canvas = document.querySelector(".pb-flame-box canvas"), box = document.querySelector(".pb-flame-box");
  const frame = () => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  const names = [];
  for (const [x, row] of points) {
    const before = box.scrollTop;
    box.scrollTop = Math.max(0, row * 20 - 100);
    if (box.scrollTop !== before) await frame(); // scrolling takes the card away
    const area = canvas.getBoundingClientRect();
    const clientX = area.left + x, clientY = area.top + row * 20 + 10 - box.scrollTop;
    canvas.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY, pointerType: "mouse", bubbles: true }));
    await frame(); // the card comes with a frame
    names.push(document.querySelector(".pb-flame-card").hidden ? null
      : document.querySelector(".pb-flame-card-name").textContent);
  }
  return names;
}"""


def heaviest_chain(tree: CallTree) -> list[str]:
    """Names from the heaviest root down: node 0 and each first child, as nodes are in depth-first order."""
    chain, parents = [0], tree.parent.tolist()
    while chain[-1] + 1 < len(parents) and parents[chain[-1] + 1] == chain[-1]:
        chain.append(chain[-1] + 1)
    return [tree.frames.name[tree.frame[node]] for node in chain]
