/**
 * Finding frames by name in a tree. Pure. Every stack counts once: a match below a match adds nothing.
 */
import { compileRe2 } from "../filter/re2.js";
import { sideAt } from "./measure.js";

/**
 * Match every function's name here and now; a caller may have a way to do it under a time cap.
 * @param {string[]} names @param {string} text
 * @returns {Uint8Array} 1 for each function found
 * @throws {Error} with a sentence for the reader when the expression cannot be read
 */
export function matchHere(names, text) {
  if (!/[\\.+*?()|[\]{}^$]/.test(text)) return Uint8Array.from(names, (name) => (name.includes(text) ? 1 : 0));
  const expression = compileRe2(text);
  return Uint8Array.from(names, (name) => (expression.test(name) ? 1 : 0));
}

/**
 * Add up what the found functions cover.
 * @param {import("./measure.js").Measured} measured @param {Uint8Array} matches
 * @param {number[] | null} outermost filled with the matches not below another, where asked for
 * @returns {{width: number, count: number}} width in the type's unit; nodes as the tree has them
 */
export function coverage({ sides }, matches, outermost = null) {
  const found = { width: 0, count: 0 };
  for (const side of sides) addCovered(found, side, matches, outermost);
  return found;
}

function addCovered(found, { tree: { count, name, end }, width, from, counts }, matches, outermost) {
  let sum = 0;
  for (let node = 0; node < count; ) {
    if (matches[name[node]] !== 1 || width[node] <= 0) node++;
    else {
      sum += width[node];
      outermost?.push(from + node);
      node = end[node];
    }
  }
  found.width += sum;
  for (let key = 0; key < counts.length; key++) if (matches[key] === 1) found.count += counts[key];
}

/** The matches that are not below another, the widest first. @param {import("./measure.js").Measured} measured */
export function widestMatches(measured, matches) {
  const nodes = [];
  coverage(measured, matches, nodes);
  const widthOf = (node) => {
    const { width, from } = sideAt(measured, node);
    return width[node - from];
  };
  return nodes.sort((one, other) => widthOf(other) - widthOf(one) || one - other);
}
