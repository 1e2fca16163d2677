/** Finding the call path that a link means by its hash. Pure. */
import { extend, hashName, NO_PATH, numberOf } from "./path_hash.js";

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
  for (const side of measured.sides) {
    for (const start of startsOf(side, key, isUp)) {
      const path = search(side.tree, start, { wanted, names, lanes, key, collapse });
      if (path) return path;
    }
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
