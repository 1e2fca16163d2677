/**
 * Two profiles compared. Pure.
 *
 * Sides: values are head − base, so positive means that head costs more. Functions have common numbers; call paths are
 * not laid together here: a picture groups the boxes it draws, tables add up by function. As every filter is a choice of
 * samples and frames, sums equal those of pprof's -diff_base, and shares are of the base's total as there. Each side may
 * be divided by a number of its own (share, per operation).
 *
 * Two forms: for the flame graph the two trees as they are (`pairTrees`), for all else one tree (`besideTrees`).
 */
import { sumUp, weights } from "../data/tree.js";

/** @typedef {import("../data/tree.js").Tree} Tree */

/**
 * @typedef {object} Sides of a pair; nodes count on from head to base
 * @property {{head: number[], base: number[]}} totals by type
 * @property {Tree} [head] with the common functions @property {Tree} [base] @property {[Tree, Tree]} [sources] theirs
 * @property {number[]} [types] the base's types by the head's; -1: it has none
 * @property {number} [split] in one tree: the first node of the base
 */

/**
 * Pair two trees for a flame graph; sample types are the head's, matched by name. A type the base has not counts as zero
 * there.
 * @param {Tree} head @param {Tree} base
 * @returns {Omit<Tree, "parent"> & {sides: Sides}}
 */
export function pairTrees(head, base) {
  const { table, types, ...ids } = pairFunctions(head, base);
  const side = (tree, of) => ({ ...tree, ...table, name: numbered(tree.name, of) });
  const sides = { ...table.sides, types, sources: [head, base], head: side(head, ids.head), base: side(base, ids.base) };
  return { ...table, count: head.count + base.count, sides };
}

function numbered(name, ids) {
  const found = new Int32Array(name.length);
  for (let node = 0; node < found.length; node++) found[node] = name[node] < 0 ? -1 : ids[name[node]];
  return found;
}

/**
 * Put two trees into one: the head's call paths, after them the base's with their values negated, so that sums are
 * head − base.
 * @param {Tree} head @param {Tree} base
 * @returns {Tree & {sides: Sides}}
 */
export function besideTrees(head, base) {
  const { table, types, ...ids } = pairFunctions(head, base);
  const split = head.count;
  const beside = (one, other, Kind = one.constructor) => {
    const column = new Kind(split + base.count);
    column.set(one);
    column.set(other, split);
    return column;
  };
  const parent = beside(head.parent, base.parent);
  const end = beside(head.end, base.end);
  for (let node = split; node < end.length; node++) {
    end[node] += split;
    if (parent[node] >= 0) parent[node] += split;
  }
  const places = new Map(); // types of one profile share their places
  return {
    ...table,
    count: split + base.count,
    parent,
    end,
    depth: beside(head.depth, base.depth, head.depth instanceof Int32Array ? Int32Array : base.depth.constructor),
    name: beside(numbered(head.name, ids.head), numbered(base.name, ids.base)),
    inlined: beside(head.inlined, base.inlined),
    flat: head.flat.map((flat, type) => besideFlat(flat, base.flat[types[type]], split, places)),
    sides: { ...table.sides, split },
  };
}

/** Take two trees apart again, for a flame graph. @param {ReturnType<typeof besideTrees>} tree */
export function partTrees(tree) {
  const { count, sides: { split, totals } } = tree;
  const part = (from, to, own) => {
    const back = (column) => column.map((node) => (node < 0 ? node : node - from));
    const [parent, end] = [tree.parent, tree.end].map((column) => back(column.subarray(from, to)));
    const [depth, name, inlined] = [tree.depth, tree.name, tree.inlined].map((column) => column.subarray(from, to));
    const flat = tree.flat.map(({ at, value }) => {
      const middle = at.findLastIndex((node) => node < split) + 1;
      const [begin, finish] = from ? [middle, at.length] : [0, middle];
      const values = value.subarray(begin, finish);
      return { at: back(at.subarray(begin, finish)), value: from ? values.map((one) => -one) : values };
    });
    return { ...tree, count: to - from, parent, end, depth, name, inlined, flat, totals: own };
  };
  const made = pairTrees(part(0, split, totals.head), part(split, count, totals.base));
  return { ...made, totals: tree.totals, exactTotals: tree.exactTotals, warnings: tree.warnings };
}

function totalsOf(head, base, types) {
  return { head: head.totals, base: types.map((type) => (type < 0 ? 0 : base.totals[type])) };
}

/** Percentages are of the base; of the head where the base has nothing. */
function diffTotals({ head, base }) {
  return base.map((total, type) => total || head[type]);
}

function besideFlat(head, base, split, places) {
  const size = head.at.length;
  const value = new Float64Array(size + (base?.at.length ?? 0));
  value.set(head.value);
  for (let i = size; i < value.length; i++) value[i] = -base.value[i - size];
  const known = places.get(head.at);
  if (known && known.base === base?.at) return { at: known.at, value };
  const at = new Int32Array(value.length);
  at.set(head.at);
  for (let i = size; i < at.length; i++) at[i] = base.at[i - size] + split;
  places.set(head.at, { base: base?.at, at });
  return { at, value };
}

