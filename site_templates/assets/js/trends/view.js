/** What both pages over time share: the picture of one series, how it is looked at, what it says, and its numbers. */
import { choice, element, fillChoice } from "../explorer/shell/element.js";
import { moved, placeOf, pointsOf, spanOf, windowOf, zoomed } from "./points.js";
import { buildPlot } from "./plot.js";
import { pointTable, pointWords, stepList, toneOf } from "./told.js";
import { show } from "../format.js";

const HELP = "Arrow keys go from point to point, Enter opens the run, plus and minus zoom, 0 shows all. Drag to zoom in.";
let numbered = 0;

/**
 * @typedef {object} Series one series, ready to be shown
 * @property {string} title @property {string} unit @property {string} about a sentence or two
 * @property {import("./files.js").Run[]} runs @property {(number | null)[]} values
 * @property {object[]} steps lasting changes of it @property {[number, number] | null} searched newest runs that were
 * searched for them, and older ones that were not @property {((run: string) => string) | null} explore address of a profile
 */

/**
 * @param {{root: string, told: {orders: [number, number][], oldest: [string, string] | null},
 * state: ReturnType<import("./address.js").openState>}} given `oldest`: start and name of the first run that has a page
 */
export function buildView({ root, told: { orders, oldest }, state }) {
  let series = null;
  let starts = new Map();
  /** Address of a run's page; empty where the site keeps none. */
  const address = (run) => {
    const started = starts.get(run) ?? "";
    const isThere = !oldest || started > oldest[0] || (started === oldest[0] && run >= oldest[1]);
    return isThere ? `${root}runs/${encodeURIComponent(run)}/index.html` : "";
  };
  let points = [];
  let shown = [0, 0];

  const id = `pb-over-${++numbered}`;
  const title = element("h2", { class: "pb-over__title" });
  const about = element("p", { class: "pb-about pb-over__about" });
  const branch = choice("Branch", [["", "all branches"]], (value) => state.set({ branch: value, from: "", to: "" }));
  const x = choice("Points", [["run", "runs"], ["commit", "commits (median)"]], (value) => state.set({ x: value }));
  const zero = tick("Axis from 0", (on) => state.set({ zero: on }));
  const clip = tick("Clip outliers", (on) => state.set({ clip: on }));
  const button = (text, act) => element("button", { type: "button", class: "pb-button", click: act }, text);
  const [closer, wider, earlier, later, all] = [
    button("Zoom in", () => zoom(0.5)),
    button("Zoom out", () => zoom(2)),
    button("← Earlier", () => look(moved(shown, -0.5, points.length))),
    button("Later →", () => look(moved(shown, 0.5, points.length))),
    button("All", () => state.set({ from: "", to: "" })),
  ];
  const plot = buildPlot({ choose, zoom: look, key });
  plot.box.setAttribute("aria-describedby", `${id}-help`);
  const told = element("p", { class: "pb-over__point", role: "status" });
  const range = element("p", { class: "pb-note pb-over__range" });
  const steps = element("div", { class: "pb-over__steps" });
  const summary = element("summary", {}, "Numbers");
  const numbers = element("details", { class: "pb-more", toggle: () => numbers.open && fillNumbers() }, summary);
  const body = element(
    "div",
    { class: "pb-over__body" },
    element("div", { class: "pb-over__row" }, branch.label, x.label, zero.label, clip.label, element("span", { class: "pb-over__zoom", role: "group", "aria-label": "Zoom" }, closer, wider, earlier, later, all)),
    plot.box,
    element("p", { class: "pb-hidden", id: `${id}-help` }, HELP),
    told,
    range,
    steps,
    numbers,
  );
  body.hidden = true; // until there is something to draw, and all above it has its place

  function tick(text, set) {
    const input = element("input", { type: "checkbox", change: () => set(input.checked) });
    return { input, label: element("label", { class: "pb-over__tick" }, input, text) };
  }

  function key(event) {
    const acts = { "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: () => state.set({ from: "", to: "" }) };
    acts[event.key]?.();
    return event.key in acts;
  }

  function zoom(factor) {
    if (!points.length) return;
    look(zoomed(shown, factor, plot.chosen() ?? (shown[0] + shown[1]) / 2, points.length));
  }

  /** Show the points from one place to another. */
  function look([first, last]) {
    const isAll = first === 0 && last === points.length - 1;
    state.set({ from: isAll ? "" : points[first].runs[0].run, to: isAll ? "" : points[last].runs.at(-1).run });
  }

  function choose(place) {
    if (place === null) told.textContent = "";
    else told.replaceChildren(...pointWords(points[place], series.unit, address));
  }

  function fillNumbers() {
    numbers.querySelector(".pb-over__numbers")?.remove();
    numbers.append(pointTable(points.slice(shown[0], shown[1] + 1), series.unit, address, series.title));
  }

  /** Show a series as the state wants it. @param {Series} next */
  function draw(next) {
    series = next;
    starts = new Map(series.runs.map((run) => [run.run, run.started]));
    const wanted = state.get();
    const branches = [...new Set(series.runs.map((run) => run.branch))].filter(Boolean).toSorted();
    const chosen = branches.includes(wanted.branch) ? wanted.branch : "";
    fillChoice(branch.select, [["", "all branches"], ...branches.map((name) => [name, name])], chosen);
    branch.label.hidden = branches.length < 2;
    x.select.value = wanted.x;
    zero.input.checked = wanted.zero;
    clip.input.checked = wanted.clip;
    title.textContent = series.title;
    about.textContent = series.about;
    points = pointsOf(series.runs, series.values, { x: wanted.x, branch: chosen, orders });
    body.hidden = !points.length;
    if (!points.length) return void plot.clear();
    shown = windowOf(points, wanted.from, wanted.to);
    paint(wanted, chosen);
  }

  function paint({ zero: fromZero, clip: isClipped }, branchName) {
    const [first, last] = shown;
    const known = series.steps.map((step) => ({ step, place: placeOf(points, step.run) })).toSorted((a, b) => a.place - b.place);
    const marks = known.flatMap(({ step, place }, at) => (place < 0 ? [] : [{ place, tone: toneOf(step), number: at + 1 }]));
    const searchedFrom = Math.max(0, placeOf(points, series.runs.at(-(series.searched?.[0] ?? 0))?.run));
    const levels = branchName ? [] : levelsOf(known.filter(({ place }) => place >= 0), searchedFrom, points.length);
    const words = describe(branchName);
    plot.draw({ points, window: shown, unit: series.unit, marks, levels, zero: fromZero, clip: isClipped, address, label: words });
    told.textContent = "Point at the picture, or walk it with the arrow keys, to read a value.";
    range.textContent = rangeWords(isClipped);
    steps.replaceChildren(...stepList(known.map(({ step }) => step), series.unit, address, series));
    const isAll = last - first + 1 === points.length;
    wider.disabled = all.disabled = isAll;
    earlier.disabled = first === 0;
    later.disabled = last === points.length - 1;
    closer.disabled = last - first < 3;
    summary.textContent = `Numbers of ${counted(last - first + 1)}`;
    if (numbers.open) fillNumbers();
  }

  function describe(branchName) {
    const values = points.slice(shown[0], shown[1] + 1).map((point) => point.value);
    const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => show(value, series.unit));
    const where = branchName ? ` of branch ${branchName}` : "";
    return `${series.title}: ${counted(values.length)}${where} from ${low} to ${high}, newest ${show(values.at(-1), series.unit)}. The numbers follow as a table.`;
  }

  function rangeWords(isClipped) {
    const seen = points.slice(shown[0], shown[1] + 1);
    const clipped = spanOf(seen, state.get()).outside.length;
    const parts = [`${seen.length} of ${counted(points.length)}`];
    if (isClipped) parts.push(clipped ? `${clipped} outlier${clipped > 1 ? "s" : ""} drawn as triangles at the edge` : "no outlier");
    if (seen.some((point) => point.low !== null)) parts.push("bars and band: 95 % interval of the median of a commit's runs");
    else if (state.get().x === "commit") parts.push("no commit has the 6 runs an interval takes");
    return `${parts.join(" · ")}.`;
  }

  return { title, about, body, draw };
}

/** @param {number} number */
function counted(number) {
  return `${number} point${number === 1 ? "" : "s"}`;
}

/** Levels between lasting changes, from the first run that was searched: (first place, last place, median). */
function levelsOf(known, first, count) {
  if (!known.length) return [];
  const starts = [first, ...known.map(({ place }) => place)];
  return starts.map((start, at) => [start, (starts[at + 1] ?? count) - 1, at ? known[at - 1].step.after : known[0].step.before]);
}
