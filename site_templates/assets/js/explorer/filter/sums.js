/**
 * The top table under filters a call tree can answer alone, added up by function without making the filtered tree: what
 * `topTable` gives of `filterTree`, in two passes; of a pair, of each side. Pure; pprof's semantics.
 */
import { pairFunctions } from "../shell/pair.js";
import { isFiltering, isQuick, NAME_FILTERS, needsSamples } from "./options.js";
import { markFunctions } from "./plain.js";
import { rowsOf } from "./top.js";

const FUNCTIONS = ["names", "ranks", "files", "fileOf", "packages", "packageOf", "mappings", "mappingOf", "bare", "keys"];
const TOTALS = ["types", "defaultType", "totals"];

const pick = (tree, columns) => Object.fromEntries(columns.map((name) => [name, tree[name]]));

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
 * @param {{type: string, known: boolean}} how the sample type by name; `known`: the page has the functions already
 * @returns {{tree: object, sums: object, kept: number | object, signed: boolean, warnings: string[]} | null} `tree` has no
 *   nodes; of a comparison all is for `head` and `base`, by the functions of both; null: this cannot tell
 */
export function tableSums(whole, base, filters, { type: name, known }) {
  if (needsSamples(filters) || whole.hasNameless || (base && !canPair(whole, base))) return null;
  const found = whole.types.findIndex((one) => one.type === name);
  const type = found < 0 ? whole.defaultType : found;
  if (whole.flat[type].exact) return null;
  if (base) return pairSums(whole, base, filters, type);
  const { flat, cum, ...rest } = filteredSums(whole, type, filters);
  return { tree: pick(whole, known ? TOTALS : [...FUNCTIONS, ...TOTALS]), sums: { flat, cum }, ...rest };
}

const SMALL = 20_000; // nodes
const LONG = 500; // characters of a name

/**
 * The same of a small tree, with expressions that need no time cap, here and now: the way to the worker and back takes
 * longer. null where it has to be taken.
 */
export function quickSums(whole, filters, type) {
  const isOurs = whole && whole.count < SMALL && whole.names.length < SMALL && isFiltering(filters);
  if (!isOurs || [whole.names, whole.files, whole.mappings].some((texts) => texts.some((text) => text.length > LONG))) return null;
  if (!NAME_FILTERS.every((name) => isQuick(filters[name] ?? ""))) return null;
  const found = tableSums(whole, null, filters, { type, known: false });
  return found && { ...found, tree: { ...found.tree, warnings: found.warnings } };
}

const rehearsed = new WeakSet();

/** Filter a small tree a few times for nobody, when there is time: browsers make a loop fast while it runs. */
export function rehearseSums(whole, type) {
  if (!whole || rehearsed.has(whole)) return;
  rehearsed.add(whole);
  const act = () => quickSums(whole, { focus: "^(?:a|b)", ignore: "^[c-d]+$" }, type);
  for (let time = 0; time < 4; time++) (globalThis.requestIdleCallback ?? setTimeout)(act);
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

/**
 * Add one sample type up by row. Its values must be exact as doubles.
 * @param {import("../data/tree.js").Tree} tree @param {import("./options.js").FilterOptions} options
 * @returns {Sums}
 */
export function filteredSums(tree, type, options) {
  const { warnings, ...marks } = markFunctions(tree, options);
  const { rowOf, firstOf } = rowsOf(tree);
  const found = { flat: new Float64Array(firstOf.length), cum: new Float64Array(firstOf.length), warnings };
  const { before, signed } = ownSums(tree, type, marks, found.flat, rowOf);
  const covered = new Int32Array(firstOf.length);
  const { count, name, end } = tree;
  for (let node = 0; node < count; node++) {
    const own = name[node];
    if (marks.hidden?.[own]) continue;
    const row = rowOf[own];
    if (node < covered[row]) continue;
    covered[row] = end[node];
    found.cum[row] += before[end[node]] - before[node];
  }
  return { ...found, kept: before[count], signed };
}

const STAYS = 1;

/**
 * Sum up the samples that stay, in the order of nodes, so that what is below a node is one difference; add each to the
 * row of the last frame that is not hidden.
 */
function ownSums({ count, parent, name, flat }, type, { focus, ignore, hidden }, sums, rowOf) {
  const { at, value } = flat[type];
  const states = byFunction(focus, ignore);
  const state = new Uint8Array(count);
  const shown = hidden && new Int32Array(count); // the last function on the path that is not hidden
  const before = new Float64Array(count + 1);
  const begin = focus ? 0 : STAYS;
  let sum = 0;
  let signed = false;
  for (let node = 0, i = 0; node < count; node++) {
    before[node] = sum;
    const above = parent[node];
    let own = name[node];
    const here = (above < 0 ? begin : state[above]) | (states ? states[own] : 0);
    state[node] = here;
    if (shown) shown[node] = own = !hidden[own] ? own : above < 0 ? -1 : shown[above];
    if (at[i] !== node) continue;
    const one = value[i++];
    if (here !== STAYS || own < 0) continue;
    if (one < 0) signed = true;
    sum += one;
    sums[rowOf[own]] += one;
  }
  before[count] = sum;
  return { before, signed };
}

/** Bits for each function: 1 focused, 2 ignored; null when neither is asked for. */
function byFunction(focus, ignore) {
  if (!focus && !ignore) return null;
  return Uint8Array.from(focus ?? ignore, (_, id) => (focus?.[id] ? STAYS : 0) | (ignore?.[id] ? 2 : 0));
}
