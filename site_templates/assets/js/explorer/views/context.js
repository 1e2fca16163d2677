/**
 * What every view is given, and what views share: which functions the search finds, how a function becomes the one looked
 * at.
 */
import { compileRe2 } from "../filter/re2.js";
import { element } from "../shell/element.js";
import { exactName, exactQuery } from "./words.js";

/**
 * @typedef {object} Context
 * @property {import("../data/tree.js").Tree} tree as filtered
 * @property {import("../data/tree.js").Weights} weights of the sample type chosen
 * @property {import("../shell/state.js").State} state
 * @property {(change: Partial<import("../shell/state.js").State>, how?: {replace?: boolean}) => void} dispatch
 * @property {(value: number) => string} [format] writes a value; without it the unit of the weights decides
 * @property {(names: string[], pattern: string) => Promise<ArrayLike<number>>} [matchNames] 1 for each name found, under
 *   a time cap; rejected with a sentence for the reader
 * @property {() => Promise<import("./samples.js").Samples | null>} [samples] with their labels, filtered as the tree is
 * @property {import("./source_view.js").SourceLinks} [source]
 * @property {import("./goroutines.js").Followed | null} [followed] what the run found out over its snapshots
 * @property {(text: string) => void} [say] to a polite live region
 */

/**
 * Find the names the search of the state is for.
 * @param {Context} context @param {string[]} names
 * @returns {Promise<(name: string) => boolean>} rejected with a sentence when the expression cannot be used
 */
export async function findNames({ state, matchNames }, names) {
  const exact = exactName(state.query);
  if (exact) return (name) => name === exact;
  if (!state.query) return () => true;
  if (!matchNames) {
    const expression = compileRe2(state.query);
    return (name) => expression.test(name);
  }
  const marks = await matchNames(names, state.query);
  const found = new Set(names.filter((_, i) => marks[i]));
  return (name) => found.has(name);
}

const latest = new WeakMap();
let jumped = false;

/**
 * Make a view of a function that builds its nodes: fills a host with them unless a newer call came meanwhile, and leaves
 * the keyboard's focus where it was. A first node that is there already stays.
 * @param {(context: Context, host: HTMLElement) => Promise<Node[]>} make
 * @returns {(host: HTMLElement, context: Context) => Promise<void>}
 */
export function viewOf(make) {
  return async (host, context) => {
    const call = {};
    latest.set(host, call);
    let nodes;
    try {
      nodes = await make(context, host);
    } catch (error) {
      nodes = [element("p", { class: "pb-empty", role: "alert" }, String(error.message))];
    }
    if (latest.get(host) !== call) return;
    const focused = host.contains(document.activeElement) ? document.activeElement : null;
    fill(host, nodes);
    if (!jumped && (!focused || focused.isConnected)) return;
    jumped = false;
    const again = focused?.dataset.sort && host.querySelector(`[data-sort="${focused.dataset.sort}"]`);
    const next = again || (host.querySelector("h3[tabindex]") ?? host.querySelector("button, [tabindex]"));
    next?.focus();
  };
}

function fill(host, nodes) {
  const [first, ...rest] = nodes;
  if (!first || first !== host.firstChild) return void host.replaceChildren(...nodes);
  while (first.nextSibling) first.nextSibling.remove();
  host.append(...rest);
}

/** A sentence in place of a view that has nothing to show. */
export function nothing(sentence) {
  return [element("p", { class: "pb-empty" }, sentence)];
}

/** Look at one function between its callers and callees. */
export function lookAt({ dispatch }, name) {
  jumped = true;
  dispatch({ view: "callers", query: exactQuery(name) });
}
