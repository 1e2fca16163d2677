/**
 * Boxes of a flame graph for one zoom and width. Pure; cost follows what is visible, not the profile.
 * Row 0 is the total (or, in a sandwich, the furthest caller); a zoomed box has its way there above it, full width.
 */

/**
 * Boxes narrower than this are gathered into one "N more" box for each parent (pixels): nobody can tell them apart, and a
 * large profile has thousands.
 */
const NARROWEST = 1;

/**
 * @typedef {object} Box
 * @property {any} item what it stands for; for a "more" box its parent's
 * @property {Box | null} parent
 * @property {number} depth steps from the total or the function in the middle
 * @property {number} row
 * @property {number} x pixels
 * @property {number} width pixels
 * @property {number} more frames gathered here; 0 for an ordinary box
 * @property {number} value of these, the width in the sample type's unit
 * @property {number} side 1 towards callees, -1 towards callers
 */

/**
 * @typedef {object} Layout
 * @property {Box[][]} rows boxes by row, left to right
 * @property {Box} whole
 * @property {Box} zoom
 * @property {number} width pixels
 * @property {boolean} found the whole path was there
 */

/** @typedef {{root(): any, expand(item: any, least: number): import("./callees.js").Split}} Partition */

/**
 * Lay out everything at least a fraction of a pixel wide.
 * @param {Partition} partition @param {number[]} path function ids from below the root to the box at full width
 * @param {number} width pixels
 * @returns {Layout}
 */
export function layOut(partition, path, width, side = 1) {
  const boxes = [];
  const make = (item, parent, x, boxWidth, more = 0, value = 0) => {
    const depth = parent ? parent.depth + 1 : 0;
    const box = { item, parent, depth, row: depth, x, width: boxWidth, more, value, side, fitted: null };
    boxes.push(box);
    return box;
  };
  const whole = make(partition.root(), null, 0, width);
  let zoom = whole;
  let found = true;
  for (const key of path) {
    const item = partition.expand(zoom.item, 0).items.find((one) => one.key === key);
    found = item !== undefined;
    if (!found) break;
    zoom = make(item, zoom, 0, width);
  }
  // A missing step leaves the box above it already split, so all starts again from what was there.
  if (!found) return { ...layOut(partition, path.slice(0, zoom.depth), width, side), found };
  fill(partition, zoom, width, make);
  return { rows: rowsOf(boxes), whole, zoom, width, found };
}

/** Split the zoomed box and all below it that is wide enough. */
function fill(partition, zoom, width, make) {
  const scale = zoom.item.width > 0 ? width / zoom.item.width : 0;
  // An explicit stack: real stacks are deeper than a browser lets a function call itself.
  const open = scale > 0 ? [zoom] : [];
  while (open.length) {
    const box = open.pop();
    const { items, more, moreWidth } = partition.expand(box.item, NARROWEST / scale);
    let x = box.x;
    const begun = open.length;
    for (const item of items) {
      const boxWidth = item.width * scale;
      open.push(make(item, box, x, boxWidth));
      x += boxWidth;
    }
    reverseFrom(open, begun); // the leftmost comes first, so rows are filled from left to right
    if (more) make(box.item, box, x, moreWidth * scale, more, moreWidth);
  }
}

function rowsOf(boxes) {
  const rows = [];
  for (const box of boxes) (rows[box.row] ??= []).push(box);
  return rows;
}

function reverseFrom(list, from) {
  for (let low = from, high = list.length - 1; low < high; low++, high--) [list[low], list[high]] = [list[high], list[low]];
}

/**
 * Lay out a function in the middle, its callers above, its callees below. A path zooms one of the two halves.
 * @param {Partition} callers @param {Partition} callees @param {number[]} path @param {number} side which half it means
 * @param {number} width
 * @returns {Layout}
 */
export function layOutSandwich(callers, callees, path, side, width) {
  const up = layOut(callers, side < 0 ? path : [], width, -1);
  const down = layOut(callees, side < 0 ? [] : path, width, 1);
  const middle = up.rows.length - 1;
  for (const row of up.rows) for (const box of row) box.row = middle - box.depth;
  for (const row of down.rows) for (const box of row) box.row = middle + box.depth;
  for (const box of up.rows[1] ?? []) box.parent = down.whole;
  const rows = [...up.rows.slice(1).reverse(), ...down.rows];
  const main = side < 0 ? up : down;
  return { rows, whole: down.whole, zoom: main.zoom === up.whole ? down.whole : main.zoom, width, found: main.found };
}

/** The box at a point, or null. @param {Layout} layout @returns {Box | null} */
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

/** Function ids from below the root to a box. @param {Box} box @returns {number[]} */
export function pathOf(box) {
  const path = [];
  for (let at = box; at.parent; at = at.parent) path.push(at.item.key);
  return path.reverse();
}

/** The box at the end of a path, as far as it is drawn. @returns {{box: Box, missed: number}} steps not drawn */
export function boxAt(layout, path, side) {
  let box = layout.whole;
  for (const [at, key] of path.entries()) {
    const next = childrenOf(layout, box, side).find((child) => !child.more && child.item.key === key);
    if (!next) return { box, missed: path.length - at };
    box = next;
  }
  return { box, missed: 0 };
}

/** Boxes one step from a box, away from the root. @returns {Box[]} */
export function childrenOf(layout, box, side = box.depth ? box.side : 1) {
  return (layout.rows[box.row + side] ?? []).filter((one) => one.parent === box && one.side === side);
}

/**
 * Walk from a box: "up" and "down" as drawn, to the widest where there are several; "left" and "right" in its row.
 * @param {Layout} layout @param {Box} box @param {"up" | "down" | "left" | "right"} direction
 * @returns {Box} the same box at an edge
 */
export function step(layout, box, direction) {
  if (direction === "up" || direction === "down") {
    const side = direction === "down" ? 1 : -1;
    const isBack = box.depth > 0 && box.side !== side;
    return isBack ? (box.parent ?? box) : (childrenOf(layout, box, side)[0] ?? box);
  }
  if (!box.parent) return box;
  const siblings = childrenOf(layout, box.parent, box.side);
  return siblings[siblings.indexOf(box) + (direction === "left" ? -1 : 1)] ?? box;
}

/** The next frame on the way from the zoomed one to a box; frames as wide as the one before are no step. */
export function nextInward({ zoom, width }, box) {
  const way = [];
  for (let at = box?.more ? box.parent : box; at && at !== zoom; at = at.parent) way.unshift(at);
  const next = way.find((at) => at.width < 0.98 * width) ?? way.at(-1);
  return next && next.depth > zoom.depth ? next : null;
}

/** The next wider frame above the zoomed one. */
export function nextOutward({ zoom }) {
  let next = zoom.parent;
  while (next?.parent && next.item.width < 1.02 * zoom.item.width) next = next.parent;
  return next;
}
