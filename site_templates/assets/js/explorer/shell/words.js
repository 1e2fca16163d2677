// What is shown, in sentences: which profiles, how much of them, and which way a difference counts. Pure.
import { show } from "../../format.js";
import { isFiltered } from "./state.js";

/** Write a value with its sign. */
function signed(value, unit) {
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${show(Math.abs(value), unit)}`;
}

/** @param {import("./shown.js").Shown} shown @param {import("./state.js").State} state @returns {string[]} */
export function sentences(shown, state) {
  return shown.other ? pairSentences(shown, state) : singleSentences(shown, state);
}

function nameOf(entry) {
  return `${entry.run}, ${entry.component ? `${entry.component}, ` : ""}${entry.title}`;
}

function singleSentences({ entry, weights }, state) {
  const amount = `${weights.name}: ${show(weights.total, weights.unit)}${scaleWords(state, entry)}.`;
  if (weights.total === 0) return [`${nameOf(entry)}. ${amount} Nothing was recorded.`];
  const share = show(Number((weights.kept / weights.total).toPrecision(12)), "ratio");
  const value = state.scale === "share" ? "" : `${show(weights.kept, weights.unit)}, `;
  const kept = isFiltered(state) ? ` The filters keep ${value}${share} of it.` : "";
  const net = weights.signed ? ` It adds up absolute values; with their signs: ${show(weights.kept, weights.unit).replace(/^-/, "−")}.` : "";
  return [`${nameOf(entry)}. ${amount}${net}${kept}`];
}

function count({ operations }) {
  return Math.round(operations).toLocaleString("en");
}

function scaleWords(state, entry) {
  if (state.scale === "perop") return `, per operation (${count(entry)} operations)`;
  return state.scale === "share" ? ", all values as shares of it" : "";
}

function pairSentences({ entry, other, weights }, state) {
  // Samples without a stack are in a profile's total, and no filter keeps them.
  const of = (side) => (isFiltered(state) ? side.kept : side.total);
  const [head, base] = [of(weights.pair.head), of(weights.pair.base)];
  if (state.scale === "share" && !isFiltered(state)) {
    return [`Head: ${nameOf(entry)}. Base: ${nameOf(other)}.`, `${weights.name}: each side as shares of its own total; change = head − base. Positive = a larger share in head.`];
  }
  if (state.normalize && !isFiltered(state)) {
    const [names, total] = [`Head: ${nameOf(entry)}. Base: ${nameOf(other)}.`, show(base, weights.unit)];
    return [names, `${weights.name}: the head is scaled to the base's total, ${total}; change = head − base. Positive = a larger part of it in head.`];
  }
  const change = head - base;
  const percent = base ? ` (${signed(change / Math.abs(base), "ratio")})` : "";
  const verb = change > 0 ? "head costs more" : change < 0 ? "head costs less" : "both cost the same";
  const kept = isFiltered(state) ? ", what the filters keep" : "";
  const level = state.normalize ? " The head is scaled to the base's total." : "";
  return [
    `Head: ${nameOf(entry)}. Base: ${nameOf(other)}.${level}`,
    `${weights.name}${pairScale(state, entry, other)}${kept}: head ${show(head, weights.unit)}, base ${show(base, weights.unit)}; ` +
      `head − base = ${signed(change, weights.unit)}${percent}: ${verb}. Positive = head costs more.`,
  ];
}

function pairScale(state, entry, other) {
  if (state.scale === "share") return ", each side as a share of its own total";
  if (state.scale !== "perop") return "";
  return `, per operation (head ${count(entry)}, base ${count(other)} operations)`;
}
