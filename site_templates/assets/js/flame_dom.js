/**
 * The viewer's elements around one container's static picture. Builds and returns them; no behaviour here.
 */
import { make } from "./flame_card.js";

let made = 0;

/**
 * Put the controls into a container and its static picture into the box the canvas will fill.
 * @param {HTMLElement} container
 * @returns {Record<string, any>} the elements by name
 */
export function buildViewer(container) {
  made += 1;
  const helpId = `pb-flame-help-${made}`;
  const select = make("select", { disabled: true, "aria-label": "Sample type" });
  const search = make("input", {
    type: "search", placeholder: "regular expression", "aria-label": "Search frames by regular expression",
    autocomplete: "off", spellcheck: false, disabled: true,
  });
  const reset = make("button", { type: "button", disabled: true }, "Reset zoom");
  const copy = make("button", { type: "button", disabled: true }, "Copy name");
  const found = make("output", { className: "pb-flame-found" });
  const path = make("nav", { className: "pb-flame-path", "aria-label": ["Zoom path", container.dataset.title].filter(Boolean).join(", ") });
  const canvas = make("canvas", {
    tabIndex: 0, role: "application", "aria-roledescription": "flame graph", "aria-describedby": helpId,
  });
  const space = make("div", { hidden: true }, canvas);
  const empty = make("p", { className: "pb-flame-empty", hidden: true });
  // The still picture scrolls too, so it takes the focus until the canvas does.
  const box = make("div", { className: "pb-flame-box", tabIndex: 0 }, ...container.childNodes, empty, space);
  const help = make("p", { className: "pb-flame-help", id: helpId }, "");
  const spoken = make("p", { className: "pb-flame-spoken", role: "status", "aria-live": "polite" });
  const card = make("div", { className: "pb-flame-card", hidden: true, "aria-hidden": "true" });
  const bar = make("div", { className: "pb-flame-bar" },
    make("label", { className: "pb-flame-type" }, make("span", {}, "Show"), select),
    make("label", { className: "pb-flame-search" }, make("span", {}, "Search"), search),
    reset, copy, found);
  container.append(bar, path, box, help, spoken, card);
  return { select, search, reset, copy, found, path, canvas, space, empty, box, help, spoken, card };
}

/**
 * Fill the zoom path: the total, what lies between (shortened when long), the zoomed frame.
 * @param {HTMLElement} path
 * @param {{node: number, text: string}[]} steps
 * @param {(node: number) => void} go
 */
export function fillPath(path, steps, go) {
  if (steps.length === 1) {
    path.replaceChildren(make("span", {}, "The whole profile. Select a frame to zoom in."));
    return;
  }
  const shown = steps.length > 7 ? [steps[0], null, ...steps.slice(-4)] : steps;
  const items = shown.map((step, at) => {
    if (!step) return make("li", { className: "pb-flame-step" }, make("span", { title: `${steps.length - 5} callers` }, "…"));
    if (at === shown.length - 1) return make("li", { className: "pb-flame-step", "aria-current": "true" }, make("span", {}, step.text));
    const button = make("button", { type: "button", title: step.text }, step.text);
    button.addEventListener("click", () => go(step.node));
    return make("li", { className: "pb-flame-step" }, button);
  });
  path.replaceChildren(make("ol", { className: "pb-flame-steps" }, ...items));
}

/** Copy text, also where the clipboard interface is missing (plain http). @returns {Promise<boolean>} */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea", { value: text, className: "pb-flame-spoken" });
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}
