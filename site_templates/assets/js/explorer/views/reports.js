/**
 * Rows of the views that rank functions: top, tree, peek, callers and callees. Pure; numbers are in the unit of the
 * sample type and equal those of `go tool pprof -top`, `-tree` and `-peek`.
 */

import { compareNames, rankRows, topTable } from "../filter/top.js";
import { buildGraph, byEdge, byWeight, nameGroups } from "./graph.js";
import { originsOf } from "./origin.js";
import { RankedRows } from "./ranked.js";
import { isNegative, trimmedGraph } from "./trim.js";

/**
 * @typedef {object} TopRow
 * @property {number} id a function of this name
 * @property {string} name
 * @property {string} file of that function
 * @property {number} flat
 * @property {number} sum of flat from the first row to this one
 * @property {number} cum
 */

/**
 * List all functions with weight.
 * @param {{sort?: "flat" | "cum" | "name" | "-flat" | "-cum" | "-name", origin?: string, matches?: (name: string) => boolean, dropNegative?: boolean}} [options]
 * @returns {TopRow[] | RankedRows} in the order asked for; `sum` follows that order, as pprof's does
 */
export function topRows(tree, weights, { sort = "flat", origin = "", matches, dropNegative = false } = {}) {
  if (weights.ranked && sort === "flat" && !origin && !matches && !dropNegative) return new RankedRows(tree, weights);
  const byCum = sort.endsWith("cum");
  const options = { byCum, dropNegative };
  let rows = weights.sums ? rankRows(tree, weights.sums, options) : topTable(tree, weights.type, options);
  for (const row of rows) row.file = tree.files[tree.fileOf[row.id]];
  const origins = origin && originsOf(tree);
  if (origin) rows = rows.filter((row) => (origins[tree.packageOf[row.id]] ?? "other") === origin);
  if (matches) rows = rows.filter((row) => matches(row.name));
  if (sort.endsWith("name")) rows.sort((a, b) => compareNames(a.name, b.name));
  if (sort.startsWith("-")) rows.reverse();
  let sum = 0;
  for (const row of rows) row.sum = sum += row.flat;
  return rows;
}

/** The size of the largest number of the rows; 1 where all are none. @param {"flat" | "cum"} key */
export function largest(rows, key) {
  return (rows.all?.[key] ?? rows.reduce((top, row) => Math.max(top, Math.abs(row[key])), 0)) || 1;
}

/**
 * @typedef {object} Block one function between its callers and its callees
 * @property {import("./graph.js").Node} node
 * @property {number} sum of flat of the blocks up to this one
 * @property {import("./graph.js").Edge[]} callers heaviest first
 * @property {import("./graph.js").Edge[]} callees heaviest first
 */

/**
 * Blocks of the tree view: the functions pprof shows by default.
 * @param {import("./trim.js").TrimOptions} [options]
 * @returns {{blocks: Block[], trimmed: import("./trim.js").Trimmed}}
 */
export function treeBlocks(tree, weights, options = {}) {
  const trimmed = trimmedGraph(tree, weights, { ...options, picture: false });
  return { blocks: blocksOf(trimmed.nodes), trimmed };
}

/** Blocks of the peek view: every function whose name matches, nothing trimmed. @returns {Block[]} */
export function peekBlocks(tree, weights, matches, { sort = "flat", dropNegative = false } = {}) {
  const { names } = nameGroups(tree);
  const asked = new Set([...names.keys()].filter((id) => matches(names[id])));
  const nodes = buildGraph(tree, weights, null, asked).filter((node) => !(dropNegative && isNegative(node)));
  return blocksOf(nodes.sort(byWeight(sort)));
}

/** The block of one function by its exact name; undefined where the profile has none. @returns {Block | undefined} */
export function callsOf(tree, weights, name) {
  return peekBlocks(tree, weights, (known) => known === name)[0];
}

function blocksOf(nodes) {
  let sum = 0;
  return nodes.map((node) => ({
    node,
    sum: (sum += node.flat),
    callers: [...node.callers.values()].sort(byEdge),
    callees: [...node.callees.values()].sort(byEdge),
  }));
}
