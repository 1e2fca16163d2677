// What a page shows when it is asked for or read on to, out of the data script beside it: tables, commands, pictures.
import { loadScript } from "./chart.js";
import { bootCommands } from "./commands.js";
import { bootSorting } from "./table_sort.js";

const UNITS = { ns: 1e-9, us: 1e-6, ms: 1e-3, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** What came, by run. @type {Map<string, Record<string, any>>} */
const held = new Map();
let opening;

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function cell(tag, content, properties) {
  if (typeof content === "string") return element(tag, properties, content);
  return element(tag, properties, element("a", { href: content[1] }, content[0]));
}

/** What a shown number is sorted by: `1.5 MB` before `2 GB`; nothing for what is no number. @param {string} text */
export function keyOfShown(text) {
  const [, digits, unit] = /^([+-]?[\d.]+) ?(\w*)/.exec(text.replaceAll(",", "").replace("−", "-")) ?? [];
  return digits ? String(digits * (UNITS[unit] ?? 1)) : "";
}

/** @param {{about: string, head: string[], numbers: number[], rows: (string | [string, string])[][]}} table */
function tableOf({ about, head, numbers, rows }) {
  const looks = head.map((_, place) => (numbers.includes(place) ? { className: "pb-num" } : {}));
  const keyed = (content, place) => (numbers.includes(place) ? { ...looks[place], "data-key": keyOfShown(String(content)) } : {});
  const body = rows.map((row) => element("tr", {}, ...row.map((content, place) => cell("td", content, keyed(content, place)))));
  const table = element("table", { className: "pb-table pb-table--small", "data-pb-sort": "" },
    element("caption", { className: "pb-hidden" }, about),
    element("thead", {}, element("tr", {}, ...head.map((text, place) => cell("th", text, { scope: "col", "aria-sort": "none", ...looks[place] })))),
    element("tbody", {}, ...body));
  return element("div", { className: "pb-scroll", tabIndex: 0, role: "region", "aria-label": about }, table);
}

function commandOf([purpose, text, path]) {
  const box = element("div", { className: "pb-command" },
    element("span", { className: "pb-command__what" }, purpose),
    element("div", { className: "pb-command__line" },
      element("code", { tabIndex: 0 }, text),
      element("button", { type: "button", className: "pb-button", "data-pb-copy": "", "aria-label": `Copy the command: ${purpose}` }, "Copy")));
  if (path) box.dataset.pbSite = path;
  return box;
}

/** Finished markup of ours: into the frame of a still picture, unless the flame graph is there already, or into a box. */
function place(box, html) {
  if (box instanceof HTMLDetailsElement) return box.insertAdjacentHTML("beforeend", html);
  const frame = box.querySelector(".pb-flame-svg");
  if (frame) frame.innerHTML = html;
}

/** Unpack what a script holds: base64 of gzip of JSON. */
async function open(run, text) {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  held.set(run, await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json());
}

/** @param {HTMLElement} box */
function show(box) {
  const found = held.get(box.closest("[data-pb-run]").dataset.pbRun)[box.dataset.pbLate];
  if (found.html) place(box, found.html);
  else box.append(...(found.commands ? found.commands.map(commandOf) : [tableOf(found)]));
  box.dataset.pbFilled = "";
  box.classList.remove("pb-needs-js");
  bootSorting(box);
  bootCommands(box);
}

/** Paper cannot be clicked: what is there already is printed, the page says of the rest where it is. */
function beforePrint() {
  if (!held.size) return;
  for (const box of document.querySelectorAll("[data-pb-late]:not([data-pb-filled])")) show(box);
  document.querySelector(".pb-on-paper")?.remove();
}

/** @param {HTMLElement} box */
export async function fill(box) {
  try {
    globalThis.profbook.late = (run, text) => (opening = open(run, text));
    await loadScript("more.js");
    await opening;
    if (!("pbFilled" in box.dataset)) show(box);
  } catch {
    box.append(element("p", { className: "pb-note", role: "status" }, "This could not be loaded; rebuild the site."));
  }
}

addEventListener("beforeprint", beforePrint);
