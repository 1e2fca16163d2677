/**
 * Draws a layout on a canvas the size of the window onto it. Colours come from CSS (flame.css), so that light, dark and
 * forced colours are one mechanism. Hue is never the only sign: what was found has an outline, what is new, gone,
 * negative or cut has a hatch, and the card says all of it in words.
 */
import { shareText } from "../views/words.js";
import { HUES, STEPS, changeOf } from "./frame.js";

const NAMES = [
  "neutral", "total", "text", "gap", "hatch", "match", "match-text", "outline", "soft", "border",
  "own", "standard", "dependency", "runtime", "other", "same",
];
const TEXT_LEFT = 4;
const NARROWEST_TEXT = 18;

/** Read the palette in force for an element. @returns {Record<string, string>} */
export function readPalette(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(`--pb-flame-${name}`).trim() || "gray";
  const palette = Object.fromEntries(NAMES.map((name) => [name, read(name)]));
  for (let hue = 0; hue < HUES; hue++) palette[hue] = read(hue);
  for (let size = 1; size <= STEPS; size++) {
    palette[`more-${size}`] = read(`more-${size}`);
    palette[`less-${size}`] = read(`less-${size}`);
  }
  palette.font = style.getPropertyValue("--pb-flame-font").trim() || "sans-serif";
  return palette;
}

const hatches = new WeakMap();

/** Both hatches of a palette, drawn once for a scale. @returns {{scale: number, rising: CanvasPattern, falling: CanvasPattern}} */
function hatchesOf(context, palette, scale) {
  let known = hatches.get(palette);
  if (known?.scale !== scale) {
    const [rising, falling] = [1, -1].map((lean) => hatch(context, palette.hatch, scale, lean));
    hatches.set(palette, (known = { scale, rising, falling }));
  }
  return known;
}

/** A diagonal hatch in device pixels; `lean` -1 falls, 1 rises. */
function hatch(context, color, scale, lean) {
  const size = Math.round(7 * scale);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const pen = tile.getContext("2d");
  pen.strokeStyle = color;
  pen.lineWidth = scale;
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, lean > 0 ? size : 0);
    pen.lineTo(shift + size, lean > 0 ? 0 : size);
  }
  pen.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / scale));
  return pattern;
}

/**
 * What one drawing needs.
 * @typedef {object} Scene
 * @property {import("./measure.js").Measured} measured
 * @property {ReturnType<import("./frame.js").dress>} dressed
 * @property {import("./layout.js").Layout} layout
 * @property {Record<string, string>} palette
 * @property {(value: number) => string} write a value with its unit
 * @property {"package" | "origin" | "diff"} color
 * @property {number} factor what the base is multiplied by in the colours of a comparison
 * @property {Uint8Array | null} matches functions found
 * @property {import("./layout.js").Box | null} hover
 * @property {import("./layout.js").Box | null} focus
 * @property {boolean} focusVisible
 * @property {number} rowHeight
 * @property {number} scrollTop
 * @property {number} width
 * @property {number} height
 * @property {number} scale device pixels per pixel
 * @property {boolean} [isUp] boxes below are callers
 * @property {boolean} [paper] fill the ground too
 */

/** Tell whether two scenes look alike. */
export function isSame(one, other) {
  return Object.keys(one).every((name) => one[name] === other[name]);
}

/** Draw the rows that show. @param {HTMLCanvasElement} canvas @param {Scene} scene */
export function paintFlame(canvas, scene) {
  const context = canvas.getContext("2d");
  context.setTransform(scene.scale, 0, 0, scene.scale, 0, 0);
  context.clearRect(0, 0, scene.width, scene.height);
  if (scene.paper) {
    context.fillStyle = scene.palette.gap;
    context.fillRect(0, 0, scene.width, scene.height);
  }
  context.textBaseline = "middle";
  const painter = { context, scene, ...hatchesOf(context, scene.palette, scene.scale), font: "" };
  const first = Math.max(0, Math.floor(scene.scrollTop / scene.rowHeight));
  const last = Math.min(scene.layout.rows.length - 1, Math.floor((scene.scrollTop + scene.height) / scene.rowHeight));
  const above = new Set();
  for (let box = scene.layout.zoom.parent; box; box = box.parent) above.add(box);
  for (let row = first; row <= last; row++) {
    for (const box of scene.layout.rows[row]) paintBox(painter, box, above.has(box));
  }
  if (scene.layout.whole.item.key >= 0) paintOutline(painter, scene.layout.whole, true);
  for (const box of [scene.hover, scene.focusVisible ? scene.focus : null]) {
    if (box && box.row >= first && box.row <= last) paintOutline(painter, box, box === scene.focus && scene.focusVisible);
  }
}

function place(scene, box) {
  const gap = box.width > 3 ? 1 : box.width > 1.5 ? 0.5 : 0;
  return { x: box.x, y: box.row * scene.rowHeight - scene.scrollTop, w: box.width - gap, h: scene.rowHeight - 1 };
}

