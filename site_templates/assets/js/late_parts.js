// Finds what a page shows when it is asked for, read on to or printed, and then loads what makes it.
import { once } from "./once.js";
import { loadPart } from "./parts.js";

const AHEAD = { rootMargin: "1200px" };
// A page that is being printed waits for nothing: so the keys that print wait first. A menu prints what is there.
addEventListener("keydown", (event) => {
  if (event.key !== "p" || !(event.ctrlKey || event.metaKey) || !document.querySelector("[data-pb-late]")) return;
  event.preventDefault();
  loadPart("late").then((part) => part.fillAll()).finally(print);
});

/** @param {ParentNode} root */
export function bootLate(root) {
  const fill = (box) => void loadPart("late").then((part) => part.fill(box));
  once(root, "details[data-pb-late]", "Late", (box) => {
    // Opened before the scripts ran, it will not be toggled again.
    if (box.open) fill(box);
    else box.addEventListener("toggle", () => fill(box), { once: true });
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
