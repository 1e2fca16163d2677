// What a page shows when it is asked for or read on to, out of the data script beside it: tables, commands, pictures.
import { loadScript } from "./chart.js";
import { made } from "./made.js";
import { bootSorting } from "./table_sort.js";

const UNITS = { ns: 1e-9, us: 1e-6, ms: 1e-3, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** What came, by run. @type {Map<string, Record<string, any>>} */
const held = new Map();
let opening;

function cell(tag, content, facts) {
  return made(tag, facts, typeof content === "string" ? content : made("a", { href: content[1] }, content[0]));
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
  const body = rows.map((row) => made("tr", {}, ...row.map((content, place) => cell("td", content, keyed(content, place)))));
  const look = numbers[0] === 0 ? " pb-tall--end" : numbers.includes(head.length - 1) ? "" : " pb-tall--last";
  const table = made("table", { className: `pb-table pb-table--small pb-tall${look}`, "data-pb-sort": "" },
    made("caption", { className: "pb-hidden" }, about),
    made("thead", {}, made("tr", {}, ...head.map((text, place) => cell("th", text, { scope: "col", "aria-sort": "none", ...looks[place] })))),
    made("tbody", {}, ...body));
  return made("div", { className: "pb-scroll", tabIndex: 0, role: "region", "aria-label": about }, table);
}

/**
 * The address of the site's root for a page whose way there is `way` (from the logo's link); empty from the disk.
 * @param {string} page
 * @param {string} way
 */
export function siteAddress(page, way) {
  const url = new URL(way || ".", page);
  if (!/^https?:$/.test(url.protocol)) return "";
  return (url.origin + url.pathname).replace(/\/(?:index\.html)?$/, "");
}

/** A command to paste, with the site's own address filled in; on the disk there is none. */
function commandOf([purpose, text, isOfSite]) {
  const site = siteAddress(location.href, document.querySelector("a.md-logo")?.getAttribute("href"));
  return made("div", { className: "pb-command", hidden: Boolean(isOfSite && !site) },
    made("span", { className: "pb-command__what" }, purpose),
    made("div", { className: "pb-command__line" },
      made("code", { tabIndex: 0 }, text.replace("{site}", site)),
      made("button", { type: "button", className: "pb-button", "data-pb-copy": "", "aria-label": `Copy the command: ${purpose}` }, "Copy")));
}

/** Finished markup of ours: into the frame of a still picture, unless the flame graph is there already, or into a box. */
function place(box, html) {
  if (box instanceof HTMLDetailsElement) return box.insertAdjacentHTML("beforeend", html);
  const frame = box.querySelector(".pb-flame-svg");
  if (frame) frame.innerHTML = html;
}

/** Unpack what a script holds: base64 of gzip of JSON. */
async function open(run, text) {
  const { body } = await fetch(`data:;base64,${text}`);
  held.set(run, await new Response(body.pipeThrough(new DecompressionStream("gzip"))).json());
}

/** @param {HTMLElement} box */
function show(box) {
  const found = held.get(box.closest("[data-pb-run]").dataset.pbRun)[box.dataset.pbLate];
  if (found.html) place(box, found.html);
  else box.append(...(found.commands ? found.commands.map(commandOf) : [tableOf(found)]));
  box.dataset.pbFilled = "";
  box.classList.remove("pb-needs-js");
  bootSorting(box);
}

/** Paper cannot be clicked: what is there already is printed, the page says of the rest where it is. */
function beforePrint() {
  if (!held.size) return;
  for (const box of document.querySelectorAll("[data-pb-late]:not([data-pb-filled])")) show(box);
  document.querySelector(".pb-on-paper")?.remove();
}

/** Gets everything there, for paper. */
export async function fillAll() {
  await load();
  beforePrint();
}

async function load() {
  globalThis.profbook.late = (run, text) => (opening = open(run, text));
  await loadScript("more.js");
  await opening;
}

/** @param {HTMLElement} box */
export async function fill(box) {
  try {
    await load();
    if (!("pbFilled" in box.dataset)) show(box);
  } catch {
    box.append(made("p", { className: "pb-note", role: "status" }, "This could not be loaded; rebuild the site."));
  }
}

addEventListener("beforeprint", beforePrint);
