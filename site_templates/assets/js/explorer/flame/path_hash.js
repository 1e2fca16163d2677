/**
 * A call path's name by content: 53 bits from the function names on it, written in base 36. The same path has the same
 * hash in any run, so a link carries over. Pure.
 */

/** @typedef {{a: number, b: number}} Lanes two 32-bit lanes of a path hash */

/** The empty path. */
const NO_PATH = Object.freeze({ a: 0, b: 0 });

/** Hash one name: FNV-1a and a second lane of its own. @param {string} name @returns {Lanes} */
function hashName(name) {
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
function extend(path, name) {
  const a = Math.imul(path.a ^ (path.a >>> 15) ^ name.a, 0x2c1b3c6d);
  const b = Math.imul(path.b ^ (path.b >>> 13) ^ name.b, 0x297a2d39);
  return { a: (a + 0x165667b1) | 0, b: (b + 0x27d4eb2f) | 0 };
}

/** A path hash as a number, at most 2^53 - 1. */
function numberOf(a, b) {
  return (a >>> 0) * 0x200000 + (b >>> 11);
}

/** Hash the names from the outermost caller to the last callee. @param {string[]} names @returns {string} at most 11 letters and digits */
export function hashNames(names) {
  const path = names.reduce((above, name) => extend(above, hashName(name)), NO_PATH);
  return numberOf(path.a, path.b).toString(36);
}

/**
 * Find the call path with a hash: downwards from the roots (or from a function), or upwards from what spends
 * (or from a function). Recursion counts once where it is drawn as one box.
 * @param {import("./measure.js").Measured} measured @param {string} hash
 * @param {{isUp?: boolean, key?: number, collapse?: boolean}} how
 * @returns {number[] | null} function ids; null if this profile has no such path
 */
export function findPath(measured, hash, { isUp = false, key = -1, collapse = false } = {}) {
  const names = measured.tree.names.map(hashName);
  const wanted = parseInt(hash, 36);
  const search = isUp ? pathUp : pathDown;
  const lanes = { a: new Int32Array(256), b: new Int32Array(256) };
  for (const start of startsOf(measured, key, isUp)) {
    const path = search(measured.tree, start, { wanted, names, lanes, key, collapse });
    if (path) return path;
  }
  return null;
}

function startsOf({ tree, ownWidth }, key, isUp) {
  const starts = [];
  for (let node = 0; node < tree.count; ) {
    const isStart = key >= 0 ? tree.name[node] === key : !isUp || ownWidth[node] > 0;
    if (isStart) starts.push(node);
    node = isStart && (key >= 0 || !isUp) ? tree.end[node] : node + 1;
  }
  return starts;
}

/** Tell whether a node is drawn in its parent's box. */
function isFolded(tree, node, start, key, collapse) {
  if (node === start) return key >= 0;
  return collapse && tree.name[node] === tree.name[tree.parent[node]];
}

function pathDown(tree, start, { wanted, names, lanes, key, collapse }) {
  const floor = tree.depth[start] - 1;
  for (let node = start; node < tree.end[start]; node++) {
    const depth = tree.depth[node] - floor; // 0 is the empty path
    if (depth >= lanes.a.length) grow(lanes);
    const above = { a: lanes.a[depth - 1], b: lanes.b[depth - 1] };
    const folded = isFolded(tree, node, start, key, collapse);
    const { a, b } = folded ? above : extend(above, names[tree.name[node]]);
    lanes.a[depth] = a;
    lanes.b[depth] = b;
    if (!folded && numberOf(a, b) === wanted) return keysDown(tree, node, start, key, collapse);
  }
  return null;
}

function grow(lanes) {
  for (const lane of ["a", "b"]) {
    const longer = new Int32Array(lanes[lane].length * 2);
    longer.set(lanes[lane]);
    lanes[lane] = longer;
  }
}

function keysDown(tree, last, start, key, collapse) {
  const keys = [];
  for (let node = last; node >= start; node = tree.parent[node]) {
    if (!isFolded(tree, node, start, key, collapse)) keys.push(tree.name[node]);
    if (node === start) break;
  }
  return keys.reverse();
}

function pathUp(tree, start, { wanted, names, key, collapse }) {
  let path = NO_PATH;
  let before = -1;
  const keys = [];
  for (let node = start; node >= 0; node = tree.parent[node]) {
    const name = tree.name[node];
    const isSame = collapse && name === before;
    before = name;
    if ((key >= 0 && node === start) || isSame) continue;
    path = extend(path, names[name]);
    keys.push(name);
    if (numberOf(path.a, path.b) === wanted) return keys;
  }
  return null;
}
