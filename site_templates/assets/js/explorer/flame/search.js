/**
 * Finding frames by name in a tree. Pure. Every stack counts once: a match below a match adds nothing.
 */
import { compileRe2 } from "../filter/re2.js";

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
 * @returns {{width: number, count: number, outermost: number[]}} width in the type's unit; nodes as the tree has them
 */
export function coverage({ tree: { count: nodes, name, end }, width }, matches) {
  const outermost = [];
  let sum = 0;
  let count = 0;
  let covered = 0;
  for (let node = 0; node < nodes; node++) {
    if (!matches[name[node]] || width[node] <= 0) continue;
    count++;
    if (node < covered) continue;
    covered = end[node];
    sum += width[node];
    outermost.push(node);
  }
  return { width: sum, count, outermost };
}

/** Sort nodes, the widest first. */
export function widestFirst({ width }, nodes) {
  return nodes.sort((one, other) => width[other] - width[one] || one - other);
}
