/**
 * How a function is called and coloured in the picture. Pure; short names and package hues follow the same formulas
 * as pipeline/render/flame.py, so the canvas looks like the still picture it replaces.
 */
import { tools } from "./later.js";

export const HUES = 12;
/** Steps of the scale for changes, on each side of "the same". */
export const STEPS = 4;

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** Spell out the characters a reader cannot see. Twin of `visible` in pipeline/render/encode.py. */
export function visible(text) {
  if (/^[ -~]*$/.test(text)) return text;
  return text.replace(HIDDEN, (char) => {
    if (char === "\n" || char === "\t") return char;
    const code = char.codePointAt(0);
    const [sign, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${sign}${code.toString(16).padStart(digits, "0")}`;
  });
}

/** Drop the import path's folders: `net/http.(*conn).serve` is `http.(*conn).serve`. */
export function shortName(name) {
  const stops = ["[", "(", "{", "<", " "].map((sign) => name.indexOf(sign)).filter((at) => at >= 0);
  const stop = stops.length ? Math.min(...stops) : name.length;
  return name.slice(name.slice(0, stop).lastIndexOf("/") + 1) || name;
}

/** Pick a colour by the package's FNV-1a hash; -1 (neutral) for the runtime and unknown packages. */
export function packageHue(name) {
  if (name === "" || /^(internal\/)?runtime(\/|$)/.test(name)) return -1;
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) state = Math.imul(state ^ byte, 0x01000193);
  return ((state ^ (state >>> 16)) >>> 0) % HUES;
}

/**
 * How much a box changed from base to head, as a step from -STEPS (much less) to STEPS (much more).
 * "new" and "gone" are told apart from mere growth.
 * @param {{base: number, head: number}} item @param {number} factor what base is multiplied by to be comparable
 * @returns {{step: number, fate: "" | "new" | "gone"}}
 */
export function changeOf(item, factor = 1) {
  const base = item.base * factor;
  const { head } = item;
  const largest = Math.max(Math.abs(base), Math.abs(head));
  if (largest === 0) return { step: 0, fate: "" };
  const change = (head - base) / largest;
  const size = Math.min(STEPS, Math.ceil(Math.abs(change) * STEPS - 0.1));
  return { step: Math.sign(change) * Math.max(0, size) || 0, fate: base === 0 ? "new" : head === 0 ? "gone" : "" };
}

const dressed = new WeakMap();

/** Work out something for a function when it is first asked for. */
function remembered(make) {
  const known = [];
  return (key) => (known[key] ??= make(key));
}

/**
 * What is drawn for the functions of a tree: names made visible, short ones, colours; once for each tree, when asked for.
 * @param {import("../data/tree.js").Tree} tree
 * @returns {{name(key: number): string, short(key: number): string, hue(key: number): number, origin(key: number): string}}
 */
export function dress(tree) {
  let found = dressed.get(tree);
  if (!found) {
    const name = remembered((key) => visible(tree.names[key]));
    const hue = remembered((at) => packageHue(visible(tree.packages[at])));
    found = {
      name,
      short: remembered((key) => shortName(name(key))),
      hue: (key) => hue(tree.packageOf[key]),
      origin: (key) => tools.originsOf(tree)[tree.packageOf[key]],
    };
    dressed.set(tree, found);
  }
  return found;
}
