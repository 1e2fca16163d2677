/**
 * The top table under filters a call tree can answer alone, added up by function without making the filtered tree: what
 * `topTable` gives of `filterTree`, in two passes; of a pair, of each side. Pure; pprof's semantics.
 */
import { pairFunctions } from "../shell/pair.js";
import { nextTask, whenIdle } from "../data/next_task.js";
import { typeOf, withoutNodes } from "../data/tree.js";
import { isFiltering, isQuick, NAME_FILTERS, needsSamples } from "./options.js";
import { markFunctions } from "./plain.js";
import { orderRows, rowsOf, sumRows } from "./top.js";

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
 * @returns {{tree: object, sums: object, ranked?: object, kept: number | object, signed: boolean} | null}
 *   `tree` has no nodes, but the warnings; of a comparison all is for `head` and `base`, by the functions of both; null: this cannot tell
 */
export function tableSums(whole, base, filters, { type: name, known }) {
  if (needsSamples(filters) || whole.hasNameless || (base && !canPair(whole, base))) return null;
  const type = typeOf(whole, name);
  if (whole.flat[type].exact) return null;
  if (base) return pairSums(whole, base, filters, type);
  const { flat, cum, warnings, ...rest } = filteredSums(whole, type, filters);
  const sums = { flat, cum };
  return { tree: { ...(known ? {} : withoutNodes(whole)), warnings }, sums, ranked: ranked(whole, sums, rest.kept), ...rest };
}

/** The rows in their order, and what a table says of all of them: so it only makes the rows that are in view. */
function ranked(tree, sums, sum) {
  return { rows: orderRows(tree, sums), sum, flat: largest(sums.flat), cum: largest(sums.cum) };
}

const known = new WeakMap();

/**
 * Add up and rank one sample type of a tree the page has, in a few tasks of their own.
 * @param {import("../data/tree.js").Weights} weights by node @returns {Promise<{sums: object, ranked: object}>}
 */
export async function rankedSums(tree, weights) {
  if (!known.has(weights)) {
    rowsOf(tree);
    await nextTask();
    const sums = sumRows(tree, weights);
    await nextTask();
    known.set(weights, { sums, ranked: ranked(tree, sums, sums.flat.reduce((sum, one) => sum + one, 0)) });
    await nextTask();
  }
  return known.get(weights);
}

function largest(column) {
  let top = 0;
  for (const value of column) top = Math.max(top, Math.abs(value));
  return top;
}

const SMALL = 20_000; // nodes, texts
const LONG = 500; // characters of a name

/**
 * The same of a small tree, with expressions that need no time cap, here and now: the way to the worker and back takes
 * longer. null where it has to be taken.
 */
