/**
 * What is said about one frame: in the card beside the pointer and, as a sentence, to screen readers.
 * Profile text enters the page as text nodes only.
 */
import { show } from "./format.js";
import { childrenOf } from "./flame_tree.js";

/** Create an element with properties and children; strings become text nodes. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function share(part, whole) {
  return whole ? show(part / whole, "ratio") : "–";
}

/**
 * Facts of a node: name, place and figures with their units.
 * @returns {{name: string, place: string, flat: number, cum: number, parent: number, total: number}}
 */
export function factsOf(tree, weights, node) {
  const frame = tree.frame[node];
  const places = node === 0 ? [] : [tree.packages[frame], tree.files[frame]];
  if (tree.inlined[node]) places.push("inlined into its caller");
  return {
    name: node === 0 ? `total ${weights.name}` : tree.names[frame],
    place: places.filter(Boolean).join(" · "),
    flat: weights.flat[node],
    cum: weights.cum[node],
    parent: node === 0 ? weights.total : weights.cum[tree.parent[node]],
    total: weights.total,
  };
}

/** One sentence about a node, for the live region. */
export function sentenceOf(tree, weights, node) {
  const facts = factsOf(tree, weights, node);
  const children = childrenOf(tree, weights, node).length;
  return [
    facts.name,
    `${show(facts.cum, weights.unit)}, ${share(facts.cum, facts.total)} of total`,
    node > 0 ? `${share(facts.cum, facts.parent)} of parent` : "",
    `self ${share(facts.flat, facts.total)}`,
    `depth ${tree.depth[node]}`,
    children === 1 ? "1 child" : `${children.toLocaleString("en-US")} children`,
  ].filter(Boolean).join(", ");
}

/** Fill the card for a box; a finger is told how to go on. */
export function fillCard(card, tree, weights, box, isTouch = false) {
  if (box.more) {
    const text = `${box.more.toLocaleString("en-US")} more, too narrow to draw`;
    const part = `${show(box.value, weights.unit)}, ${share(box.value, weights.total)} of total. Zoom in to see them.`;
    card.replaceChildren(make("p", { className: "pb-flame-card-name" }, text), make("p", {}, part));
    return;
  }
  const facts = factsOf(tree, weights, box.node);
  const row = (label, value) => make("tr", {},
    make("th", { scope: "row" }, label),
    make("td", {}, show(value, weights.unit)),
    make("td", {}, share(value, facts.total)),
    make("td", {}, box.node === 0 ? "–" : share(value, facts.parent)));
  const titles = ["", weights.name, "of total", "of parent"];
  const head = make("tr", {}, ...titles.map((text) => make("th", { scope: "col" }, text)));
  const rows = [row("cum", facts.cum), row("flat", facts.flat)];
  if (box.node === 0 && weights.stackless > 0 && !weights.signed) rows.push(row("without a stack", weights.stackless));
  card.replaceChildren(
    make("p", { className: "pb-flame-card-name" }, facts.name),
    make("p", { className: "pb-flame-card-place" }, facts.place),
    make("table", { className: "pb-flame-figures" }, make("thead", {}, head), make("tbody", {}, ...rows)),
    ...(isTouch ? [make("p", { className: "pb-flame-card-place" }, "Tap again to zoom in.")] : []),
  );
}

/** Put the card near a point and inside the window. */
export function placeCard(card, x, y) {
  card.hidden = false;
  const { width, height } = card.getBoundingClientRect();
  const left = Math.min(x + 14, innerWidth - width - 8);
  const below = y + 18 + height < innerHeight - 8;
  card.style.left = `${Math.max(8, left)}px`;
  card.style.top = `${Math.max(8, below ? y + 18 : y - height - 12)}px`;
}
