/**
 * Go's regular expressions (RE2 syntax) for JavaScript: what Go refuses is refused with Go's words, the rest becomes a
 * RegExp that matches the same texts. Pure. A RegExp may backtrack for ever, which Go's never do: callers run it in the
 * worker, under a time cap. Syntax: https://pkg.go.dev/regexp/syntax.
 */
import { invert, isPattern, PERL, POSIX, spell, spellClass, TOP, unfold } from "./re2_chars.js";

const MOST_REPEATS = 1000;
const DEEPEST = 1000;
const ESCAPES = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

/** A pattern Go would refuse; the message is Go's. */
export class PatternError extends Error {
  constructor(reason, part) {
    super(`error parsing regexp: ${reason}: \`${part}\``);
  }
}

/**
 * Compile a pattern. @param {string} text
 * @returns {RegExp} to be used with `test`
 * @throws {PatternError}
 */
export function compileRe2(text) {
  if (!/[\\.+*?()|[\]{}^$]/.test(text)) return new RegExp(text.replaceAll("/", "\\/"), "u");
  const reader = new Reader(text, false);
  let source = reader.whole();
  if (reader.folded && reader.exact) source = new Reader(text, true).whole();
  return new RegExp(source, reader.folded && !reader.exact ? "iu" : "u");
}

/** Tell whether some character of a range may have other cases. */
const hasCases = (low, high) => high > 127 || high - low > 25 || /[a-z]/i.test(String.fromCharCode(low, high));
const isDigits = (text) => /^[0-9]+$/.test(text);

/** One pass over a pattern, writing JavaScript's; flags live while their group does. */
class Reader {
  /** @param {boolean} spellCases write both cases out instead of leaving them to the RegExp's flag */
  constructor(text, spellCases) {
    this.text = text;
    this.chars = Array.from(text);
    this.spellCases = spellCases;
    this.at = 0;
    this.depth = 0;
    this.flags = "";
    this.folded = false;
    this.exact = false;
  }

  whole() {
    const source = this.choice().source;
    if (this.more()) throw new PatternError("unexpected )", this.text);
    return source;
  }

  more() {
    return this.at < this.chars.length;
  }

  peek(ahead = 0) {
    return this.chars[this.at + ahead] ?? "";
  }

  cut(from, to = this.at) {
    return this.chars.slice(from, to).join("");
  }

  sees(literal) {
    return this.cut(this.at, this.at + literal.length) === literal;
  }

  take(literal) {
    const found = this.sees(literal);
    if (found) this.at += literal.length;
    return found;
  }

  /** Position of a character from here on, -1 for none. */
  find(char) {
    return this.chars.indexOf(char, this.at);
  }

  fail(reason, part) {
    throw new PatternError(reason, part);
  }

  choice() {
    const parts = [this.sequence()];
    while (this.take("|")) parts.push(this.sequence());
    const copies = Math.max(...parts.map((part) => part.copies));
    return { source: `(?:${parts.map((part) => part.source).join("|")})`, copies };
  }

  sequence() {
    const parts = [];
    let repeated = -1; // where the operator before began, when nothing is between
    while (this.more() && !"|)".includes(this.peek())) {
      const start = this.at;
      const counts = this.operator();
      if (counts) {
        this.repeat(parts, counts, start, repeated);
        repeated = start;
        continue;
      }
      repeated = -1;
      if (this.take("\\Q")) parts.push(...this.quoted());
      else {
        const atom = this.atom();
        if (atom) parts.push(atom);
      }
    }
    const copies = Math.max(1, ...parts.map((part) => part.copies));
    return { source: parts.map((part) => part.source).join(""), copies };
  }

  quoted() {
    const parts = [];
    while (this.more() && !this.take("\\E")) parts.push(this.literal(this.chars[this.at++].codePointAt(0)));
    return parts;
  }

  /** Repeat the last part; a flag setting between it and the operator does not count, as in Go. */
  repeat(parts, [low, high], start, repeated) {
    const isWrong = Math.max(low, high) > MOST_REPEATS || (high >= 0 && low > high);
    if (isWrong) this.fail("invalid repeat count", this.cut(start));
    this.take("?");
    if (repeated >= 0) this.fail("invalid nested repetition operator", this.cut(repeated));
    if (!parts.length) this.fail("missing argument to repetition operator", this.cut(start));
    const part = parts.pop();
    const copies = Math.max(low, high, 1) * part.copies;
    if (copies > MOST_REPEATS) this.fail("invalid repeat count", this.cut(start));
    parts.push({ source: `(?:${part.source}){${low},${high < 0 ? "" : high}}`, copies });
  }

