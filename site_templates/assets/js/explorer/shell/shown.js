/**
 * From a state to what is shown: finds the profiles, has them filtered, scales them, lays a pair together. What was
 * computed for the last few states is kept, so that going back, playing a series or changing the view costs nothing.
 */
import { lastFew } from "../data/last_few.js";
import { openEngine } from "../filter/engine.js";
import { needsSamples } from "../filter/options.js";
import { canPair, isSmall, quickSums, rankedSums, rehearseSums } from "../filter/sums.js";
import { nextTask } from "../data/next_task.js";
import { typeOf, weights as weigh } from "../data/tree.js";
import { originsOf } from "../views/origin.js";
import { pairTrees, pairWeights, partTrees, scaleTree, tableWeights } from "./pair.js";
import { filtersOf } from "./state.js";

const KEPT = 24;

/**
 * @typedef {object} Shown
 * @property {import("./catalogue.js").Entry} entry @property {import("./catalogue.js").Entry | null} other the base
 * @property {import("../data/tree.js").Tree} tree filtered; of a pair, head − base; without nodes for a top table
 * @property {object} weights of the chosen sample type, scaled; `kept` is the sum of all stacks; `sums` by function where
 *   there are no nodes
 * @property {number} type index of it
 * @property {boolean} hasOperations values can be divided by operations
 * @property {number} divisor what values of the head are divided by
 * @property {string} scale the one used: the state's, where it can be
 */

/** @param {ReturnType<import("./catalogue.js").openCatalogue>} catalogue @param {string} root */
export function openShown(catalogue, root) {
  const engine = openEngine();
  const place = (entry) => ({ key: entry.payload, src: `${root}data/${entry.payload.slice(0, 2)}/${entry.payload}` });
  const trees = lastFew(KEPT);
  const scaledTrees = lastFew(KEPT);
  const tables = lastFew(KEPT);
  const treeOf = async (entry, other, filters, { normalize, type, isPicture }) => {
    if (!other) return engine.tree(place(entry), filters);
    const sides = isPicture && !normalize && !needsSamples(filters) ? await sidesOf(entry, other, filters) : null;
    if (sides) return sides;
    const tree = await engine.pair(place(entry), place(other), filters, { mode: "diff_base", normalize, type });
    return isPicture ? partTrees(tree) : tree;
  };
  /** A flame graph wants both trees as they are; null where only the samples tell the totals. */
  const sidesOf = async (entry, other, filters) => {
    const [head, base] = await Promise.all([entry, other].map((one) => engine.tree(place(one), filters)));
    if (!canPair(head, base)) return null;
    // A filter that matches on one side matches.
    return { ...pairTrees(head, base), warnings: head.warnings.filter((text) => base.warnings.includes(text)) };
  };
  /** A top table wants no tree: null where it cannot do without. */
  const sumsOf = (entry, other, filters, type) =>
    tables(JSON.stringify([entry.payload, other?.payload, filters, type]), async () => {
      const quick = other ? null : quickSums(engine.whole(place(entry)), filters, type);
      return quick ?? engine.sums(place(entry), other && place(other), filters, type);
    });

  return {
    /** @param {import("./state.js").State} state @returns {Promise<Shown>} rejected with a sentence */
    async show(state) {
      const [entry, other] = await Promise.all([catalogue.find(state.profile), state.base ? catalogue.find(state.base) : null]);
      const hasOperations = entry.operations > 0 && (!other || other.operations > 0);
      const wanted = state.scale === "perop" && !hasOperations ? "absolute" : state.scale;
      const filters = filtersOf(state);
      const normalize = Boolean(other) && state.normalize;
      const facts = { entry, other, hasOperations, scale: wanted };
      const sums = state.view === "top" && !normalize ? await sumsOf(entry, other, filters, state.type) : null;
      if (sums) {
        const type = typeOf(sums.tree, state.type);
        const scale = scaleOf(wanted, sums.tree, type, entry, other);
        return { ...facts, ...tableWeights(sums, type, scale), type, divisor: scale.head };
      }
      const isPicture = state.view === "flame";
      const whole = engine.whole(place(entry));
      if (state.view === "top" && !other && isSmall(whole)) rehearseSums(whole);
      const key = JSON.stringify([entry.payload, other?.payload, filters, normalize, Boolean(other) && isPicture]);
      const plain = await trees(key, () => treeOf(entry, other, filters, { normalize, type: state.type, isPicture }));
      await nextTask(); // what the worker sent has just been unpacked
      const type = typeOf(plain, state.type);
      const scale = scaleOf(wanted, plain, type, entry, other);
      const tree = await scaledTrees(`${key} ${type} ${JSON.stringify(scale)}`, async () => scaleTree(plain, type, scale));
      const weights = (tree.sides ? pairWeights : weigh)(tree, type);
      await nextTask();
      const isTable = state.view === "top" && !tree.sides && !tree.flat[type].exact;
      const summed = isTable ? { ...weights, ...(await rankedSums(tree, weights)) } : weights;
      return { ...facts, tree, weights: summed, type, divisor: scale.head };
    },

    /** What views may ask for about what is shown. @param {Shown} shown @param {import("./state.js").State} state */
    async services({ entry, other, type, divisor, weights }, state) {
      const samples = async () => {
        const found = await engine.samples(place(entry), filtersOf(state), type);
        const { value } = found.samples;
        return { ...found.samples, value: divisor === 1 ? value : value.map((one) => one / divisor) };
      };
      const stored = state.view === "source" && !other ? await catalogue.source(entry, type) : null;
      const followed = state.view === "goroutines" && !other ? await catalogue.goroutines(entry) : null;
      const scaled = (line) => ({ ...line, flat: line.flat / divisor, cum: line.cum / divisor });
      const functions = stored?.map((one) => ({ ...one, lines: one.lines.map(scaled) }));
      return {
        matchNames: engine.matchNames,
        samples: other ? undefined : samples,
        source: functions && { type: weights.name, functions },
        followed,
      };
    },
  };
}

/** What each side is divided by, and the unit that results. */
function scaleOf(scale, tree, type, entry, other) {
  const { unit } = tree.types[type];
  if (scale === "perop") return { head: entry.operations, base: other?.operations ?? 1, unit: `${unit}/op` };
  if (scale === "absolute") return { head: 1, base: 1, unit };
  const totals = other ? tree.sides.totals : { head: tree.totals, base: tree.totals };
  return { head: Math.abs(totals.head[type]) || 1, base: Math.abs(totals.base[type]) || 1, unit: "ratio" };
}

/** The pattern of the program's own functions, by their packages; empty when the profile tells none. */
export function ownPattern(tree) {
  const own = new Set();
  originsOf(tree).forEach((origin, at) => {
    // The compiler names what it cannot place `_`.
    if (origin === "own" && tree.packages[at] !== "_") own.add(rootOf(tree.packages[at]));
  });
  const names = [...own].sort().map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return names.length ? `^(?:${names.join("|")})[./]` : "";
}

/** The module a package most likely belongs to: host and two more parts, or the first part. */
function rootOf(name) {
  const parts = name.split("/");
  return parts[0].includes(".") ? parts.slice(0, 3).join("/") : parts[0];
}
