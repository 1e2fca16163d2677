/**
 * What is said about one box: in the card beside the pointer and, as a sentence, to screen readers.
 * Profile text enters the page as text nodes only.
 */
import { childrenOf } from "./layout.js";
import { made as make } from "../../made.js";
import { moreText } from "./paint.js";
import { shareText } from "../views/words.js";

/** Full name of a box. @param {import("./paint.js").Scene} scene */
export function nameOf(scene, box) {
  if (box.more) return `${box.more.toLocaleString("en-US")} more, too narrow to draw`;
  return box.item.key < 0 ? `total ${scene.measured.name}` : scene.dressed.name(box.item.key);
}

/** Tell a change in words; the sign is head − base. */
export function changeText({ base, head }, write) {
  const delta = head - base;
  if (delta === 0) return "unchanged";
  const size = `${delta > 0 ? "+" : "−"}${write(Math.abs(delta))}`;
  if (base === 0) return `${size}, new: only in head`;
  if (head === 0) return `${size}, gone: only in base`;
  return `${size}, head costs ${delta > 0 ? "more" : "less"}`;
}

/** One sentence about a box, for the live region. */
export function sentenceOf(scene, box) {
  const { measured, layout } = scene;
  if (box.more) return `${moreText(scene, box)} of ${wholeText(measured)}. Zoom in to see them.`;
  const children = childrenOf(layout, box, box.side).reduce((sum, child) => sum + (child.more || 1), 0);
  return [
    nameOf(scene, box),
    measured.pair ? changeText(box.item, scene.write) : "",
    `${scene.write(box.item.cum)}, ${shareText(box.item.cum, measured.total)} of total`,
    box.parent ? `${shareText(box.item.cum, box.parent.item.cum)} of parent` : "",
    measured.pair ? "" : `self ${shareText(box.item.flat, measured.total)}`,
    box.item.inlined ? "inlined" : "",
    `depth ${box.depth}`,
    children === 1 ? "1 child" : `${children.toLocaleString("en-US")} children`,
  ].filter(Boolean).join(", ");
}

/** Fill the card for a box; a finger is told how to go on. */
function fillCard(card, scene, box, isTouch = false) {
  const { measured } = scene;
  if (box.more) {
    const value = measured.pair ? "" : `${scene.write(box.value)}, `;
    const part = `${value}${shareText(box.value, measured.whole)} of ${wholeText(measured)}. Zoom in to see them.`;
    card.replaceChildren(make("p", { className: "pb-flame-card-name" }, nameOf(scene, box)), make("p", {}, part));
    return;
  }
  card.replaceChildren(
    make("p", { className: "pb-flame-card-name" }, nameOf(scene, box)),
    make("p", { className: "pb-flame-card-place" }, placeOf(scene, box)),
    ...(measured.pair ? [make("p", {}, changeText(box.item, scene.write))] : []),
    figures(scene, box),
    ...(isTouch ? [make("p", { className: "pb-flame-card-place" }, "Tap again to zoom in.")] : []),
  );
}

const wholeText = ({ pair }) => (pair ? "what both weigh together" : "total");

function placeOf({ measured: { tree } }, { item }) {
  if (item.key < 0) return "";
  const places = [tree.packages[tree.packageOf[item.key]], tree.files[tree.fileOf[item.key]]];
  if (item.inlined) places.push("inlined into its caller");
  return places.filter(Boolean).join(" · ");
}

/** The figures of a box: its values, and what part they are of the total, the parent and the zoomed frame. */
function figures(scene, box) {
  const { measured, layout } = scene;
  const parent = box.parent?.item;
  const zoom = layout.zoom.parent && box !== layout.zoom && box.depth > layout.zoom.depth ? layout.zoom.item : null;
  const row = (label, value, field) => make("tr", {},
    make("th", { scope: "row" }, label),
    make("td", {}, scene.write(value)),
    make("td", {}, shareText(value, measured.total)),
    make("td", {}, parent ? shareText(value, parent[field]) : "–"),
    ...(zoom ? [make("td", {}, shareText(value, zoom[field]))] : []));
  const { item } = box;
  const rows = measured.pair ? [row("base", item.base, "base"), row("head", item.head, "head")]
    : box.side < 0 || scene.isUp ? [row("through here", item.cum, "cum")]
      : [row("cum", item.cum, "cum"), row("flat", item.flat, "cum")];
  if (item.key < 0 && measured.stackless > 0) rows.push(row("without a stack", measured.stackless, "cum"));
  const titles = ["", measured.name, "of total", "of parent", ...(zoom ? ["of zoomed frame"] : [])];
  const head = make("tr", {}, ...titles.map((text) => make("th", { scope: "col" }, text)));
  return make("table", { className: "pb-flame-figures" }, make("thead", {}, head), make("tbody", {}, ...rows));
}

/** Fill the card for what is pointed at, once for each frame. @param {import("./view.js").FlameView} view */
export function showCard(view) {
  const { hover, pointed, parts: { card } } = view;
  view.pointed = null;
  if (card.hidden || view.told !== hover) fillCard(card, view, hover, view.touched);
  view.told = hover;
  placeCard(card, pointed.x, pointed.y);
}

/** Put the card near a point and inside the window. */
function placeCard(card, x, y) {
  card.hidden = false;
  const { width, height } = card.getBoundingClientRect();
  const left = Math.min(x + 14, innerWidth - width - 8);
  const below = y + 18 + height < innerHeight - 8;
  card.style.left = `${Math.max(8, left)}px`;
  card.style.top = `${Math.max(8, below ? y + 18 : y - height - 12)}px`;
}
