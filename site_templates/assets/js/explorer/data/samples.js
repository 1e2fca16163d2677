/**
 * Reads the section `samples` of a profile: every location, label and value, as pprof has them when a report begins.
 * Pure; runs in the worker. The format is described in pipeline/model/stacks.py, which writes it.
 */
import { bigNumbers, countOf, numbers, openColumns, positions, sums, texts, values, varints } from "./pfv.js";
import { shape } from "./tree.js";

const FORMAT = 3;
const COUNTS = ["framed", "names", "systems", "files", "functions", "locations", "nodes", "rows", "texts"];
const COLUMNS = [
  "function.frame", "names", "function.name", "files", "function.file", "function.system_at", "systems",
  "function.system", "function.start", "location.address", "location.mapping", "location.folded", "location.lines",
  "line.function", "line.number", "line.column", "node.location", "node.up_at", "node.up", "row.node", "row.labels",
  "set.labels", "label.kind", "texts", "label.text", "label.number",
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

/**
 * Unpack the section.
 * @param {Uint8Array} bytes @param {import("./tree.js").Tree} tree of the same profile: it has the names
 * @returns {Promise<Samples>}
 */
export async function decodeSamples(bytes, tree) {
  const { header, columns } = await openColumns(bytes, FORMAT, COLUMNS, COUNTS);
  const { counts } = header;
  const { nodes } = counts;
  const functions = functionsOf(columns, counts, tree);
  return {
    functions,
    mappings: header.mappings.map(([start, limit, offset, file, buildId]) => ({
      start: BigInt(`0x${start}`),
      limit: BigInt(`0x${limit}`),
      offset: BigInt(`0x${offset}`),
      file,
      buildId,
    })),
    locations: locationsOf(columns, counts.locations),
    lines: linesOf(columns, header.based ? functions.start : null),
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
    labelSets: labelSetsOf(columns, header.labels, counts),
    values: header.types.map((_, type) => values(columns[`flat.${type}`], counts.rows, header, type)),
    types: header.types.map(([type, unit]) => ({ type, unit })),
    period: header.period,
  };
}

/** Read a column of texts, out of their table. @returns {string[]} */
function spelt(columns, counts, table, column) {
  const known = texts(columns[table], counts[table]);
  return Array.from(varints(columns[column]), (at) => known[at]);
}

/** Read the functions: those that are frames of the tree, then the others. */
function functionsOf(columns, counts, tree) {
  const own = (name) => spelt(columns, counts, `${name}s`, `function.${name}`);
  const frames = [...sums(varints(columns["function.frame"], counts.framed))];
  const name = frames.map((frame) => tree.names[frame]).concat(own("name"));
  const file = frames.map((frame) => tree.files[tree.fileOf[frame]]).concat(own("file"));
  const system = [...name];
  const odd = own("system");
  positions(columns["function.system_at"]).forEach((id, i) => (system[id] = odd[i]));
  return { name, system, file, start: numbers(columns["function.start"], counts.functions, true) };
}

/** Read the lines; `starts`: where functions start, if that is what lines are counted from. */
function linesOf(columns, starts) {
  const ids = Int32Array.from(allNumbers(columns["line.function"]));
  const number = allNumbers(columns["line.number"]);
  sums(ids);
  if (starts) for (let line = 0; line < number.length; line++) number[line] += starts[ids[line]];
  return { function: ids, number, column: allNumbers(columns["line.column"]) };
}

/** Read the sets of labels; `kinds` are keys and units, no unit for a text. */
function labelSetsOf(columns, kinds, counts) {
  const words = spelt(columns, counts, "texts", "label.text").values();
  const figures = bigNumbers(columns["label.number"], countOf(columns["label.number"]), true).values();
  const kindOf = varints(columns["label.kind"]).values();
  const next = (column) => column.next().value;
  const label = () => {
    const [key, unit] = kinds[next(kindOf)];
    return unit === null ? { key, text: next(words) } : { key, number: Number(next(figures)), unit };
  };
  return Array.from(varints(columns["set.labels"]), (length) => Array.from({ length }, label));
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

const allNumbers = (data) => numbers(data, countOf(data), true);
