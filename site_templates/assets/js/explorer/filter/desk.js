/**
 * What the worker answers: trees, tables, samples and pairs of profiles, filtered as asked. It keeps the last profiles
 * it decoded. No DOM.
 */
import { lastFew } from "../data/last_few.js";
import { readOffer } from "../data/load.js";
import { decodeSamples } from "../data/samples.js";
import { filterSamples } from "./exact.js";
import { needsSamples } from "./options.js";
import { pairProfiles } from "./pair.js";
import { filterTree } from "./plain.js";
import { matchNames, treeReader } from "./plain_desk.js";
import { serveWith } from "./serve.js";
import { topTable } from "./top.js";
import { sampleTotals } from "./total.js";

const KEPT = 6;

/** Make percentages those of what the filters left. */
function relative(tree, rows, samples) {
  const exactTotals = sampleTotals(samples, rows);
  return { ...tree, exactTotals, totals: exactTotals.map(Number) };
}

const isSigned = (whole) => whole.flat.some(({ value }) => value.some((one) => one < 0));

/** @param {(phase: string) => void} tell called when loading is over and filtering begins */
export function openDesk(tell = () => {}) {
  const once = lastFew(KEPT);
  const treeOf = treeReader(once);
  const samplesOf = (source) => {
    if (!source.samples) throw Object.assign(new Error("the samples are needed"), { needsSamples: true });
    return once(`samples ${source.key}`, async () => decodeSamples(await readOffer(source.samples)));
  };

  /** @returns {Promise<{tree: object, warnings: string[], whole: object, rows?: Int32Array, samples?: object}>} */
  async function filtered(source, filters, wantsSamples = needsSamples(filters)) {
    const whole = await treeOf(source);
    const isExact = wantsSamples || filters.relative || whole.hasNameless;
    const samples = isExact ? await samplesOf(source) : null;
    tell("filtering");
    const found = isExact ? filterSamples(samples, filters, whole) : filterTree(whole, filters);
    const tree = filters.relative ? relative(found.tree, found.rows, samples) : found.tree;
    return { ...found, tree, whole, samples };
  }

  return {
    /** The filtered tree; columns that are those of the whole profile are left out when the page has them already. */
    async tree({ source, filters, known }) {
      const { tree, whole, warnings } = await filtered(source, filters);
      const own = Object.entries(tree).filter(([name, column]) => !known || column !== whole[name]);
      return { tree: Object.fromEntries(own), warnings };
    },

    async top({ source, filters, type, options }) {
      const { tree, warnings } = await filtered(source, filters);
      return { ...topTable(tree, type, options), total: tree.exactTotals[type], warnings };
    },

    /** The samples behind the filtered tree: node, labels and value of each. */
    async samples({ source, filters, type }) {
      const { tree, rows, samples, warnings } = await filtered(source, filters, true);
      const kept = Int32Array.from(rows.keys()).filter((row) => rows[row] > -2);
      return {
        tree,
        warnings,
        node: kept.map((row) => rows[row]),
        value: Float64Array.from(kept, (row) => samples.values[type].value[row]),
        labels: kept.map((row) => samples.rows.labels[row]),
        labelSets: samples.labelSets,
      };
    },

    /** Which names an expression finds. */
    match: (asked) => matchNames(tell, asked),

    /** Head − base, as pprof's -base (`mode` "base") or -diff_base ("diff_base"). */
    async pair({ head, base, filters, mode, normalize }) {
      const wholes = [await treeOf(head), await treeOf(base)];
      const isOdd = wholes.some((whole) => whole.hasNameless || isSigned(whole));
      const wantsSamples = needsSamples(filters) || filters.relative || normalize || mode === "base" || isOdd;
      const samples = wantsSamples ? [await samplesOf(head), await samplesOf(base)] : [null, null];
      const sides = wholes.map((whole, at) => ({ whole, samples: samples[at] }));
      tell("filtering");
      return pairProfiles(sides[0], sides[1], filters, { mode, normalize });
    },

    async pairTop({ type, options, ...asked }) {
      const { tree, warnings } = await this.pair(asked);
      return { ...topTable(tree, type, options), total: tree.exactTotals[type], warnings };
    },
  };
}

serveWith(openDesk);
