/**
 * Draws a layout on a canvas the size of the window onto it. Colours come from CSS (flame.css), so that light, dark and
 * forced colours are one mechanism.
 */
import { show } from "./format.js";
import { HUES } from "./flame_tree.js";

const NAMES = ["neutral", "total", "text", "gap", "hatch", "match", "match-text", "outline", "soft", "border"];
const TEXT_LEFT = 4;
const NARROWEST_TEXT = 18;

/** Read the palette in force for an element. @returns {Record<string, string>} */
export function readPalette(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(`--pb-flame-${name}`).trim() || "gray";
  const palette = Object.fromEntries(NAMES.map((name) => [name, read(name)]));
  for (let hue = 0; hue < HUES; hue++) palette[hue] = read(hue);
  palette.font = style.getPropertyValue("--pb-flame-font").trim() || "sans-serif";
  return palette;
}

/** A diagonal hatch in device pixels. */
function hatch(context, color, scale) {
  const size = Math.round(7 * scale);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const pen = tile.getContext("2d");
  pen.strokeStyle = color;
  pen.lineWidth = scale;
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / scale));
  return pattern;
}

/**
 * What one drawing needs: `tree`, `weights`, `layout`, `palette`, `matches` (frames found, or null), `hover` (box),
 * `focus` (node), `focusVisible`, `rowHeight`, `scrollTop`, `width`, `height`, `scale` (device pixels per pixel).
 * @typedef {Record<string, any>} Scene
 */

/** Draw the rows that show. @param {HTMLCanvasElement} canvas @param {Scene} scene */
export function paintFlame(canvas, scene) {
  const context = canvas.getContext("2d");
  context.setTransform(scene.scale, 0, 0, scene.scale, 0, 0);
  context.clearRect(0, 0, scene.width, scene.height);
  context.textBaseline = "middle";
  const painter = { context, scene, hatch: hatch(context, scene.palette.hatch, scene.scale), font: "" };
  const first = Math.floor(scene.scrollTop / scene.rowHeight);
  const last = Math.min(scene.layout.rows.length - 1, Math.floor((scene.scrollTop + scene.height) / scene.rowHeight));
  for (let row = first; row <= last; row++) {
    for (const box of scene.layout.rows[row]) paintBox(painter, box);
  }
  for (let row = first; row <= last; row++) {
    for (const box of scene.layout.rows[row]) paintOutline(painter, box);
  }
}

function place(scene, box) {
  const gap = box.width > 3 ? 1 : box.width > 1.5 ? 0.5 : 0;
  return { x: box.x, y: box.row * scene.rowHeight - scene.scrollTop, w: box.width - gap, h: scene.rowHeight - 1 };
}

function paintBox(painter, box) {
  const { context, scene } = painter;
  const { palette } = scene;
  const area = place(scene, box);
  const matched = isMatched(scene, box);
  const isCaller = box.row < scene.tree.depth[scene.layout.zoom];
  const isFaded = box.node !== 0 && scene.matches && !matched;
  if (box.more) {
    context.globalAlpha = 1;
    context.fillStyle = painter.hatch;
    context.fillRect(area.x, area.y, area.w, area.h);
    if (box.width > 90) paintMore(painter, box, area);
    return;
  }
  context.globalAlpha = matched ? 1 : isFaded ? 0.35 : isCaller ? 0.55 : 1;
  context.fillStyle = matched ? palette.match : fillOf(scene, box.node);
  context.fillRect(area.x, area.y, area.w, area.h);
  if (scene.weights.cum[box.node] < 0) {
    context.fillStyle = painter.hatch;
    context.fillRect(area.x, area.y, area.w, area.h);
  }
  if (palette.border !== "transparent") {
    context.strokeStyle = palette.border;
    context.lineWidth = 1;
    context.strokeRect(area.x + 0.5, area.y + 0.5, Math.max(0.5, area.w - 1), area.h - 1);
  }
  if (box.width < NARROWEST_TEXT) return;
  setFont(painter, box.node);
  const text = fitText(context, labelOf(scene, box.node), area.w - 2 * TEXT_LEFT);
  context.globalAlpha = isFaded ? 0.75 : 1;
  context.fillStyle = matched ? palette["match-text"] : palette.text;
  context.fillText(text, area.x + TEXT_LEFT, area.y + area.h / 2 + 0.5);
}

function paintMore(painter, box, area) {
  const { context, scene } = painter;
  const share = show(box.value / scene.weights.total, "ratio");
  setFont(painter, -1);
  const text = fitText(context, `${box.more.toLocaleString("en-US")} more, ${share}`, area.w - 4 * TEXT_LEFT);
  context.fillStyle = scene.palette.gap;
  context.fillRect(area.x + 2, area.y + 2, context.measureText(text).width + 8, area.h - 4);
  context.fillStyle = scene.palette.soft;
  context.fillText(text, area.x + TEXT_LEFT + 2, area.y + area.h / 2 + 0.5);
}

function paintOutline(painter, box) {
  const { context, scene } = painter;
  const isFocus = scene.focusVisible && !box.more && box.node === scene.focus;
  const isHover = scene.hover && scene.hover.node === box.node && scene.hover.more === box.more;
  if (!isFocus && !isHover) return;
  const area = place(scene, box);
  context.globalAlpha = 1;
  context.strokeStyle = scene.palette.outline;
  context.lineWidth = isFocus ? 2 : 1;
  const inset = context.lineWidth / 2;
  context.strokeRect(area.x + inset, area.y + inset, Math.max(1, area.w - 2 * inset), area.h - 2 * inset);
}

function isMatched(scene, box) {
  return Boolean(scene.matches && !box.more && box.node > 0 && scene.matches[scene.tree.frame[box.node]]);
}

function fillOf(scene, node) {
  if (node === 0) return scene.palette.total;
  const hue = scene.tree.hues[scene.tree.frame[node]];
  return hue < 0 ? scene.palette.neutral : scene.palette[hue];
}

/** Text of a box. @param {Scene} scene @param {number} node */
export function labelOf(scene, node) {
  const { tree, weights } = scene;
  if (node === 0) return `total ${weights.name}: ${show(weights.cum[0], weights.unit)}`;
  const name = tree.shortNames[tree.frame[node]];
  return weights.signed ? `${show(weights.cum[node], weights.unit)} ${name}` : name;
}

/** Upright, bold for the total, italic for a frame inlined into its caller. */
function setFont(painter, node) {
  const style = node === 0 ? "600 " : node > 0 && painter.scene.tree.inlined[node] ? "italic " : "";
  const font = `${style}12px ${painter.scene.palette.font}`;
  if (font === painter.font) return;
  painter.font = font;
  painter.context.font = font;
}

/** Cut text to a width, with an ellipsis; empty when not even two letters fit. */
function fitText(context, text, width) {
  if (text.length * 14 <= width) return text;
  const full = context.measureText(text.slice(0, 400)).width;
  if (text.length <= 400 && full <= width) return text;
  let length = Math.floor((Math.min(text.length, 400) * width) / full);
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > width) length--;
  return length > 1 ? `${text.slice(0, length)}…` : "";
}
