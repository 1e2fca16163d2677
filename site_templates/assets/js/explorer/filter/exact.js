/**
 * Filters over the samples themselves: labels, lines, addresses, inlining and show_from, besides what call trees can
 * answer too. Pure; pprof's semantics and order (google/pprof, profile/filter.go and internal/driver).
 */
import { Grower, spread } from "./grow.js";
import { filtersNames } from "./options.js";
import { compileNames, matchAll } from "./patterns.js";
import { nameLines } from "./naming.js";
import { compileTags, numberUnits } from "./tags.js";

/** @typedef {import("../data/samples.js").Samples} Samples */

/**
 * @typedef {object} Filtered
 * @property {import("../data/tree.js").Tree} tree
 * @property {Int32Array} rows node of the tree of each sample; -1: it has none, -2: it was left out
 * @property {string[]} warnings
 */

/**
 * Filter samples into a call tree.
 * @param {Samples} samples @param {import("./options.js").FilterOptions} options
 * @param {import("../data/tree.js").Tree} whole the profile's tree: types, totals, packages of functions
 * @param {Map<string, string>} [units] of numeric labels, by key
 * @returns {Filtered}
 */
export function filterSamples(samples, options, whole, units = numberUnits(samples.labelSets)) {
  const names = compileNames(options);
  const warnings = [];
  const cut = cutLines(samples, names, warnings);
  const keep = keepRows(samples, options, cut, { units, warnings });
  const { table, keysOf } = nameLines(samples, options, cut, whole);
  const { tree, ids } = growTree(samples, cut, keep, keysOf);
  const rows = Int32Array.from(samples.rows.node, (node, row) => (!keep[row] ? -2 : node < 0 ? -1 : ids[node]));
  if (filtersNames(options)) for (let row = 0; row < rows.length; row++) if (rows[row] === -1) rows[row] = -2;
  const flat = samples.values.map(({ value, exact }) =>
    spread({ at: samples.rows.node, value, exact }, tree.count, (row) => rows[row]),
  );
  const { types, defaultType, totals, exactTotals } = whole;
  return { tree: { ...tree, ...table(), ranks: undefined, types, defaultType, totals, exactTotals, flat }, rows, warnings };
}

/** Match a pattern. @returns {{line: Uint8Array, location: Uint8Array, mapped: Uint8Array}} */
function match(samples, pattern) {
  const { functions, locations, lines } = samples;
  const files = new Map();
  const byFile = (file) => {
    if (!files.has(file)) files.set(file, pattern.test(file));
    return files.get(file);
  };
  const byFunction = Uint8Array.from(functions.name, (name, i) => (pattern.test(name) || byFile(functions.file[i]) ? 1 : 0));
  const byMapping = matchAll(samples.mappings.map(({ file }) => file), pattern);
  const mapped = Uint8Array.from(locations.mapping, (mapping) => (mapping >= 0 ? byMapping[mapping] : 0));
  return { line: Uint8Array.from(lines.function, (one) => byFunction[one]), location: mapped.slice(), mapped };
}

/** Decide which lines stay and which locations are gone; remembers what focus and ignore match before that. */
function cutLines(samples, names, warnings) {
  const { lineOffset, count } = samples.locations;
  const stays = new Uint8Array(lineOffset[count]).fill(1);
  const gone = new Uint8Array(count);
  const isEmpty = (location) => {
    for (let line = lineOffset[location]; line < lineOffset[location + 1]; line++) if (stays[line]) return false;
    return true;
  };
  const matched = (pattern) => {
    const found = match(samples, pattern);
    eachLine(samples, (location, line) => {
      if (stays[line] && found.line[line]) found.location[location] = 1;
    });
    return found;
  };
  const focus = names.focus && matched(names.focus).location;
  const ignore = names.ignore && matched(names.ignore).location;
  const isFocused = focus?.some((one, location) => one && !ignore?.[location]);
  if (focus && !isFocused) warnings.push("Focus expression matched no samples");
  if (ignore && !ignore.includes(1)) warnings.push("Ignore expression matched no samples");
  if (names.hide) {
    const found = matched(names.hide);
    if (!found.location.includes(1)) warnings.push("Hide expression matched no samples");
    eachLine(samples, (location, line) => {
      if (found.mapped[location] || found.line[line]) stays[line] = 0;
    });
    for (let location = 0; location < count; location++) {
      if (found.location[location] && isEmpty(location)) gone[location] = 1;
    }
  }
  if (names.show) {
    const found = matched(names.show);
    eachLine(samples, (location, line) => {
      if (!found.mapped[location] && !found.line[line]) stays[line] = 0;
    });
    let some = false;
    for (let location = 0; location < count; location++) {
      if (isEmpty(location)) gone[location] = 1;
      else some = true;
    }
    if (!some) warnings.push("Show expression matched no samples");
  }
  const from = names.showFrom && cutFrom(samples, names.showFrom, stays, gone, warnings);
  return { focus, ignore, stays, gone, from };
}

