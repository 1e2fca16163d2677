// Sorting tables by a click on a heading. A heading takes part when it carries aria-sort; a cell sorts by data-key or text.
import { made } from "./made.js";
import { once } from "./once.js";

/**
 * Compares two keys: numbers by size, texts by their letters and numbers in them, empty ones always last.
 * @param {string} first
 * @param {string} second
 * @param {boolean} descending
 */
export function compareKeys(first, second, descending) {
  if (first === "" || second === "") return first === second ? 0 : first === "" ? 1 : -1;
  const numbers = [Number(first), Number(second)];
  const order = numbers.some(Number.isNaN)
    ? first.localeCompare(second, "en", { numeric: true })
    : numbers[0] - numbers[1];
  return descending ? -order : order;
}

/** @param {Element} cell */
function keyOf(cell) {
  return cell.getAttribute("data-key") ?? cell.textContent.trim();
}

/**
 * @param {HTMLTableElement} table
 * @param {number} column
 * @param {boolean} descending
 */
function sortBy(table, column, descending) {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[column]) }));
  rows.sort((one, other) => compareKeys(one.key, other.key, descending));
  body.append(...rows.map((one) => one.row));
}

/** Puts a button around what a heading says. @param {HTMLElement} heading @returns {HTMLElement} */
export function sortButton(heading) {
  const button = made("button", { type: "button", className: "pb-sort" }, ...heading.childNodes);
  heading.append(button);
  return button;
}

/** @param {ParentNode} root */
export function bootSorting(root) {
  once(root, "table[data-pb-sort]", "Sort", (table) => {
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      if (!heading.hasAttribute("aria-sort")) return;
      sortButton(heading).addEventListener("click", () => {
        const numeric = heading.classList.contains("pb-num");
        const state = heading.getAttribute("aria-sort");
        const descending = state === "none" ? numeric : state === "ascending";
        for (const other of headings) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
        heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
        sortBy(table, column, descending);
      });
    });
  });
}
