/**
 * Which profiles there are: the list of runs, and the profiles of a run, each read once and only when asked for.
 * What the data files hold is described in pipeline/render/explore_page.py.
 */
import { loadValue } from "../data/scripts.js";

const RUN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,120}$/;

/**
 * @typedef {object} Entry one profile
 * @property {string} id `<run>/<path>`
 * @property {string} run @property {string} label of the run @property {string} path
 * @property {string} component @property {string} kind @property {string} phase @property {number | null} index
 * @property {string} payload @property {{type: string, unit: string}[]} types @property {number} defaultType
 * @property {boolean} [hasSource] the run stored the source of its hottest functions
 * @property {boolean} [hasGoroutines] the run followed its goroutines over snapshots, of which it is one
 * @property {number[]} totals @property {number} operations 0: unknown @property {string} title
 */

/** Part a profile's address into run and path. */
export function partsOf(id) {
  const cut = id.indexOf("/");
  return cut < 0 ? { run: id, path: "" } : { run: id.slice(0, cut), path: id.slice(cut + 1) };
}

/** @param {string} root way from the page to the site's root */
export function openCatalogue(root) {
  const lists = new Map();

  /** @returns {Promise<{run: string, label: string, started: string}[]>} newest first */
  async function runs() {
    const { runs: rows } = await loadValue(`${root}data/catalogue.js`, "catalogue");
    return rows.map(([run, label, started]) => ({ run, label, started }));
  }

  /** List a run's profiles. @returns {Promise<Entry[]>} rejected with a sentence when there is no such run */
  function profiles(run) {
    if (!lists.has(run)) lists.set(run, read(run));
    lists.get(run).catch(() => lists.delete(run));
    return lists.get(run);
  }

  async function read(run) {
    const { runs: rows, bare } = await loadValue(`${root}data/catalogue.js`, "catalogue");
    if (bare.some(([, id]) => id === run)) throw new Error(`The run "${run}" has no profile with samples.`);
    if (!RUN.test(run) || !rows.some(([id]) => id === run)) throw new Error(`This site holds no run "${run}".`);
    const data = await loadValue(`${root}runs/${run}/profiles.js`, `run/${run}`);
    return data.profiles.map((one) => ({
      ...one,
      id: `${run}/${one.path}`,
      run,
      label: data.label || run,
      defaultType: one.default,
      types: one.types.map(([type, unit]) => ({ type, unit })),
    }));
  }

  /** Find one profile. @returns {Promise<Entry>} rejected with a sentence */
  async function find(id) {
    const { run, path } = partsOf(id);
    const found = (await profiles(run)).find((one) => one.path === path);
    if (!found) throw new Error(`The run "${run}" has no profile "${path}" with samples.`);
    return found;
  }

  /** Choose a profile where an address names only the run. @returns {Promise<object | null>} the fields to change */
  async function complete({ profile, base }) {
    if (!partsOf(profile).path) return { profile: firstOf(await profiles(partsOf(profile).run)).id };
    if (!base || partsOf(base).path) return null;
    const found = counterpart(await find(profile), await profiles(base));
    if (!found) throw new Error(`The run "${base}" has no profile like "${profile}".`);
    return { base: found.id };
  }

  /** The source a run stored of a profile's functions, for one sample type; none is not a fault. */
  async function source({ run, payload, hasSource }, type) {
    if (!hasSource) return null;
    const { functions } = await loadValue(`${root}runs/${run}/source-${payload}.js`, `source/${payload}`);
    return functions.map(({ lines, ...one }) => ({
      ...one,
      lines: lines.map(([number, text, flat, cum, href]) => ({ number, text, flat: flat[type] ?? 0, cum: cum[type] ?? 0, href })),
    }));
  }

  /** What a run found out about the goroutines of a profile's component; none is not a fault. */
  async function goroutines({ run, path, hasGoroutines }) {
    if (!hasGoroutines) return null;
    const { components } = await loadValue(`${root}runs/${run}/goroutines.js`, `goroutines/${run}`);
    return components.find(({ paths, dump, proof }) => [...paths, dump, proof].includes(path)) ?? null;
  }

  return { runs, profiles, find, complete, source, goroutines };
}

/**
 * The profile one looks at first when none was named: of CPU, else of the heap, else any. Of CPU the heaviest, as each
 * tells of its own time alone; of the others the last one taken.
 */
export function firstOf(profiles) {
  const total = ({ totals, defaultType }) => totals[defaultType] ?? 0;
  const [cpu, heap] = ["cpu", "heap"].map((kind) => profiles.filter((one) => one.kind === kind));
  return cpu.toReversed().sort((a, b) => total(b) - total(a))[0] ?? heap.at(-1) ?? profiles[0];
}

/** The profiles of the series one belongs to, in the order they were taken; itself alone when there is none. */
export function seriesOf(entry, profiles) {
  if (entry.index === null) return [entry];
  const same = profiles.filter(
    (one) => one.component === entry.component && one.kind === entry.kind && one.index !== null,
  );
  return same.sort((a, b) => a.index - b.index);
}

/** The profile of another run that one is best compared with: same path, else same component and kind, else none. */
export function counterpart(entry, profiles) {
  const same = profiles.filter((one) => one.kind === entry.kind);
  return (
    profiles.find((one) => one.path === entry.path) ??
    same.find((one) => one.component === entry.component && one.phase === entry.phase) ??
    same.findLast((one) => one.component === entry.component) ??
    same.at(-1)
  );
}
