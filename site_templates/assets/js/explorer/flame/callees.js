/**
 * Downwards: what a set of call paths calls, grouped by function only as far as somebody looks. Pure. A group is the list of
 * its nodes; with one node it is the tree itself, so a plain flame graph merges nothing, and of a comparison only what is
 * wide enough to be drawn is laid together.
 */
import { sideAt } from "./measure.js";

/**
 * @typedef {object} Item one box's content; which of the two partitions made it decides the rest of its fields
 * @property {number} key function id; -1 for the total
 * @property {number} width in the sample type's unit
 * @property {number} cum
 * @property {number} flat
 * @property {number} base cum of the comparison's base; 0 without one
 * @property {number} head cum of its head; cum without one
 * @property {boolean} inlined all of it was inlined into its caller
 * @property {number} order the first of its nodes, numbered on from side to side; -1: all there are
 * @property {number[] | null} nodes null: only that one
 */

/** @typedef {{items: Item[], more: number, moreWidth: number}} Split children wide enough, widest first; and the rest */

/** An item without a value. @param {number} key @returns {any} */
export function emptyItem(key) {
  return { key, width: 0, cum: 0, flat: 0, base: 0, head: 0, inlined: true };
}

/** The item of the whole profile. @param {import("./measure.js").Measured} measured @returns {any} */
export function totalItem({ pair, whole, net }) {
  return { ...emptyItem(-1), width: whole, cum: net, base: pair?.base.total ?? 0, head: pair?.head.total ?? net, inlined: false };
}

/** Sort by width, equal ones as the tree has them, and count what is narrower than `least`. @returns {Split} */
export function splitBy(groups, least) {
  const items = [];
  let more = 0;
  let moreWidth = 0;
  for (const group of groups) {
    if (group.width <= 0) continue;
    if (group.width >= least) items.push(group);
    else {
      more += 1;
      moreWidth += group.width;
    }
  }
  return { items: widestFirst(items), more, moreWidth };
}

/** Sort items by width, equal ones as the tree has them. */
function widestFirst(items) {
  for (let i = 1; i < items.length; i++) {
    const [one, other] = [items[i - 1], items[i]];
    if (one.width > other.width || (one.width === other.width && one.order < other.order)) continue;
    return items.sort((a, b) => b.width - a.width || a.order - b.order);
  }
  return items; // as a tree has them for its default type
}

/** The item of one node: thousands are made for a picture, and little is asked of most. */
class NodeItem {
  /** @param {import("./measure.js").Side} side @param {number} node of the side */
  constructor(side, node) {
    this.side = side;
    this.node = node;
    this.key = side.tree.name[node];
    this.nodes = null;
  }

  get order() {
    return this.side.from + this.node;
  }

  get width() {
    return this.side.width[this.node];
  }

  get cum() {
    return this.side.isBase ? -this.side.cum[this.node] : this.side.cum[this.node];
  }

  get flat() {
    return this.side.isBase ? -this.side.flat[this.node] : this.side.flat[this.node];
  }

  get base() {
    return this.side.isBase ? this.side.cum[this.node] : 0;
  }

  get head() {
    return this.side.isBase ? 0 : this.side.cum[this.node];
  }

  get inlined() {
    return this.side.tree.inlined[this.node] === 1;
  }
}

export class Callees {
  /**
   * @param {import("./measure.js").Measured} measured
   * @param {{collapse?: boolean, key?: number}} options `collapse` folds a function calling itself into one box;
   *   `key` starts at a function (its outermost calls) instead of at the total
   */
  constructor(measured, { collapse = false, key = -1 } = {}) {
    this.measured = measured;
    this.collapse = collapse;
    this.start = key;
  }

  /** @returns {any} */
  root() {
    if (this.start < 0) return { ...totalItem(this.measured), order: -1, nodes: null };
    const item = { ...emptyItem(this.start), order: 0, nodes: [] };
    for (const { tree, from } of this.measured.sides) {
      for (let node = 0; node < tree.count; ) {
        const isOurs = tree.name[node] === this.start;
        if (isOurs) this.add(item, from + node);
        node = isOurs ? tree.end[node] : node + 1;
      }
    }
    return item;
  }

