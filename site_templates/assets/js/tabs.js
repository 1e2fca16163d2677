// Tabs over the panels of a profile's sample types. Without scripts all panels show, one below the other.
import { once } from "./once.js";

/**
 * The tab a key leads to, in a row of `count`; -1 when the key is none of ours.
 * @param {string} key
 * @param {number} at
 * @param {number} count
 */
export function tabAfter(key, at, count) {
  if (key === "ArrowRight") return (at + 1) % count;
  if (key === "ArrowLeft") return (at - 1 + count) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return -1;
}

/** @param {ParentNode} root */
export function bootTabs(root) {
  once(root, "[data-pb-tabs]", "Tabs", (box) => {
    const tabs = [...box.querySelectorAll('[role="tab"]')];
    const panels = tabs.map((tab) => document.getElementById(tab.getAttribute("aria-controls")));
    const choose = (chosen) => {
      tabs.forEach((tab, place) => {
        tab.setAttribute("aria-selected", String(place === chosen));
        tab.tabIndex = place === chosen ? 0 : -1;
        panels[place].toggleAttribute("data-chosen", place === chosen);
      });
    };
    tabs.forEach((tab, place) => {
      tab.addEventListener("click", () => choose(place));
      tab.addEventListener("keydown", (event) => {
        const next = tabAfter(event.key, place, tabs.length);
        if (next < 0) return;
        event.preventDefault();
        choose(next);
        tabs[next].focus();
      });
    });
  });
}
