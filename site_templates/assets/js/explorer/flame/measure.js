/**
 * What a flame graph needs to know about one sample type of a tree: widths that add up even when values are negative
 * or compared. Pure; computed once for each pair of tree and weights.
 *
 * Widths: the value itself; for a comparison, of base and head the larger, added up from every call path's own value;
 * else, when some value is negative, sums of absolute values.
 */
/**
 * @typedef {object} Side one profile of a comparison, on the nodes of the compared tree
 * @property {Float64Array} flat
 * @property {Float64Array} cum
 * @property {number} total
 */

/**
 * @typedef {object} Measured
 * @property {import("../data/tree.js").Tree} tree
 * @property {number} type
 * @property {string} name of the sample type
 * @property {string} unit
 * @property {number} total what shares are of; of a comparison, the base's total
 * @property {number} whole full width; at least the sum of all stacks
 * @property {Float64Array} flat
 * @property {Float64Array} cum
 * @property {Float64Array} ownWidth width of each node without its children
 * @property {Float64Array} width
 * @property {boolean} signed some value is negative
 * @property {{base: Side, head: Side} | null} pair
 * @property {number} stackless part of the total in no frame
 */

const known = new WeakMap();

/**
 * Measure one sample type. `weights.pair` holds both sides of a comparison, if it is one.
 * @param {import("../data/tree.js").Tree} tree
 * @param {import("../data/tree.js").Weights & {pair?: {base: Side, head: Side}, widths?: {own: Float64Array, all: Float64Array}}} weights
 * @returns {Measured}
 */
export function measure(tree, weights) {
  let found = known.get(weights);
  if (!found) known.set(weights, (found = { tree, ...weigh(tree, weights) }));
  return found;
}

function weigh(tree, weights) {
  const { type, name, unit, flat, cum, signed, pair = null } = weights;
  const ownWidth = pair ? weights.widths.own : signed ? flat.map(Math.abs) : flat;
  const width = pair ? weights.widths.all : weights.gross;
  let drawn = 0;
  for (let root = 0; root < tree.count; root = tree.end[root]) drawn += width[root];
  const totals = pair ? [pair.base.total, pair.head.total] : [weights.total];
  const whole = Math.max(drawn, ...totals.map(Math.abs));
  return {
    type, name, unit, total: Math.abs(totals[0]) || whole, whole, flat, cum, ownWidth, width, signed, pair,
    stackless: pair || signed ? 0 : whole - drawn,
  };
}

/** Function ids from the outermost caller down to a node. @returns {number[]} */
export function keysTo(tree, node) {
  const keys = [];
  for (let at = node; at >= 0; at = tree.parent[at]) keys.push(tree.name[at]);
  return keys.reverse();
}
