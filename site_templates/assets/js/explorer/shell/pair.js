/**
 * Two profiles as one tree: every call path of either, with the values of both sides. Pure.
 *
 * Sides: values are head − base, so positive means that head costs more. Trees are laid together by function names
 * after filtering; as every filter is a choice of samples and frames, sums equal those of pprof's -diff_base, and
 * shares are of the base's total as there. Each side may be divided by a number of its own (share, per operation).
 */
import { sumUp } from "../data/tree.js";
import { Grower } from "../filter/grow.js";

/** @typedef {import("../data/tree.js").Tree} Tree */

/**
 * Lay two trees together; sample types are the head's, matched by name. A type the base has not counts as zero there.
 * @param {Tree} head @param {Tree} base
 * @returns {Tree & {sides: {head: Float64Array[], base: Float64Array[], totals: {head: number[], base: number[]}}}}
 */
export function pairTrees(head, base) {
  const functions = joinFunctions(head, base);
  const grower = new Grower(head.count + base.count);
  const ids = { head: plant(grower, head, functions.head), base: plant(grower, base, functions.base) };
  const { count, parent, end, depth, key, place } = grower.finish();
  const types = head.types.map((one) => base.types.findIndex((other) => other.type === one.type));
  const spread = (tree, nodes, type) => {
    const flat = new Float64Array(count);
    if (type < 0) return flat;
    const { at, value } = tree.flat[type];
    at.forEach((node, i) => (flat[place[nodes[node]]] += value[i]));
    return flat;
  };
  const sides = {
    head: head.types.map((_, type) => spread(head, ids.head, type)),
    base: types.map((type) => spread(base, ids.base, type)),
    totals: { head: head.totals, base: types.map((type) => (type < 0 ? 0 : base.totals[type])) },
  };
  const inlined = new Uint8Array(count);
  for (const [tree, nodes] of [[base, ids.base], [head, ids.head]]) {
    for (let node = 0; node < tree.count; node++) inlined[place[nodes[node]]] = tree.inlined[node];
  }
  return {
    ...functions.table,
    count,
    parent,
    end,
    depth,
    name: key,
    inlined,
    types: head.types,
    defaultType: head.defaultType,
    totals: sides.totals.base.map((total, type) => total || sides.totals.head[type]),
    flat: head.types.map((_, type) => sparse(sides.head[type], sides.base[type])),
    sides,
  };
}

function sparse(head, base) {
  let count = 0;
  for (let node = 0; node < head.length; node++) if (head[node] !== base[node]) count++;
  const at = new Int32Array(count);
  const value = new Float64Array(count);
  for (let node = 0, next = 0; node < head.length; node++) {
    if (head[node] === base[node]) continue;
    at[next] = node;
    value[next++] = head[node] - base[node];
  }
  return { at, value };
}

/** Give functions of one name one number, and keep the head's file and package of each. */
function joinFunctions(head, base) {
  const ids = new Map(); // as in a top table
  const table = { names: [], keys: [], files: [], fileOf: [], packages: [], packageOf: [], mappings: [], mappingOf: [], bare: [] };
  const text = { files: new Map(), packages: new Map(), mappings: new Map() };
  const place = (kind, value) => {
    const known = text[kind];
    if (!known.has(value)) known.set(value, table[kind].push(value) - 1);
    return known.get(value);
  };
  const join = (tree) =>
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
  const found = { head: join(head), base: join(base) };
  for (const column of ["fileOf", "packageOf", "mappingOf"]) table[column] = Int32Array.from(table[column]);
  table.bare = Uint8Array.from(table.bare);
  return { ...found, table };
}

/** Walk a tree's call paths into the common one. @returns {Int32Array} the common node of each of the tree's */
function plant(grower, tree, functions) {
  const ids = new Int32Array(tree.count);
  for (let node = 0; node < tree.count; node++) {
    const above = tree.parent[node];
    const name = tree.name[node];
    ids[node] = grower.child(above < 0 ? -1 : ids[above], name < 0 ? -1 : functions[name]);
  }
  return ids;
}

/**
 * The same tree with one sample type divided; of a pair, each side by a number of its own.
 * @template {Tree} T @param {T} tree @param {number} type
 * @param {{head: number, base: number, unit: string}} scale `base` counts for pairs only
 * @returns {T}
 */
