/**
 * Reads the section `samples` of a profile: every location, label and value, as pprof has them when a report begins.
 * Pure; runs in the worker. The format is described in pipeline/model/stacks.py, which writes it.
 */
import { bigNumbers, gunzip, numbers, openColumns, positions, sums, texts, values, varints } from "./pfv.js";
import { shape } from "./tree.js";

const COUNTS = ["names", "systems", "files", "functions", "locations", "nodes", "rows"];
const COLUMNS = [
  "names", "function.name", "systems", "function.system", "files", "function.file", "function.start",
  "location.address", "location.mapping", "location.folded", "location.lines", "line.function", "line.number",
  "line.column", "node.location", "node.up_at", "node.up", "row.node", "row.labels",
];

/**
 * @typedef {{key: string, text?: string, number?: number, unit?: string}} Label a text, or a number with its unit
 *
 * @typedef {object} Samples
 * @property {{name: string[], system: string[], file: string[], start: Float64Array}} functions
 * @property {{start: bigint, limit: bigint, offset: bigint, file: string, buildId: string}[]} mappings
 * @property {object} locations `count`, `address` BigUint64Array, `mapping` (-1: none), `folded`, `lineOffset`
 * @property {{function: Int32Array, number: Float64Array, column: Float64Array}} lines of all locations, innermost first
 * @property {object} nodes the stacks as a tree of locations: `count`, `parent`, `end`, `depth`, `location`
 * @property {{count: number, node: Int32Array, labels: Int32Array}} rows samples by node; -1 has no stack
 * @property {Label[][]} labelSets
 * @property {{value: Float64Array, exact?: BigInt64Array}[]} values by type, one for each row
 * @property {{type: string, unit: string}[]} types
 * @property {[string, string] | null} period
 */

/** Unpack the section. @param {Uint8Array} bytes @returns {Promise<Samples>} */
export async function decodeSamples(bytes) {
  const { header, columns } = openColumns(await gunzip(bytes), COLUMNS, COUNTS);
  if (header.section !== "samples") throw new Error("the data file does not hold samples; rebuild the site");
  const { counts } = header;
  const nodes = counts.nodes;
  return {
    functions: functionsOf(columns, counts),
    mappings: header.mappings.map(([start, limit, offset, file, buildId]) => ({
      start: BigInt(`0x${start}`),
      limit: BigInt(`0x${limit}`),
      offset: BigInt(`0x${offset}`),
      file,
      buildId,
    })),
    locations: locationsOf(columns, counts.locations),
    lines: {
      function: varints(columns["line.function"]),
      number: allNumbers(columns["line.number"]),
      column: allNumbers(columns["line.column"]),
    },
    nodes: {
      count: nodes,
      ...shape(nodes, positions(columns["node.up_at"]), varints(columns["node.up"])),
      location: varints(columns["node.location"], nodes),
    },
    rows: {
      count: counts.rows,
      node: sums(varints(columns["row.node"], counts.rows), -1),
      labels: varints(columns["row.labels"], counts.rows),
    },
    labelSets: header.labels.map((own) => own.map(labelOf)),
    values: header.types.map((_, type) => values(columns[`flat.${type}`], counts.rows, header, type)),
    types: header.types.map(([type, unit]) => ({ type, unit })),
    period: header.period,
  };
}

const labelOf = ([key, text, unit]) => (unit === null ? { key, text } : { key, number: Number(text), unit });

function functionsOf(columns, counts) {
  const read = (name) => {
    const table = texts(columns[`${name}s`], counts[`${name}s`]);
    return Array.from(varints(columns[`function.${name}`], counts.functions), (at) => table[at]);
  };
  const start = numbers(columns["function.start"], counts.functions, true);
  return { name: read("name"), system: read("system"), file: read("file"), start };
}

function locationsOf(columns, count) {
  const address = new BigUint64Array(bigNumbers(columns["location.address"], count, false).buffer);
  for (let i = 1; i < count; i++) address[i] += address[i - 1];
  const folded = new Uint8Array(count);
  for (const location of positions(columns["location.folded"])) folded[location] = 1;
  const lineOffset = new Int32Array(count + 1);
  lineOffset.set(sums(varints(columns["location.lines"], count), 0), 1);
  const mapping = varints(columns["location.mapping"], count).map((at) => at - 1);
  return { count, address, mapping, folded, lineOffset };
}

function allNumbers(data) {
  let count = 0;
  for (const byte of data) if (byte < 0x80) count++;
  return numbers(data, count, true);
}
