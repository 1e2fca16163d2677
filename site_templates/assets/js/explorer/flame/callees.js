/**
 * Downwards: what a set of call paths calls, grouped by function only as far as somebody looks. Pure. A group is the list of
 * its nodes; with one node it is the tree itself, so a plain flame graph merges nothing.
 */

/**
 * @typedef {object} Item one box's content; which of the two partitions made it decides the rest of its fields
 * @property {number} key function id; -1 for the total
 * @property {number} width in the sample type's unit
 * @property {number} cum
 * @property {number} flat
 * @property {number} base cum of the comparison's base; 0 without one
 * @property {number} head cum of its head; cum without one
 * @property {boolean} inlined all of it was inlined into its caller
 */

/** @typedef {{items: Item[], more: number, moreWidth: number}} Split children wide enough, widest first; and the rest */

/** An item without a value. @param {number} key @returns {any} */
export function emptyItem(key) {
  return { key, width: 0, cum: 0, flat: 0, base: 0, head: 0, inlined: true };
}

/** The item of the whole profile. @param {import("./measure.js").Measured} measured @returns {any} */
export function totalItem(measured) {
  const { pair, whole, signed } = measured;
  const net = sumOf(measured, measured.cum);
  const cum = pair ? pair.head.total - pair.base.total : signed ? net : whole;
  return { ...emptyItem(-1), width: whole, cum, base: pair?.base.total ?? 0, head: pair?.head.total ?? cum, inlined: false };
}

function sumOf({ tree }, values) {
  let sum = 0;
  for (let root = 0; root < tree.count; root = tree.end[root]) sum += values[root];
  return sum;
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
  items.sort((one, other) => other.width - one.width || one.order - other.order);
  return { items, more, moreWidth };
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
    const { tree } = this.measured;
    if (this.start < 0) return { ...totalItem(this.measured), order: 0, nodes: null };
    const item = { ...emptyItem(this.start), order: 0, nodes: [] };
    for (let node = 0; node < tree.count; ) {
      const isOurs = tree.name[node] === this.start;
      if (isOurs) this.add(item, node);
      node = isOurs ? tree.end[node] : node + 1;
    }
    return item;
  }

  /** Count a node in, and with `collapse` its direct recursion. */
  add(item, first) {
    const { measured: { tree, width, cum, flat, pair }, collapse } = this;
    item.width += width[first];
    item.cum += cum[first];
    item.base += pair ? pair.base.cum[first] : 0;
    item.head += pair ? pair.head.cum[first] : cum[first];
    const open = [first];
    while (open.length) {
      const node = open.pop();
      item.nodes.push(node);
      item.flat += flat[node];
      item.inlined &&= tree.inlined[node] === 1;
      for (let child = node + 1; collapse && child < tree.end[node]; child = tree.end[child]) {
        if (tree.name[child] === item.key) open.push(child);
      }
    }
  }

  /** The item of one node. */
  itemOf(node) {
    const { measured: { tree, width, cum, flat, pair }, collapse } = this;
    if (collapse) {
      const item = { ...emptyItem(tree.name[node]), order: node, nodes: [] };
      this.add(item, node);
      return item;
    }
    return {
      key: tree.name[node], width: width[node], cum: cum[node], flat: flat[node],
      base: pair ? pair.base.cum[node] : 0, head: pair ? pair.head.cum[node] : cum[node],
      inlined: tree.inlined[node] === 1, order: node, nodes: [node],
    };
  }

  /** Split an item into its callees of at least this width. @param {any} item @param {number} least @returns {Split} */
  expand(item, least) {
    const { tree, width } = this.measured;
    if (!this.collapse && (item.nodes === null || item.nodes.length === 1)) return this.expandOne(item, least);
    const groups = new Map();
    const take = (child) => {
      const key = tree.name[child];
      if (width[child] <= 0 || (this.collapse && key === item.key)) return;
      let group = groups.get(key);
      if (!group) groups.set(key, (group = { ...emptyItem(key), order: child, nodes: [] }));
      this.add(group, child);
    };
    if (item.nodes === null) for (let root = 0; root < tree.count; root = tree.end[root]) take(root);
    for (const node of item.nodes ?? []) {
      for (let child = node + 1; child < tree.end[node]; child = tree.end[child]) take(child);
    }
    return splitBy(groups.values(), least);
  }

  /** Tell whether nothing is called. */
  isLeaf(item) {
    const { tree } = this.measured;
    if (item.nodes === null) return tree.count === 0;
    return item.nodes.every((node) => tree.end[node] === node + 1);
  }

  /** The children of one node: nothing to group, and the narrow ones need no object. */
  expandOne(item, least) {
    const { tree, width } = this.measured;
    const from = item.nodes === null ? 0 : item.nodes[0] + 1;
    const to = item.nodes === null ? tree.count : tree.end[item.nodes[0]];
    const wide = [];
    let more = 0;
    let moreWidth = 0;
    for (let child = from; child < to; child = tree.end[child]) {
      if (width[child] >= least && width[child] > 0) {
        wide.push(this.itemOf(child));
      } else if (width[child] > 0) {
        more += 1;
        moreWidth += width[child];
      }
    }
    return { items: splitBy(wide, 0).items, more, moreWidth };
  }
}