export function scaleTree(tree, type, { head, base, unit }) {
  if (head === 1 && (base === 1 || !tree.sides)) return tree;
  tree = { ...tree, weighed: undefined };
  const instead = (list, one) => list.map((other, at) => (at === type ? one : other));
  const over = (values, divisor) => values.map((value) => value / divisor);
  const types = instead(tree.types, { ...tree.types[type], unit });
  if (!tree.sides) {
    const { at, value } = tree.flat[type];
    const total = tree.totals[type] / head;
    return { ...tree, types, flat: instead(tree.flat, { at, value: over(value, head) }), totals: instead(tree.totals, total) };
  }
  const { sides } = tree;
  const [ours, theirs] = [over(sides.head[type], head), over(sides.base[type], base)];
  const totals = { head: sides.totals.head[type] / head, base: sides.totals.base[type] / base };
  return {
    ...tree,
    types,
    flat: instead(tree.flat, sparse(ours, theirs)),
    totals: instead(tree.totals, totals.base || totals.head),
    sides: {
      head: instead(sides.head, ours),
      base: instead(sides.base, theirs),
      totals: { head: instead(sides.totals.head, totals.head), base: instead(sides.totals.base, totals.base) },
    },
  };
}

const known = new WeakMap();

/**
 * Weigh one sample type of two trees laid together; `pair` holds both sides. Computed once for each tree and type.
 * @param {ReturnType<typeof pairTrees>} tree @param {number} type
 */
export function pairWeights(tree, type) {
  let own = known.get(tree);
  if (!own) known.set(tree, (own = []));
  own[type] ??= tree.weighed?.[type] ?? weighPair(tree, type);
  return own[type];
}

/**
 * The weights of one sample type; the worker sends them along for the one that is shown. `widths` are those of the
 * pictures: of base and head the larger, own and summed up.
 */
export function weighPair(tree, type) {
  const side = (name) => {
    const flat = tree.sides[name][type];
    return { flat, cum: sumUp(tree, flat), total: tree.sides.totals[name][type] };
  };
  const [head, base] = [side("head"), side("base")];
  const { type: name, unit } = tree.types[type];
  const [flat, cum, own] = [new Float64Array(tree.count), new Float64Array(tree.count), new Float64Array(tree.count)];
  let signed = false;
  for (let node = 0; node < tree.count; node++) {
    flat[node] = head.flat[node] - base.flat[node];
    cum[node] = head.cum[node] - base.cum[node];
    own[node] = Math.max(Math.abs(head.flat[node]), Math.abs(base.flat[node]));
    if (flat[node] < 0) signed = true;
  }
  const widths = { own, all: sumUp(tree, own) };
  return { type, name, unit, total: tree.totals[type], flat, cum, signed, pair: { head, base }, widths };
}

/**
 * One function of a comparison.
 * @typedef {object} PairRow
 * @property {string} name @property {string} file
 * @property {number} flat head − base @property {number} cum head − base
 * @property {{flat: number, cum: number}} head @property {{flat: number, cum: number}} base
 * @property {"" | "new" | "gone"} fate "new": only head has it; "gone": only base
 */

/** List the functions of a comparison. @returns {PairRow[]} */
export function pairRows(tree, weighed) {
  const { head, base } = weighed.pair;
  const sums = [head.flat, head.cum, base.flat, base.cum].map((values, at) => byName(tree, values, at % 2 === 1));
  const rows = [];
  for (const [id, name] of tree.names.entries()) {
    const [headFlat, headCum, baseFlat, baseCum] = sums.map((sum) => sum[id]);
    const hasHead = headFlat !== 0 || headCum !== 0;
    const hasBase = baseFlat !== 0 || baseCum !== 0;
    if (!hasHead && !hasBase) continue;
    rows.push({
      name,
      file: tree.files[tree.fileOf[id]],
      flat: headFlat - baseFlat,
      cum: headCum - baseCum,
      head: { flat: headFlat, cum: headCum },
      base: { flat: baseFlat, cum: baseCum },
      fate: hasBase ? (hasHead ? "" : "gone") : "new",
    });
  }
  return rows;
}

/** Add up a node column by function; cumulative values count only where the function is not already on the path. */
function byName(tree, values, outermost) {
  const sum = new Float64Array(tree.names.length);
  const open = new Int32Array(tree.names.length); // end of the outermost call being walked, by function
  for (let node = 0; node < tree.count; node++) {
    const id = tree.name[node];
    if (id < 0 || (outermost && node < open[id])) continue;
    if (outermost) open[id] = tree.end[node];
    sum[id] += values[node];
  }
  return sum;
}
