/**
 * Upwards: who calls a function, and who calls them, split only as far as somebody looks. Pure. All call paths stand
 * in one pair of arrays; a group is a range of them, and splitting it sorts its range by the next caller in place.
 */
import { emptyItem, splitBy, totalItem } from "./callees.js";

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
    this.own = key < 0 ? measured.ownWidth : measured.width;
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
    for (let i = 0; i < this.from.length; i++) item.width += this.own[this.from[i]];
    return this.weigh(item);
  }

  /** Fill in what is said about an item beside its width. */
  weigh(item) {
    const { measured: { tree, flat, cum, pair }, start } = this;
    const value = start < 0 ? flat : cum;
    const sides = pair && (start < 0 ? [pair.base.flat, pair.head.flat] : [pair.base.cum, pair.head.cum]);
    for (let i = item.begin; i < item.finish; i++) {
      const node = this.from[i];
      item.cum += value[node];
      if (sides) {
        item.base += sides[0][node];
        item.head += sides[1][node];
      }
      if (tree.inlined[this.at[i]] === 0) item.inlined = false;
      if (this.at[i] === node) item.flat += flat[node];
    }
    if (!sides) item.head = item.cum;
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
    const { tree } = this.measured;
    if (node < 0) return -1;
    let up = tree.parent[node];
    while (this.collapse && up >= 0 && tree.name[up] === tree.name[node]) up = tree.parent[up];
    return up;
  }

  /** Find the functions of a range, how many paths each has and how wide they are; `slot` tells a function's group. */
  group(begin, finish) {
    const { own, from, at, slot, measured: { tree: { name } } } = this;
    const groups = [];
    for (let i = begin; i < finish; i++) {
      const key = at[i] < 0 ? -1 : name[at[i]];
      let place = slot[key + 1];
      if (place < 0) {
        place = slot[key + 1] = groups.length;
        groups.push({ ...emptyItem(key), order: key, begin: 0, finish: 0 });
        this.sums[place] = 0;
        this.sizes[place] = 0;
      }
      this.sums[place] += own[from[i]];
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
      const group = groups[this.slot[(at[i] < 0 ? -1 : this.measured.tree.name[at[i]]) + 1]];
      this.from[group.finish] = from[i];
      this.at[group.finish++] = at[i];
    }
  }
}

/** Nodes with a width of their own. */
function leaves({ tree, ownWidth }) {
  const found = [];
  for (let node = 0; node < tree.count; node++) if (ownWidth[node] > 0) found.push(node);
  return Int32Array.from(found);
}

/** Calls of a function that are not below another call of it. */
function outermost({ tree }, key) {
  const found = [];
  for (let node = 0; node < tree.count; ) {
    const isOurs = tree.name[node] === key;
    if (isOurs) found.push(node);
    node = isOurs ? tree.end[node] : node + 1;
  }
  return Int32Array.from(found);
}