  operator() {
    if (this.take("*")) return [0, -1];
    if (this.take("+")) return [1, -1];
    if (this.take("?")) return [0, 1];
    return this.sees("{") ? this.counts() : null;
  }

  /** Read `{n}`, `{n,}` or `{n,m}`; anything else is literal text and nothing is read. */
  counts() {
    const end = this.find("}");
    if (end < 0) return null;
    const [low, high, more] = this.cut(this.at + 1, end).split(",");
    if (!isDigits(low) || (high && !isDigits(high)) || more !== undefined) return null;
    this.at = end + 1;
    return [Number(low), high === undefined ? Number(low) : high ? Number(high) : -1];
  }

  /** Read one item; null for a flag setting, which matches nothing and changes what follows. */
  atom() {
    const sign = this.peek();
    if (sign === "(") return this.group();
    if (sign === "\\") return this.escape();
    this.at++;
    if (sign === "^") return this.place(this.flags.includes("m") ? "(?<![^\\n])" : "(?<![\\s\\S])");
    if (sign === "$") return this.place(this.flags.includes("m") ? "(?![^\\n])" : "(?![\\s\\S])");
    if (sign === ".") return this.place(this.flags.includes("s") ? "[\\s\\S]" : "[^\\n]");
    return sign === "[" ? this.bracket() : this.literal(sign.codePointAt(0));
  }

  place(source) {
    return { source, copies: 1 };
  }

  literal(code) {
    return this.set([code, code]);
  }

  set(ranges, categories = [], negated = false) {
    const fold = this.flags.includes("i");
    const cased = categories.length > 0 || ranges.some((end, i) => i % 2 && hasCases(ranges[i - 1], end));
    if (cased && fold) this.folded = true;
    else if (cased) this.exact = true;
    if (fold && this.spellCases) return this.place(spellClass(unfold(ranges), categories, negated));
    const single = ranges.length === 2 && ranges[0] === ranges[1] && !negated && !categories.length;
    return this.place(single ? spell(ranges[0]) : spellClass(ranges, categories, negated));
  }

  group() {
    const start = this.at++;
    const outer = this.flags;
    if (++this.depth > DEEPEST) this.fail("expression nests too deeply", this.text);
    if (this.take("?") && !this.named(start) && this.setFlags(start)) {
      this.depth--;
      return null;
    }
    const node = this.choice();
    if (!this.take(")")) this.fail("missing closing )", this.text);
    this.flags = outer;
    this.depth--;
    return node;
  }

  named(start) {
    if (!this.take("P<") && (this.sees("<=") || this.sees("<!") || !this.take("<"))) return false;
    const end = this.find(">");
    const name = end < 0 ? "" : this.cut(this.at, end);
    const part = this.cut(start, end < 0 ? undefined : end + 1);
    if (!/^[\p{L}\p{N}_]+$/u.test(name)) this.fail("invalid named capture", part);
    this.at = end + 1;
    return true;
  }

  /** Read `flags)` (true: they hold for the rest of the group) or `flags:` (false: for this group). */
  setFlags(start) {
    let flags = this.flags;
    let clear = false;
    while (this.more()) {
      const sign = this.chars[this.at++];
      if (sign === ":" || sign === ")") {
        this.flags = flags;
        return sign === ")";
      }
      if (sign === "-" && !clear) clear = true;
      else if ("imsU".includes(sign)) flags = flags.replaceAll(sign, "") + (clear ? "" : sign);
      else break;
    }
    return this.fail("invalid or unsupported Perl syntax", this.cut(start));
  }

  escape() {
    const sign = this.peek(1);
    const places = { A: "(?<![\\s\\S])", z: "(?![\\s\\S])", b: "\\b", B: "\\B" };
    if (sign && sign in places) {
      this.at += 2;
      return this.place(places[sign]);
    }
    const found = this.classEscape();
    if (!found) return this.literal(this.code());
    const [category] = found.categories;
    // Ignoring case, what is not in a category is neither any of it nor any other case of it.
    if (category?.startsWith("\\P")) return this.set([], [category.replace("P", "p")], true);
    return this.set(found.ranges, found.categories);
  }

