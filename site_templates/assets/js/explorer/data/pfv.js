/**
 * Reads profile payloads, `.pfv` format 2: gzip of a JSON header and varint columns. Pure; runs in the worker.
 * The format is described in pipeline/model/pfv.py, which writes it.
 */
import { inflate } from "./scripts.js";
import { shape } from "./tree.js";

const PFV_FORMAT = 2;
const COUNTS = ["names", "files", "packages", "mappings", "frames", "nodes"];
const COLUMNS = [
  "names", "frame.name", "files", "frame.file", "packages", "frame.package_at", "frame.package", "mappings",
  "frame.mapping", "frame.bare", "frame.nameless", "node.frame", "node.up_at", "node.up", "node.inlined", "flat.at",
];
const SAFE = 2 ** 53;

/** Unpack a payload. @param {Uint8Array} bytes @returns {Promise<import("./tree.js").Tree>} */
export async function decodePfv(bytes) {
  return buildTree(await openColumns(bytes, PFV_FORMAT, COLUMNS, COUNTS));
}

/**
 * Unpack a payload into its header, with named counts, and its named columns.
 * @param {Uint8Array} bytes @param {number} format the one to read
 * @param {string[]} names of the columns before those of values @param {string[]} counted
 * @throws {Error} with a sentence for the reader when it is of another format, or damaged
 */
export async function openColumns(bytes, format, names, counted) {
  const plain = new Uint8Array(await inflate(bytes).arrayBuffer());
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(plain.subarray(4, 4 + length)));
  if (header.format !== format) {
    throw new Error(`the data file has format ${header.format}, this page reads ${format}; rebuild the site`);
  }
  const columns = {};
  let at = 4 + length;
  const valued = header.types.map((_, type) => `flat.${type}`);
  [...names, ...valued].forEach((name, i) => (columns[name] = plain.subarray(at, (at += header.columns[i]))));
  header.counts = Object.fromEntries(counted.map((name, i) => [name, header.counts[i]]));
  if (at !== plain.length) throw new Error("the data file is damaged; rebuild the site");
  return { header, columns };
}

function buildTree({ header, columns }) {
  const { frames, nodes: count } = header.counts;
  const nameAt = sums(varints(columns["frame.name"], frames));
  const names = texts(columns.names, header.counts.names);
  const inlined = new Uint8Array(count);
  for (const node of positions(columns["node.inlined"])) inlined[node] = 1;
  const at = positions(columns["flat.at"]);
  const mappings = texts(columns.mappings, header.counts.mappings);
  const bare = new Uint8Array(frames);
  for (const frame of positions(columns["frame.bare"])) bare[frame] = 1;
  const mappingOf = mappings.length ? varints(columns["frame.mapping"], frames) : new Int32Array(frames);
  const shown = Array.from(nameAt, (index) => names[index]);
  const fileOf = sums(Int32Array.from(numbers(columns["frame.file"], frames, true)));
  return {
    count,
    ...shape(count, positions(columns["node.up_at"]), varints(columns["node.up"])),
    name: varints(columns["node.frame"], count),
    names: shown,
    ranks: nameAt,
    files: texts(columns.files, header.counts.files),
    fileOf,
    ...packagesOf(shown, columns, header.counts.packages),
    mappings: mappings.length ? mappings : [""],
    mappingOf,
    bare,
    hasNegative: header.signed.some(Boolean),
    hasNameless: positions(columns["frame.nameless"]).length > 0,
    keys: bare.includes(1) ? shown.map((name, id) => (bare[id] ? `\0${mappings[mappingOf[id]]}` : name)) : undefined,
    inlined,
    types: header.types.map(([type, unit]) => ({ type, unit })),
    defaultType: header.default,
    totals: header.totals.map(Number),
    exactTotals: header.totals,
    flat: header.types.map((_, type) => ({ at, ...values(columns[`flat.${type}`], at.length, header, type) })),
  };
}