function paintBox(painter, box, isCaller) {
  const { context, scene } = painter;
  const { palette } = scene;
  const area = place(scene, box);
  const matched = isMatched(scene, box);
  const isFaded = box.item.key >= 0 && scene.matches && !matched;
  if (box.more) {
    context.globalAlpha = 1;
    context.fillStyle = painter.rising;
    context.fillRect(area.x, area.y, area.w, area.h);
    if (box.width > 90) paintMore(painter, box, area);
    return;
  }
  const look = lookOf(scene, box.item);
  context.globalAlpha = matched ? 1 : isFaded ? 0.35 : isCaller ? 0.55 : 1;
  context.fillStyle = matched ? palette.match : palette[look.fill];
  context.fillRect(area.x, area.y, area.w, area.h);
  if (look.hatch) {
    context.fillStyle = painter[look.hatch];
    context.fillRect(area.x, area.y, area.w, area.h);
  }
  if (palette.border !== "transparent") {
    context.strokeStyle = palette.border;
    context.lineWidth = 1;
    context.strokeRect(area.x + 0.5, area.y + 0.5, Math.max(0.5, area.w - 1), area.h - 1);
  }
  if (box.width < NARROWEST_TEXT) return;
  setFont(painter, box);
  const left = TEXT_LEFT + (look.mark ? 11 : 0);
  // A layout is drawn again and again with other colours.
  if (box.fitted?.font !== painter.font || box.fitted.left !== left) {
    box.fitted = { font: painter.font, left, text: fitText(context, labelOf(scene, box), area.w - left - TEXT_LEFT) };
  }
  const { text } = box.fitted;
  context.globalAlpha = isFaded ? 0.75 : 1;
  context.fillStyle = matched ? palette["match-text"] : palette.text;
  if (look.mark) context.fillText(look.mark, area.x + TEXT_LEFT, area.y + area.h / 2 + 0.5);
  context.fillText(text, area.x + left, area.y + area.h / 2 + 0.5);
}

/**
 * Colour, hatch and mark of a box: hatched rising for new, falling for gone or negative; + and − say which way.
 * @param {Scene} scene @param {any} item
 * @returns {{fill: string | number, hatch: "" | "rising" | "falling", mark: string}}
 */
export function lookOf(scene, item) {
  const { color, dressed, measured } = scene;
  if (color === "diff" && measured.pair) {
    const { step, fate } = changeOf(item, scene.factor);
    const fill = step === 0 ? "same" : `${step > 0 ? "more" : "less"}-${Math.abs(step)}`;
    const mark = item.key < 0 || step === 0 ? "" : step > 0 ? "+" : "−";
    return { fill, hatch: fate === "new" ? "rising" : fate === "gone" ? "falling" : "", mark };
  }
  const negative = item.cum < 0 ? "falling" : "";
  if (item.key < 0) return { fill: "total", hatch: negative, mark: "" };
  if (color === "origin") return { fill: dressed.origin(item.key), hatch: negative, mark: "" };
  const hue = dressed.hue(item.key);
  return { fill: hue < 0 ? "neutral" : hue, hatch: negative, mark: "" };
}

function paintMore(painter, box, area) {
  const { context, scene } = painter;
  setFont(painter, null);
  const text = fitText(context, moreText(scene, box), area.w - 4 * TEXT_LEFT);
  context.fillStyle = scene.palette.gap;
  context.fillRect(area.x + 2, area.y + 2, context.measureText(text).width + 8, area.h - 4);
  context.fillStyle = scene.palette.soft;
  context.fillText(text, area.x + TEXT_LEFT + 2, area.y + area.h / 2 + 0.5);
}

/** Text of a box of frames too narrow to draw. */
export function moreText(scene, box) {
  return `${box.more.toLocaleString("en-US")} more, ${shareText(box.value, scene.measured.whole)}`;
}

function paintOutline(painter, box, isFocus) {
  const { context, scene } = painter;
  const area = place(scene, box);
  context.globalAlpha = 1;
  context.strokeStyle = scene.palette.outline;
  context.lineWidth = isFocus ? 2 : 1;
  const inset = context.lineWidth / 2;
  context.strokeRect(area.x + inset, area.y + inset, Math.max(1, area.w - 2 * inset), area.h - 2 * inset);
}

/** Tell whether a search found a box. */
export function isMatched(scene, box) {
  return Boolean(scene.matches && !box.more && box.item.key >= 0 && scene.matches[box.item.key]);
}

/** Text of a box. @param {Scene} scene @param {import("./layout.js").Box} box */
export function labelOf(scene, { item }) {
  const { measured, dressed } = scene;
  const value = scene.write(item.cum);
  if (item.key < 0) return `total ${measured.name}${measured.pair ? ", head − base" : ""}: ${value}`;
  const name = dressed.short(item.key);
  return measured.signed && !measured.pair ? `${value} ${name}` : name;
}

/** Upright, bold for the total, italic for a frame inlined into its caller. */
function setFont(painter, box) {
  const style = !box ? "" : box.depth === 0 ? "600 " : box.item.inlined ? "italic " : "";
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
