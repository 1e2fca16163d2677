// The call graph as a picture: boxes grow with their own weight, lines with the weight of the calls.
import { element } from "../shell/element.js";
import { shortName, visible } from "../flame/frame.js";
import { findNames, lookAt, nothing, viewOf } from "./context.js";
import { nameGroups } from "./graph.js";
import { layoutGraph } from "./layout.js";
import { pictureLabels } from "./samples.js";
import { trimmedGraph } from "./trim.js";
import { shareText, valueWriter } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const LONGEST = 42;
const ZOOM = 1.25;
let made = 0;

export const renderGraph = viewOf(async (context) => {
  const { tree, weights, state } = context;
  // Labels take room in a picture; without them it shows a few functions more.
  const samples = await context.samples?.().catch(() => null);
  const labels = samples ? pictureLabels(samples) : undefined;
  const trimmed = trimmedGraph(tree, weights, { picture: true, dropNegative: state.dropNegative, labels });
  if (!trimmed.nodes.length) return nothing(`No function has ${weights.name} here.`);
  const matches = state.query ? await findNames(context, nameGroups(tree).names) : () => false;
  const picture = draw(trimmed.nodes, context, matches);
  const box = element("div", { class: "pb-scroll pbx-graph", role: "region", tabindex: 0, "aria-label": "Call graph" }, picture.svg);
  let scale = 1;
  const zoom = (wanted) => {
    scale = Math.min(4, Math.max(0.1, wanted));
    picture.svg.setAttribute("width", String(Math.round(picture.width * scale)));
    picture.svg.setAttribute("height", String(Math.round(picture.height * scale)));
  };
  const fit = () => zoom(Math.max(0.35, Math.min(1, (box.clientWidth - 4) / picture.width)));
  const button = (text, act) => element("button", { type: "button", class: "pb-button", click: act }, text);
  // The width to fit is known once the box is in the page.
  const seen = new ResizeObserver(() => {
    seen.disconnect();
    fit();
  });
  seen.observe(box);
  zoom(1);
  return [
    element("p", {}, told(trimmed, context)),
    element("div", { class: "pbx-row" }, button("Larger", () => zoom(scale * ZOOM)), button("Smaller", () => zoom(scale / ZOOM)),
      button("Fit the width", fit)),
    box,
    element("p", { class: "pb-note" },
      "Arrow keys go along the calls: up to the heaviest caller, down to the heaviest callee, left and right to what is " +
      "beside. Enter shows all callers and callees. Boxes are larger the more weight is their own; lines are thicker " +
      "the more weight the calls carry; dotted lines lead over functions that are not shown."),
  ];
});

function told({ nodes, nodeTotal, droppedNodes, droppedEdges, nodeCutoff, edgeCutoff }, context) {
  const write = valueWriter(context);
  const { weights } = context;
  const parts = [`${nodes.length} functions by ${weights.name}, total ${write(weights.total)}`];
  if (nodeTotal > nodes.length) parts.push(`those that tell most of ${nodeTotal}`);
  if (droppedNodes) parts.push(`${droppedNodes} with a cum below ${write(nodeCutoff)} are left out`);
  if (droppedEdges) parts.push(`${droppedEdges} calls below ${write(edgeCutoff)} are left out`);
  return `${parts.join("; ")}.`;
}

