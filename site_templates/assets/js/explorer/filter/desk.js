/**
 * What the worker answers: trees, tables, samples and pairs of profiles, filtered as asked. It keeps the last profiles
 * it decoded. No DOM.
 */
import { lastFew } from "../data/last_few.js";
import { readOffer } from "../data/load.js";
import { decodeSamples } from "../data/samples.js";
import { typeOf } from "../data/tree.js";
import { filterSamples } from "./exact.js";
import { needsSamples } from "./options.js";
import { pairProfiles } from "./pair.js";
import { weighBeside } from "../shell/pair.js";
import { compileOption, matchAll } from "./patterns.js";
import { filterTree } from "./plain.js";
import { treeReader } from "./plain_desk.js";
import { handed, serveWith } from "./serve.js";
import { rehearseSums, tableSums } from "./sums.js";
import { sampleTotals } from "./total.js";

const KEPT = 6;

/** Make percentages those of what the filters left. */
function relative(tree, rows, samples) {
  const exactTotals = sampleTotals(samples, rows);
  return { ...tree, exactTotals, totals: exactTotals.map(Number) };
}

/** Hand the arrays of an answer over that no profile kept here has. */
function handOver(answer, kept) {
  const buffers = new Set();
  const walk = (value, act) => {
    if (ArrayBuffer.isView(value)) act(value.buffer);
    // Long lists are of names and labels; columns stand in short ones, by sample type.
    else if (value && typeof value === "object" && !(value.length > 64)) for (const one of Object.values(value)) walk(one, act);
  };
  walk(answer, (buffer) => buffers.add(buffer));
  for (const one of kept) walk(one, (buffer) => buffers.delete(buffer));
  handed.set(answer, [...buffers]);
  return answer;
}

/** @param {(phase: string) => void} tell called when loading is over and filtering begins */
export function openDesk(tell = () => {}) {
  const once = lastFew(KEPT);
  const treeOf = treeReader(once);
  const samplesOf = (source) => {
    if (!source.samples) throw Object.assign(new Error("the samples are needed"), { needsSamples: true });
    return once(`samples ${source.key}`, async () => decodeSamples(await readOffer(source.samples), await treeOf(source)));
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
      const { tree, whole, warnings, samples } = await filtered(source, filters);
      if (tree === whole) rehearseSums(whole);
      const own = Object.entries(tree).filter(([name, column]) => !known || column !== whole[name]);
      return handOver({ tree: Object.fromEntries(own), warnings }, [whole, samples]);
    },

    /** What a top table needs, of one profile or a pair; null where only a filtered tree or the samples can tell. */
    async sums({ source, base, filters, type, known }) {
      const [whole, other] = [await treeOf(source), base ? await treeOf(base) : null];
      tell("filtering");
      const found = tableSums(whole, other, filters, { type, known });
      return found && !base ? handOver(found, [whole, found.sums]) : found; // sums are small, and may be needed again
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

    /** Which names an expression finds. @returns {Uint8Array} */
    match({ names, pattern }) {
      tell("filtering");
      return matchAll(names, compileOption("search", pattern));
    },

    /** Head − base, as pprof's -base (`mode` "base") or -diff_base ("diff_base"). */
    async pair({ head, base, filters, mode, normalize, type }) {
      const wholes = [await treeOf(head), await treeOf(base)];
      const isOdd = wholes.some((whole) => whole.hasNameless || whole.hasNegative);
      const wantsSamples = needsSamples(filters) || filters.relative || normalize || mode === "base" || isOdd;
      const samples = wantsSamples ? [await samplesOf(head), await samplesOf(base)] : [null, null];
      const sides = wholes.map((whole, at) => ({ whole, samples: samples[at] }));
      tell("filtering");
      const found = pairProfiles(sides[0], sides[1], filters, { mode, normalize });
      const { tree } = found;
      if (type !== undefined) {
        const shown = typeOf(tree, type); // what the page would work out at once
        tree.weighed = { [shown]: weighBeside(tree, shown) };
      }
      const { fileOf, packageOf, mappingOf, bare } = tree; // kept for the next pair of these two
      return handOver(found, [...wholes, ...samples, { fileOf, packageOf, mappingOf, bare }]);
    },
  };
}

serveWith(openDesk);
