/**
 * Upwards: who calls a function, and who calls them, split only as far as somebody looks. Pure. All call paths stand
 * in one pair of arrays; a group is a range of them, and splitting it sorts its range by the next caller in place.
 */
import { emptyItem, splitBy, totalItem } from "./callees.js";
import { sideAt } from "./measure.js";

export class Callers {
  /**
   * @param {import("./measure.js").Measured} measured
   * @param {{collapse?: boolean, key?: number}} options `collapse` folds a function calling itself into one box;
   *   `key` starts at a function (its outermost calls, with all they call) instead of at every path's last callee
   */
  constructor(measured, { collapse = false, key = -1 } = {}) {
    this.measured = measured;
    this.collapse = collapse;
    this.start = key;
    this.from = key < 0 ? leaves(measured) : outermost(measured, key);
    /** Where each path stands now, callers passed so far left behind. */
    this.at = Int32Array.from(this.from);
    this.widths = measured.sides.map((side) => (key < 0 ? side.ownWidth : side.width));
    const functions = measured.tree.names.length + 1;
    this.slot = new Int32Array(functions).fill(-1);
    this.sums = new Float64Array(functions);
    this.sizes = new Int32Array(functions);
  }

  /** Begin anew: splitting changes the arrays, so what an earlier root gave cannot be split after this. @returns {any} */
  root() {
    this.at.set(this.from);
    const range = { order: 0, begin: 0, finish: this.from.length };
    if (this.start < 0) return { ...totalItem(this.measured), ...range };
    const item = { ...emptyItem(this.start), ...range };
    for (let i = 0; i < this.from.length; i++) item.width += this.widthOf(this.from[i]);
    return this.weigh(item);
  }

  /** What a path weighs in the picture. */
  widthOf(node) {
    const { split } = this.measured;
    return node < split ? this.widths[0][node] : this.widths[1][node - split];
  }

  /** Fill in what is said about an item beside its width. */
  weigh(item) {
    const { measured, start } = this;
    for (let i = item.begin; i < item.finish; i++) {
      const { tree, flat, cum, from, isBase } = sideAt(measured, this.from[i]);
      const node = this.from[i] - from;
      const value = (start < 0 ? flat : cum)[node];
      item.cum += isBase ? -value : value;
      if (isBase) item.base += value;
      else item.head += value;
      if (tree.inlined[this.at[i] - from] === 0) item.inlined = false;
      if (this.at[i] === this.from[i]) item.flat += isBase ? -flat[node] : flat[node];
    }
    return item;
  }

  /** Split an item into its callers of at least this width; once for each item. @returns {import("./callees.js").Split} */
  expand(item, least) {
    if (item.key >= 0) for (let i = item.begin; i < item.finish; i++) this.at[i] = this.above(this.at[i]);
    const groups = this.group(item.begin, item.finish);
    this.sort(item.begin, item.finish, groups);
    for (const group of groups) this.slot[group.key + 1] = -1;
    const split = splitBy(groups.filter((group) => group.key >= 0), least);
    for (const one of split.items) this.weigh(one);
    return split;
  }

  /** Tell whether nothing calls it; asked before it is split. */
  isLeaf(item) {
    if (item.key < 0) return item.begin === item.finish;
    for (let i = item.begin; i < item.finish; i++) if (this.above(this.at[i]) >= 0) return false;
    return true;
  }

  above(node) {
    if (node < 0) return -1;
    const { tree: { parent, name }, from } = sideAt(this.measured, node);
    let up = parent[node - from];
    while (this.collapse && up >= 0 && name[up] === name[node - from]) up = parent[up];
    return up < 0 ? -1 : from + up;
  }

  keyOf(node) {
    if (node < 0) return -1;
    const { tree, from } = sideAt(this.measured, node);
    return tree.name[node - from];
  }

  /** Find the functions of a range, how many paths each has and how wide they are; `slot` tells a function's group. */
  group(begin, finish) {
    const { from, at, slot } = this;
    const groups = [];
    for (let i = begin; i < finish; i++) {
      const key = this.keyOf(at[i]);
      let place = slot[key + 1];
      if (place < 0) {
        place = slot[key + 1] = groups.length;
        groups.push({ ...emptyItem(key), order: key, begin: 0, finish: 0 });
        this.sums[place] = 0;
        this.sizes[place] = 0;
      }
      this.sums[place] += this.widthOf(from[i]);
      this.sizes[place] += 1;
    }
    groups.forEach((group, place) => {
      group.width = this.sums[place];
      group.finish = this.sizes[place];
    });
    return groups;
  }

  /** Bring the paths of each group together, in the order they had. */
  sort(begin, finish, groups) {
    let next = begin;
    for (const group of groups) {
      const size = group.finish;
      group.begin = group.finish = next;
      next += size;
    }
    if (groups.length === 1) groups[0].finish = finish;
    if (groups.length < 2) return;
    const from = this.from.slice(begin, finish);
    const at = this.at.slice(begin, finish);
    for (let i = 0; i < from.length; i++) {
      const group = groups[this.slot[this.keyOf(at[i]) + 1]];
      this.from[group.finish] = from[i];
      this.at[group.finish++] = at[i];
    }
  }
}

/** Nodes with a width of their own. */
function leaves({ sides }) {
  const found = [];
  for (const { tree, ownWidth, from } of sides) {
    for (let node = 0; node < tree.count; node++) if (ownWidth[node] > 0) found.push(from + node);
  }
  return Int32Array.from(found);
}

/** Calls of a function that are not below another call of it. */
function outermost({ sides }, key) {
  const found = [];
  for (const { tree, from } of sides) {
    for (let node = 0; node < tree.count; ) {
      const isOurs = tree.name[node] === key;
      if (isOurs) found.push(from + node);
      node = isOurs ? tree.end[node] : node + 1;
    }
  }
  return Int32Array.from(found);
}
