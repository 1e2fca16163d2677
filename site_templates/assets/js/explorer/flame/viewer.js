/** The flame graphs of a run page, with the worker that reads their data: the entry of the part that is loaded for them. */
import { openEngine } from "../filter/engine.js";
import { bootFlames } from "./boot.js";

/** Start the flame graphs below a root. Safe to call again. @param {ParentNode} root */
export function showFlames(root) {
  bootFlames(root, openEngine);
}
