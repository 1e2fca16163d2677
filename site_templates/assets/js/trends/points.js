/** From the values of runs to the points of a picture: by run or by commit, with an interval, a window, and fences. Pure. */

/** @typedef {import("./files.js").Run} Run */

/**
 * @typedef {object} Point
 * @property {Run[]} runs the oldest first @property {number} value of the run, or the median of the commit's
 * @property {number | null} low @property {number | null} high of the 95 % interval; null where the runs are too few
 */

/** @param {number[]} ordered rising */
function middle(ordered) {
  const half = ordered.length >> 1;
  return ordered.length % 2 ? ordered[half] : (ordered[half - 1] + ordered[half]) / 2;
}

/**
 * Make the points of a series. Runs without a value have none.
 * @param {Run[]} runs @param {(number | null)[]} values
 * @param {{x: "run" | "commit", branch: string, orders: [number, number][]}} how `orders[n - 1]`: which of n ordered values
 * bound the median with 95 % confidence, from 1
 * @returns {Point[]}
 */
export function pointsOf(runs, values, { x, branch, orders }) {
  const groups = new Map();
  runs.forEach((run, at) => {
    if (values[at] === null || values[at] === undefined || (branch && run.branch !== branch)) return;
    // A run whose commit is not known, or that had changes on top of it, stands for itself.
    const key = x === "commit" && run.commit && !run.dirty ? `c ${run.commit}` : `r ${run.run}`;
    if (!groups.has(key)) groups.set(key, { runs: [], values: [] });
    groups.get(key).runs.push(run);
    groups.get(key).values.push(values[at]);
  });
  return [...groups.values()].map((group) => {
    const ordered = group.values.toSorted((a, b) => a - b);
    const [low, high] = orders[ordered.length - 1] ?? [0, 0];
    return { runs: group.runs, value: middle(ordered), low: low ? ordered[low - 1] : null, high: low ? ordered[high - 1] : null };
  });
}

/** Place of the point that holds a run; -1 for none. @param {Point[]} points @param {string} run */
export function placeOf(points, run) {
  return points.findIndex((point) => point.runs.some((one) => one.run === run));
}

/** The first and last place shown. @param {Point[]} points @returns {[number, number]} */
export function windowOf(points, from, to) {
  const first = from ? placeOf(points, from) : 0;
  const last = to ? placeOf(points, to) : points.length - 1;
  const low = Math.max(0, first);
  const high = last < 0 ? points.length - 1 : last;
  return low <= high ? [low, high] : [0, points.length - 1];
}

/** Zoom a window by a factor around a place; never less than three points. @returns {[number, number]} */
export function zoomed([first, last], factor, around, count) {
  const size = Math.min(count, Math.max(Math.min(3, count), Math.round((last - first + 1) * factor)));
  const share = last > first ? (around - first) / (last - first) : 0.5;
  const start = Math.min(Math.max(0, Math.round(around - share * (size - 1))), count - size);
  return [start, start + size - 1];
}

/** Move a window by a share of its size, without leaving the series. @returns {[number, number]} */
export function moved([first, last], share, count) {
  const size = last - first;
  const start = Math.min(Math.max(0, first + Math.round(share * (size + 1))), count - 1 - size);
  return [start, start + size];
}

/** Where outliers begin: three times the middle half's width beyond it; null where values do not spread. */
export function fences(values) {
  if (values.length < 5) return null;
  const ordered = values.toSorted((a, b) => a - b);
  const at = (share) => ordered[Math.round(share * (ordered.length - 1))];
  const [low, high] = [at(0.25), at(0.75)];
  return high > low ? [low - 3 * (high - low), high + 3 * (high - low)] : null;
}

/**
 * Choose the values the axis spans.
 * @param {Point[]} points those shown @param {{zero: boolean, clip: boolean}} how
 * @returns {{low: number, high: number, outside: Point[]}} `outside` do not fit, because outliers are clipped
 */
export function spanOf(points, { zero, clip }) {
  const fence = clip ? fences(points.map((point) => point.value)) : null;
  const fits = (value) => !fence || (value >= fence[0] && value <= fence[1]);
  const inside = points.filter((point) => fits(point.value));
  const values = inside.flatMap(({ value, low, high }) => [value, low, high]).filter((value) => value !== null && fits(value));
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (zero) [low, high] = [Math.min(0, low), Math.max(0, high)];
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  return {
    low: zero && low === 0 ? 0 : low - room,
    high: zero && high === 0 ? 0 : high + room,
    outside: points.filter((point) => !fits(point.value)),
  };
}

/** Round numbers between two, four or so. @param {number} low @param {number} high @param {number} factor of the unit shown */
export function ticksOf(low, high, factor) {
  const rough = (high - low) / factor / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough * 0.999) * factor;
  const ticks = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at++) ticks.push(at === 0 ? 0 : at * step);
  return ticks;
}
