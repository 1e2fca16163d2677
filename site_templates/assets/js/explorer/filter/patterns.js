/**
 * Compiles the patterns of filters, and says what they match. Pure. A pattern is tried on function names, file names and
 * mapped files, as pprof does.
 */
import { NAME_FILTERS } from "./options.js";
import { compileRe2, PatternError } from "./re2.js";

const PPROF_NAMES = { showFrom: "show_from", tagFocus: "tagfocus", tagIgnore: "tagignore" };

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

/** @param {import("./options.js").FilterOptions} options */
export function compileNames(options) {
  const compiled = {};
  for (const name of [...NAME_FILTERS, "showFrom"]) compiled[name] = compileOption(name, options[name]);
  return compiled;
}

/** Tell for each text whether the pattern matches. @param {RegExp} pattern @returns {Uint8Array} */
export function matchAll(texts, pattern) {
  return Uint8Array.from(texts, (text) => (pattern.test(text) ? 1 : 0));
}
