/**
 * The page's side of the worker: asks for filtered trees, tables, samples and pairs, one question at a time. A question
 * whose expression takes too long is stopped: the worker is ended, and the next question starts another one.
 */
import { loadPart } from "../../parts.js";
import { offerPlace } from "../data/load.js";
import { withoutNodes } from "../data/tree.js";
import { isFiltering } from "./options.js";

const LONGEST = 5000;
const KEPT = 6;

/**
 * @typedef {import("../data/load.js").Place} Place key of a profile, and its address, `data/<key>`, from the page
 * @typedef {import("../data/tree.js").Tree} Tree
 * @typedef {import("./options.js").FilterOptions} FilterOptions
 */

/** Start a worker from the text of scripts the page has loaded: a file of its own would not load from the disk. */
function startWorker() {
  const texts = globalThis.profbook.linked.map((link) => `(${link})(modules);\n`);
  const address = URL.createObjectURL(new Blob(["const modules = {};\n", ...texts], { type: "text/javascript" }));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  return worker;
}

/** @param {{longest?: number}} [options] `longest`: milliseconds after which filtering is stopped */
export function openEngine({ longest = LONGEST } = {}) {
  let worker = null;
  let last = Promise.resolve();
  let count = 0;
  const wholes = new Map();

  function end() {
    worker?.terminate();
    worker = null;
  }

  function post(call, asked) {
    const id = ++count;
    let timer = 0;
    const answer = new Promise((resolve, reject) => {
      const giveUp = (sentence) => {
        end();
        reject(new Error(sentence));
      };
      worker ??= startWorker();
      worker.onerror = (event) => giveUp(`the explorer's worker failed: ${event.message || "it did not start"}`);
      worker.onmessage = ({ data }) => {
        if (data.id !== id) return;
        if (data.phase) timer = setTimeout(giveUp, longest, tooSlow(longest));
        else if (data.error) reject(Object.assign(new Error(data.error.message), data.error));
        else resolve(data.found);
      };
      worker.postMessage({ id, call, asked });
    });
    return answer.finally(() => clearTimeout(timer));
  }

  /** Ask again with what the worker says it needs: the samples, or a part of the script, then in another worker. */
  async function insist(call, makeAsked, had = {}) {
    try {
      return await post(call, await makeAsked(Boolean(had.needsSamples)));
    } catch (error) {
      const { needsSamples, needsPart } = error;
      if (!(needsSamples && !had.needsSamples) && !(needsPart && !had.needsPart)) throw error;
      if (needsPart) {
        await loadPart(needsPart);
        end();
      }
      return insist(call, makeAsked, { needsSamples: needsSamples ?? had.needsSamples, needsPart: needsPart ?? had.needsPart });
    }
  }

  /** Ask after the questions before are answered. */
  function ask(call, makeAsked) {
    const answer = last.then(() => insist(call, makeAsked));
    last = answer.catch(() => {});
    return answer;
  }

  /** Keep the whole trees the page has, so that the worker sends only what a filter changed. */
  function remember(key, tree) {
    wholes.delete(key);
    wholes.set(key, tree);
    if (wholes.size > KEPT) wholes.delete(wholes.keys().next().value);
    return tree;
  }

  /** @param {Place} place @param {FilterOptions} [filters] @returns {Promise<Tree & {warnings: string[]}>} */
  async function tree(place, filters = {}) {
    const isWhole = !isFiltering(filters);
    if (isWhole && wholes.has(place.key)) return wholes.get(place.key);
    let known;
    const { tree: own, warnings } = await ask("tree", async (wantsSamples) => {
      known = wholes.get(place.key);
      return { source: await offerSource(place, wantsSamples), filters, known: Boolean(known) };
    });
    const made = { ...known, ...own, warnings };
    return isWhole ? remember(place.key, made) : made;
  }

  return {
    tree,
    /** The whole tree of a profile, if the page has it. @param {Place} place @returns {Tree | undefined} */
    whole: ({ key }) => wholes.get(key),
    /**
     * What a top table shows, without a filtered tree; null where only that can tell.
     * @param {Place} place @param {Place | null} base @param {string} type the sample type by name
     * @returns {Promise<{tree: object, sums: object, kept: number | object, signed: boolean} | null>}
     */
    async sums(place, base, filters, type) {
      let known;
      if (!base && !isFiltering(filters) && wholes.has(place.key)) return null; // the page has all of it
      const found = await ask("sums", async () => {
        known = base ? undefined : wholes.get(place.key);
        const other = base && (await offerSource(base, false));
        return { source: await offerSource(place, false), base: other, filters, type, known: Boolean(known) };
      });
      return found && { ...found, tree: { ...withoutNodes(known ?? {}), ...found.tree } };
    },
    /** The samples behind a filtered tree. @returns {Promise<{tree: Tree, samples: object, warnings: string[]}>} */
    async samples(place, filters, type) {
      const asked = async () => ({ source: await offerSource(place, true), filters, type });
      const { tree: own, warnings, node, value, labels, labelSets } = await ask("samples", asked);
      return { tree: own, warnings, samples: { tree: own, node, value, labels, labelSets } };
    },
    /** Find names, under the same time cap. @param {string[]} names @param {string} pattern @returns {Promise<Uint8Array>} */
    async matchNames(names, pattern) {
      return ask("match", () => ({ names, pattern }));
    },
    /**
     * Head − base. @param {{mode?: "base" | "diff_base", normalize?: boolean, type?: string}} [how] `type`: the sample type
     * to weigh at once, by name @returns {Promise<Tree>}
     */
    async pair(head, base, filters, how = {}) {
      const { tree: own, warnings } = await ask("pair", (wants) => offerPair(head, base, filters, how, wants));
      return { ...own, warnings };
    },
  };
}

function tooSlow(longest) {
  return `stopped: the filters took longer than ${longest / 1000} s on this profile; try a simpler expression`;
}

async function offerSource(place, wantsSamples) {
  const address = place.src.replace(/(?:\.pfv)?\.js$/, "");
  const part = (ending) => offerPlace({ key: `${place.key}${ending}`, src: `${address}${ending}.js` });
  const [tree, samples] = await Promise.all([part(".pfv"), wantsSamples ? part(".samples") : null]);
  return { key: place.key, tree, samples };
}

async function offerPair(head, base, filters, how, wantsSamples) {
  const [first, second] = await Promise.all([head, base].map((place) => offerSource(place, wantsSamples)));
  return { head: first, base: second, filters, ...how };
}