export function quickSums(whole, filters, type) {
  const isSure = isFiltering(filters) && isSmall(whole) && NAME_FILTERS.every((name) => isQuick(filters[name] ?? ""));
  return isSure ? tableSums(whole, null, filters, { type, known: false }) : null;
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

const rehearsed = new WeakSet();

/**
 * Filter a tree a few times for nobody, when there is time: browsers make a loop fast while it runs, and what is known of
 * the functions is then known. Some samples stay and some do not, so that every way through a loop is gone.
 */
export function rehearseSums(whole) {
  if (!whole?.count || rehearsed.has(whole)) return;
  rehearsed.add(whole);
  const leaf = whole.names[whole.name[whole.count - 1]].replace(/\W/g, ".");
  const filters = [{ focus: ".", ignore: leaf }, { focus: leaf, hide: leaf }];
  const acts = filters.map((one) => () => tableSums(whole, null, one, { known: true }));
  whenIdle(Array(isSmall(whole) ? 6 : 4).fill(acts).flat());
}

function pairSums(head, base, filters, type) {
  const { table, types, ...ids } = pairFunctions(head, base);
  const other = types[type];
  if (base.flat[other]?.exact) return null;
  const ours = filteredSums(head, type, filters);
  const theirs = other < 0 ? null : filteredSums(base, other, filters);
  const count = table.names.length;
  return {
    // A filter that matches on one side matches.
    tree: { ...table, warnings: ours.warnings.filter((text) => !theirs || theirs.warnings.includes(text)) },
    sums: { head: spreadRows(head, ours, ids.head, count), base: spreadRows(base, theirs, ids.base, count) },
    kept: { head: ours.kept, base: theirs?.kept ?? 0 },
    signed: false,
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

const unfiltered = new WeakMap();

/**
 * Add one sample type up by row; without filters once, as pairs of trees are made of trees that were looked at. Its values
 * must be exact as doubles.
 * @param {import("../data/tree.js").Tree} tree @param {import("./options.js").FilterOptions} options
 * @returns {Sums}
 */
function filteredSums(tree, type, options) {
  if (isFiltering(options)) return sumsOf(tree, type, options);
  if (!unfiltered.has(tree)) unfiltered.set(tree, []);
  return (unfiltered.get(tree)[type] ??= sumsOf(tree, type, options));
}

function sumsOf(tree, type, options) {
  const { focus, ignore, hidden, warnings } = markFunctions(tree, options);
  const { rowOf, firstOf } = rowsOf(tree);
  const rows = hidden ? rowOf.map((row, id) => (hidden[id] ? -1 : row)) : rowOf;
  const flat = tree.flat[type];
  return { ...addUp(tree, flat, keptSamples(tree, flat.at, focus, ignore), rows, firstOf.length), warnings };
}

/** The samples that stay, by their places in the column: with a focused and no ignored function on their stack. */
function keptSamples({ name, end, names }, at, focus, ignore) {
  const marks = new Uint8Array(names.length);
  for (let id = 0; id < marks.length; id++) marks[id] = ignore?.[id] ? 2 : focus?.[id] ? 1 : 0;
  const kept = new Int32Array(at.length);
  let node = focus || ignore ? 0 : end.length;
  let [size, ignored, focused] = [0, 0, focus ? 0 : end.length]; // the last two: one past the nodes known to be
  for (let i = 0; i < at.length; i++) {
    const leaf = at[i];
    while (node <= leaf) {
      const mark = marks[name[node]];
      if (mark > 1) node = ignored = end[node];
      else {
        if (mark && node >= focused) focused = end[node];
        node++;
      }
    }
    if (leaf >= ignored && leaf < focused) kept[size++] = i;
  }
  return kept.subarray(0, size);
}

/**
 * Walk the stacks of some samples, which are in the order of nodes: a frame that one of them is below weighs as much, any
 * other what is added up until it is left. A sample's own weight is that of the last frame shown.
 * @param {Int32Array} rowOf by function; -1: hidden
 */
function addUp({ end, name }, { at, value }, kept, rowOf, rows) {
  const [flat, cum, covered] = [new Float64Array(rows), new Float64Array(rows), new Int32Array(rows)];
  const [ends, counted, shown, before] = [[], [], [], []]; // of the frames that more samples are below, outermost first
  let [depth, node, sum, signed] = [0, 0, 0, false];
  const leafAt = (i) => (i < kept.length ? at[kept[i]] : end.length);
  for (let i = 0; i <= kept.length; i++) {
    const leaf = leafAt(i);
    while (depth && ends[depth - 1] <= leaf) {
      const row = counted[--depth];
      if (row >= 0) cum[row] += sum - before[depth];
    }
    if (i === kept.length) break;
    const own = value[kept[i]];
    const next = leafAt(i + 1);
    let last = depth ? shown[depth - 1] : -1;
    while (node <= leaf) {
      const after = end[node];
      if (after <= leaf) {
        node = after; // nothing below stays
        continue;
      }
      const row = rowOf[name[node]];
      const counts = row >= 0 && node >= covered[row];
      if (row >= 0) last = row;
      if (counts) covered[row] = after;
      if (after > next) {
        ends[depth] = after;
        counted[depth] = counts ? row : -1;
        shown[depth] = last;
        before[depth++] = sum;
      } else if (counts) cum[row] += own;
      node++;
    }
    if (last < 0) continue;
    if (own < 0) signed = true;
    sum += own;
    flat[last] += own;
  }
  return { flat, cum, kept: sum, signed };
}
