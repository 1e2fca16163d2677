// The table of runs, and what is around a run, on the pages that have one: the script of either is a part of its own.
import { once } from "./once.js";
import { loadPart } from "./parts.js";

/** @param {ParentNode} root */
export function bootRunTables(root) {
  once(root, "[data-pb-runs]", "Runs", (box) => {
    loadPart("lists").then(({ openRunTable }) => openRunTable(box));
  });
}

/** @param {ParentNode} root */
export function bootAround(root) {
  once(root, "[data-pb-around]", "Around", (box) => {
    loadPart("around").then(({ showAround }) => showAround(box));
  });
}
