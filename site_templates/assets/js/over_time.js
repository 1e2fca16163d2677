// The pages over time, trends and functions: their script is a part of its own.
import { refuse } from "./explorers.js";
import { once } from "./once.js";
import { loadPart } from "./parts.js";

/** @param {ParentNode} root */
export function bootOverTime(root) {
  once(root, "[data-pb-over]", "Over", (host) => {
    loadPart("trends").then(({ startPage }) => startPage(host), () => refuse(host));
  });
}
