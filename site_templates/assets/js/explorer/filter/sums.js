/**
 * The top table under filters a call tree can answer alone, added up by function without making the filtered tree: what
 * `topTable` gives of `filterTree`, in two passes; of a pair, of each side. Pure; pprof's semantics.
 */
import { pairFunctions, sumOf } from "../shell/pair.js";
import { whenIdle } from "../data/next_task.js";
import { withoutNodes } from "../data/tree.js";
import { isFiltering, isQuick, NAME_FILTERS, needsSamples } from "./options.js";
import { markFunctions } from "./plain.js";
import { orderRows, rowsOf } from "./top.js";

/**
 * Tell whether two trees can be compared as they are: only samples tell the totals of signed profiles and the names of
 * some functions, and values in other units have to be converted first.
 */
export function canPair(head, base) {
  const isOther = ({ type, unit }) => base.types.some((one) => one.type === type && one.unit !== unit);
  return ![head, base].some((one) => one.hasNameless || one.hasNegative) && !head.types.some(isOther);
}

/**
 * Add up what a top table shows.
 * @param {import("../data/tree.js").Tree} whole @param {import("../data/tree.js").Tree | null} base of a comparison
 * @param {import("./options.js").FilterOptions} filters
 * @param {{type: string, known: boolean}} how the sample type by name; `known`: the page has the whole tree
 * @returns {{tree: object, sums: object, ranked?: object, kept: number | object, signed: boolean, warnings: string[]} | null}
 *   `tree` has no nodes; of a comparison all is for `head` and `base`, by the functions of both; null: this cannot tell
 */
export function tableSums(whole, base, filters, { type: name, known }) {
  if (needsSamples(filters) || whole.hasNameless || (base && !canPair(whole, base))) return null;
  const found = whole.types.findIndex((one) => one.type === name);
  const type = found < 0 ? whole.defaultType : found;
  if (whole.flat[type].exact) return null;
  if (base) return pairSums(whole, base, filters, type);
  const { flat, cum, ...rest } = filteredSums(whole, type, filters);
  const sums = { flat, cum };
  return { tree: known ? {} : withoutNodes(whole), sums, ranked: ranked(whole, sums), ...rest };
}

/** The rows in their order, and what a table says of all of them: so it only makes the rows that are in view. */
function ranked(tree, sums) {
  const largest = (column) => column.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
  return { rows: orderRows(tree, sums), sum: sumOf(sums.flat), flat: largest(sums.flat), cum: largest(sums.cum) };
}

const SMALL = 20_000; // nodes, texts
const LONG = 500; // characters of a name

/**
 * The same of a small tree, with expressions that need no time cap, here and now: the way to the worker and back takes
 * longer. null where it has to be taken.
 */
export function quickSums(whole, filters, type) {
  if (!isFiltering(filters) || !isSmall(whole)) return null;
  if (!NAME_FILTERS.every((name) => isQuick(filters[name] ?? ""))) return null;
  const found = tableSums(whole, null, filters, { type, known: false });
  return found && { ...found, tree: { ...found.tree, warnings: found.warnings } };
}

const sizes = new WeakMap();

/** Tell whether a tree, if there is one, is so small that no filter by name takes long. */
export function isSmall(whole) {
  if (!whole) return false;
  if (!sizes.has(whole)) {
    const texts = [whole.names, whole.files, whole.mappings].flat();
    sizes.set(whole, whole.count < SMALL && texts.length < SMALL && texts.every((text) => text.length <= LONG));
  }
  return sizes.get(whole);
}

const TIMES = 4;
const PART = 10_000; // nodes
const rehearsed = new WeakSet();

/**
 * Filter a part of a tree a few times for nobody, when there is time: browsers make a loop fast while it runs, and what
 * is known of the functions is then known. Some samples stay and some do not, so that every way through a loop is gone.
 */
export function rehearseSums(whole) {
  if (!whole?.count || rehearsed.has(whole)) return;
  rehearsed.add(whole);
  const part = { ...whole, count: Math.min(PART, whole.count) };
  const leaf = whole.names[part.name[part.count - 1]].slice(0, LONG).replace(/\W/g, ".");
  const filters = [{ focus: ".", ignore: leaf }, { focus: leaf }, { focus: ".", hide: leaf }];
  const acts = filters.map((one) => () => tableSums(part, null, one, { type: "", known: true }));
  whenIdle(Array(TIMES).fill(acts).flat());
}

