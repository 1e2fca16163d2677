// Finds what a page shows when it is asked for or read on to, and then loads what makes it.
import { once } from "./once.js";
import { loadPart } from "./parts.js";

const AHEAD = { rootMargin: "1200px" };

/** @param {ParentNode} root */
export function bootLate(root) {
  const fill = (box) => void loadPart("late").then((part) => part.fill(box));
  once(root, "details[data-pb-late]", "Late", (box) => {
    box.addEventListener("toggle", () => fill(box), { once: true });
  });
  const near = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      fill(target);
    }
  }, AHEAD);
  once(root, ".pb-flame[data-pb-late]", "Late", (box) => near.observe(box));
}
