/**
 * Boxes of a flame graph, root on top, for one zoom and width. Pure; cost follows what is visible, not the profile.
 */
import { childrenOf, pathTo } from "./flame_tree.js";

/** Boxes narrower than this are gathered into one "N more" box per parent (pixels). */
export const NARROWEST = 0.6;

/**
 * @typedef {object} Box
 * @property {number} node the frame drawn; for a "more" box the parent of the frames gathered
 * @property {number} row
 * @property {number} x pixels
 * @property {number} width pixels
 * @property {number} more frames gathered here; 0 for an ordinary box
 * @property {number} value their width in the sample type's unit
 */

/**
 * Lay out everything at least a fraction of a pixel wide. Rows above the zoomed frame hold its callers, full width.
 * @param {import("./flame_tree.js").Tree} tree
 * @param {import("./flame_tree.js").Weights} weights
 * @param {number} zoom node shown at full width
 * @param {number} width pixels
 * @returns {{rows: Box[][], width: number, zoom: number}} boxes by row, left to right
 */
export function layoutFlame(tree, weights, zoom, width) {
  const rows = [];
  const add = (node, row, x, boxWidth, more, value) => {
    (rows[row] ??= []).push({ node, row, x, width: boxWidth, more, value });
  };
  for (const node of [0, ...pathTo(tree, zoom)]) {
    if (node !== zoom) add(node, tree.depth[node], 0, width, 0, weights.gross[node]);
  }
  const scale = weights.gross[zoom] > 0 ? width / weights.gross[zoom] : 0;
  // An explicit stack: real stacks are deeper than a browser lets a function call itself.
  const open = [{ node: zoom, x: 0 }];
  while (open.length) {
    const { node, x } = open.pop();
    const row = tree.depth[node];
    add(node, row, x, node === zoom ? width : weights.gross[node] * scale, 0, weights.gross[node]);
    const inner = placeChildren(tree, weights, node, x, scale);
    if (inner.more) add(node, row + 1, inner.moreX, inner.moreValue * scale, inner.more, inner.moreValue);
    for (let i = inner.placed.length - 1; i >= 0; i--) open.push(inner.placed[i]);
  }
  for (const row of rows) row.sort((a, b) => a.x - b.x);
  return { rows, width, zoom };
}

/** Place the children wide enough to see from the left; count the rest. */
function placeChildren(tree, weights, node, left, scale) {
  const children = childrenOf(tree, weights, node);
  const placed = [];
  let x = left;
  let i = 0;
  for (; i < children.length && weights.gross[children[i]] * scale >= NARROWEST; i++) {
    placed.push({ node: children[i], x });
    x += weights.gross[children[i]] * scale;
  }
  let moreValue = 0;
  for (let rest = i; rest < children.length; rest++) moreValue += weights.gross[children[rest]];
  return { placed, more: children.length - i, moreX: x, moreValue };
}

/** The box at a point, or null. @returns {Box | null} */
export function hitTest(layout, x, row) {
  const boxes = layout.rows[row];
  if (!boxes || x < 0) return null;
  let low = 0;
  let high = boxes.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (boxes[middle].x <= x) low = middle;
    else high = middle - 1;
  }
  const box = boxes[low];
  return x >= box.x && x < box.x + box.width ? box : null;
}

/** The ordinary box of a node, or null when it is too narrow or outside the zoom. @returns {Box | null} */
export function boxOf(tree, layout, node) {
  return layout.rows[tree.depth[node]]?.find((box) => box.node === node && !box.more) ?? null;
}

/**
 * Walk from a node: "up" to its caller, "down" to its heaviest callee, "left"/"right" among its siblings.
 * @returns {number} the node reached; the same node at an edge
 */
export function step(tree, weights, node, direction) {
  if (direction === "up") return Math.max(0, tree.parent[node]);
  if (direction === "down") return childrenOf(tree, weights, node)[0] ?? node;
  if (node === 0) return 0;
  const siblings = childrenOf(tree, weights, tree.parent[node]);
  const at = siblings.indexOf(node) + (direction === "left" ? -1 : 1);
  return siblings[at] ?? node;
}