/** Make the SVG of a trimmed graph. */
function draw(nodes, context, matches) {
  const { weights } = context;
  const write = valueWriter(context);
  const largest = nodes.reduce((most, node) => Math.max(most, Math.abs(node.flat)), 0);
  const boxes = nodes.map((node) => boxOf(node, largest, weights, write));
  const index = new Map(nodes.map((node, i) => [node.id, i]));
  const edges = nodes.flatMap((node) => [...node.callees.values()]).filter((edge) => index.has(edge.target.id));
  const links = edges.map((edge) => ({ from: index.get(edge.source.id), to: index.get(edge.target.id), weight: edge.weight }));
  const drawing = layoutGraph(boxes, links);
  made += 1;
  const arrow = `pbx-arrow-${made}`;
  const root = svg("svg", {
    class: "pbx-picture", viewBox: `0 0 ${drawing.width.toFixed(1)} ${drawing.height.toFixed(1)}`,
    role: "group", "aria-roledescription": "call graph", "aria-label": `Call graph of ${nodes.length} functions`,
  });
  const marker = svg("marker", { id: arrow, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto", markerUnits: "userSpaceOnUse" });
  marker.append(svg("path", { d: "M0 0L8 4L0 8z", class: "pbx-arrow" }));
  const lines = svg("g", { "aria-hidden": "true" });
  edges.forEach((edge, i) => lines.append(...lineOf(edge, drawing.paths[i], weights, write, arrow)));
  const drawn = nodes.map((node, i) => shapeOf(node, boxes[i], drawing.places[i], { context, write, found: matches(node.name) }));
  const shapes = drawn.map(({ shape }) => shape);
  root.append(marker, lines, ...drawn.flatMap(({ shape, label }) => [shape, label]));
  listen(root, shapes, { nodes, index, places: drawing.places, context });
  return { svg: root, width: drawing.width, height: drawing.height };
}

/** Measure a box: text as large as pprof's, 8 to 24 points by own weight. */
function boxOf(node, largest, weights, write) {
  const size = 8 + (largest ? Math.ceil(16 * Math.sqrt(Math.abs(node.flat) / largest)) : 0);
  const own = node.flat ? `${write(node.flat)} (${shareText(node.flat, weights.total)})` : "0";
  const all = `of ${write(node.cum)} (${shareText(node.cum, weights.total)})`;
  const texts = [...nameLines(node.name), own, ...(node.cum === node.flat ? [] : [all])];
  const widest = texts.reduce((most, text) => Math.max(most, text.length), 0);
  return { texts, size, width: widest * size * 0.58 + 14, height: texts.length * size * 1.25 + 10 };
}

/** Part a name into package and the rest, each short enough to draw. */
function nameLines(name) {
  const short = visible(shortName(name));
  const dot = short.search(/(?<=^[^([{]*)\./);
  const parts = dot > 0 ? [short.slice(0, dot), short.slice(dot + 1)] : [short];
  return parts.map((part) => (part.length > LONGEST ? `${part.slice(0, LONGEST - 1)}…` : part));
}

function shapeOf(node, box, { x, y }, { context, write, found }) {
  const { weights } = context;
  const share = weights.total ? Math.max(-1, Math.min(1, node.cum / weights.total)) : 0;
  const said = `${visible(node.name)}, flat ${write(node.flat)}, ${shareText(node.flat, weights.total)}, cum ${write(node.cum)}, ` +
    `${shareText(node.cum, weights.total)}, ${count(node.callers, "caller")}, ${count(node.callees, "callee")}`;
  const kind = `pbx-box${share < 0 ? " pbx-box--less" : ""}${found ? " pbx-box--found" : ""}`;
  const transform = `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
  const shape = svg("g", { class: kind, role: "button", tabindex: -1, "aria-label": said, transform });
  shape.style.setProperty("--pbx-share", `${(Math.abs(share) * 60).toFixed(1)}%`);
  const title = svg("title", {});
  title.textContent = said;
  const rect = { x: -box.width / 2, y: -box.height / 2, width: box.width, height: box.height };
  shape.append(title, svg("rect", Object.fromEntries(Object.entries(rect).map(([name, value]) => [name, value.toFixed(1)]))));
  const label = svg("g", { class: "pbx-box-text", "aria-hidden": "true", transform });
  box.texts.forEach((text, i) => {
    const line = svg("text", { y: (-box.height / 2 + 5 + (i + 0.85) * box.size * 1.25).toFixed(1), "font-size": box.size });
    line.textContent = text;
    label.append(line);
  });
  return { shape, label };
}

const count = (edges, word) => `${edges.size} ${word}${edges.size === 1 ? "" : "s"}`;

/** Draw a call: a smooth line through its points, and its weight in the middle. */
function lineOf(edge, points, { total }, write, arrow) {
  let path = `M${points[0].x.toFixed(1)} ${points[0].y.toFixed(1)}`;
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [points[i - 1], points[i]];
    const middle = ((from.y + to.y) / 2).toFixed(1);
    path += `C${from.x.toFixed(1)} ${middle} ${to.x.toFixed(1)} ${middle} ${to.x.toFixed(1)} ${to.y.toFixed(1)}`;
  }
  const width = 1 + (total ? Math.min(5, Math.abs(Math.trunc((edge.weight * 5) / total))) : 0);
  const kind = `pbx-call${edge.residual ? " pbx-call--over" : ""}${edge.weight < 0 ? " pbx-call--less" : ""}`;
  const line = svg("path", { d: path, class: kind, "stroke-width": width, "marker-end": `url(#${arrow})` });
  const half = (points.length - 1) / 2;
  const [a, b] = [points[Math.floor(half)], points[Math.ceil(half)]];
  const whole = points.length % 2 ? a : { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  const text = svg("text", { class: "pbx-call-weight", x: (whole.x + 3).toFixed(1), y: whole.y.toFixed(1) });
  text.textContent = write(edge.weight) + (edge.inline ? " (inline)" : "");
  return [line, text];
}

function svg(tag, attributes) {
  const shape = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, String(value));
  return shape;
}

/** Walk the boxes by keys; a press opens one. */
function listen(root, shapes, { nodes, index, places, context }) {
  let at = 0;
  shapes[0].setAttribute("tabindex", "0");
  const go = (next) => {
    if (next < 0) return;
    shapes[next].focus();
    shapes[next].scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  root.addEventListener("focusin", ({ target }) => {
    shapes[at].setAttribute("tabindex", "-1");
    at = Math.max(0, shapes.indexOf(target));
    shapes[at].setAttribute("tabindex", "0");
  });
  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") lookAt(context, nodes[at].name);
    else if (event.key === "Home" || event.key === "End") go(event.key === "Home" ? 0 : nodes.length - 1);
    else if (event.key.startsWith("Arrow")) go(neighbour(event.key, nodes[at], { index, places }));
    else return;
    event.preventDefault();
  });
  shapes.forEach((shape, i) => shape.addEventListener("click", () => lookAt(context, nodes[i].name)));
}

/** The box a key leads to from a node; -1 for none. */
export function neighbour(key, node, { index, places }) {
  if (key === "ArrowUp" || key === "ArrowDown") {
    const [edges, end] = key === "ArrowUp" ? [node.callers, "source"] : [node.callees, "target"];
    const shown = [...edges.values()].filter((edge) => index.has(edge[end].id));
    const best = shown.reduce((most, edge) => (most && Math.abs(most.weight) >= Math.abs(edge.weight) ? most : edge), null);
    return best ? index.get(best[end].id) : -1;
  }
  const from = places[index.get(node.id)];
  const sign = key === "ArrowRight" ? 1 : -1;
  let found = -1;
  places.forEach(({ x, layer }, i) => {
    const ahead = (x - from.x) * sign;
    if (layer === from.layer && ahead > 0 && (found < 0 || ahead < (places[found].x - from.x) * sign)) found = i;
  });
  return found;
}
