/**
 * Sets of characters for Go's regular expressions: the named ones, their complements, other cases of letters. Pure.
 * A set is a list of ranges, first and last code point in turn.
 */

export const TOP = 0x10ffff;
export const PERL = { d: [48, 57], w: [48, 57, 65, 90, 95, 95, 97, 122], s: [9, 10, 12, 13, 32, 32] };
export const POSIX = {
  alnum: [48, 57, 65, 90, 97, 122],
  alpha: [65, 90, 97, 122],
  ascii: [0, 127],
  blank: [9, 9, 32, 32],
  cntrl: [0, 31, 127, 127],
  digit: PERL.d,
  graph: [33, 126],
  lower: [97, 122],
  print: [32, 126],
  punct: [33, 47, 58, 64, 91, 96, 123, 126],
  space: [9, 13, 32, 32],
  upper: [65, 90],
  word: PERL.w,
  xdigit: [48, 57, 65, 70, 97, 102],
};

/** Write a character as JavaScript's patterns do. */
export const spell = (code) => `\\u{${code.toString(16)}}`;

/** Write a set of characters. */
export function spellClass(ranges, categories, negated) {
  let body = categories.join("");
  for (let i = 0; i < ranges.length; i += 2) body += `${spell(ranges[i])}-${spell(ranges[i + 1])}`;
  if (body === "") return negated ? "[\\s\\S]" : "[]";
  return `[${negated ? "^" : ""}${body}]`;
}

/** All characters that are in no range. */
export function invert(ranges) {
  const pairs = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i], ranges[i + 1]]);
  const found = [];
  let start = 0;
  for (const [low, high] of pairs.sort((a, b) => a[0] - b[0])) {
    if (low > start) found.push(start, low - 1);
    start = Math.max(start, high + 1);
  }
  return start <= TOP ? [...found, start, TOP] : found;
}

const KIN = { s: "\u017f", k: "\u212a" };

/** Add the other cases of letters; for patterns in which only a part ignores case. */
export function unfold(ranges) {
  const found = [...ranges];
  for (let i = 0; i < ranges.length; i += 2) {
    for (let code = ranges[i]; code <= Math.min(ranges[i + 1], 0x24ff); code++) {
      if (code === 0x130 || code === 0x131) continue; // Turkish i's: no case of another letter outside Turkish
      const upper = String.fromCodePoint(code).toUpperCase();
      const lower = upper.toLowerCase();
      for (const other of [lower, upper, String.fromCodePoint(code).toLowerCase(), KIN[lower] ?? ""]) {
        if (other.length === 1) found.push(other.charCodeAt(0), other.charCodeAt(0));
      }
    }
  }
  return found;
}

/** Tell whether JavaScript knows a pattern. */
export function isPattern(source) {
  try {
    return Boolean(new RegExp(source, "u"));
  } catch {
    return false;
  }
}
