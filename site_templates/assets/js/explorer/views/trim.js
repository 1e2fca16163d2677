/**
 * Making a call graph small enough to read, as pprof does: light functions go first, then light calls, then all but
 * the first functions, then calls that other paths make redundant. Pure; it changes only graphs it has built itself.
 * Source: google/pprof, internal/report (newTrimmedGraph) and internal/graph.
 */

import { compareNames } from "../filter/top.js";
import { buildGraph, byEdge, byWeight, nameWeights } from "./graph.js";

const MAX_LABELS = 4;

/**
 * @typedef {object} TrimOptions
 * @property {number} [nodeCount] 0 for all; 80 is pprof's own choice for trees and pictures
 * @property {number} [nodeFraction]
 * @property {number} [edgeFraction]
 * @property {boolean} [picture] order by how much a function tells, count labels as functions, drop redundant calls
 * @property {"flat" | "cum"} [sort]
 * @property {boolean} [dropNegative] leave out functions whose weight is negative
 * @property {import("./samples.js").PictureLabel[]} [labels]
 *
 * @typedef {object} Trimmed
 * @property {import("./graph.js").Node[]} nodes in order
 * @property {number} nodeTotal functions before the count cut them
 * @property {number} droppedNodes lighter than the fraction
 * @property {number} droppedEdges
 * @property {number} nodeCutoff in the unit of the sample type
 * @property {number} edgeCutoff
 */

/** Build and trim the call graph. @param {TrimOptions} options @returns {Trimmed} */
export function trimmedGraph(tree, weights, options = {}) {
  const { nodeCount = 80, nodeFraction = 0.005, edgeFraction = 0.001, picture = false, sort = "flat" } = options;
  const build = (kept) => {
    const nodes = withLabels(buildGraph(tree, weights, kept), options.labels);
    return options.dropNegative ? nodes.filter((node) => !isNegative(node)) : nodes;
  };
  // Most functions of a large profile are light: they are weighed before any call is looked at.
  const all = aliveNames(tree, weights, options.dropNegative);
  const total = all.reduce((sum, node) => sum + node.flat, 0);
  // pprof counts in whole numbers; shares and values per operation have none.
  const whole = /^ratio$|\//.test(weights.unit) ? (value) => value : Math.trunc;
  const nodeCutoff = Math.abs(whole(total * nodeFraction));
  const edgeCutoff = Math.abs(whole(total * edgeFraction));
  const heavy = nodeCutoff > 0 ? all.filter((node) => Math.abs(node.cum) >= nodeCutoff) : all;
  let nodes = build(heavy.length < all.length ? new Set(heavy.map((node) => node.id)) : null);
  const nodeTotal = nodes.length;
  const arrange = () => sortNodes(nodes, { picture, sort, whole });
  arrange();
  if (nodeCount > 0) {
    countLabels(nodes, nodeCutoff);
    trimEdges(nodes, edgeCutoff);
    const first = firstNodes(nodes, nodeCount, picture);
    if (first.length !== nodes.length) {
      nodes = build(new Set(first.map((node) => node.id)));
      arrange();
    }
  }
  const droppedEdges = trimEdges(nodes, edgeCutoff);
  if (picture) removeRedundantEdges(nodes);
  return { nodes, nodeTotal, droppedNodes: all.length - nodeTotal, droppedEdges, nodeCutoff, edgeCutoff };
}

function aliveNames(tree, weights, dropNegative) {
  const { flat, cum } = nameWeights(tree, weights);
  const all = Array.from(flat, (own, id) => ({ id, flat: own, cum: cum[id] }));
  return all.filter((node) => (node.flat !== 0 || node.cum !== 0) && !(dropNegative && isNegative(node)));
}

/** Tell whether a function weighs less than nothing. */
export function isNegative({ flat, cum }) {
  return flat < 0 || (flat === 0 && cum < 0);
}

/** Hang the labels of samples on the functions they weigh on. */
function withLabels(nodes, labels) {
  if (!labels) return nodes;
  const known = new Map(nodes.map((node) => [node.name, node]));
  for (const { key, path, value } of labels) {
    path.forEach((name, place) => {
      const node = known.get(name);
      if (!node) return;
      node.tags ??= new Map();
      const tag = node.tags.get(key) ?? { flat: 0, cum: 0 };
      tag.cum += value;
      if (place === 0) tag.flat += value;
      node.tags.set(key, tag);
    });
  }
  return nodes;
}

function countLabels(nodes, cutoff) {
  for (const node of nodes) {
    const heavy = (tag) => tag.flat !== 0 && (Math.abs(tag.flat) >= cutoff || Math.abs(tag.cum) >= cutoff);
    node.labels = node.tags ? [...node.tags.values()].filter(heavy).length : 0;
  }
}

function trimEdges(nodes, cutoff) {
  let dropped = 0;
  for (const node of nodes) {
    for (const [id, edge] of [...node.callers]) {
      if (Math.abs(edge.weight) >= cutoff) continue;
      node.callers.delete(id);
      edge.source.callees.delete(node.id);
      dropped++;
    }
  }
  return dropped;
}

/** Take the first functions; in a picture, labels take the room of functions. */
function firstNodes(nodes, limit, picture) {
  if (!picture) return nodes.slice(0, limit);
  let count = 0;
  for (let place = 0; place < nodes.length; place++) {
    count += Math.min(nodes[place].labels, MAX_LABELS) + 1;
    if (count >= limit) return nodes.slice(0, place + 1);
  }
  return nodes.slice(0, limit);
}

/** Remove residual calls, lightest first, where another path leads to the same function. */
function removeRedundantEdges(nodes) {
  for (const node of [...nodes].reverse()) {
    for (const edge of [...node.callers.values()].sort((a, b) => byEdge(b, a))) {
      if (!edge.residual) break;
      if (!isRedundant(edge)) continue;
      edge.source.callees.delete(node.id);
      node.callers.delete(edge.source.id);
    }
  }
}

function isRedundant(edge) {
  const seen = new Set([edge.target]);
  for (const node of seen) {
    for (const way of node.callers.values()) {
      if (way === edge || seen.has(way.source)) continue;
      if (way.source === edge.source) return true;
      seen.add(way.source);
    }
  }
  return false;
}

function sortNodes(nodes, { picture, sort, whole }) {
  if (!picture) return nodes.sort(byWeight(sort));
  const scores = new Map(nodes.map((node) => [node, Math.abs(entropyScore(node, whole))]));
  return nodes.sort(
    (a, b) => scores.get(b) - scores.get(a) || compareNames(a.name, b.name) || Math.abs(b.flat) - Math.abs(a.flat),
  );
}

/** Score what a function tells: little when one call leads in and one leads out. */
function entropyScore(node, whole = Math.trunc) {
  const way = (edges, own) => (edges.size ? edgeEntropy([...edges.values()], own) : 1);
  const scaled = (way(node.callers, 0) + way(node.callees, node.flat)) * node.cum;
  // What cannot be an int64 becomes the smallest one, as in Go on amd64; so does "not a number".
  return (Math.abs(scaled) < 2 ** 63 ? whole(scaled) : -(2 ** 63)) + node.flat;
}

function edgeEntropy(edges, own) {
  const total = edges.reduce((sum, { weight }) => sum + Math.max(weight, 0), own);
  if (total === 0) return 0;
  const parts = edges.map(({ weight }) => Math.abs(weight) / total);
  if (own > 0) parts.push(own / total);
  return parts.reduce((sum, part) => sum + (part > 0 ? -part * Math.log2(part) : NaN), 0);
}
