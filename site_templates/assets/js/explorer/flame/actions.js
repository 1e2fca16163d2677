/**
 * What a reader can have done with a flame graph besides walking and zooming: turn it, look at one function, copy, save,
 * go elsewhere by the small picture, read it as a table. Each takes the view.
 */
import { copyText } from "../../copy.js";
import { exactName } from "../views/words.js";
import { nameOf } from "./card.js";
import { showControls } from "./controls.js";
import { boxAt } from "./layout.js";
import { pointAt } from "./minimap.js";
import { picturePng, pictureSvg, save } from "./picture.js";
import { TreeGrid } from "./treegrid.js";

/** @typedef {import("./view.js").FlameView} View */

/** The function a sandwich would be of: the selected frame's, else the one searched for. @param {View} view */
export function sandwichName(view) {
  const { item, more } = view.focusBox();
  const name = !more && item.key >= 0 ? view.measured.tree.names[item.key] : exactName(view.look.query);
  return view.measured.tree.names.includes(name) ? name : "";
}

/** Draw another direction. @param {View} view */
export function turn(view, direction) {
  if (direction === "sandwich") sandwich(view);
  else view.change({ direction, center: "", zoom: "" });
}

/** Show the selected frame's function between its callers and callees. @param {View} view */
export function sandwich(view) {
  const center = sandwichName(view) || (view.key >= 0 ? view.measured.tree.names[view.key] : "");
  if (!center) {
    showControls(view);
    view.tell("Select a frame first: the sandwich shows one function between its callers and callees.", true);
    return;
  }
  view.history = [];
  view.change({ direction: "sandwich", center, zoom: "" });
  view.focusOn(view.layout.whole);
}

/** @param {View} view */
export async function copyName(view) {
  const box = view.focusBox();
  const name = box.item.key < 0 ? nameOf(view.scene(), box) : view.measured.tree.names[box.item.key];
  view.tell((await copyText(name)) ? `Copied ${nameOf(view.scene(), box)}` : "The browser did not allow copying.");
}

function fileName(view, ending) {
  const words = [view.host.dataset.title ?? "flame", view.measured.name, view.direction].join("-");
  return `${words.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.${ending}`;
}

/** @param {View} view */
export function saveSvg(view) {
  save(new Blob([pictureSvg(view.scene())], { type: "image/svg+xml" }), fileName(view, "svg"));
}

/** @param {View} view */
export async function savePng(view) {
  save(await picturePng(view.scene()), fileName(view, "png"));
}

/** Zoom or scroll to a point of the small picture. @param {View} view @param {MouseEvent} event */
export function goThere(view, event) {
  const { row, box } = pointAt(view.small, event.offsetX, event.offsetY);
  if (view.layout.zoom.parent && box) view.zoomTo(box);
  view.scrollTo({ row });
}

/** Swap picture and table. @param {View} view @param {boolean} isGrid */
export function showGrid(view, isGrid) {
  const { tree, box, grid, canvas, minimap, legend } = view.parts;
  tree.hidden = !isGrid;
  minimap.hidden = legend.hidden = isGrid;
  box.hidden = isGrid;
  grid.setAttribute("aria-pressed", String(isGrid));
  if (isGrid) {
    view.hoverAt(null);
    fillGrid(view);
    tree.focus({ preventScroll: true });
  } else {
    showControls(view);
    view.resize();
    canvas.focus({ preventScroll: true });
  }
}

/** Fill the table anew, at the selected frame. @param {View} view */
export function fillGrid(view) {
  view.grid ??= new TreeGrid(view.parts.tree, {
    zoom: (path, side) => view.zoomBy(path, side),
    leave: () => showGrid(view, false),
  });
  const name = view.key >= 0 ? view.dressed.name(view.key) : `total ${view.measured.name}`;
  const texts = view.direction === "sandwich" ? { 1: `${name}: callees`, [-1]: `${name}: callers` } : { 1: name, [-1]: name };
  const sides = view.direction === "sandwich" ? [1, -1] : view.direction === "up" ? [-1] : [1];
  const roots = sides.map((side) => ({ partition: view.parted(side), side: view.direction === "up" ? 1 : side, text: texts[side] }));
  view.grid.fill(roots, view.scene(), view.focus);
}

/** Show a frame wherever it is: zoom to it when it is not drawn. @param {View} view */
export function reach(view, path, side) {
  if (boxAt(view.layout, path, side).missed) view.zoomBy(path, side);
  view.focusOn(boxAt(view.layout, path, side).box);
}
