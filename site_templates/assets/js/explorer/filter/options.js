/**
 * What filters are asked for: pprof's options, and what has to be known for them. Pure; patterns.js compiles them.
 */

/**
 * @typedef {object} FilterOptions every field may be left out
 * @property {string} [focus] @property {string} [ignore] @property {string} [hide] @property {string} [show]
 * @property {string} [showFrom] @property {string} [tagFocus] @property {string} [tagIgnore] patterns, Go syntax
 * @property {"" | "functions" | "filefunctions" | "files" | "lines" | "addresses"} [granularity]
 * @property {boolean} [noinlines] leave inlined calls out
 * @property {boolean} [relative] percentages of what the filters left, not of the whole profile
 */

export const NAME_FILTERS = ["focus", "ignore", "hide", "show"];

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

/**
 * Tell whether an expression surely needs no time cap: its cost is at most the square of a name's length, as no
 * alternative repeats more than one thing, and there are no groups, whose ways multiply.
 */
export function isQuick(text) {
  const bare = text.replace(/^\(\?i\)/, "").replace(/\\.|\[[^\]]*\]/g, "x");
  return bare.length < 200 && !bare.includes("(") && bare.split("|").every((one) => !/[*+?{].*[*+?{]/.test(one));
}
