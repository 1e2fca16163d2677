/**
 * Head − base with the totals of pprof's -base and -diff_base, and -normalize. Pure.
 *
 * With -diff_base percentages are of the base; with -base they are of all that is left when samples of the same stack
 * and labels have been subtracted, which only the samples themselves can tell.
 */
import { convert } from "../../format.js";
import { besideTrees } from "../shell/pair.js";
import { filterSamples } from "./exact.js";
import { needsSamples } from "./options.js";
import { filterTree } from "./plain.js";
import { numberUnits } from "./tags.js";
import { netTotals } from "./total.js";

/**
 * @typedef {object} Side
 * @property {import("../data/tree.js").Tree} whole @property {import("../data/samples.js").Samples | null} samples
 */

/**
 * @param {Side} head @param {Side} base @param {import("./options.js").FilterOptions} filters
 * @param {{mode?: "base" | "diff_base", normalize?: boolean}} how without a mode: as diff_base
 * @returns {{tree: ReturnType<typeof besideTrees>, warnings: string[]}}
 */
export function pairProfiles(head, base, filters, { mode = "diff_base", normalize = false }) {
  let [first, second] = [head, base];
  if (normalize) first = normalized(first, second);
  [first, second] = sameUnits(first, second);
  if (mode === "diff_base" && second.samples) second = { ...second, samples: labelled(second.samples) };
  const isOdd = head.whole.hasNameless || base.whole.hasNameless;
  const exact = needsSamples(filters) || filters.relative || normalize || isOdd;
  const units = exact && numberUnits([...usedLabels(first.samples), ...usedLabels(second.samples)]);
  const one = ({ whole, samples }) => (exact ? filterSamples(samples, filters, whole, units) : filterTree(whole, filters));
  const [left, right] = [one(first), one(second)];
  const tree = besideTrees(left.tree, right.tree);
  const exactTotals = first.samples
    ? netTotals(first, second, filters.relative ? [left.rows, right.rows] : [])
    : tree.totals.map(String);
  // A filter that matches on one side matches.
  const warnings = left.warnings.filter((text) => right.warnings.includes(text));
  return { tree: { ...tree, totals: exactTotals.map(Number), exactTotals }, warnings };
}

/** The sets of labels of samples that are not zero: pprof has no others when it puts profiles together. */
function usedLabels({ labelSets, rows, values }) {
  const used = new Set(rows.labels.filter((_, row) => values.some(({ value }) => value[row] !== 0)));
  return labelSets.filter((_, set) => used.has(set));
}

/** Scale the head's samples so that its sums are the base's; pprof rounds each sample. */
function normalized(head, base) {
  const spelt = ({ samples: { types, period } }) => JSON.stringify([types, period]);
  if (spelt(head) !== spelt(base)) throw new Error("the profiles measure different things: they cannot be normalised");
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  return scaledSide(head, (type) => {
    const have = sum(head.samples.values[type].value);
    return have ? sum(base.samples.values[type].value) / have : 0;
  });
}

/** Multiply the values of a side, rounding half away from zero. */
function scaledSide({ whole, samples }, factorOf, types = whole.types) {
  const round = (value) => Math.sign(value) * Math.round(Math.abs(value));
  const times = (columns) =>
    columns.map((column, type) => {
      const factor = factorOf(type);
      if (factor === 1) return column;
      return { ...column, exact: undefined, value: column.value.map((value) => round(value * factor)) };
    });
  const values = samples && dropZeros(times(samples.values), whole.types.map((_, type) => factorOf(type) !== 1));
  const exactTotals = whole.exactTotals.map((total, type) => {
    if (factorOf(type) === 1) return total;
    const sum = values?.[type].value.reduce((all, one) => all + Math.abs(one), 0);
    return String(Math.round(sum ?? whole.totals[type] * factorOf(type)));
  });
  return {
    whole: { ...whole, types, flat: times(whole.flat), totals: exactTotals.map(Number), exactTotals },
    samples: samples && { ...samples, values },
  };
}

/** Leave out samples whose changed values all became zero, with what they have of other types: so does pprof. */
function dropZeros(columns, changed) {
  if (!changed.includes(true)) return columns;
  const stays = (row) => columns.some(({ value }, type) => changed[type] && value[row] !== 0);
  return columns.map((column, type) =>
    changed[type] ? column : { ...column, exact: undefined, value: column.value.map((one, row) => (stays(row) ? one : 0)) },
  );
}

/** Bring both sides to the finer unit of each sample type they share. */
function sameUnits(head, base) {
  const sides = [head, base].map(({ whole: { types } }) => ({ factors: types.map(() => 1), types: types.slice() }));
  head.whole.types.forEach(({ type, unit }, mine) => {
    const theirs = base.whole.types.findIndex((one) => one.type === type);
    const other = base.whole.types[theirs]?.unit;
    if (theirs < 0 || other === unit) return;
    const [ratio, family] = convert(1, unit, other);
    if (convert(1, other, other)[1] !== family) {
      throw new Error(`${type} is in ${unit} here and in ${other} there: they cannot be compared`);
    }
    const [side, at, factor, finer] = ratio >= 1 ? [0, mine, ratio, other] : [1, theirs, convert(1, other, unit)[0], unit];
    sides[side].factors[at] = factor;
    sides[side].types[at] = { type, unit: finer };
  });
  return [head, base].map((one, at) =>
    sides[at].factors.every((factor) => factor === 1)
      ? one
      : scaledSide(one, (type) => sides[at].factors[type], sides[at].types),
  );
}

/** Give every sample the label by which pprof knows a base. */
function labelled(samples) {
  const label = { key: "pprof::base", text: "true" };
  return { ...samples, labelSets: samples.labelSets.map((own) => [...own.filter((one) => one.key !== label.key), label]) };
}