  /** Count a node in, and with `collapse` its direct recursion. */
  add(item, first) {
    const { measured, collapse } = this;
    const { tree, from, isBase, width, cum, flat } = sideAt(measured, first);
    const value = cum[first - from];
    item.width += width[first - from];
    item.cum += isBase ? -value : value;
    item[isBase ? "base" : "head"] += value;
    const open = [first - from];
    while (open.length) {
      const node = open.pop();
      item.nodes.push(from + node);
      item.flat += isBase ? -flat[node] : flat[node];
      item.inlined &&= tree.inlined[node] === 1;
      for (let child = node + 1; collapse && child < tree.end[node]; child = tree.end[child]) {
        if (tree.name[child] === item.key) open.push(child);
      }
    }
  }

  /** Split an item into its callees of at least this width. @param {any} item @param {number} least @returns {Split} */
  expand(item, least) {
    const { measured, collapse } = this;
    const isWhole = item.order < 0;
    if (!collapse && item.nodes === null && !(isWhole && measured.pair)) return this.expandOne(item, least);
    const groups = new Map();
    const take = (side, begin, finish) => {
      const { tree, width, from } = side;
      for (let child = begin; child < finish; child = tree.end[child]) {
        const key = tree.name[child];
        if (width[child] <= 0 || (collapse && key === item.key)) continue;
        const group = groups.get(key);
        if (group === undefined) groups.set(key, from + child);
        else if (typeof group === "number") groups.set(key, this.begin(group, from + child));
        else this.add(group, from + child);
      }
    };
    if (isWhole) for (const side of measured.sides) take(side, 0, side.tree.count);
    for (const node of isWhole ? [] : (item.nodes ?? [item.order])) {
      const side = sideAt(measured, node);
      take(side, node - side.from + 1, side.tree.end[node - side.from]);
    }
    return this.split(groups.values(), least);
  }

  /** An item of several nodes. */
  begin(...nodes) {
    const { tree, from } = sideAt(this.measured, nodes[0]);
    const group = { ...emptyItem(tree.name[nodes[0] - from]), order: nodes[0], nodes: [] };
    for (const node of nodes) this.add(group, node);
    return group;
  }

  /** Make items of the groups wide enough: most hold one node, which needs no object before. */
  split(groups, least) {
    const items = [];
    let more = 0;
    let moreWidth = 0;
    for (const group of groups) {
      const side = typeof group === "number" ? sideAt(this.measured, group) : null;
      const own = side ? side.width[group - side.from] : group.width;
      if (own >= least) items.push(!side ? group : this.collapse ? this.begin(group) : new NodeItem(side, group - side.from));
      else {
        more += 1;
        moreWidth += own;
      }
    }
    return { items: widestFirst(items), more, moreWidth };
  }

  /** Tell whether nothing is called. */
  isLeaf(item) {
    const { measured } = this;
    if (item.order < 0) return measured.sides.every(({ tree }) => tree.count === 0);
    return (item.nodes ?? [item.order]).every((node) => {
      const { tree, from } = sideAt(measured, node);
      return tree.end[node - from] === node - from + 1;
    });
  }

  /** The children of one node: nothing to group, and the narrow ones need no object. */
  expandOne(item, least) {
    const side = sideAt(this.measured, Math.max(0, item.order));
    const { tree: { count, end }, width, from } = side;
    const node = item.order < 0 ? -1 : item.order - from;
    const to = node < 0 ? count : end[node];
    const items = [];
    let more = 0;
    let moreWidth = 0;
    for (let child = node + 1; child < to; child = end[child]) {
      if (width[child] >= least && width[child] > 0) {
        items.push(new NodeItem(side, child));
      } else if (width[child] > 0) {
        more += 1;
        moreWidth += width[child];
      }
    }
    return { items: widestFirst(items), more, moreWidth };
  }
}
