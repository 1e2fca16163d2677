// The table of runs, on the pages that have one: its script is a part of its own.
import { once } from "./once.js";
import { loadPart } from "./parts.js";

/** @param {ParentNode} root */
export function bootRunTables(root) {
  once(root, "[data-pb-runs]", "Runs", (box) => {
    loadPart("lists").then(({ openRunTable }) => openRunTable(box));
  });
}