/**
 * What a table of two profiles needs of their trees: the functions of both under common numbers, types and totals.
 * @returns {{table: object, head: Int32Array, base: Int32Array}} `head`, `base`: the common number of a side's function
 */
export function pairFunctions(head, base) {
  const { table, ...functions } = joinFunctions(head, base);
  const types = head.types.map((one) => base.types.findIndex((other) => other.type === one.type));
  const totals = totalsOf(head, base, types);
  const { defaultType } = head;
  return { ...functions, types, table: { ...table, types: head.types, defaultType, totals: diffTotals(totals), sides: { totals } } };
}

const joined = new WeakMap();

/** Give functions of one name one number, and keep the head's file and package of each; once for two tables of names. */
function joinFunctions(head, base) {
  const known = joined.get(head.names);
  if (known?.base === base.names) return known.found;
  const found = join(head, base);
  joined.set(head.names, { base: base.names, found });
  return found;
}

function join(head, base) {
  const ids = new Map(); // as in a top table
  const table = { names: [], keys: [], files: [], fileOf: [], packages: [], packageOf: [], mappings: [], mappingOf: [], bare: [] };
  const text = { files: new Map(), packages: new Map(), mappings: new Map() };
  const place = (kind, value) => {
    const known = text[kind];
    if (!known.has(value)) known.set(value, table[kind].push(value) - 1);
    return known.get(value);
  };
  const idsOf = (tree) =>
    Int32Array.from(tree.names, (name, at) => {
      const key = tree.keys?.[at] ?? name;
      let id = ids.get(key);
      if (id === undefined) {
        ids.set(key, (id = table.names.push(name) - 1));
        table.keys.push(key);
        table.fileOf.push(place("files", tree.files[tree.fileOf[at]]));
        table.packageOf.push(place("packages", tree.packages[tree.packageOf[at]]));
        const mapping = tree.mappingOf[at];
        table.mappingOf.push(mapping < 0 ? mapping : place("mappings", tree.mappings[mapping]));
        table.bare.push(tree.bare[at]);
      }
      return id;
    });
  const found = { head: idsOf(head), base: idsOf(base) };
  for (const column of ["fileOf", "packageOf", "mappingOf"]) table[column] = Int32Array.from(table[column]);
  table.bare = Uint8Array.from(table.bare);
  return { ...found, table };
}

/**
 * The same tree with one sample type divided; of a pair, each side by a number of its own.
 * @template {Tree} T @param {T} tree @param {number} type
 * @param {{head: number, base: number, unit: string}} scale `base` counts for pairs only
 * @returns {T}
 */
export function scaleTree(tree, type, { head, base, unit }) {
  if (head === 1 && (base === 1 || !tree.sides)) return tree;
  const types = tree.types.with(type, { ...tree.types[type], unit });
  if (tree.sides?.sources) {
    const [ours, theirs] = tree.sides.sources;
    const other = tree.sides.types[type];
    const sources = [scaleTree(ours, type, { head, unit }), other < 0 ? theirs : scaleTree(theirs, other, { head: base, unit })];
    const scaled = scaleTotals(tree, type, { head, base });
    return { ...tree, types, ...scaled, sides: { ...scaled.sides, sources } };
  }
  const { at, value } = tree.flat[type];
  const split = tree.sides?.split ?? Infinity;
  const flat = tree.flat.with(type, { at, value: value.map((one, i) => one / (at[i] < split ? head : base)) });
  const scaled = { ...tree, weighed: undefined, flat, types };
  if (!tree.sides) return { ...scaled, totals: tree.totals.with(type, tree.totals[type] / head) };
  return { ...scaled, ...scaleTotals(tree, type, { head, base }) };
}

/** The totals of a pair with one sample type divided. */
function scaleTotals({ totals, sides }, type, { head, base }) {
  const [ours, theirs] = [sides.totals.head[type] / head, sides.totals.base[type] / base];
  return {
    totals: totals.with(type, theirs || ours),
    sides: { ...sides, totals: { head: sides.totals.head.with(type, ours), base: sides.totals.base.with(type, theirs) } },
  };
}

const known = new WeakMap();

/**
 * Weigh one sample type of a pair, of either form. Computed once for each tree and type.
 * @param {ReturnType<typeof pairTrees> | ReturnType<typeof besideTrees>} tree @param {number} type
 */
export function pairWeights(tree, type) {
  let own = known.get(tree);
  if (!own) known.set(tree, (own = []));
  own[type] ??= tree.sides.sources ? weighPair(tree, type) : (tree.weighed?.[type] ?? weighBeside(tree, type));
  return own[type];
}

