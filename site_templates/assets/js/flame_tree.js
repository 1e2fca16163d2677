/**
 * A call tree as typed arrays: decode the data file, weigh one sample type, search, name paths.
 * Pure: no DOM, no clock. Node 0 is the total; the profile's nodes follow in depth-first order from 1.
 * The data file's format is described in pipeline/render/flame.py.
 */

export const FLAME_FORMAT = 1;
export const HUES = 12;

/**
 * @typedef {object} Tree
 * @property {number} count nodes, the total's included
 * @property {Int32Array} frame frame of each node (-1 for the total)
 * @property {Int32Array} parent -1 for the total
 * @property {Int32Array} depth 0 for the total
 * @property {Int32Array} end one past the last node below each node
 * @property {Uint8Array} inlined
 * @property {string[]} names by frame
 * @property {string[]} shortNames by frame
 * @property {string[]} files by frame
 * @property {string[]} packages by frame
 * @property {Int8Array} hues by frame, -1 is neutral
 * @property {[string, string][]} types
 * @property {number} defaultType
 * @property {number[]} totals
 * @property {Int32Array} flatAt nodes with a value of their own
 * @property {{scale: number, value: number[]}[]} flat by type
 */

/**
 * Decode a data file.
 * @returns {Tree}
 * @throws {Error} when the file has another format number
 */
export function decodeTree(data) {
  if (data.format !== FLAME_FORMAT) {
    throw new Error(`the data file has format ${data.format}, this page reads ${FLAME_FORMAT}; rebuild the site`);
  }
  const count = data.nodes.count + 1;
  const frame = new Int32Array(count).fill(-1);
  frame.set(data.nodes.frame, 1);
  const inlined = new Uint8Array(count);
  for (const node of nodesAt(data.nodes.inlined)) inlined[node] = 1;
  const names = data.frames.name;
  const packageNames = data.packages;
  const packageHues = packageNames.map(packageHue);
  return {
    count,
    frame,
    ...shape(count, nodesAt(data.nodes.up_at), data.nodes.up),
    inlined,
    names,
    shortNames: names.map(shortName),
    files: data.frames.file.map((index) => data.files[index]),
    packages: data.frames.package.map((index) => packageNames[index]),
    hues: Int8Array.from(data.frames.package, (index) => packageHues[index]),
    types: data.types,
    defaultType: data.default,
    totals: data.totals,
    flatAt: nodesAt(data.flat.at),
    flat: data.flat.scale.map((scale, type) => ({ scale, value: data.flat.value[type] })),
  };
}

/** Turn gaps between file positions into nodes (which are one later, as the total is node 0). */
function nodesAt(gaps) {
  const nodes = new Int32Array(gaps.length);
  let at = 0;
  for (let i = 0; i < gaps.length; i++) nodes[i] = at += gaps[i];
  return nodes;
}

/** Rebuild depth, parent and end of subtree from the jumps up. */
function shape(count, jumpNodes, jumps) {
  const depth = new Int32Array(count);
  const parent = new Int32Array(count).fill(-1);
  const end = new Int32Array(count).fill(count);
  const open = [0];
  let next = 0;
  for (let node = 1; node < count; node++) {
    const up = jumpNodes[next] === node ? jumps[next++] : 0;
    for (let i = 0; i < up; i++) end[open.pop()] = node;
    parent[node] = open[open.length - 1];
    depth[node] = open.length;
    open.push(node);
  }
  return { depth, parent, end };
}

/** Drop the import path's folders: `net/http.(*conn).serve` is `http.(*conn).serve`. */
export function shortName(name) {
  const stops = ["[", "(", "{", "<", " "].map((sign) => name.indexOf(sign)).filter((at) => at >= 0);
  const stop = stops.length ? Math.min(...stops) : name.length;
  return name.slice(name.slice(0, stop).lastIndexOf("/") + 1) || name;
}

/** Pick a colour by the package's FNV-1a hash; -1 (neutral) for the runtime and unknown packages. */
export function packageHue(name) {
  if (name === "" || /^(internal\/)?runtime(\/|$)/.test(name)) return -1;
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) state = Math.imul(state ^ byte, 0x01000193);
  return ((state ^ (state >>> 16)) >>> 0) % HUES;
}

/**
 * @typedef {object} Weights one sample type of a tree
 * @property {number} type
 * @property {string} name
 * @property {string} unit
 * @property {number} total absolute total of the profile
 * @property {Float64Array} flat
 * @property {Float64Array} cum
 * @property {Float64Array} gross widths: cum, or sums of absolute values when some value is negative
 * @property {boolean} signed some value is negative
 * @property {number} stackless part of the total in no frame
 * @property {Map<number, Int32Array>} sorted children found so far
 */

