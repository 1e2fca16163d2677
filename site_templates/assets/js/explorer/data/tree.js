/**
 * The value every view shares: one profile's call tree as typed arrays, and its weights for one sample type.
 * Pure: no DOM, no clock. There is no node for the total: a root has parent -1 and depth 0. Nodes are in depth-first
 * order, so the nodes below `i` are `i + 1 … end[i] - 1`. Siblings are heaviest first (default type) in a tree as it
 * was loaded; filtered trees promise no order among siblings.
 */

/**
 * @typedef {object} Flat sparse own values of one sample type
 * @property {Int32Array} at nodes, ascending
 * @property {Float64Array} value
 * @property {BigInt64Array} [exact] the same values, where some are past 2^53
 */

/**
 * @typedef {object} Tree
 * @property {number} count nodes
 * @property {Int32Array} parent -1 for a root
 * @property {Int32Array} end one past the last node below each node
 * @property {Uint16Array | Int32Array} depth 0 for a root; 32 bits only where a stack is deeper than 65535
 * @property {Int32Array} name function of each node: index into names, fileOf, packageOf
 * @property {string[]} names by function; two functions of one name may differ in file
 * @property {Int32Array} [ranks] by function: its name's place among all names in their order
 * @property {Int32Array} fileOf by function, into files
 * @property {string[]} files
 * @property {Int32Array} packageOf by function, into packages
 * @property {string[]} packages
 * @property {Int32Array} mappingOf by function, into mappings
 * @property {string[]} mappings mapped files (binaries, libraries); "" where none is known
 * @property {Uint8Array} bare by function, 1: a place without a function; the name is that of its mapped file
 * @property {string[]} [keys] by function: what makes two functions one row of a report, where that is not their names
 * @property {boolean} [hasNegative] some value of the profile is below zero
 * @property {boolean} [hasNameless] some functions have no name: only the samples tell what pprof makes of them
 * @property {Uint8Array} inlined by node, 1: inlined into its parent
 * @property {{type: string, unit: string}[]} types
 * @property {number} defaultType
 * @property {number[]} totals what percentages are of, by type; samples without a stack are in it and in no node
 * @property {string[]} exactTotals the same as decimal digits, exact past 2^53
 * @property {Flat[]} flat by type
 */

/**
 * @typedef {object} Weights one sample type of a tree; every array is by node
 * @property {number} type
 * @property {string} name of the type
 * @property {string} unit
 * @property {number} total
 * @property {Float64Array} flat
 * @property {Float64Array} cum
 * @property {Float64Array} gross widths: cum, or sums of absolute values where some value is negative
 * @property {boolean} signed some value is negative
 * @property {number} kept sum of all stacks
 * @property {number} rootGross sum of the roots' widths
 */

const known = new WeakMap();

/** Weigh one sample type; computed once for each tree and type. @param {Tree} tree @returns {Weights} */
export function weights(tree, type) {
  let own = known.get(tree);
  if (!own) known.set(tree, (own = []));
  own[type] ??= weigh(tree, type);
  return own[type];
}

function weigh(tree, type) {
  const flat = new Float64Array(tree.count);
  const { at, value } = tree.flat[type];
  let signed = false;
  let kept = 0;
  for (let i = 0; i < at.length; i++) {
    flat[at[i]] = value[i];
    kept += value[i];
    if (value[i] < 0) signed = true;
  }
  const cum = sumUp(tree, flat);
  const gross = signed ? sumUp(tree, flat.map(Math.abs)) : cum;
  let rootGross = 0;
  for (let node = 0; node < tree.count; node = tree.end[node]) rootGross += gross[node];
  const { type: name, unit } = tree.types[type];
  return { type, name, unit, total: tree.totals[type], flat, cum, gross, signed, kept, rootGross };
}

/** Index of a sample type by name; the profile's default when it has none of that name. */
export function typeOf(tree, name) {
  const found = tree.types.findIndex((one) => one.type === name);
  return found >= 0 ? found : tree.defaultType;
}

/** What a tree says of its functions, types and totals. @param {Tree} tree */
export function withoutNodes({ count, parent, end, depth, name, inlined, flat, ...others }) {
  return others;
}

/** Add every node's own number to all nodes above it. @returns {Float64Array} */
export function sumUp(tree, own) {
  const sum = own.slice(); // typed arrays; `from` would walk an iterator
  const { parent } = tree;
  for (let node = tree.count - 1; node >= 0; node--) {
    if (parent[node] >= 0) sum[parent[node]] += sum[node];
  }
  return sum;
}

/**
 * Find parent, depth and end of nodes in depth-first order, from how many levels each goes up from the node before.
 * @param {Int32Array} jumpNodes nodes that do not follow their parent @param {ArrayLike<number>} jumps
 */
export function shape(count, jumpNodes, jumps) {
  const parent = new Int32Array(count);
  const end = new Int32Array(count).fill(count);
  let depth = new Uint16Array(count);
  let above = -1; // the path is walked through `parent`: no stack of open nodes is needed
  let level = 0;
  let next = 0;
  for (let node = 0; node < count; node++) {
    let up = jumpNodes[next] === node ? jumps[next++] : 0;
    for (; up > 0 && above >= 0; up--) {
      end[above] = node;
      above = parent[above];
      level--;
    }
    if (up) throw new Error("the data file is damaged: nodes that no tree has");
    if (level > 65535 && depth instanceof Uint16Array) depth = Int32Array.from(depth);
    parent[node] = above;
    depth[node] = level++;
    above = node;
  }
  return { parent, end, depth };
}