/** The weights of both sides as they are; those of a profile that was looked at are there already. */
function weighPair(tree, type) {
  const { sources: [head, base], types, totals } = tree.sides;
  const side = (name, source, at) => {
    return at < 0 ? nothing(source.count) : { ...weights(source, at), total: totals[name][type] };
  };
  const pair = { head: side("head", head, type), base: side("base", base, types[type]) };
  const { type: name, unit } = tree.types[type];
  return { type, name, unit, total: tree.totals[type], signed: pair.head.signed || pair.base.signed, kept: change(pair), pair };
}

function nothing(count) {
  const none = new Float64Array(count);
  return { flat: none, cum: none, gross: none, signed: false, total: 0, kept: 0 };
}

const change = ({ head, base }) => head.kept - base.kept;

/** The weights of two trees in one, head − base; the worker sends them along for the type that is shown. */
export function weighBeside(tree, type) {
  const { count, sides: { split, totals } } = tree;
  const { at, value } = tree.flat[type];
  const flat = new Float64Array(count);
  const pair = { head: { total: totals.head[type], kept: 0 }, base: { total: totals.base[type], kept: 0 } };
  for (let i = 0; i < at.length; i++) {
    flat[at[i]] = value[i];
    if (at[i] < split) pair.head.kept += value[i];
    else pair.base.kept -= value[i];
  }
  const { type: name, unit } = tree.types[type];
  return { type, name, unit, total: tree.totals[type], flat, cum: sumUp(tree, flat), kept: change(pair), pair };
}

/**
 * One function of a comparison.
 * @typedef {object} PairRow
 * @property {string} name @property {string} file
 * @property {number} flat head − base @property {number} cum head − base
 * @property {{flat: number, cum: number}} head @property {{flat: number, cum: number}} base
 * @property {"" | "new" | "gone"} fate "new": only head has it; "gone": only base
 */

/**
 * List the functions of a comparison.
 * @param {object} tree `besideTrees`, or only its functions
 * @param {object} weighed its weights; `sums` are those by function, where the worker has added them up
 * @returns {PairRow[]}
 */
export function pairRows(tree, weighed) {
  const { head, base } = weighed.sums ?? pairSums(tree, weighed);
  const rows = [];
  for (const [id, name] of tree.names.entries()) {
    const ours = { flat: head.flat[id], cum: head.cum[id] };
    const theirs = { flat: base.flat[id], cum: base.cum[id] };
    const hasHead = ours.flat !== 0 || ours.cum !== 0;
    const hasBase = theirs.flat !== 0 || theirs.cum !== 0;
    if (!hasHead && !hasBase) continue;
    rows.push({
      name,
      file: tree.files[tree.fileOf[id]],
      flat: ours.flat - theirs.flat,
      cum: ours.cum - theirs.cum,
      head: ours,
      base: theirs,
      fate: hasBase ? (hasHead ? "" : "gone") : "new",
    });
  }
  return rows;
}

/** Add up each side by function; cumulative values count only where the function is not already on the path. */
function pairSums(tree, { flat, cum }) {
  const { split } = tree.sides;
  const sums = (from, to, sign) => {
    const found = { flat: new Float64Array(tree.names.length), cum: new Float64Array(tree.names.length) };
    const open = new Int32Array(tree.names.length); // end of the outermost call being walked, by function
    for (let node = from; node < to; node++) {
      const id = tree.name[node];
      if (id < 0) continue;
      found.flat[id] += sign * flat[node];
      if (node < open[id]) continue;
      open[id] = tree.end[node];
      found.cum[id] += sign * cum[node];
    }
    return found;
  };
  return { head: sums(0, split, 1), base: sums(split, tree.count, -1) };
}

/**
 * The weights of a table alone: sums by function, divided as `scaleTree` would. Without node arrays: nothing else can be
 * shown of them.
 * @param {object} found the worker's answer: `tree` without nodes, `sums` by row or of both sides, `kept`, `signed`
 * @returns {{tree: object, weights: object}}
 */
export function tableWeights({ tree, sums, ranked, kept, signed }, type, { head, base, unit }) {
  const over = ({ flat, cum }, divisor) => divisor === 1 ? { flat, cum }
    : { flat: flat.map((value) => value / divisor), cum: cum.map((value) => value / divisor) };
  const { type: name } = tree.types[type];
  const types = tree.types.with(type, { ...tree.types[type], unit });
  if (!tree.sides) {
    const all = { ...ranked, sum: ranked.sum / head, flat: ranked.flat / head, cum: ranked.cum / head };
    const weights = { type, name, unit, total: tree.totals[type] / head, kept: kept / head, signed, sums: over(sums, head), ranked: all };
    return { tree: { ...tree, types }, weights };
  }
  const scaled = { ...tree, types, ...scaleTotals(tree, type, { head, base }) };
  const side = (one, divisor) => ({ total: scaled.sides.totals[one][type], kept: kept[one] / divisor });
  const pair = { head: side("head", head), base: side("base", base) };
  const both = { head: over(sums.head, head), base: over(sums.base, base) };
  return { tree: scaled, weights: { type, name, unit, total: scaled.totals[type], kept: change(pair), signed, pair, sums: both } };
}
