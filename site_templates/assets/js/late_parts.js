// Finds what a page shows when it is asked for, and then loads what makes it.
import { once } from "./once.js";
import { loadPart } from "./parts.js";

/** @param {ParentNode} root */
export function bootLate(root) {
  once(root, "details[data-pb-late]", "Late", (box) => {
    box.addEventListener("toggle", () => void loadPart("late").then((part) => part.fill(box)), { once: true });
  });
}
