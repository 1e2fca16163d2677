/** The data of the pages over time, stretch by stretch; what the files hold, pipeline/render/history_data.py says. */
import { loadValue } from "../explorer/data/scripts.js";

const SHARDS = 4;

/**
 * @typedef {object} Run
 * @property {string} run @property {string} label @property {string} started @property {string} branch
 * @property {string} commit @property {boolean | null} dirty @property {boolean} failed
 */

/** CRC-32 of a text's UTF-8 bytes. @param {string} text */
export function crc32(text) {
  let crc = ~0;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/**
 * @param {string} root way from the page to the site's root
 * @param {{labels: string[], stretches: [string, boolean, number[]][]}} told what the page says there is
 */
export function openFiles(root, told) {
  const get = (key, name) => loadValue(`${root}data/history/${key}/${name}.js`, `history/${key}/${name}`);

  /** The stretches that hold runs of a label, the oldest first. */
  function of(label) {
    const place = told.labels.indexOf(label);
    return told.stretches.filter(([, , labels]) => labels.includes(place)).map(([key, closed]) => ({ key, closed }));
  }

  /** Which files of a stretch hold functions: that of one function, or all. */
  function parts(closed, name) {
    if (!closed) return ["functions"];
    if (name !== null) return [`functions-${crc32(name) % SHARDS}`];
    return Array.from({ length: SHARDS }, (_, shard) => `functions-${shard}`);
  }

  /** Read the runs and metrics of a label: for each stretch the runs, and which of them are the label's. */
  async function trends(label) {
    const stretches = of(label);
    const all = await Promise.all(stretches.map(({ key }) => get(key, "trends")));
    return all.map((data, at) => ({ ...stretches[at], ...data, mine: mine(data.runs, label) }));
  }

  /** Read what one function weighed in a stretch. @returns {Promise<[string, (number|null)[], (number|null)[]] | null>} */
  async function weights({ key, closed }, { component, type, name }) {
    const { tables } = await get(key, parts(closed, name)[0]);
    const rows = tables.find((one) => one[0] === component && one[2] === type)?.[3] ?? [];
    return rows.find((row) => row[0] === name) ?? null;
  }

  /** Read all functions of one sample type in a stretch. */
  async function table({ key, closed }, { component, type }) {
    const all = await Promise.all(parts(closed, null).map((name) => get(key, name)));
    return all.flatMap(({ tables }) => tables.find((one) => one[0] === component && one[2] === type)?.[3] ?? []);
  }

  /** Name the functions of one sample type in all stretches of a label. @returns {Promise<Set<string>>} */
  async function names(label, { component, type }) {
    const all = await Promise.all(of(label).map(({ key, closed }) => get(key, closed ? "names" : "functions")));
    const rows = all.flatMap(({ tables }) => tables.find((one) => one[0] === component && one[2] === type)?.[3] ?? []);
    return new Set(rows.map((row) => (typeof row === "string" ? row : row[0])));
  }

  return { of, trends, weights, table, names };
}

/** Places of a label's runs in a stretch; runs that failed measured nothing. */
function mine(runs, label) {
  return runs.flatMap((run, at) => (run[1] === label && !run[6] ? [at] : []));
}

/** @returns {Run} */
export function runOf([run, label, started, branch, commit, dirty, failed]) {
  return { run, label, started, branch, commit, dirty, failed };
}
