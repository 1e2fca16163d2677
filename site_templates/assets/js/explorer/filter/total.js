/**
 * Totals that percentages are of, where a call tree does not tell them: of differences, and of profiles with negative
 * values. pprof first puts samples of one stack and one set of labels together, and counts only a base's when it knows
 * one by its label. Pure; source: google/pprof, profile/merge.go and internal/driver.
 */
import { Grower } from "./grow.js";

/** @typedef {{whole: import("../data/tree.js").Tree, samples: import("../data/samples.js").Samples}} Side */

/** Add up the samples of one profile that filters left. @returns {string[]} decimal digits by type */
export function sampleTotals({ values, labelSets, rows: { labels } }, rows) {
  const isBase = labelSets.map(hasBaseLabel);
  return values.map(({ value, exact }) => {
    let [all, base] = [0n, 0n];
    for (let row = 0; row < rows.length; row++) {
      if (rows[row] < -1) continue;
      const one = exact ? exact[row] : BigInt(value[row]);
      all += one < 0n ? -one : one;
      if (isBase[labels[row]]) base += one < 0n ? -one : one;
    }
    return String(base || all);
  });
}

const hasBaseLabel = (own) => own.some(({ key, text }) => key === "pprof::base" && text === "true");

/**
 * Add up what is left of each stack with its labels when two sides are subtracted. Works for one side too.
 * @param {Side} head @param {Side | null} base @param {Int32Array[]} [kept] rows of each side below -1 do not count
 * @returns {string[]} decimal digits, by the head's type
 */
export function netTotals(head, base, kept = []) {
  const ids = { locations: new Map(), labels: new Map() };
  const idOf = (table, key) => table.get(key) ?? (table.set(key, table.size), table.size - 1);
  const grower = new Grower();
  const keys = new Map();
  const inBase = [];
  const common = { grower, ids, keys, idOf, inBase };
  const places = [head, base].map((side, at) => side && keyRows(side.samples, kept[at], common));
  return head.whole.types.map(({ type }, at) => {
    const net = new BigInt64Array(keys.size);
    const add = (samples, index, key, sign) => {
      const { value, exact } = samples.values[index];
      key.forEach((id, row) => {
        if (id >= 0) net[id] += sign * (exact ? exact[row] : BigInt(value[row]));
      });
    };
    add(head.samples, at, places[0], 1n);
    const other = base ? base.whole.types.findIndex((one) => one.type === type) : -1;
    if (other >= 0) add(base.samples, other, places[1], -1n);
    const size = (value) => (value < 0n ? -value : value);
    const sum = (counts) => net.reduce((total, value, id) => (counts(id) ? total + size(value) : total), 0n);
    return String(sum((id) => inBase[id]) || sum(() => true));
  });
}

/** Find the common number of each sample's stack and labels; `inBase` marks those pprof labelled as a base's. */
function keyRows({ nodes, rows, labelSets, ...samples }, kept, { grower, ids, keys, idOf, inBase }) {
  const known = locationKeys(samples).map((key) => idOf(ids.locations, key));
  const labels = labelSets.map((own) => idOf(ids.labels, JSON.stringify(sortedLabels(own))));
  const isBase = labelSets.map(hasBaseLabel);
  const place = new Int32Array(nodes.count);
  for (let node = 0; node < nodes.count; node++) {
    place[node] = grower.child(nodes.parent[node] < 0 ? -1 : place[nodes.parent[node]], known[nodes.location[node]]);
  }
  return Int32Array.from(rows.node, (node, row) => {
    if (kept && kept[row] < -1) return -1;
    const id = idOf(keys, `${node < 0 ? -1 : place[node]} ${labels[rows.labels[row]]}`);
    inBase[id] = isBase[rows.labels[row]];
    return id;
  });
}

/** Order labels by key, texts first, keeping the order of the values of one key. */
function sortedLabels(own) {
  const isNumber = ({ number }) => (number === undefined ? 0 : 1);
  return [...own].sort((a, b) => isNumber(a) - isNumber(b) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Say by what pprof knows each location again in another profile. @returns {string[]} */
function locationKeys({ locations, lines, functions, mappings }) {
  const pages = ({ start, limit }) => BigInt.asUintN(64, limit - start + 0xfffn) / 0x1000n;
  const mapped = mappings.map((one) => `${pages(one)} ${one.offset} ${one.buildId || one.file}`);
  return Array.from({ length: locations.count }, (_, at) => {
    const mapping = locations.mapping[at];
    const shown = [];
    let column = 0;
    for (let line = locations.lineOffset[at]; line < locations.lineOffset[at + 1]; line++) {
      const id = lines.function[line];
      shown.push(functions.name[id], functions.system[id], functions.file[id], functions.start[id], lines.number[line]);
      column = lines.column[line];
    }
    const address = BigInt.asUintN(64, locations.address[at] - (mapping < 0 ? 0n : mappings[mapping].start));
    return JSON.stringify([String(address), mapping < 0 ? "" : mapped[mapping], locations.folded[at], shown, column]);
  });
}
