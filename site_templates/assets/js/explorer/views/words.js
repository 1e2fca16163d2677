/** How views write values and shares, and the search for exactly one name. Pure. */
import { show } from "../../format.js";

/** Write a value in the unit of the weights. @param {import("./context.js").Context} context @returns {(value: number) => string} */
export function valueWriter({ weights, format }) {
  return format ?? ((value) => signed(show(value, weights.unit)));
}

/** Write a share of a total: `12.34 %`; a dash where there is no total. */
export function shareText(value, total) {
  return total ? signed(show(value / Math.abs(total), "ratio")) : "–";
}

const signed = (text) => text.replace(/^-/, "−");

/** The search that finds one name and no other. */
export function exactQuery(name) {
  return `^${name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`;
}

/** The one name a search is for; empty where it may be several. */
export function exactName(query) {
  const body = /^\^([\s\S]*)\$$/.exec(query)?.[1] ?? "";
  const name = body.replace(/\\([\\^$.*+?()[\]{}|])/g, "$1");
  return name && exactQuery(name) === query ? name : "";
}