/** The packages: those their names begin with, but where the file says otherwise. */
function packagesOf(names, columns, count) {
  const known = texts(columns.packages, count);
  const odd = varints(columns["frame.package"]);
  const oddAt = new Map(Array.from(positions(columns["frame.package_at"]), (frame, i) => [frame, known[odd[i]]]));
  const places = new Map();
  const packages = [];
  const packageOf = Int32Array.from(names, (name, frame) => {
    const own = oddAt.get(frame) ?? usualPackage(name);
    if (!places.has(own)) places.set(own, packages.push(own) - 1);
    return places.get(own);
  });
  return { packages, packageOf };
}

/** Guess the package of a Go function from its name. Twin of `usual_package` in pipeline/model/pfv.py. */
function usualPackage(name) {
  const found = name.search(/[[({< ]/);
  const path = found < 0 ? name : name.slice(0, found);
  return path.slice(0, Math.max(0, path.indexOf(".", path.lastIndexOf("/") + 1)));
}

/** Running sums, in place. */
export function sums(column, start = 0) {
  for (let i = 0, at = start; i < column.length; i++) column[i] = at += column[i];
  return column;
}

/** Read the values of one sample type; `exact` only where a double cannot hold them. */
export function values(data, count, header, type) {
  const scale = header.scales[type];
  const value = numbers(data, count, header.signed[type]);
  let largest = 0;
  for (let i = 0; i < count; i++) {
    value[i] *= scale;
    const size = Math.abs(value[i]);
    if (size > largest) largest = size;
  }
  if (largest * Math.max(count, 1) < SAFE) return { value };
  return { value, exact: bigNumbers(data, count, header.signed[type]).map((one) => one * BigInt(scale)) };
}

/** Read varints that fit 32 bits. @returns {Int32Array} */
export function varints(data, count = countOf(data)) {
  const read = new Int32Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    let byte = data[at++];
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = data[at++];
      value |= (byte & 0x7f) << shift;
    }
    read[i] = value;
  }
  if (at !== data.length) throw new Error("the data file is damaged; rebuild the site");
  return read;
}

/** Read varints of any size as doubles (exact up to 2^53), zigzag where signed. @returns {Float64Array} */
export function numbers(data, count, signed) {
  const read = new Float64Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    let byte = data[at++];
    let value = byte & 0x7f;
    for (let scale = 128; byte >= 0x80; scale *= 128) {
      byte = data[at++];
      value += (byte & 0x7f) * scale;
    }
    read[i] = !signed ? value : value % 2 ? -(value + 1) / 2 : value / 2;
  }
  if (at !== data.length) throw new Error("the data file is damaged; rebuild the site");
  return read;
}

/** Read varints of any size exactly. @returns {BigInt64Array} */
export function bigNumbers(data, count, signed) {
  const read = new BigInt64Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    let value = 0n;
    for (let shift = 0n, byte = 0x80; byte >= 0x80; shift += 7n) {
      byte = data[at++];
      value |= BigInt(byte & 0x7f) << shift;
    }
    read[i] = !signed ? value : (value >> 1n) ^ -(value & 1n);
  }
  return read;
}

/** How many varints a column holds. */
export function countOf(data) {
  let count = 0;
  for (let at = 0; at < data.length; at++) if (data[at] < 0x80) count++;
  return count;
}

/** Read gaps as ascending positions, the first gap from -1. @returns {Int32Array} */
export function positions(data) {
  const read = varints(data);
  for (let i = 0, at = -1; i < read.length; i++) read[i] = at += read[i];
  return read;
}

/** Read a front-coded table of texts. @returns {string[]} */
export function texts(data, count) {
  const decoder = new TextDecoder();
  const read = [];
  let text = new Uint8Array(256);
  let at = 0;
  const number = () => {
    let value = 0;
    for (let shift = 0, byte = 0x80; byte >= 0x80; shift += 7) {
      byte = data[at++];
      value |= (byte & 0x7f) << shift;
    }
    return value;
  };
  for (let i = 0; i < count; i++) {
    const shared = number();
    const length = shared + number();
    if (length > text.length) {
      const longer = new Uint8Array(length * 2);
      longer.set(text);
      text = longer;
    }
    text.set(data.subarray(at, at + length - shared), shared);
    at += length - shared;
    read.push(decoder.decode(text.subarray(0, length)));
  }
  return read;
}
