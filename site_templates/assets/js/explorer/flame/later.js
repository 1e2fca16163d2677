/**
 * What a flame graph can do besides walking and zooming: loaded after the first picture, and filled in by tools.js. With
 * everything in one script it is there from the start.
 */
import { loadPart } from "../../parts.js";

/** @type {Record<string, any>} */
export const tools = {};
let loading = null;

/** @param {Record<string, unknown>} all */
export function offerTools(all) {
  Object.assign(tools, all);
}

/** Tell whether they are there. */
export const hasTools = () => "Finder" in tools;

/** Load them, once. @returns {Promise<void>} */
export async function needTools() {
  if (hasTools()) return;
  loading ??= loadPart("tools");
  try {
    await loading;
  } catch (error) {
    loading = null;
    throw error;
  }
}
