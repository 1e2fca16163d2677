/**
 * The top table of a tree: rows, weights and order of `go tool pprof -top`. Pure.
 * A row is a function name; each stack counts once in its cum, however often the function recurs.
 */
import { weights } from "../data/tree.js";

/**
 * @typedef {object} TopRow
 * @property {string} name
 * @property {number} flat @property {number} cum in the unit of the sample type
 * @property {number} id a function of this name (its file and package are those of the row)
 * @property {string} [exactFlat] @property {string} [exactCum] decimal digits, where a double does not hold them
 */

const rowsKnown = new WeakMap();

/** Find which row each function belongs to, and each row's place by name: functions of one name share a row. */
export function rowsOf(tree) {
  const keys = tree.keys ?? tree.names;
  let found = rowsKnown.get(keys);
  if (!found) {
    const positions = new Map();
    const firstOf = [];
    const rowOf = Int32Array.from(keys, (key, id) => {
      if (!positions.has(key)) positions.set(key, firstOf.push(id) - 1);
      return positions.get(key);
    });
    const rank = tree.ranks ? Int32Array.from(firstOf, (id) => tree.ranks[id]) : ranks(firstOf.map((id) => tree.names[id]));
    const sorted = Int32Array.from(firstOf.keys()).sort((a, b) => rank[a] - rank[b]);
    rowsKnown.set(keys, (found = { rowOf, firstOf, rank, sorted }));
  }
  return found;
}

/** Places of names in their order; equal names have one place. */
function ranks(names) {
  const order = [...names.keys()];
  // The plain comparison is much faster, and wrong only between halves of characters past U+FFFF.
  const isPlain = !names.some((name) => /[\ud800-\udfff]/.test(name));
  const compare = isPlain ? (a, b) => (a < b ? -1 : a > b ? 1 : 0) : compareNames;
  order.sort((a, b) => compare(names[a], names[b]));
  const found = new Int32Array(names.length);
  order.forEach((row, at) => (found[row] = at && names[row] === names[order[at - 1]] ? found[order[at - 1]] : at));
  return found;
}

/**
 * Compute the table, heaviest first.
 * @param {import("../data/tree.js").Tree} tree
 * @param {{byCum?: boolean, dropNegative?: boolean}} [options]
 * @returns {TopRow[]}
 */
export function topTable(tree, type, options = {}) {
  return rankRows(tree, sumRows(tree, tree.flat[type].exact ? bigWeights(tree, type) : weights(tree, type)), options);
}

/**
 * Add a tree's weights up by row.
 * @param {{flat: Float64Array | BigInt64Array, cum: Float64Array | BigInt64Array}} own by node
 * @returns {{flat: Float64Array | BigInt64Array, cum: Float64Array | BigInt64Array}} by row
 */
export function sumRows(tree, own) {
  const { rowOf, firstOf } = rowsOf(tree);
  const flat = new own.flat.constructor(firstOf.length);
  const cum = new own.cum.constructor(firstOf.length);
  const covered = new Int32Array(firstOf.length);
  const { count, name, end } = tree;
  for (let node = 0; node < count; node++) {
    const row = rowOf[name[node]];
    flat[row] += own.flat[node];
    if (node < covered[row]) continue;
    covered[row] = end[node];
    cum[row] += own.cum[node];
  }
  return { flat, cum };
}

/** Put the rows into order. @param {object} tree its functions suffice @param {ReturnType<typeof sumRows>} sums */
export function rankRows(tree, { flat, cum }, options = {}) {
  const { firstOf } = rowsOf(tree);
  const big = flat instanceof BigInt64Array;
  return Array.from(orderRows(tree, { flat, cum }, options), (row) => {
    const shown = { name: tree.names[firstOf[row]], flat: Number(flat[row]), cum: Number(cum[row]), id: firstOf[row] };
    return big ? { ...shown, exactFlat: String(flat[row]), exactCum: String(cum[row]) } : shown;
  });
}

/** The rows with weight, heaviest first. @returns {Int32Array} */
export function orderRows(tree, { flat, cum }, { byCum, dropNegative } = {}) {
  const { rank, sorted } = rowsOf(tree);
  const [first, second] = byCum ? [cum, flat] : [flat, cum];
  const found = new Int32Array(sorted.length);
  let count = 0;
  for (const row of sorted) {
    const value = flat[row] || cum[row];
    if (value && !(dropNegative && value < 0)) found[count++] = row;
  }
  const alive = found.subarray(0, count); // by name
  if (tree.keys) alive.sort((a, b) => rank[a] - rank[b] || Number(size(second[b]) - size(second[a])));
  return heaviestFirst(alive, first);
}

const size = (value) => (value < 0 ? -value : value);

/** Put rows by weight, equal ones as they are: each stands behind all that are heavier. */
function heaviestFirst(rows, weight) {
  const sizes = new weight.constructor(rows.length);
  for (let at = 0; at < rows.length; at++) sizes[at] = -size(weight[rows[at]]);
  const sorted = sizes.slice().sort(); // without a comparison of our own: that is what takes time
  const taken = new Int32Array(rows.length);
  const order = new Int32Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    let low = 0;
    for (let high = rows.length - 1; low < high; ) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < sizes[at]) low = middle + 1;
      else high = middle;
    }
    order[low + taken[low]++] = rows[at];
  }
  return order;
}

/** Compare texts by code points, as Go compares their bytes; JavaScript itself compares halves of them. */
export function compareNames(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return place(x) - place(y);
  }
  return a.length - b.length;
}

/** Put halves of characters past U+FFFF behind all others. */
const place = (unit) => (unit < 0xd800 ? unit : unit >= 0xe000 ? unit - 0x800 : unit + 0x2000);

function bigWeights(tree, type) {
  const { at, exact } = tree.flat[type];
  const flat = new BigInt64Array(tree.count);
  for (let i = 0; i < at.length; i++) flat[at[i]] = exact[i];
  const cum = BigInt64Array.from(flat);
  for (let node = tree.count - 1; node >= 0; node--) if (tree.parent[node] >= 0) cum[tree.parent[node]] += cum[node];
  return { flat, cum };
}