function eachLine({ locations: { lineOffset, count } }, visit) {
  for (let location = 0; location < count; location++) {
    for (let line = lineOffset[location]; line < lineOffset[location + 1]; line++) visit(location, line);
  }
}

/** Cut the callers off locations that show_from matches. @returns {Uint8Array} the locations that match */
function cutFrom(samples, pattern, stays, gone, warnings) {
  const { line: matches, mapped } = match(samples, pattern);
  const { lineOffset, count } = samples.locations;
  const found = new Uint8Array(count);
  for (let location = 0; location < count; location++) {
    if (gone[location]) continue;
    let last = -1;
    for (let line = lineOffset[location]; line < lineOffset[location + 1]; line++) {
      if (stays[line] && matches[line]) last = line;
    }
    if (last >= 0 || mapped[location]) found[location] = 1;
    if (last < 0 || mapped[location]) continue;
    for (let line = last + 1; line < lineOffset[location + 1]; line++) stays[line] = 0;
  }
  if (!found.includes(1)) warnings.push("ShowFrom expression matched no samples");
  return found;
}

/** Decide which samples stay. @returns {Uint8Array} by row */
function keepRows(samples, options, cut, { units, warnings }) {
  const { nodes, rows } = samples;
  const state = nodeStates(nodes, cut);
  const byName = filtersNames(options);
  const keep = new Uint8Array(rows.count);
  for (let row = 0; row < rows.count; row++) {
    const node = rows.node[row];
    const own = node < 0 ? 0 : state[node];
    keep[row] = (!byName || (own & 3) === 1) && (!cut.from || own & 4) ? 1 : 0;
  }
  for (const name of ["tagFocus", "tagIgnore"]) {
    const filter = compileTags(name, options[name], units);
    if (!filter) continue;
    if (filter.note) warnings.push(filter.note);
    const matches = samples.labelSets.map(filter.matches);
    let some = false;
    for (let row = 0; row < rows.count; row++) {
      const chosen = matches[rows.labels[row]];
      if (chosen && keep[row]) some = true;
      if (chosen !== (name === "tagFocus")) keep[row] = 0;
    }
    if (!some) warnings.push(`${name === "tagFocus" ? "TagFocus" : "TagIgnore"} expression matched no samples`);
  }
  return keep;
}

/** What is on the path to each node: 1 a focused location, 2 an ignored one, 4 one that show_from matches. */
function nodeStates(nodes, { focus, ignore, from }) {
  const state = new Uint8Array(nodes.count);
  for (let node = 0; node < nodes.count; node++) {
    const location = nodes.location[node];
    const above = nodes.parent[node];
    const own = (focus && !focus[location] ? 0 : 1) | (ignore?.[location] ? 2 : 0) | (from?.[location] ? 4 : 0);
    state[node] = above < 0 ? own : state[above] | own;
  }
  return state;
}

/** Lay the kept stacks together by the names of their frames; `ids` maps a node of locations to its last frame. */
function growTree(samples, cut, keep, keysOf) {
  const { nodes, rows } = samples;
  const used = new Uint8Array(nodes.count);
  for (let row = 0; row < rows.count; row++) if (keep[row] && rows.node[row] >= 0) used[rows.node[row]] = 1;
  for (let node = nodes.count - 1; node >= 0; node--) {
    if (used[node] && nodes.parent[node] >= 0) used[nodes.parent[node]] = 1;
  }
  const grower = new Grower(nodes.count);
  const ids = new Int32Array(nodes.count).fill(-1);
  const begun = new Uint8Array(nodes.count);
  const called = []; // frames that were not inlined somewhere
  for (let node = 0; node < nodes.count; node++) {
    if (!used[node]) continue;
    const parent = nodes.parent[node];
    const location = nodes.location[node];
    let at = parent < 0 ? -1 : ids[parent];
    begun[node] = !cut.from || (parent >= 0 && begun[parent]) || cut.from[location] ? 1 : 0;
    if (begun[node] && !cut.gone[location]) {
      const keys = keysOf(location);
      for (let i = 0; i < keys.length; i++) {
        at = grower.child(at, keys[i]);
        if (i === 0) called.push(at);
      }
    }
    ids[node] = at;
  }
  const { place, key, ...tree } = grower.finish();
  const inlined = new Uint8Array(tree.count).fill(1);
  for (const id of called) inlined[place[id]] = 0;
  for (let node = 0; node < ids.length; node++) if (ids[node] >= 0) ids[node] = place[ids[node]];
  return { tree: { ...tree, name: key, inlined }, ids };
}
