// A table of any length: sortable, walked by arrow keys; past 500 rows only those in view are in the document.
import { visible } from "../flame/frame.js";
import { element } from "../shell/element.js";

const WHOLE = 500;
const SPARE = 20;
// What the style sheet gives a row of a long table; on a phone the name stands above the numbers.
const PHONE = "(max-width: 44.9375em)";
const rowHeight = ({ stacks = 2 }) => (matchMedia(PHONE).matches ? 2 + 25 * stacks : 30);

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: any) => string} text
 * @property {boolean} [isName] heads the row; a press on it opens the row
 * @property {(row: any) => number} [share] 0 to 1, drawn behind the text
 * @property {string} [sort] name of the order it stands for
 * @property {(row: any) => string} [hint]
 * @property {(row: any) => string | undefined} [href] where the text leads; empty: nowhere
 *
 * @typedef {object} TableParts
 * @property {string} caption
 * @property {string} label of the scrolling box
 * @property {Column[]} columns
 * @property {any[] | import("./ranked.js").RankedRows} rows
 * @property {string} [sort] the order rows are in
 * @property {(sort: string) => void} [onSort]
 * @property {(row: any) => void} [open]
 * @property {string} [about] what opening does
 * @property {2 | 3} [stacks] on a phone the name stands above the numbers, in so many lines together
 */

/** Make a table in its own scrolling box. @param {TableParts} parts @returns {HTMLElement} */
export function buildTable(parts) {
  const { rows } = parts;
  const isLong = rows.length > WHOLE;
  const body = element("tbody");
  const table = element(
    "table",
    { class: `pb-table ${parts.stacks ? `pb-table--top pbx-lines-${parts.stacks}` : isLong ? "" : "pb-tall pbx-free"}`, "aria-rowcount": isLong && rows.length + 1 },
    element("caption", {}, parts.caption),
    element("thead", {}, element("tr", { "aria-rowindex": isLong && 1 }, ...parts.columns.map((one) => heading(one, parts)))),
    body,
  );
  const box = element("div", { class: isLong ? "pb-scroll pbx-long" : "pb-scroll", role: "region", tabindex: 0, "aria-label": parts.label }, table);
  const walk = { active: 0, first: -1, isLong, box, body };
  draw(parts, walk);
  if (isLong) box.addEventListener("scroll", () => draw(parts, walk), { passive: true });
  body.addEventListener("click", ({ target }) => {
    const name = target.closest("button.pbx-name");
    if (name) parts.open(rows.at(Number(name.closest("tr").dataset.row)));
  });
  body.addEventListener("keydown", (event) => step(event, parts, walk));
  body.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr");
    if (row?.dataset.row) setActive(walk, Number(row.dataset.row));
  });
  return box;
}

function heading(column, { sort = "", onSort }) {
  const kind = column.isName ? "" : "pb-num";
  if (!column.sort || !onSort) return element("th", { scope: "col", class: kind }, column.title);
  const up = column.sort === "name";
  const isSorted = sort.replace("-", "") === column.sort;
  const order = !isSorted ? "none" : sort.startsWith("-") === up ? "descending" : "ascending";
  const press = () => onSort(sort === column.sort ? `-${column.sort}` : column.sort);
  const button = element("button", { type: "button", class: "pb-sort", "data-sort": column.sort, click: press }, column.title);
  return element("th", { scope: "col", class: kind, "aria-sort": order }, button);
}

/** Fill the body: all rows, or those in view between two empty rows as high as the rest. */
function draw(parts, walk) {
  const { rows } = parts;
  if (!walk.isLong) {
    if (walk.first < 0) walk.body.replaceChildren(...rows.slice(0).map((row, place) => line(row, place, parts, walk)));
    walk.first = 0;
    return;
  }
  const height = rowHeight(parts);
  const seen = Math.ceil((walk.box.clientHeight || 600) / height);
  const top = Math.floor(walk.box.scrollTop / height);
  if (walk.first >= 0 && top >= walk.first + SPARE / 4 && top + seen <= walk.last - SPARE / 4) return;
  if (walk.first >= 0 && document.activeElement && walk.body.contains(document.activeElement)) walk.refocus = true;
  const first = Math.max(0, top - SPARE);
  const last = Math.min(rows.length, top + seen + SPARE);
  if (first === walk.first && last === walk.last) return;
  Object.assign(walk, { first, last });
  const lines = rows.slice(first, last).map((row, i) => line(row, first + i, parts, walk));
  walk.body.replaceChildren(blank(first * height, parts), ...lines, blank((rows.length - last) * height, parts));
  if (walk.refocus) buttonAt(walk, walk.active)?.focus({ preventScroll: true });
  walk.refocus = false;
}

function blank(height, parts) {
  const cell = element("td", { colspan: parts.columns.length });
  const row = element("tr", { class: "pbx-blank", "aria-hidden": "true", hidden: height === 0 }, cell);
  row.style.height = `${height}px`;
  return row;
}

/** One row: a copy of an empty one, filled. */
function line(row, place, parts, walk) {
  const made = (walk.empty ??= emptyLine(parts)).cloneNode(true);
  made.dataset.row = place;
  if (walk.isLong) made.setAttribute("aria-rowindex", place + 2);
  parts.columns.forEach((column, at) => {
    const cell = made.children[at];
    if (column.isName) fillName(cell, column, row, walk, place === walk.active);
    else fillCell(cell, column, row);
  });
  return made;
}

function emptyLine({ columns, open, about = "" }) {
  const name = () => (open ? [element("button", { type: "button", class: "pbx-name", "aria-description": about || null })] : []);
  const cells = columns.map(({ isName, share }) => {
    if (isName) return element("th", { scope: "row", class: "pb-function" }, ...name());
    return element("td", { class: share ? "pb-num pb-bar" : "pb-num" });
  });
  return element("tr", {}, ...cells);
}

function fillCell(cell, column, row) {
  const href = column.href?.(row);
  cell.append(href ? element("a", { href }, column.text(row)) : column.text(row));
  if (column.share) cell.style.setProperty("--pb-share", `${(100 * Math.min(1, column.share(row))).toFixed(1)}%`);
}

function fillName(cell, column, row, { isLong }, isActive) {
  const text = visible(column.text(row));
  const title = column.hint?.(row) || (isLong && text);
  if (title) cell.title = title;
  const button = cell.firstChild;
  if (button) button.tabIndex = isActive ? 0 : -1;
  (button ?? cell).append(text);
}

function buttonAt({ body }, place) {
  return body.querySelector(`tr[data-row="${place}"] button`);
}

function setActive(walk, place) {
  const before = buttonAt(walk, walk.active);
  walk.active = place;
  const button = buttonAt(walk, place);
  if (!button) return;
  if (before) before.tabIndex = -1;
  button.tabIndex = 0;
}

const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity };

function step(event, parts, walk) {
  const by = STEPS[event.key];
  if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const place = Math.max(0, Math.min(parts.rows.length - 1, walk.active + by));
  if (walk.isLong && !buttonAt(walk, place)) walk.box.scrollTop = Math.max(0, (place - 5) * rowHeight(parts));
  if (walk.isLong) draw(parts, walk);
  setActive(walk, place);
  buttonAt(walk, place)?.focus();
}