/** Add up one sample type over the tree. @returns {Weights} */
export function weigh(tree, type) {
  const flat = new Float64Array(tree.count);
  const { scale, value } = tree.flat[type];
  let signed = false;
  for (let i = 0; i < value.length; i++) {
    flat[tree.flatAt[i]] = value[i] * scale;
    if (value[i] < 0) signed = true;
  }
  const cum = sumUp(tree, flat);
  const gross = signed ? sumUp(tree, flat.map(Math.abs)) : cum;
  const total = Math.max(Math.abs(tree.totals[type]), gross[0]);
  const stackless = total - gross[0];
  const [name, unit] = tree.types[type];
  if (!signed) cum[0] = total;
  gross[0] = total;
  return { type, name, unit, total, flat, cum, gross, signed, stackless, sorted: new Map() };
}

function sumUp(tree, own) {
  const sum = Float64Array.from(own);
  for (let node = tree.count - 1; node > 0; node--) sum[tree.parent[node]] += sum[node];
  return sum;
}

/** Children of a node, widest first; those of no width are left out. @returns {Int32Array} */
export function childrenOf(tree, weights, node) {
  let found = weights.sorted.get(node);
  if (!found) {
    const list = [];
    for (let child = node + 1; child < tree.end[node]; child = tree.end[child]) {
      if (weights.gross[child] > 0) list.push(child);
    }
    found = Int32Array.from(list.sort((a, b) => weights.gross[b] - weights.gross[a] || a - b));
    weights.sorted.set(node, found);
  }
  return found;
}

/** Nodes from just below the total down to this one. @returns {number[]} */
export function pathTo(tree, node) {
  const path = [];
  for (let at = node; at > 0; at = tree.parent[at]) path.push(at);
  return path.reverse();
}

/** Hash one name: two 32-bit lanes. */
function hashName(name) {
  let a = 0x811c9dc5;
  let b = 0x1b873593;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b) + 0x9e3779b1;
  }
  return { a: a | 0, b: b | 0 };
}

/** Extend the hash of a path by one name's hash. */
function extend(path, name) {
  const a = Math.imul(path.a ^ (path.a >>> 15) ^ name.a, 0x2c1b3c6d);
  const b = Math.imul(path.b ^ (path.b >>> 13) ^ name.b, 0x297a2d39);
  return { a: (a + 0x165667b1) | 0, b: (b + 0x27d4eb2f) | 0 };
}

const NO_PATH = { a: 0, b: 0 };

/** Hash of the names from root to node, 16 hex digits: the same in any run in which that path exists. */
export function pathHash(tree, node) {
  const path = pathTo(tree, node).reduce((above, at) => extend(above, hashName(tree.names[tree.frame[at]])), NO_PATH);
  return [path.a, path.b].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
}

/** Find the node with a path hash; -1 if this profile has no such path. */
export function findPath(tree, hash) {
  const a = parseInt(hash.slice(0, 8), 16) | 0;
  const b = parseInt(hash.slice(8), 16) | 0;
  const nameHashes = tree.names.map(hashName);
  const open = [NO_PATH];
  for (let node = 1; node < tree.count; node++) {
    const path = extend(open[tree.depth[node] - 1], nameHashes[tree.frame[node]]);
    if (path.a === a && path.b === b) return node;
    open[tree.depth[node]] = path;
  }
  return -1;
}

/**
 * Compile a search: a regular expression, case ignored unless it has a capital letter or starts with `(?i)`.
 * @returns {{regexp: RegExp | null, error: string}}
 */
export function compileSearch(text) {
  if (text === "") return { regexp: null, error: "" };
  const forced = text.startsWith("(?i)");
  const pattern = forced ? text.slice(4) : text;
  const letters = pattern.replace(/\\./g, "");
  const flags = forced || letters === letters.toLowerCase() ? "i" : "";
  try {
    return { regexp: new RegExp(pattern, flags), error: "" };
  } catch (error) {
    return { regexp: null, error: String(error.message).replace(/^Invalid regular expression: /, "") };
  }
}

/**
 * Match frames by name. Every stack counts once: a match below a match adds nothing.
 * @returns {{frames: Uint8Array, gross: number, count: number, outermost: number[]}}
 */
export function searchTree(tree, weights, regexp) {
  const frames = Uint8Array.from(tree.names, (name) => (regexp.test(name) ? 1 : 0));
  const outermost = [];
  let gross = 0;
  let count = 0;
  let covered = 0;
  for (let node = 1; node < tree.count; node++) {
    if (!frames[tree.frame[node]] || weights.gross[node] <= 0) continue;
    count++;
    if (node < covered) continue;
    covered = tree.end[node];
    gross += weights.gross[node];
    outermost.push(node);
  }
  outermost.sort((a, b) => weights.gross[b] - weights.gross[a] || a - b);
  return { frames, gross, count, outermost };
}
