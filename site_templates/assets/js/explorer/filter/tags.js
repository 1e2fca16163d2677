/**
 * Chooses samples by their labels, as pprof's tagfocus and tagignore do. Pure. `key=value` looks at one key, a bare
 * value at all; `32kb`, `:64kb`, `4mb:` and `12kb:64mb` are ranges over numbers, everything else is a comma-separated
 * list of patterns over texts.
 */
import { convert } from "../../format.js";
import { compileOption } from "./patterns.js";

/** @typedef {import("../data/samples.js").Label} Label */

/**
 * Compile the value of tagFocus or tagIgnore; null without a text.
 * @param {Map<string, string>} units of numeric labels by key
 * @returns {{matches: (labels: Label[]) => boolean, note: string} | null}
 */
export function compileTags(name, text, units) {
  if (!text) return null;
  const equals = text.indexOf("=");
  const key = equals < 0 ? "" : text.slice(0, equals);
  const value = text.slice(equals + 1);
  const within = parseRange(value);
  if (within) {
    const holds = ({ number, ...one }) => (!key || one.key === key) && within(number, units.get(one.key) ?? "");
    const matches = (labels) => labels.some((one) => one.number !== undefined && holds(one));
    return { matches, note: `${name.toLowerCase()}:Interpreted '${value}' as range, not regexp` };
  }
  const patterns = value.split(",").map((part) => compileOption(name, part) ?? /(?:)/);
  const matches = (labels) => {
    const own = labels.filter((one) => one.number === undefined && (!key || one.key === key));
    const holds = (pattern) => own.some((one) => pattern.test(key ? one.text : `${one.key}:${one.text}`));
    return key ? patterns.some(holds) : patterns.every(holds);
  };
  return { matches, note: "" };
}

/** Read a range; null when the text is none. @returns {((value: number, unit: string) => boolean) | null} */
function parseRange(text) {
  const found = [...text.matchAll(/([+-]?[0-9]+)([A-Za-z]+)?/g)].slice(0, 2);
  if (!found.length || found.some(([, number]) => number.length > 18)) return null;
  const unitOf = (one) => one[2] ?? "";
  const [low, unit] = convert(Number(found[0][1]), unitOf(found[0]), unitOf(found[0]));
  const first = found[0][0];
  const bounds = new Map();
  if (found.length === 1) {
    bounds.set(first, [low, low]).set(`${first}:`, [low, Infinity]).set(`:${first}`, [-Infinity, low]);
  } else {
    const [high, other] = convert(Number(found[1][1]), unitOf(found[1]), unit);
    if (other === unit) bounds.set(`${first}:${found[1][0]}`, [low, high]);
  }
  const range = bounds.get(text);
  if (!range) return null;
  return (value, valueUnit) => {
    const [scaled, scaledUnit] = convert(value, valueUnit, unit);
    return scaledUnit === unit && range[0] <= scaled && scaled <= range[1];
  };
}

/** Find the unit of each numeric label: the first one given, else a guess from the key as pprof's. */
export function numberUnits(labelSets) {
  const units = new Map();
  for (const own of labelSets) {
    for (const { key, number, unit } of own) if (number !== undefined && !units.get(key)) units.set(key, unit);
  }
  for (const [key, unit] of units) {
    units.set(key, unit || (key === "alignment" || key === "request" ? "bytes" : key));
  }
  return units;
}
