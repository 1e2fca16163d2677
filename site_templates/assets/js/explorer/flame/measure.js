/**
 * What a flame graph needs to know about one sample type of a tree: widths that add up even when values are negative
 * or compared. Pure; computed once for each pair of tree and weights.
 *
 * Widths: the value itself; for a comparison, what base and head weigh together; when some value is negative, sums of
 * absolute values.
 */

/**
 * @typedef {object} Side one profile's call paths; nodes are numbered on from side to side
 * @property {import("../data/tree.js").Tree} tree
 * @property {number} from number of its first node @property {boolean} isBase its values count as less
 * @property {Float64Array} flat @property {Float64Array} cum
 * @property {Float64Array} ownWidth width of each node without its children; made when asked for
 * @property {Float64Array} width
 * @property {Int32Array} counts by function: how many of its nodes have a width; made when asked for
 *
 * @typedef {object} Measured
 * @property {import("../data/tree.js").Tree} tree of a comparison, its functions alone
 * @property {number} type
 * @property {string} name of the sample type
 * @property {string} unit
 * @property {number} total what shares are of; of a comparison, the base's total
 * @property {number} whole full width; at least the sum of all stacks
 * @property {number} net sum of all stacks with their signs; of a comparison, head − base
 * @property {Side[]} sides one, or head and base
 * @property {number} split first node of the second side; Infinity without one
 * @property {boolean} signed some value is negative
 * @property {{base: {total: number}, head: {total: number}} | null} pair
 * @property {number} stackless part of the total in no frame
 */

const known = new WeakMap();

/**
 * Measure one sample type. `weights.pair` holds both sides of a comparison, if it is one.
 * @param {import("../data/tree.js").Tree} tree or `pairTrees` of shell/pair.js
 * @param {import("../data/tree.js").Weights | ReturnType<typeof import("../shell/pair.js").pairWeights>} weights
 * @returns {Measured}
 */
export function measure(tree, weights) {
  let found = known.get(weights);
  if (!found) known.set(weights, (found = weigh(tree, weights)));
  return found;
}

function weigh(tree, weights) {
  const { type, name, unit, total, signed, pair = null } = weights;
  const own = pair ? [pair.head, pair.base] : [weights];
  const trees = pair ? [tree.sides.head, tree.sides.base] : [tree];
  const sides = trees.map((one, at) => sideOf(one, own[at], { from: at ? trees[0].count : 0, isBase: at === 1, functions: tree.names.length }));
  const whole = own.reduce((sum, { total: all }, at) => sum + Math.max(sides[at].drawn, Math.abs(all)), 0);
  const net = pair ? pair.head.total - pair.base.total : signed ? sides[0].net : whole;
  return {
    tree, type, name, unit, total: Math.abs(pair ? pair.base.total : total) || whole, whole, net, sides, split: pair ? trees[0].count : Infinity,
    signed, pair, stackless: pair || signed ? 0 : whole - sides[0].drawn,
  };
}

function sideOf(tree, { flat, cum, gross: width, signed }, { from, isBase, functions }) {
  let [drawn, net] = [0, 0];
  for (let root = 0; root < tree.count; root = tree.end[root]) {
    drawn += width[root];
    net += cum[root];
  }
  let [own, counted] = [null, null];
  return {
    tree, from, isBase, flat, cum, width, drawn, net,
    get ownWidth() {
      return (own ??= signed ? flat.map(Math.abs) : flat);
    },
    get counts() {
      return (counted ??= countByName(tree, width, functions));
    },
  };
}

function countByName({ count, name }, width, functions) {
  const counts = new Int32Array(functions);
  for (let node = 0; node < count; node++) if (width[node] > 0) counts[name[node]]++;
  return counts;
}

/** The side a node is of. @param {Measured} measured @returns {Side} */
export function sideAt({ sides, split }, node) {
  return node < split ? sides[0] : sides[1];
}

/** Function ids from the outermost caller down to a node. @param {Measured} measured @returns {number[]} */
export function keysTo(measured, node) {
  const { tree, from } = sideAt(measured, node);
  const keys = [];
  for (let at = node - from; at >= 0; at = tree.parent[at]) keys.push(tree.name[at]);
  return keys.reverse();
}
