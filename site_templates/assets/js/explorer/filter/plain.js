/**
 * Filters that a call tree can answer alone: focus, ignore, hide and show. Pure; pprof's semantics.
 */
import { Grower, spread } from "./grow.js";
import { filtersNames } from "./options.js";
import { compileNames, matchAll } from "./patterns.js";

/** @typedef {import("../data/tree.js").Tree} Tree */

/**
 * Filter a call tree.
 * @param {Tree} tree @param {import("./options.js").FilterOptions} options
 * @returns {{tree: Tree, warnings: string[]}} the same tree when nothing is filtered
 * @throws {Error} on a pattern Go would refuse, in pprof's words
 */
export function filterTree(tree, options) {
  const { focus, ignore, hidden, warnings } = markFunctions(tree, options);
  if (!filtersNames(options)) return { tree, warnings };
  const keep = keptSamples(tree, focus, ignore);
  const filtered = hidden ? regrow(tree, keep, hidden) : compact(tree, keep);
  return { tree: filtered, warnings };
}

/**
 * Say of every function what the filters make of it; null where a filter is not set.
 * @returns {{focus: Uint8Array | null, ignore: Uint8Array | null, hidden: Uint8Array | null, warnings: string[]}}
 * @throws {Error} on a pattern Go would refuse, in pprof's words
 */
export function markFunctions(tree, options) {
  const names = compileNames(options);
  const warnings = [];
  const match = (pattern, title) => {
    if (!pattern) return null;
    const found = matchFunctions(tree, pattern);
    if (!found.includes(1)) warnings.push(`${title} expression matched no samples`);
    return found;
  };
  const focus = match(names.focus, "Focus");
  const ignore = match(names.ignore, "Ignore");
  const hide = match(names.hide, "Hide");
  const show = match(names.show, "Show");
  return { focus, ignore, hidden: hide || show ? hiddenFunctions(tree, hide, show) : null, warnings };
}

/** Tell for each function whether its name, file or mapped file matches. @returns {Uint8Array} */
function matchFunctions(tree, pattern) {
  const files = matchAll(tree.files, pattern);
  const mappings = matchAll(tree.mappings, pattern);
  const found = new Uint8Array(tree.names.length);
  for (let name = 0; name < found.length; name++) {
    const byFile = files[tree.fileOf[name]] || mappings[tree.mappingOf[name]];
    found[name] = byFile || (!tree.bare[name] && pattern.test(tree.names[name])) ? 1 : 0;
  }
  return found;
}

/** Tell for each node whether samples that end there stay: a focused and no ignored function is on their stack. */
function keptSamples(tree, focus, ignore) {
  const seen = new Uint8Array(tree.count);
  const keep = new Uint8Array(tree.count);
  for (let node = 0; node < tree.count; node++) {
    const above = tree.parent[node];
    const name = tree.name[node];
    const inherited = above >= 0 ? seen[above] : focus ? 0 : 1;
    const state = inherited | (focus?.[name] ? 1 : 0) | (ignore?.[name] ? 2 : 0);
    seen[node] = state;
    keep[node] = state === 1 ? 1 : 0;
  }
  return keep;
}

function hiddenFunctions(tree, hide, show) {
  // A place without a function is never shown, even when its mapped file matches: so does pprof.
  const isShown = (name) => !hide?.[name] && (!show || (show[name] && !tree.bare[name]));
  return Uint8Array.from(tree.names, (_, name) => (isShown(name) ? 0 : 1));
}

/** Mark the nodes with a kept sample at or below them. */
function usedNodes(tree, keep) {
  const used = new Uint8Array(tree.count);
  for (const { at } of new Set(tree.flat)) for (const node of at) if (keep[node]) used[node] = 1;
  for (let node = tree.count - 1; node >= 0; node--) {
    if (used[node] && tree.parent[node] >= 0) used[tree.parent[node]] = 1;
  }
  return used;
}

/** Leave out the nodes no kept sample reaches; the order stays. */
function compact(tree, keep) {
  const used = usedNodes(tree, keep);
  const place = new Int32Array(tree.count + 1);
  for (let node = 0; node < tree.count; node++) place[node + 1] = place[node] + used[node];
  const count = place[tree.count];
  const columns = { parent: new Int32Array(count), end: new Int32Array(count), name: new Int32Array(count) };
  const depth = new tree.depth.constructor(count);
  const inlined = new Uint8Array(count);
  for (let node = 0; node < tree.count; node++) {
    if (!used[node]) continue;
    const at = place[node];
    columns.parent[at] = tree.parent[node] < 0 ? -1 : place[tree.parent[node]];
    columns.end[at] = place[tree.end[node]];
    columns.name[at] = tree.name[node];
    depth[at] = tree.depth[node];
    inlined[at] = tree.inlined[node];
  }
  const flat = tree.flat.map((one) => spread(one, count, (_, node) => (keep[node] ? place[node] : -1)));
  return { ...tree, ...columns, count, depth, inlined, flat };
}

/** Take hidden functions off the stacks: what they cost themselves goes to the frame that is left above them. */
function regrow(tree, keep, hidden) {
  const used = usedNodes(tree, keep);
  const grower = new Grower(tree.count);
  const ids = new Int32Array(tree.count).fill(-1);
  for (let node = 0; node < tree.count; node++) {
    if (!used[node]) continue;
    const above = tree.parent[node] < 0 ? -1 : ids[tree.parent[node]];
    ids[node] = hidden[tree.name[node]] ? above : grower.child(above, tree.name[node]);
  }
  const { count, parent, end, depth, key, place } = grower.finish();
  const inlined = new Uint8Array(count).fill(1);
  const within = new Uint8Array(tree.count); // inlined into a frame that is left
  for (let node = 0; node < tree.count; node++) {
    const above = tree.parent[node];
    if (tree.inlined[node] && above >= 0) within[node] = hidden[tree.name[above]] ? within[above] : 1;
    if (ids[node] >= 0 && !hidden[tree.name[node]]) inlined[place[ids[node]]] &= within[node];
  }
  const target = (_, node) => (keep[node] && ids[node] >= 0 ? place[ids[node]] : -1);
  const flat = tree.flat.map((one) => spread(one, count, target));
  return { ...tree, count, parent, end, depth, name: key, inlined, flat };
}
