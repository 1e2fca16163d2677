/**
 * What the worker answers as long as nothing is filtered: whole trees. For all else it says which part is needed. No DOM.
 */
import { lastFew } from "../data/last_few.js";
import { readOffer } from "../data/load.js";
import { decodePfv } from "../data/pfv.js";
import { isFiltering } from "./options.js";

/**
 * @typedef {object} Source one profile: its key and how its data files are got
 * @property {string} key @property {object} tree @property {object} [samples] offers of data/load.js
 */

/** Read trees, the last few of them once. @param {ReturnType<typeof lastFew>} once */
export function treeReader(once) {
  return (source) => once(`tree ${source.key}`, async () => decodePfv(await readOffer(source.tree)));
}

/** Say that this desk cannot answer. @throws {Error} always, with `needsPart` */
export function needFilters() {
  throw Object.assign(new Error("the filters are needed"), { needsPart: "filters" });
}

export function openPlainDesk() {
  const treeOf = treeReader(lastFew(6));
  return {
    async tree({ source, filters, known }) {
      if (isFiltering(filters)) needFilters();
      const whole = await treeOf(source);
      if (whole.hasNameless) needFilters();
      return { tree: known ? {} : whole, warnings: [] };
    },
  };
}
