// Filtering the rows of a table by words: a row stays when its text holds every word.
import { once } from "./once.js";

/**
 * Tells whether a text holds every word of a query, in any order and case.
 * @param {string} text
 * @param {string} query
 */
export function holdsAll(text, query) {
  const lower = text.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => lower.includes(word));
}

/** @param {ParentNode} root */
export function bootFilters(root) {
  once(root, "input[data-pb-filter]", "Filter", (input) => {
    const table = document.getElementById(input.dataset.pbFilter);
    const count = input.parentElement.querySelector("[data-pb-filter-count]");
    if (!(table instanceof HTMLTableElement)) return;
    const texts = new Map([...table.tBodies[0].rows].map((row) => [row, row.textContent]));
    const apply = () => {
      let shown = 0;
      for (const [row, text] of texts) {
        row.hidden = !holdsAll(text, input.value.trim());
        if (!row.hidden) shown += 1;
      }
      count.textContent = input.value.trim() ? `${shown} of ${texts.size} runs` : "";
    };
    input.addEventListener("input", apply);
    apply();
  });
}
