/**
 * Goroutines by where they began: how many, what they do, how long they have waited. Pure. A goroutine profile tells
 * stacks; a dump (`goroutine?debug=2`) also tells states, waits and `go` statements, as labels of its samples.
 */

import { compareNames } from "../filter/top.js";
import { eachSample } from "./samples.js";

/** What a goroutine does, in the words of a dump, by a function of the runtime on its stack; the first that fits. */
const STATES = [
  ["runtime.selectgo", "select"],
  ["runtime.chanrecv", "chan receive"],
  ["runtime.chansend", "chan send"],
  ["runtime.netpollblock", "IO wait"],
  ["sync.runtime_SemacquireMutex", "sync.Mutex.Lock"],
  ["sync.runtime_SemacquireRWMutex", "sync.RWMutex.Lock"],
  ["sync.runtime_SemacquireWaitGroup", "sync.WaitGroup.Wait"],
  ["sync.runtime_notifyListWait", "sync.Cond.Wait"],
  ["runtime.semacquire", "semacquire"],
  ["time.Sleep", "sleep"],
  ["syscall.Syscall", "syscall"],
  ["runtime.block", "select (no cases)"],
];

/**
 * @typedef {object} Group goroutines that began in one function, do the same and were started at one place
 * @property {string} entry the function they began in; empty without a stack
 * @property {string} state
 * @property {string} createdBy function of the `go` statement; empty where it is not told
 * @property {string} createdAt file:line of it
 * @property {number | null} minutes the longest wait
 * @property {number} count
 * @property {string} waitsIn where most of them stand: the first function on the stack that is not the runtime's
 *
 * @typedef {object} Followed the groups of a component over the snapshots of a run, as `pipeline.render.explore_goroutines`
 *   writes them; those proved to leak and those that grew most first
 * @property {string[]} paths the snapshots, in order @property {number} count of groups before the list was cut
 * @property {(Omit<Group, "count"> & {runs: string, counts: number[], sign: string, word: string,
 *   leaked: number})[]} groups
 */

/** Group the goroutines of a tree, most first. @param {import("./samples.js").Samples | null} [samples] @returns {Group[]} */
export function goroutineGroups(tree, weights, samples = null) {
  const groups = new Map();
  const add = (place, node, count, labels) => {
    const own = { ...standing(place, node), createdBy: "", createdAt: "", minutes: null };
    for (const { key, text, number } of labels) {
      if (key === "state") own.state = text;
      else if (key === "wait_minutes") own.minutes = number;
      else if (key === "created_by") own.createdBy = text;
      else if (key === "created_at") own.createdAt = text;
    }
    const key = JSON.stringify([own.entry, own.state, own.createdBy, own.createdAt]);
    const group = groups.get(key) ?? { ...own, count: 0, places: new Map() };
    groups.set(key, group);
    group.count += count;
    if (own.minutes !== null) group.minutes = Math.max(group.minutes ?? 0, own.minutes);
    group.places.set(own.waitsIn, (group.places.get(own.waitsIn) ?? 0) + count);
  };
  if (samples) eachSample(samples, (node, count, labels) => add(samples.tree, node, count, labels));
  else weights.flat.forEach((count, node) => count && add(tree, node, count, []));
  return [...groups.values()].map(finish).sort((a, b) => Math.abs(b.count) - Math.abs(a.count) || compareNames(a.entry, b.entry));
}

function finish({ places, ...group }) {
  const [most] = [...places].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]) || compareNames(a[0], b[0]));
  return { ...group, waitsIn: most[0] };
}

/** What a stack tells by itself. */
function standing(tree, node) {
  const names = [];
  for (let at = node; at >= 0; at = tree.parent[at]) if (tree.name[at] >= 0) names.push(tree.names[tree.name[at]]);
  const state = STATES.find(([name]) => names.some((known) => known === name || known.startsWith(`${name}.`)));
  const waitsIn = names.find((name) => !/^(internal\/)?runtime[./]/.test(name)) ?? names[0] ?? "";
  return { entry: names.at(-1) ?? "", state: state?.[1] ?? "", waitsIn };
}
