/** The controls around a flame graph: they ask for changes, and say what is drawn. */
import { valueWriter } from "../views/words.js";
import { fillLegend } from "./dom.js";
import { tools } from "./later.js";

/** Have them act on a view. @param {import("./view.js").FlameView} view */
export function listenToControls(view) {
  const { parts } = view;
  const set = (field, read) => (event) => view.change({ [field]: read(event.target) });
  parts.type.addEventListener("change", set("type", (select) => select.value));
  parts.direction.addEventListener("change", () => tools.turn(view, parts.direction.value));
  parts.color.addEventListener("change", set("color", (select) => select.value));
  parts.collapse.addEventListener("change", set("collapse", (tick) => tick.checked));
  parts.search.addEventListener("input", set("query", (input) => input.value));
  parts.previous.addEventListener("click", () => view.finder.walk(-1));
  parts.next.addEventListener("click", () => view.finder.walk(1));
  parts.reset.addEventListener("click", () => view.zoomTo(view.layout.whole));
  parts.sandwich.addEventListener("click", () => tools.sandwich(view));
  parts.copy.addEventListener("click", () => tools.copyName(view));
  parts.grid.addEventListener("click", () => tools.showGrid(view, parts.tree.hidden));
  parts.svg.addEventListener("click", () => tools.saveSvg(view));
  parts.png.addEventListener("click", () => tools.savePng(view));
  parts.minimap.addEventListener("click", (event) => tools.goThere(view, event));
}

/** @param {import("./view.js").FlameView} view */
export function showControls(view) {
  const { parts, look, measured, context: { tree, weights } } = view;
  if (parts.type.isConnected && parts.type.dataset.of !== String(tree.types.length)) {
    parts.type.dataset.of = String(tree.types.length);
    parts.type.replaceChildren(...tree.types.map((kind, at) => new Option(`${kind.type} · ${totalOf(tree, at)}`, kind.type)));
  }
  parts.type.value = weights.name;
  parts.direction.value = view.direction;
  parts.direction.options[2].disabled = view.key < 0 && !tools.sandwichName?.(view);
  parts.color.options[2].disabled = !measured.pair;
  parts.color.value = view.colorOf();
  fillLegend(parts.legend, measured.whole > 0 ? view.colorOf() : "");
  parts.collapse.checked = Boolean(look.collapse);
  const isTyped = document.activeElement === parts.search && look.query;
  if (!isTyped && parts.search.value !== look.query) parts.search.value = look.query;
  parts.previous.disabled = parts.next.disabled = !view.finder?.found?.count;
}

function totalOf(tree, type) {
  const weights = { total: tree.totals[type], unit: tree.types[type].unit };
  return valueWriter({ weights, state: { scale: "absolute" } })(Math.abs(tree.totals[type]));
}
