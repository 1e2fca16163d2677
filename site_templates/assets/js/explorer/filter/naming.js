/**
 * What counts as one node at a granularity, and what it is called. Pure; source: google/pprof, internal/graph.
 */

/** @typedef {import("../data/samples.js").Samples} Samples */

/**
 * Name the frames of every location that a filter left.
 * @param {Samples} samples @param {import("./options.js").FilterOptions} options
 * @param {{stays: Uint8Array}} cut lines that stay @param {import("../data/tree.js").Tree} whole packages of functions
 * @returns {{table: () => object, keysOf: (location: number) => number[]}} the tree's table of functions, once all are
 * named, and the frames of a location, outermost first
 */
export function nameLines(samples, options, cut, whole) {
  const table = new Table(samples, whole);
  const spelling = new Spelling(samples, options);
  const { lineOffset } = samples.locations;
  const known = new Array(samples.locations.count);
  const keysOf = (location) => {
    const keys = [];
    for (let line = lineOffset[location + 1] - 1; line >= lineOffset[location]; line--) {
      if (!cut.stays[line]) continue;
      keys.push(table.add(spelling.ofLine(location, line), location, line));
      if (options.noinlines) break;
    }
    // A place without lines is a frame by itself; one whose lines were all hidden is not: it is gone.
    if (!keys.length) keys.push(table.add(spelling.ofPlace(location), location, -1));
    return keys;
  };
  return { table: () => table.finish(), keysOf: (location) => (known[location] ??= keysOf(location)) };
}

/** Says what tells nodes apart (`key`) and how reports call them (`name`). */
class Spelling {
  constructor(samples, { granularity, noinlines }) {
    this.samples = samples;
    this.grain = granularity || "functions";
    const fine = this.grain === "lines" || this.grain === "addresses";
    this.hasLines = fine;
    this.hasColumns = this.grain === "addresses" && !noinlines;
    this.files = new Map();
  }

  object(location) {
    const mapping = this.samples.locations.mapping[location];
    return mapping < 0 ? "" : this.samples.mappings[mapping].file;
  }

  address(location) {
    if (this.grain !== "addresses") return "";
    const address = this.samples.locations.address[location];
    return address ? address.toString(16).padStart(16, "0") : "";
  }

  ofPlace(location) {
    const address = this.address(location);
    const object = this.object(location);
    return { key: JSON.stringify([address, "", "", 0, 0, 0, object]), name: spell([address], placeName(object)) };
  }

  ofLine(location, line) {
    const { functions, lines } = this.samples;
    const id = lines.function[line];
    const name = this.grain === "files" ? "" : functions.name[id];
    const file = this.grain === "functions" ? "" : this.file(functions.file[id]);
    const number = this.hasLines ? lines.number[line] : 0;
    const column = this.hasColumns ? lines.column[line] : 0;
    const address = this.address(location);
    const start = name ? 0 : functions.start[id];
    const object = name ? "" : this.object(location);
    const parts = [address, name];
    let last = "";
    if (number) last = `${file}:${number}${column ? `:${column}` : ""}`;
    else if (file) last = file;
    else if (!name) last = placeName(object);
    return { key: JSON.stringify([address, name, file, number, column, start, object]), name: spell(parts, last) };
  }

  file(path) {
    if (!this.files.has(path)) this.files.set(path, cleanPath(path));
    return this.files.get(path);
  }
}

const spell = (parts, last) => [...parts, last].filter(Boolean).join(" ");

function placeName(object) {
  if (!object) return "<unknown>";
  const stripped = object.replace(/\/+$/, "");
  return `[${stripped ? stripped.slice(stripped.lastIndexOf("/") + 1) : "/"}]`;
}

/** Drop a sandbox's folder, then resolve `.` and `..`, as Go's filepath.Clean. */
function cleanPath(path) {
  let trimmed = path;
  for (const prefix of ["/proc/self/cwd/./", "/proc/self/cwd/"]) {
    if (path.startsWith(prefix)) {
      trimmed = path.slice(prefix.length);
      break;
    }
  }
  if (!trimmed) return "";
  const rooted = trimmed.startsWith("/");
  const parts = [];
  for (const part of trimmed.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== ".." || (!rooted && (!parts.length || parts.at(-1) === ".."))) parts.push(part);
    else if (parts.length) parts.pop();
  }
  return `${rooted ? "/" : ""}${parts.join("/")}` || ".";
}

/** The functions of a new tree. */
class Table {
  constructor(samples, whole) {
    this.samples = samples;
    this.ids = new Map();
    this.files = new Map();
    this.packageOf = new Map();
    whole.names.forEach((name, id) => this.packageOf.set(name, whole.packageOf[id]));
    this.columns = {
      names: [],
      keys: [],
      files: [],
      fileOf: [],
      packages: whole.packages.length ? whole.packages : [""],
      packageOf: [],
      mappings: [...new Set(["", ...samples.mappings.map(({ file }) => file)])],
      mappingOf: [],
      bare: [],
    };
  }

  /** Find or add a function; `line` -1: a place without one. @returns {number} */
  add({ key, name }, location, line) {
    const { columns, samples } = this;
    let id = this.ids.get(key);
    if (id !== undefined) return id;
    this.ids.set(key, (id = columns.names.push(name) - 1));
    columns.keys.push(key);
    const own = line < 0 ? -1 : samples.lines.function[line];
    const file = own < 0 ? "" : samples.functions.file[own];
    if (!this.files.has(file)) this.files.set(file, columns.files.push(file) - 1);
    const mapping = samples.locations.mapping[location];
    columns.fileOf.push(this.files.get(file));
    const home = this.packageOf.get(own < 0 ? name : samples.functions.name[own]);
    columns.packageOf.push(home ?? Math.max(columns.packages.indexOf(""), 0));
    columns.mappingOf.push(columns.mappings.indexOf(mapping < 0 ? "" : samples.mappings[mapping].file));
    columns.bare.push(line < 0 ? 1 : 0);
    return id;
  }

  finish() {
    const { columns } = this;
    for (const name of ["fileOf", "packageOf", "mappingOf"]) columns[name] = Int32Array.from(columns[name]);
    return { ...columns, bare: Uint8Array.from(columns.bare) };
  }
}
