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
const DOTS = 0x2026; // …

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
  palette.font = style.getPropertyValue("--md-text-font-family").trim() || "sans-serif";
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

/** Give a canvas a size in pixels; its own pixels are as many as the screen has there. */
export function fit(canvas, width, height, scale) {
  const size = [width, height].map((side) => Math.round(side * scale));
  if (canvas.width === size[0] && canvas.height === size[1]) return;
  [canvas.width, canvas.height] = size;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
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
  const isPlain = scene.color === "package" && !scene.measured.signed && scene.palette.border === "transparent";
  const hatches = hatchesOf(context, scene.palette, scene.scale);
  const painter = { context, scene, ...hatches, isPlain, font: "", alpha: 1, fill: "" };
  context.globalAlpha = 1; // as the painter has it
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

/** Fill an area. There are thousands in a picture, most like the one before: what is set already is not set again. */
function fillArea(painter, area, fill, alpha) {
  const { context } = painter;
  setInk(painter, fill, alpha);
  context.fillRect(area.x, area.y, area.w, area.h);
}

function setInk(painter, fill, alpha) {
  if (painter.fill !== fill) painter.context.fillStyle = painter.fill = fill;
  if (painter.alpha !== alpha) painter.context.globalAlpha = painter.alpha = alpha;
}

const PLAIN = { hatch: "", mark: "" };

function paintBox(painter, box, isCaller) {
  const { context, scene } = painter;
  const { palette } = scene;
  const { item } = box;
  const area = place(scene, box);
  if (box.more) {
    if (box.width < 1) return; // a hatch of less than a pixel is none, and there may be thousands
    fillArea(painter, area, painter.rising, 1);
    if (box.width > 90) paintMore(painter, box, area);
    return;
  }
  const matched = isMatched(scene, box);
  const isFaded = item.key >= 0 && scene.matches && !matched;
  const hue = painter.isPlain && item.key >= 0 ? scene.dressed.hue(item.key) : null;
  const look = hue === null ? lookOf(scene, item) : PLAIN;
  const fill = matched ? "match" : hue === null ? look.fill : hue < 0 ? "neutral" : hue;
  const alpha = matched ? 1 : isFaded ? 0.35 : isCaller ? 0.55 : 1;
  fillArea(painter, area, palette[fill], alpha);
  if (look.hatch) fillArea(painter, area, painter[look.hatch], alpha);
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
    box.fitted = { font: painter.font, left, text: fitText(painter, labelOf(scene, box), area.w - left - TEXT_LEFT) };
  }
  const { text } = box.fitted;
  setInk(painter, matched ? palette["match-text"] : palette.text, isFaded ? 0.75 : 1);
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
  const { context, scene: { palette } } = painter;
  setFont(painter, null);
  const text = fitText(painter, moreText(painter.scene, box), area.w - 4 * TEXT_LEFT);
  const ground = { x: area.x + 2, y: area.y + 2, w: context.measureText(text).width + 8, h: area.h - 4 };
  fillArea(painter, ground, palette.gap, 1);
  setInk(painter, palette.soft, 1);
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
  if (item.key < 0) return `total ${measured.name}${measured.pair ? ", head − base" : ""}: ${scene.write(item.cum)}`;
  const name = dressed.short(item.key);
  return measured.signed && !measured.pair ? `${scene.write(item.cum)} ${name}` : name;
}

/** Italic for a frame inlined into its caller. */
function setFont(painter, box) {
  const style = box?.item.inlined ? "italic " : "";
  const font = `${style}12px ${painter.scene.palette.font}`;
  if (font === painter.font) return;
  painter.font = font;
  painter.context.font = font;
}

/**
 * Cut text to a width, with an ellipsis; empty when not even two letters fit. Letters are added up: to measure each name
 * costs more than to draw it, and letters that join are no wider than apart.
 */
function fitText({ context, font }, text, width) {
  if (text.length * 14 <= width) return text;
  let known = widths.get(font);
  if (!known) widths.set(font, (known = []));
  const of = (code) => (known[code] ??= context.measureText(String.fromCharCode(code)).width);
  const room = width - of(DOTS);
  let [end, at, cut] = [0, 0, 0]; // `cut`: as many letters as leave room for the dots
  while (at < text.length && end <= width) {
    end += of(text.charCodeAt(at));
    at += 1;
    if (end <= room) cut = at;
  }
  if (end <= width) return text;
  return cut > 1 ? `${text.slice(0, cut)}…` : "";
}

/** How wide letters are, by font. @type {Map<string, number[]>} */
const widths = new Map();
