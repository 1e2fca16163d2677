// The list of runs as values: what a reader asks for, which runs answer it, and the address that keeps it. Pure.
import { compareKeys } from "./table_sort.js";
import { holdsAll } from "./table_filter.js";

/** The properties runs can be chosen by. */
export const FACETS = ["label", "branch", "component", "status"];
const HOME = "#runs?";

/**
 * @typedef {object} Run
 * @property {string} run @property {string} slug @property {string} started @property {string} label
 * @property {string} branch @property {string[]} components @property {string} about
 * @property {{word: string, sign: string, tone: string}} state @property {number} errors @property {number} warnings
 * @property {string[]} texts of the number columns @property {string[]} keys they are sorted by @property {string} all
 */

/**
 * @typedef {object} Asked
 * @property {string} q words @property {Record<string, string[]>} chosen values by facet
 * @property {number} column place of the sorted column, -1 for the order of the list @property {boolean} descending
 */

/**
 * Makes runs of the columns of the data file (see pipeline/render/run_list.py).
 * @returns {Run[]}
 */
export function runsOf({ tables, columns }) {
  return columns.run.map((run, at) => {
    const [word, sign, tone] = tables.state[columns.state[at]];
    const components = columns.components[at].map((place) => tables.components[place]);
    const label = tables.label[columns.label[at]];
    const about = columns.about[at];
    return {
      run,
      slug: columns.slug[at] || run,
      started: columns.started[at],
      label,
      branch: tables.branch[columns.branch[at]],
      components,
      about,
      state: { word, sign, tone },
      errors: columns.errors[at],
      warnings: columns.warnings[at],
      texts: columns.texts.map((column) => column[at]),
      keys: columns.keys.map((column) => column[at]),
      all: [run, label, about, word, ...components].join(" "),
    };
  });
}

/** The values a run has of a facet. */
export function valuesOf(run, facet) {
  if (facet === "component") return run.components;
  return [facet === "status" ? run.state.word : run[facet]];
}

/** What a column sorts a run by: run, label, status, the numbers, findings. */
export function keyOf(run, column) {
  if (column === 0) return run.started || run.run;
  if (column === 1) return run.label;
  if (column === 2) return run.state.word;
  return run.keys[column - 3] ?? String(run.errors * 1000 + run.warnings);
}

/**
 * The runs that answer, in the order asked for. Values of one facet widen the answer, facets narrow it.
 * @param {Run[]} runs @param {Asked} asked
 */
export function answer(runs, asked) {
  const found = runs.filter(
    (run) =>
      holdsAll(run.all, asked.q.trim()) &&
      FACETS.every((facet) => {
        const chosen = asked.chosen[facet];
        return !chosen.length || valuesOf(run, facet).some((value) => chosen.includes(value));
      }),
  );
  if (asked.column < 0) return found;
  const keyed = found.map((run) => ({ run, key: keyOf(run, asked.column) }));
  return keyed.sort((one, other) => compareKeys(one.key, other.key, asked.descending)).map((one) => one.run);
}

/** @returns {Asked} nothing asked for */
export function nothing() {
  return { q: "", chosen: Object.fromEntries(FACETS.map((facet) => [facet, []])), column: -1, descending: true };
}

/** Tells whether all runs are shown in the order of the list. */
export function isNothing(asked) {
  return !asked.q.trim() && asked.column < 0 && FACETS.every((facet) => !asked.chosen[facet].length);
}

/**
 * Writes what is asked for as a fragment; empty for nothing.
 * @param {Asked} asked
 */
export function hashOf(asked) {
  if (isNothing(asked)) return "";
  const said = new URLSearchParams();
  if (asked.q.trim()) said.set("q", asked.q.trim());
  for (const facet of FACETS) for (const value of asked.chosen[facet]) said.append(facet, value);
  if (asked.column >= 0) said.set("sort", `${asked.descending ? "-" : ""}${asked.column}`);
  return HOME + said;
}

/**
 * Reads a fragment; null for one that is not ours.
 * @param {string} hash
 * @returns {Asked | null}
 */
export function askedOf(hash) {
  if (!hash.startsWith(HOME)) return null;
  const said = new URLSearchParams(hash.slice(HOME.length));
  const asked = nothing();
  asked.q = said.get("q") ?? "";
  for (const facet of FACETS) asked.chosen[facet] = said.getAll(facet);
  const sort = /^(-?)(\d{1,2})$/.exec(said.get("sort") ?? "");
  if (sort) Object.assign(asked, { column: Number(sort[2]), descending: sort[1] === "-" });
  return asked;
}
