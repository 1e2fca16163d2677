/**
 * Numbers as the pages show them: the browser's twin of `show` in `pipeline/units.py`.
 * Both are tested on the same cases (tests/data/format_cases.json).
 */

/** @typedef {{name: string, aliases: string[], factor: number}} Unit */

const BYTE_UNITS = [
  { name: "B", aliases: ["b", "byte"], factor: 1 },
  { name: "kB", aliases: ["kb", "kbyte", "kilobyte"], factor: 2 ** 10 },
  { name: "MB", aliases: ["mb", "mbyte", "megabyte"], factor: 2 ** 20 },
  { name: "GB", aliases: ["gb", "gbyte", "gigabyte"], factor: 2 ** 30 },
  { name: "TB", aliases: ["tb", "tbyte", "terabyte"], factor: 2 ** 40 },
  { name: "PB", aliases: ["pb", "pbyte", "petabyte"], factor: 2 ** 50 },
];
const TIME_UNITS = [
  { name: "ns", aliases: ["ns", "nanosecond"], factor: 1 },
  { name: "us", aliases: ["μs", "us", "microsecond"], factor: 1e3 },
  { name: "ms", aliases: ["ms", "millisecond"], factor: 1e6 },
  { name: "s", aliases: ["s", "sec", "second"], factor: 1e9 },
  { name: "hrs", aliases: ["hour", "hr"], factor: 3600e9 },
];
const GCU_UNITS = [
  { name: "n*GCU", aliases: ["nanogcu"], factor: 1e-9 },
  { name: "u*GCU", aliases: ["microgcu"], factor: 1e-6 },
  { name: "m*GCU", aliases: ["milligcu"], factor: 1e-3 },
  { name: "GCU", aliases: ["gcu"], factor: 1 },
  { name: "k*GCU", aliases: ["kilogcu"], factor: 1e3 },
  { name: "M*GCU", aliases: ["megagcu"], factor: 1e6 },
  { name: "G*GCU", aliases: ["gigagcu"], factor: 1e9 },
  { name: "T*GCU", aliases: ["teragcu"], factor: 1e12 },
  { name: "P*GCU", aliases: ["petagcu"], factor: 1e15 },
];
const FAMILIES = [
  { fallback: { name: "B", factor: 1 }, units: BYTE_UNITS, isTime: false },
  { fallback: { name: "s", factor: 1e9 }, units: TIME_UNITS, isTime: true },
  { fallback: { name: "GCU", factor: 1 }, units: GCU_UNITS, isTime: false },
];

/** Find a unit by any spelling (any case, optional plural s). */
function findUnit(units, unit) {
  let key = unit.toLowerCase();
  if (key.length > 2 && key.endsWith("s")) key = key.slice(0, -1);
  return units.find((known) => known.aliases.includes(key));
}

/** Scale a value up to the largest unit in which it is at least one. */
function scaleUp(family, value, unit) {
  const base = Math.abs(value) * findUnit(family.units, unit).factor;
  let best = null;
  for (const known of family.units) if (base / known.factor >= 1) best = known;
  const target = best ?? family.fallback;
  return { value: (Math.sign(value) || 1) * (base / target.factor), name: target.name };
}

/** Print with fixed decimals, exact halves to even, as Python does (`toFixed` rounds them up). */
function fixed(value, decimals) {
  if (Math.abs(value) >= 1e21) return BigInt(value).toString() + (decimals ? `.${"0".repeat(decimals)}` : "");
  const size = Math.abs(value);
  let text = size.toFixed(decimals);
  const exact = size.toFixed(Math.min(100, decimals + 60));
  const tail = exact.slice(exact.indexOf(".") + 1 + decimals);
  const isHalf = tail[0] === "5" && /^0*$/.test(tail.slice(1));
  if (isHalf && Number(text.at(-1)) % 2 === 1) {
    const kept = exact.slice(0, exact.indexOf(".") + 1 + decimals);
    text = decimals ? kept : kept.slice(0, -1);
  }
  return (value < 0 ? "-" : "") + text;
}

/** Print like C's `%.3g` for a size below one: three significant digits, no trailing zeros. */
function threeDigits(value) {
  const [digits, exponent] = value.toExponential(2).split("e");
  const power = Number(exponent);
  const bare = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (power >= -4) return bare(fixed(value, 2 - power));
  return `${bare(digits)}e-${power > -10 ? "0" : ""}${-power}`;
}

/** Set a comma between thousands. */
function withCommas(text) {
  const [, sign, whole, rest] = /^(-?)(\d+)(.*)$/.exec(text);
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + rest;
}

/** Print a plain number with three significant digits (more when whole) and thousands grouped. */
function group(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return withCommas(String(value === 0 ? 0 : value));
  if (size >= 1) return withCommas(fixed(value, size >= 1000 ? 0 : size >= 100 ? 1 : 2));
  return threeDigits(value);
}

/** Keep the digits a reader can use: three or four of them. */
function significant(value) {
  const size = Math.abs(value);
  return Number(fixed(value, size >= 1000 ? 0 : size >= 100 ? 1 : 2));
}

/**
 * Print a value for a page: `12.4 MB`, `1.52 ms`, `48,210`, `0.35 %`; a dash for no value.
 * A rate keeps its denominator: `bytes/op` scales the bytes. `ratio` is a share of one, shown in percent.
 * @param {number | null | undefined} value
 * @param {string} unit
 * @returns {string}
 */
export function show(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "ratio") return `${group(value * 100)} %`;
  const cut = unit.indexOf("/");
  const amount = cut < 0 ? unit : unit.slice(0, cut);
  const per = cut < 0 ? "" : unit.slice(cut);
  const family = FAMILIES.find((known) => findUnit(known.units, amount));
  if (!family) return `${group(value)}${amount === "count" || amount === "" ? "" : ` ${amount}`}${per}`;
  let scaled = scaleUp(family, value, amount);
  if (family.isTime && scaled.value !== 0 && Math.abs(scaled.value) < 0.01 && scaled.name === "s") {
    scaled = { value: value * findUnit(TIME_UNITS, amount).factor, name: "ns" };
  }
  return `${group(significant(scaled.value))} ${scaled.name}${per}`.trim();
}

/**
 * Print a value as pprof does: `512.50kB`, `1.20s`, `0`; no unit where pprof prints none.
 * The twin of `label` in `pipeline/units.py`.
 * @param {number} value @param {string} unit
 */
export function pprofLabel(value, unit) {
  const family = FAMILIES.find((known) => findUnit(known.units, unit));
  const scaled = family ? scaleUp(family, value, unit) : { value, name: "" };
  const text = fixed(scaled.value, 2).replace(/\.00$/, "");
  return text === "0" || text === "-0" ? "0" : text + scaled.name;
}

const SILENT = ["count", "sample", "unit"];

/**
 * Convert a value as pprof does. The twin of `scale` in `pipeline/units.py` for a unit that is named.
 * @param {number} value @param {string} from @param {string} to
 * @returns {[number, string]} the value, and its unit as pprof writes it: empty for counts
 */
export function convert(value, from, to) {
  const family = FAMILIES.find((known) => findUnit(known.units, from));
  if (!family) return [value, SILENT.includes(to) ? "" : to];
  const target = findUnit(family.units, to) ?? family.fallback;
  return [(value * findUnit(family.units, from).factor) / target.factor, target.name];
}