  /** A known set of characters, or all others: what ignores case leaves out every case of them. */
  ready(ranges, negated) {
    return negated ? invert(this.flags.includes("i") ? unfold(ranges) : ranges) : ranges;
  }

  /** Read `\d \W \pL \P{Lu}` …; null when it is something else. */
  classEscape() {
    const sign = this.peek(1);
    const lower = sign.toLowerCase();
    if (sign && lower in PERL) {
      this.at += 2;
      return { ranges: this.ready(PERL[lower], sign !== lower), categories: [] };
    }
    if (lower !== "p") return null;
    const start = this.at;
    this.at += 2;
    const braced = this.take("{");
    const end = braced ? this.find("}") : this.at + 1;
    const name = end < 0 ? "" : this.cut(this.at, end);
    this.at = braced && end >= 0 ? end + 1 : this.at + 1;
    const negated = (sign === "P") !== name.startsWith("^");
    const plain = name.replace(/^\^/, "");
    if (plain === "Any") return { ranges: negated ? [] : [0, TOP], categories: [] };
    for (const spelt of [plain, `Script=${plain}`]) {
      const source = `\\${negated ? "P" : "p"}{${spelt}}`;
      const isName = /^(?:[A-Z][a-z]?|Script=[A-Z]\w{2,})$/.test(spelt);
      if (isName && isPattern(source)) return { ranges: [], categories: [source] };
    }
    return this.fail("invalid character class range", this.cut(start));
  }

  /** Read the character a backslash stands for: `\.`, `\n`, `\x41`, `\x{1F600}`, `\101`. */
  code() {
    const start = this.at;
    this.at += 2;
    const sign = this.chars[start + 1];
    if (sign === undefined) return this.fail("trailing backslash at end of expression", "");
    if (sign in ESCAPES) return ESCAPES[sign];
    if (sign === "x") return this.hex(start);
    if (sign === "0" || (/[1-7]/.test(sign) && /[0-7]/.test(this.peek()))) {
      let digits = sign;
      while (digits.length < 3 && /[0-7]/.test(this.peek())) digits += this.chars[this.at++];
      return parseInt(digits, 8);
    }
    if (sign.codePointAt(0) < 128 && !/[a-z0-9]/i.test(sign)) return sign.codePointAt(0);
    return this.fail("invalid escape sequence", this.cut(start));
  }

  hex(start) {
    let digits = this.cut(this.at, this.at + 2);
    if (this.take("{")) {
      const end = this.find("}");
      digits = end < 0 ? "" : this.cut(this.at, end);
      this.at = end < 0 ? this.at : end + 1;
    } else this.at += digits.length;
    const isWhole = this.chars[start + 2] === "{" || digits.length === 2;
    const code = isWhole && /^[0-9a-f]+$/i.test(digits) ? parseInt(digits, 16) : TOP + 1;
    return code > TOP ? this.fail("invalid escape sequence", this.cut(start)) : code;
  }

  bracket() {
    const start = this.at - 1;
    const negated = this.take("^");
    const ranges = [];
    const categories = [];
    for (let first = true; first || !this.sees("]"); first = false) {
      if (!this.more()) this.fail("missing closing ]", this.cut(start, this.chars.length));
      const found = this.posix() ?? (this.sees("\\") ? this.classEscape() : null);
      if (found) {
        ranges.push(...found.ranges);
        categories.push(...found.categories);
      } else ranges.push(...this.range());
    }
    this.at++;
    return this.set(ranges, categories, negated);
  }

  posix() {
    if (!this.sees("[:")) return null;
    const end = this.chars.findIndex((char, i) => i > this.at + 1 && char === ":" && this.chars[i + 1] === "]");
    if (end < 0) return null;
    const name = this.cut(this.at + 2, end);
    const ranges = POSIX[name.replace(/^\^/, "")];
    if (!ranges) this.fail("invalid character class range", this.cut(this.at, end + 2));
    this.at = end + 2;
    return { ranges: this.ready(ranges, name.startsWith("^")), categories: [] };
  }

  range() {
    const start = this.at;
    const low = this.classChar();
    let high = low;
    if (this.sees("-") && !["", "]"].includes(this.peek(1))) {
      this.at++;
      high = this.classChar();
    }
    if (low > high) this.fail("invalid character class range", this.cut(start));
    return [low, high];
  }

  classChar() {
    if (!this.more()) this.fail("missing closing ]", this.text);
    return this.peek() === "\\" ? this.code() : this.chars[this.at++].codePointAt(0);
  }
}