function pairSums(head, base, filters, type) {
  const { table, types, ...ids } = pairFunctions(head, base);
  const other = types[type];
  if (base.flat[other]?.exact) return null;
  const ours = filteredSums(head, type, filters);
  const theirs = other < 0 ? null : filteredSums(base, other, filters);
  const count = table.names.length;
  return {
    tree: table,
    sums: { head: spreadRows(head, ours, ids.head, count), base: spreadRows(base, theirs, ids.base, count) },
    kept: { head: ours.kept, base: theirs?.kept ?? 0 },
    signed: false,
    // A filter that matches on one side matches.
    warnings: ours.warnings.filter((text) => !theirs || theirs.warnings.includes(text)),
  };
}

/** Sums of one side, by the functions both have. */
function spreadRows(tree, sums, ids, count) {
  const found = { flat: new Float64Array(count), cum: new Float64Array(count) };
  if (!sums) return found;
  rowsOf(tree).firstOf.forEach((id, row) => {
    found.flat[ids[id]] = sums.flat[row];
    found.cum[ids[id]] = sums.cum[row];
  });
  return found;
}

/**
 * @typedef {object} Sums
 * @property {Float64Array} flat by row (`rowsOf`) @property {Float64Array} cum by row
 * @property {number} kept sum of the samples left @property {boolean} signed some of them is negative
 * @property {string[]} warnings
 */

const FOCUSED = 1;
const IGNORED = 2;
const HIDDEN = 4;

/**
 * Add one sample type up by row. Its values must be exact as doubles.
 * @param {import("../data/tree.js").Tree} tree @param {import("./options.js").FilterOptions} options
 * @returns {Sums}
 */
export function filteredSums(tree, type, options) {
  const { warnings, ...marks } = markFunctions(tree, options);
  const bits = bitsOf(tree.names.length, marks);
  const { rowOf, firstOf } = rowsOf(tree);
  const found = { flat: new Float64Array(firstOf.length), cum: new Float64Array(firstOf.length), warnings };
  const { before, signed } = ownSums(tree, type, bits, marks, found.flat, rowOf);
  const { cum } = found;
  const covered = new Int32Array(firstOf.length);
  const { count, name, end } = tree;
  for (let node = 0; node < count; node++) {
    const own = name[node];
    if (bits[own] & IGNORED) node = end[node] - 1;
    if (bits[own] & (IGNORED | HIDDEN)) continue;
    const row = rowOf[own];
    if (node < covered[row]) continue;
    covered[row] = end[node];
    cum[row] += before[end[node]] - before[node];
  }
  return { ...found, kept: before[count], signed };
}

/** What the filters make of each function. */
function bitsOf(count, { focus, ignore, hidden }) {
  const bits = new Uint8Array(count);
  for (const [marks, bit] of [[focus, FOCUSED], [ignore, IGNORED], [hidden, HIDDEN]]) {
    if (marks) for (let id = 0; id < count; id++) if (marks[id]) bits[id] |= bit;
  }
  return bits;
}

/**
 * Sum up the samples that stay, in the order of nodes, so that what is below a node is one difference; add each to the
 * row of the last frame that is not hidden. What is below an ignored function is passed over, here and by who reads the
 * sums: of nodes in there nothing is told.
 */
function ownSums({ count, parent, name, end, flat }, type, bits, { focus, hidden }, sums, rowOf) {
  const { at, value } = flat[type];
  const shown = hidden && new Int32Array(count); // the last function on the path that is not hidden
  const before = new Float64Array(end.length + 1);
  let focused = focus ? 0 : count; // one past the last node known to be below a focused function
  let sum = 0;
  let signed = false;
  for (let node = 0, i = 0; node < count; node++) {
    before[node] = sum;
    let own = name[node];
    if (bits[own] & IGNORED) {
      node = end[node] - 1;
      while (i < at.length && at[i] <= node) i++;
      continue;
    }
    if (node >= focused && bits[own] & FOCUSED) focused = end[node];
    if (shown) shown[node] = own = !(bits[own] & HIDDEN) ? own : parent[node] < 0 ? -1 : shown[parent[node]];
    if (at[i] !== node) continue;
    const one = value[i++];
    if (node >= focused || own < 0) continue;
    if (one < 0) signed = true;
    sum += one;
    sums[rowOf[own]] += one;
  }
  before[count] = sum;
  return { before, signed };
}
