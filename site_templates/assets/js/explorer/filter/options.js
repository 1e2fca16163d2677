/**
 * What filters are asked for: pprof's options, compiled, and what a text must hold to match. Pure.
 * A pattern is tried on function names, file names and mapped files, as pprof does.
 */
import { compileRe2, PatternError } from "./re2.js";

/**
 * @typedef {object} FilterOptions every field may be left out
 * @property {string} [focus] @property {string} [ignore] @property {string} [hide] @property {string} [show]
 * @property {string} [showFrom] @property {string} [tagFocus] @property {string} [tagIgnore] patterns, Go syntax
 * @property {"" | "functions" | "filefunctions" | "files" | "lines" | "addresses"} [granularity]
 * @property {boolean} [noinlines] leave inlined calls out
 * @property {boolean} [relative] percentages of what the filters left, not of the whole profile
 */

const PPROF_NAMES = { showFrom: "show_from", tagFocus: "tagfocus", tagIgnore: "tagignore" };
const NAME_FILTERS = ["focus", "ignore", "hide", "show"];

/** Compile one option; null without a text. @throws {Error} in pprof's words; `field` names the option */
export function compileOption(name, text) {
  if (!text) return null;
  try {
    return compileRe2(text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw Object.assign(new Error(`parsing ${PPROF_NAMES[name] ?? name} regexp: ${error.message}`), { field: name });
  }
}

/** @param {FilterOptions} options */
export function compileNames(options) {
  const compiled = {};
  for (const name of [...NAME_FILTERS, "showFrom"]) compiled[name] = compileOption(name, options[name]);
  return compiled;
}

/** Tell whether any filter by name is set: then samples without a stack are left out. */
export function filtersNames(options) {
  return NAME_FILTERS.some((name) => options[name]);
}

/** Tell whether any option changes what is shown. @param {FilterOptions} options */
export function isFiltering(options) {
  return Boolean(filtersNames(options) || options.relative || needsSamples(options));
}

/** Tell whether the call tree is not enough, and the samples are needed. @param {FilterOptions} options */
export function needsSamples(options) {
  const grain = options.granularity ?? "";
  return Boolean(
    options.showFrom || options.tagFocus || options.tagIgnore || options.noinlines || !["", "functions"].includes(grain),
  );
}

/** Tell for each text whether the pattern matches. @param {RegExp} pattern @returns {Uint8Array} */
export function matchAll(texts, pattern) {
  return Uint8Array.from(texts, (text) => (pattern.test(text) ? 1 : 0));
}
