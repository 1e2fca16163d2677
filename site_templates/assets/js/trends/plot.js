/**
 * The picture of one series, as SVG, and how a reader moves in it: the pointer or the arrow keys choose a point, dragging
 * or the plus and minus keys zoom. What is drawn is decided in points.js; every text is a text node.
 */
import { element } from "../explorer/shell/element.js";
import { convert, show } from "../format.js";
import { spanOf, ticksOf } from "./points.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 300;
const EDGE = { top: 26, right: 14, bottom: 26 };
const LETTER = 6.3;
const DRAG = 5;
const MANY = 250;

/** Make an SVG element. */
function shape(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** How many of the stored unit make one of the unit that suits a value. */
export function factorOf(value, unit) {
  if (unit === "ratio") return 0.01;
  const amount = unit.split("/")[0];
  const name = /^\S+ ([^\s/]+)/.exec(show(value, unit))?.[1] ?? "";
  const [scaled] = convert(value, amount, name);
  return name && scaled ? value / scaled : 1;
}

/** A day, for the axis. @param {string} started */
const dayOf = (started) => started.slice(0, 10);

/**
 * @typedef {object} Drawn
 * @property {import("./points.js").Point[]} points all of the series @property {[number, number]} window places shown
 * @property {string} unit @property {{place: number, tone: string, number: number}[]} marks lasting changes
 * @property {[number, number, number][]} levels (first place, last place, value) between them
 * @property {boolean} zero @property {boolean} clip @property {(run: string) => string} address of a run's page, or empty
 * @property {string} label what the picture shows, in words
 */

/**
 * @param {{choose: (place: number | null) => void, zoom: (window: [number, number]) => void, key: (event: KeyboardEvent) => boolean}} told
 */
export function buildPlot(told) {
  const box = element("div", { class: "pb-plot", tabindex: "0", role: "group" });
  let drawn = null;
  let scale = null;
  let chosen = null;
  let from = null;

  const widthOf = () => Math.max(280, Math.round(box.clientWidth));
  new ResizeObserver(() => drawn && scale && widthOf() !== scale.width && draw(drawn)).observe(box);

  /** @param {Drawn} next */
  function draw(next) {
    drawn = next;
    chosen = null;
    scale = scaleOf(next, widthOf());
    const svg = shape("svg", { class: "pb-plot__svg", viewBox: `0 0 ${scale.width} ${HEIGHT}`, width: scale.width, height: HEIGHT, "aria-hidden": "true" });
    svg.append(...axes(next, scale), ...changes(next, scale), ...series(next, scale));
    box.setAttribute("aria-label", next.label);
    box.replaceChildren(svg);
  }

  function clear() {
    drawn = scale = null;
    box.replaceChildren();
  }

  /** Place of the point next to a pointer. */
  function under(event) {
    const x = event.clientX - box.getBoundingClientRect().left;
    const [first, last] = drawn.window;
    const share = (x - scale.edge.left) / Math.max(1, scale.width - scale.edge.left - scale.edge.right);
    return Math.min(last, Math.max(first, first + Math.round(share * (last - first))));
  }

  function choose(place) {
    if (!drawn || place === chosen) return;
    chosen = place;
    box.querySelector(".pb-plot__cursor")?.remove();
    told.choose(place);
    if (place === null) return;
    const { x, y } = scale;
    const value = Math.min(scale.high, Math.max(scale.low, drawn.points[place].value));
    box.firstChild.append(
      shape("g", { class: "pb-plot__cursor" },
        shape("line", { x1: x(place), x2: x(place), y1: scale.edge.top, y2: HEIGHT - scale.edge.bottom }),
        shape("circle", { cx: x(place), cy: y(value), r: 5 })),
    );
  }

  function open() {
    const href = drawn.address(drawn.points[chosen].runs.at(-1).run);
    if (href) location.assign(href);
  }

  function drag(event) {
    const to = under(event);
    const [a, b] = [Math.min(from.place, to), Math.max(from.place, to)];
    box.querySelector(".pb-plot__drag")?.remove();
    box.firstChild.append(shape("rect", { class: "pb-plot__drag", x: scale.x(a), y: scale.edge.top, width: Math.max(1, scale.x(b) - scale.x(a)), height: HEIGHT - scale.edge.top - scale.edge.bottom }));
    return [a, b];
  }

  box.addEventListener("pointerdown", (event) => {
    if (drawn && event.button === 0 && event.pointerType !== "touch") from = { at: event.clientX, place: under(event), moved: false };
  });
  box.addEventListener("pointermove", (event) => {
    if (!drawn) return;
    if (from && (from.moved || Math.abs(event.clientX - from.at) > DRAG)) {
      if (!from.moved) box.setPointerCapture(event.pointerId);
      from.moved = true;
      drag(event);
    } else choose(under(event));
  });
  box.addEventListener("pointerup", (event) => {
    const start = from;
    from = null;
    if (!drawn || !start?.moved) return;
    from = start;
    const [a, b] = drag(event);
    from = null;
    box.querySelector(".pb-plot__drag")?.remove();
    if (b > a) told.zoom([a, b]);
  });
  box.addEventListener("pointercancel", () => {
    from = null;
    box.querySelector(".pb-plot__drag")?.remove();
  });
  // A link is not to be dragged away when a reader means to zoom.
  box.addEventListener("dragstart", (event) => event.preventDefault());
  box.addEventListener("keydown", (event) => {
    if (!drawn || event.ctrlKey || event.metaKey || event.altKey) return;
    const [first, last] = drawn.window;
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };
    if (event.key in steps) choose(Math.min(last, Math.max(first, (chosen ?? (steps[event.key] > 0 ? first - 1 : last + 1)) + steps[event.key])));
    else if (event.key === "Home") choose(first);
    else if (event.key === "End") choose(last);
    else if (event.key === "Enter" && chosen !== null) open();
    else if (!told.key(event)) return;
    event.preventDefault();
  });
  return { box, draw, clear, chosen: () => chosen };
}

