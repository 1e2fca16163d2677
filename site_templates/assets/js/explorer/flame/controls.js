/** What the controls around a flame graph say: they follow what is drawn. */
import { valueWriter } from "../views/words.js";
import { fillLegend } from "./dom.js";
import { tools } from "./later.js";

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
