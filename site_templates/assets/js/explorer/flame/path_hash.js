/**
 * A call path's name by content: 53 bits from the function names on it, written in base 36. The same path has the same
 * hash in any run, so a link carries over. Pure.
 */

/** @typedef {{a: number, b: number}} Lanes two 32-bit lanes of a path hash */

/** The empty path. */
export const NO_PATH = Object.freeze({ a: 0, b: 0 });

/** Hash one name: FNV-1a and a second lane of its own. @param {string} name @returns {Lanes} */
export function hashName(name) {
  let a = 0x811c9dc5;
  let b = 0x1b873593;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b) + 0x9e3779b1;
  }
  return { a: a | 0, b: b | 0 };
}

/** The hash of a path one name longer. @param {Lanes} path @param {Lanes} name @returns {Lanes} */
export function extend(path, name) {
  const a = Math.imul(path.a ^ (path.a >>> 15) ^ name.a, 0x2c1b3c6d);
  const b = Math.imul(path.b ^ (path.b >>> 13) ^ name.b, 0x297a2d39);
  return { a: (a + 0x165667b1) | 0, b: (b + 0x27d4eb2f) | 0 };
}

/** A path hash as a number, at most 2^53 - 1. */
export function numberOf(a, b) {
  return (a >>> 0) * 0x200000 + (b >>> 11);
}

/** Hash the names from the outermost caller to the last callee. @param {string[]} names @returns {string} at most 11 letters and digits */
export function hashNames(names) {
  const path = names.reduce((above, name) => extend(above, hashName(name)), NO_PATH);
  return numberOf(path.a, path.b).toString(36);
}