function scaleOf({ points, window: [first, last], zero, clip, unit }, width) {
  const span = spanOf(points.slice(first, last + 1), { zero, clip });
  const largest = Math.max(Math.abs(span.low), Math.abs(span.high));
  const ticks = ticksOf(span.low, span.high, factorOf(largest, unit)).map((value) => ({ value, text: show(value, unit) }));
  const edge = { ...EDGE, left: 14 + LETTER * Math.max(0, ...ticks.map(({ text }) => text.length)) };
  const inner = width - edge.left - edge.right;
  const pad = Math.min(20, inner / 20);
  const x = (place) => edge.left + (last > first ? pad + ((inner - 2 * pad) * (place - first)) / (last - first) : inner / 2);
  const y = (value) => HEIGHT - edge.bottom - ((HEIGHT - edge.top - edge.bottom) * (value - span.low)) / (span.high - span.low);
  const round = (number) => Math.round(number * 10) / 10;
  return { ...span, width, edge, ticks, x: (place) => round(x(place)), y: (value) => round(y(Math.min(span.high, Math.max(span.low, value)))) };
}

function axes({ points, window: [first, last] }, { ticks, width, edge, x, y }) {
  const lines = ticks.flatMap(({ value, text }) => [
    shape("line", { class: "pb-plot__grid", x1: edge.left, x2: width - edge.right, y1: y(value), y2: y(value) }),
    shape("text", { class: "pb-plot__text", x: edge.left - 8, y: y(value) + 4, "text-anchor": "end" }, text),
  ]);
  const count = Math.min(last - first + 1, Math.max(2, Math.floor((width - edge.left) / 160)));
  const places = [...new Set(Array.from({ length: count }, (_, at) => first + Math.round((at * (last - first)) / Math.max(1, count - 1))))];
  const days = places.map((place, at) =>
    shape("text", { class: "pb-plot__text", x: x(place), y: HEIGHT - 8, "text-anchor": places.length === 1 ? "middle" : at === 0 ? "start" : at === places.length - 1 ? "end" : "middle" }, dayOf(points[place].runs[0].started)),
  );
  return [...lines, ...days];
}

function changes({ window: [first, last], marks, levels }, { edge, x, y }) {
  const lines = marks
    .filter(({ place }) => place >= first && place <= last)
    .flatMap(({ place, tone, number }) => [
      shape("line", { class: `pb-plot__mark pb-tone-${tone}`, x1: x(place), x2: x(place), y1: edge.top - 6, y2: HEIGHT - edge.bottom }),
      shape("text", { class: `pb-plot__number pb-tone-${tone}`, x: x(place), y: edge.top - 11, "text-anchor": "middle" }, String(number)),
    ]);
  const flat = levels
    .filter(([start, end]) => end >= first && start <= last)
    .map(([start, end, value]) => shape("line", { class: "pb-plot__level", x1: x(Math.max(first, start)), x2: x(Math.min(last, end)), y1: y(value), y2: y(value) }));
  return [...lines, ...flat];
}

function series({ points, window: [first, last], address }, { low, high, x, y }) {
  const shown = points.slice(first, last + 1).map((point, at) => ({ ...point, at: first + at }));
  const path = shown.map(({ at, value }, place) => `${place ? "L" : "M"}${x(at)} ${y(value)}`).join("");
  const intervals = shown
    .filter((point) => point.low !== null)
    .map((point) => shape("path", { class: "pb-plot__interval", d: `M${x(point.at)} ${y(point.low)}V${y(point.high)}M${x(point.at) - 4} ${y(point.low)}h8M${x(point.at) - 4} ${y(point.high)}h8` }));
  const dots = shown.map((point) => {
    const outside = point.value > high || point.value < low;
    const [at, level] = [x(point.at), y(point.value)];
    const drawn = outside
      ? shape("path", { class: "pb-plot__outside", d: point.value > high ? `M${at - 5} ${level + 8}h10l-5 -8z` : `M${at - 5} ${level - 8}h10l-5 8z` })
      : shape("circle", { class: "pb-plot__dot", cx: at, cy: level, r: shown.length > MANY ? 1.6 : 3.2 });
    const href = address(point.runs.at(-1).run);
    return href ? shape("a", { href, tabindex: "-1" }, drawn) : drawn;
  });
  return [...bands(shown, x, y), shape("path", { class: "pb-plot__line", d: path }), ...intervals, ...dots];
}

/** The intervals of neighbouring commits as one band. */
function bands(shown, x, y) {
  const stretches = [];
  let run = [];
  for (const point of [...shown, { low: null }]) {
    if (point.low !== null) run.push(point);
    else {
      if (run.length > 1) stretches.push(run);
      run = [];
    }
  }
  return stretches.map((points) => {
    const upper = points.map((point, at) => `${at ? "L" : "M"}${x(point.at)} ${y(point.high)}`).join("");
    const lower = points.toReversed().map((point) => `L${x(point.at)} ${y(point.low)}`).join("");
    return shape("path", { class: "pb-plot__band", d: `${upper}${lower}Z` });
  });
}
