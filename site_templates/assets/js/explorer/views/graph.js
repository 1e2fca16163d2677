/**
 * The call graph of a tree: functions and the calls between them. Pure.
 * As in pprof, a stack counts a function and a call once, however often they recur; an edge over frames that are not
 * kept is residual; it is inlined when every call it stands for was. Source: google/pprof, internal/graph.
 */

import { compareNames, rowsOf } from "../filter/top.js";

/**
 * @typedef {object} Edge
 * @property {Node} source
 * @property {Node} target
 * @property {number} weight in the unit of the sample type
 * @property {boolean} residual frames between the two are not shown
 * @property {boolean} inline
 * @property {number} end of the call being counted, while the graph is built
 *
 * @typedef {object} Node
 * @property {number} id among all names of the tree
 * @property {string} name
 * @property {number} flat
 * @property {number} cum
 * @property {Map<number, Edge>} callers by id
 * @property {Map<number, Edge>} callees by id
 * @property {number} labels how many labels its own samples have (they take room in a picture)
 */

/** Give every name of a tree one number, though several functions may bear it. @returns {{of: Int32Array, names: string[]}} */
export function nameGroups(tree) {
  const { rowOf, firstOf } = rowsOf(tree);
  return { of: rowOf, names: firstOf.map((frame) => tree.names[frame]) };
}

/** Mark the nodes with a sample at or below them. @returns {Uint8Array} */
export function sampled(tree, weights) {
  const marks = new Uint8Array(tree.count);
  for (let node = tree.count - 1; node >= 0; node--) {
    if (weights.flat[node] !== 0) marks[node] = 1;
    if (marks[node] && tree.parent[node] >= 0) marks[tree.parent[node]] = 1;
  }
  return marks;
}

/** Own and inclusive weight of every name, by id. @returns {{flat: Float64Array, cum: Float64Array}} */
export function nameWeights(tree, weights) {
  const { rowOf, firstOf } = rowsOf(tree);
  const flat = new Float64Array(firstOf.length);
  const cum = new Float64Array(firstOf.length);
  const covered = new Int32Array(firstOf.length);
  for (let at = 0; at < tree.count; at++) {
    if (tree.name[at] < 0) continue;
    const id = rowOf[tree.name[at]];
    flat[id] += weights.flat[at];
    if (at < covered[id]) continue;
    covered[id] = tree.end[at];
    cum[id] += weights.cum[at];
  }
  return { flat, cum };
}

/**
 * Build the graph, of the names in `kept` only when given; functions without weight are left out.
 * @param {Set<number> | null} [kept] ids of names
 * @param {Set<number> | null} [asked] ids whose nodes and calls are wanted; null for all
 * @returns {Node[]}
 */
export function buildGraph(tree, weights, kept = null, asked = null) {
  const { of, names } = nameGroups(tree);
  const { flat, cum } = nameWeights(tree, weights);
  const marks = sampled(tree, weights);
  const isKept = Uint8Array.from(names, (_, id) => (!kept || kept.has(id) ? 1 : 0));
  const nodes = new Map();
  const nodeAt = (id) => {
    let node = nodes.get(id);
    if (!node) nodes.set(id, (node = newNode(id, names[id], flat[id], cum[id])));
    return node;
  };
  const above = new Int32Array(tree.count).fill(-1);
  const gap = new Uint8Array(tree.count);
  for (let at = 0; at < tree.count; at++) {
    if (!marks[at]) {
      at = tree.end[at] - 1;
      continue;
    }
    const parent = tree.parent[at];
    const from = parent < 0 ? -1 : above[parent];
    const frame = tree.name[at];
    const id = frame < 0 ? -1 : of[frame];
    if (id < 0 || !isKept[id]) {
      above[at] = from;
      gap[at] = id < 0 && parent >= 0 ? gap[parent] : 1;
      continue;
    }
    above[at] = id;
    if (from < 0 || from === id || (asked && !asked.has(from) && !asked.has(id))) continue;
    addCall(nodeAt(from), nodeAt(id), { tree, weights, at, residual: gap[parent] === 1 });
  }
  const wanted = asked ?? kept ?? names.keys();
  return [...wanted].filter((id) => isKept[id] && (flat[id] !== 0 || cum[id] !== 0)).map(nodeAt);
}

function newNode(id, name, flat, cum) {
  return { id, name, flat, cum, callers: new Map(), callees: new Map(), labels: 0 };
}

/** Count one call; below a call of the same two functions it is counted already. */
function addCall(source, target, { tree, weights, at, residual }) {
  let edge = source.callees.get(target.id);
  if (!edge) {
    edge = { source, target, weight: 0, residual: false, inline: true, end: 0 };
    source.callees.set(target.id, edge);
    target.callers.set(source.id, edge);
  }
  if (at < edge.end) return;
  edge.end = tree.end[at];
  edge.weight += weights.cum[at];
  edge.residual ||= residual;
  edge.inline &&= tree.inlined[at] === 1;
}

/** Order edges heaviest first, then by names. */
export function byEdge(a, b) {
  return (
    Math.abs(b.weight) - Math.abs(a.weight) || compareNames(a.source.name, b.source.name) || compareNames(a.target.name, b.target.name)
  );
}

/** Order nodes as pprof's tables do: by one weight, then by name. @param {"flat" | "cum"} key */
export function byWeight(key) {
  return (a, b) => Math.abs(b[key]) - Math.abs(a[key]) || compareNames(a.name, b.name);
}
