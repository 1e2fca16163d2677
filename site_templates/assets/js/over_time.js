// The pages over time, trends and functions: their script is a part of its own.
import { once } from "./once.js";
import { loadPart } from "./parts.js";

/** @param {ParentNode} root */
export function bootOverTime(root) {
  once(root, "[data-pb-over]", "Over", (host) => {
    loadPart("trends").then(
      ({ startPage }) => startPage(host),
      () => {
        const told = document.createElement("p");
        told.role = "alert";
        told.textContent = "The interactive view could not be loaded.";
        host.append(told);
      },
    );
  });
}
