/**
 * Builds trees: nodes are found or made by parent and key, then put into depth-first order. Pure.
 * Siblings keep the order in which they were first met.
 */

/** Grows a tree by (parent, key); ids count up from 0, parents before their children. */
export class Grower {
  /** @param {number} [room] nodes that are expected */
  constructor(room = 1024) {
    this.count = 0;
    this.parent = new Int32Array(Math.max(room, 16));
    this.key = new Int32Array(this.parent.length);
    this.slots = new Int32Array(2 ** Math.ceil(Math.log2(this.parent.length * 2)));
  }

  /** Find or make the child of a node (-1: a root). @returns {number} its id */
  child(parent, key) {
    const mask = this.slots.length - 1;
    let slot = hash(parent, key) & mask;
    for (let id; (id = this.slots[slot] - 1) >= 0; slot = (slot + 1) & mask) {
      if (this.parent[id] === parent && this.key[id] === key) return id;
    }
    if (this.count === this.parent.length) this.widen();
    const id = this.count++;
    this.parent[id] = parent;
    this.key[id] = key;
    this.slots[slot] = id + 1;
    if (this.count * 2 > this.slots.length) this.rehash();
    return id;
  }

  widen() {
    for (const column of ["parent", "key"]) {
      const wider = new Int32Array(this.count * 2);
      wider.set(this[column]);
      this[column] = wider;
    }
  }

  rehash() {
    this.slots = new Int32Array(this.slots.length * 4);
    const mask = this.slots.length - 1;
    for (let id = 0; id < this.count; id++) {
      let slot = hash(this.parent[id], this.key[id]) & mask;
      while (this.slots[slot]) slot = (slot + 1) & mask;
      this.slots[slot] = id + 1;
    }
  }

  /** Put the nodes in depth-first order; `place` maps an id to its position. */
  finish() {
    const { count } = this;
    const size = new Int32Array(count).fill(1);
    for (let id = count - 1; id >= 0; id--) if (this.parent[id] >= 0) size[this.parent[id]] += size[id];
    const place = new Int32Array(count);
    const cursor = new Int32Array(count);
    const parent = new Int32Array(count);
    const end = new Int32Array(count);
    const depth = new Int32Array(count);
    const key = new Int32Array(count);
    let rootCursor = 0;
    let deepest = 0;
    for (let id = 0; id < count; id++) {
      const above = this.parent[id];
      const at = above < 0 ? rootCursor : cursor[above];
      if (above < 0) rootCursor += size[id];
      else cursor[above] += size[id];
      place[id] = at;
      cursor[id] = at + 1;
      end[at] = at + size[id];
      parent[at] = above < 0 ? -1 : place[above];
      depth[at] = above < 0 ? 0 : depth[parent[at]] + 1;
      key[at] = this.key[id];
      if (depth[at] > deepest) deepest = depth[at];
    }
    return { count, parent, end, depth: deepest > 65535 ? depth : Uint16Array.from(depth), key, place };
  }
}

function hash(parent, key) {
  const mixed = Math.imul(parent + 1, 0x9e3779b1) ^ Math.imul(key + 1, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/**
 * Add own values up at other nodes. @param {import("../data/tree.js").Flat} flat
 * @param {(i: number, at: number) => number} target node of each value, -1 to leave it out
 * @returns {import("../data/tree.js").Flat}
 */
export function spread(flat, count, target) {
  const { at, value, exact } = flat;
  const dense = new Float64Array(count);
  const filled = new Uint8Array(count);
  const big = exact && new BigInt64Array(count);
  for (let i = 0; i < at.length; i++) {
    const node = target(i, at[i]);
    if (node < 0) continue;
    dense[node] += value[i];
    filled[node] = 1;
    if (big) big[node] += exact[i];
  }
  return sparse(dense, filled, big);
}

/** Keep the nodes that hold a value. */
function sparse(dense, filled, big) {
  let size = 0;
  for (let node = 0; node < dense.length; node++) if (filled[node]) size++;
  const at = new Int32Array(size);
  for (let node = 0, i = 0; node < dense.length; node++) if (filled[node]) at[i++] = node;
  const found = { at, value: Float64Array.from(at, (node) => (big ? Number(big[node]) : dense[node])) };
  if (big) found.exact = BigInt64Array.from(at, (node) => big[node]);
  return found;
}
