// What a page shows when it is asked for: tables and commands out of the data script beside it.
import { loadScript } from "./chart.js";
import { bootCommands } from "./commands.js";

/** @type {Map<string, Record<string, any>>} */
const held = new Map();

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

/** @param {{about: string, head: string[], numbers: number[], rows: (string | [string, string])[][]}} table */
function tableOf({ about, head, numbers, rows }) {
  const looks = head.map((_, place) => (numbers.includes(place) ? { className: "pb-num" } : {}));
  const body = rows.map((row) => element("tr", {}, ...row.map((content, place) => cell("td", content, looks[place]))));
  const table = element("table", { className: "pb-table pb-table--small" },
    element("caption", { className: "pb-hidden" }, about),
    element("thead", {}, element("tr", {}, ...head.map((text, place) => cell("th", text, { scope: "col", ...looks[place] })))),
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

/** @param {HTMLElement} box */
export async function fill(box) {
  const [key, run] = [box.dataset.pbLate, box.closest("[data-pb-run]").dataset.pbRun];
  try {
    globalThis.profbook.late = (name, value) => held.set(name, value);
    await loadScript("more.js");
    const found = held.get(run)[key];
    box.append(...(found.commands ? found.commands.map(commandOf) : [tableOf(found)]));
    bootCommands(box);
  } catch {
    box.append(element("p", { className: "pb-note", role: "status" }, "This could not be loaded; rebuild the site."));
  }
}
