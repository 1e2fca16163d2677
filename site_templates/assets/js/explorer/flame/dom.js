/**
 * The viewer's elements around one container's static picture. Builds and returns them; no behaviour here.
 */
import { made as make } from "../../made.js";

/** How the picture is drawn, in the reader's words. */
const DIRECTIONS = [["down", "Top-down: callees below"], ["up", "Bottom-up: callers below"], ["sandwich", "Sandwich: one function"]];
const COLORS = [["package", "package"], ["origin", "whose code"], ["diff", "change"]];

const MINIMAP = 40; // as flame/minimap.js draws it
let made = 0;

function choice(name, options) {
  const items = options.map(([value, text]) => make("option", { value }, text));
  return make("select", { disabled: true, "aria-label": name }, ...items);
}

function button(text, title = "") {
  return make("button", { type: "button", disabled: true, title }, text);
}

/**
 * Put the controls into a container and its static picture into the box the canvas will fill.
 * @param {HTMLElement} container
 * @param {{hasTypes: boolean}} options `hasTypes`: the viewer chooses the sample type itself
 * @returns {Record<string, any>} the elements by name
 */
export function buildViewer(container, { hasTypes }) {
  made += 1;
  const helpId = `pb-flame-help-${made}`;
  const parts = {
    type: choice("Sample type", []),
    direction: choice("Direction", DIRECTIONS),
    color: choice("Colour by", COLORS),
    search: make("input", {
      type: "search", placeholder: "regular expression", "aria-label": "Search frames by regular expression",
      autocomplete: "off", spellcheck: false, disabled: true,
    }),
    previous: button("‹", "Previous match (N)"),
    next: button("›", "Next match (n)"),
    reset: button("Reset zoom"),
    sandwich: button("Sandwich", "Callers and callees of the selected frame (s)"),
    copy: button("Copy name", "Copy the selected frame's name (c)"),
    grid: button("As table", "The same picture as a table for keyboard and screen reader (t)"),
    svg: button("Save SVG"),
    png: button("Save PNG"),
    collapse: make("input", { type: "checkbox", disabled: true }),
    found: make("output", { className: "pb-flame-found" }),
    path: make("nav", { className: "pb-flame-path", "aria-label": ["Zoom path", container.dataset.title].filter(Boolean).join(", ") }),
    canvas: make("canvas", {
      tabIndex: 0, role: "application", "aria-roledescription": "flame graph", "aria-describedby": helpId,
    }),
    empty: make("p", { className: "pb-flame-empty", hidden: true }),
    minimap: make("canvas", { className: "pb-flame-minimap", height: MINIMAP, hidden: true, "aria-hidden": "true" }),
    help: make("p", { className: "pb-flame-help", id: helpId }, ""),
    legend: make("ul", { className: "pb-flame-legend", hidden: true }),
    spoken: make("p", { className: "pb-flame-spoken", role: "status", "aria-live": "polite" }),
    card: make("div", { className: "pb-flame-card", hidden: true, "aria-hidden": "true" }),
    tree: make("div", { className: "pb-flame-grid", hidden: true }),
  };
  parts.previous.setAttribute("aria-label", "Previous match");
  parts.next.setAttribute("aria-label", "Next match");
  parts.grid.setAttribute("aria-pressed", "false");
  parts.space = make("div", { hidden: true }, parts.canvas);
  // The still picture scrolls too, so it takes the focus until the canvas does.
  parts.box = make("div", { className: "pb-flame-box", tabIndex: 0 }, ...container.childNodes, parts.empty, parts.space);
  container.append(...bars(parts, hasTypes), parts.path, parts.box, parts.tree, parts.minimap, parts.legend, parts.help, parts.spoken, parts.card);
  return parts;
}

/** What a box shows of what is in it, in pixels; `frame` is its borders. */
export function windowOf(box) {
  const { clientWidth: width, clientHeight: height, scrollTop: top } = box;
  return { width, height, top, frame: box.offsetHeight - height };
}

function bars(parts, hasTypes) {
  const label = (className, text, ...controls) => make("label", { className }, make("span", {}, text), ...controls);
  const types = hasTypes ? [label("pb-flame-type", "Show", parts.type)] : [];
  return [
    make("div", { className: "pb-flame-bar" }, ...types, label("pb-flame-search", "Search", parts.search),
      parts.previous, parts.next, parts.found),
    make("details", { className: "pb-flame-tools" }, make("summary", {}, "View", make("span", {}, ", colours, export")),
      make("div", { className: "pb-flame-bar" },
        label("pb-flame-type", "Direction", parts.direction), label("pb-flame-type", "Colour by", parts.color),
        make("label", {}, parts.collapse, make("span", {}, "Collapse recursion")),
        parts.sandwich, parts.copy, parts.reset, parts.grid, parts.svg, parts.png)),
  ];
}

/** What the colours of a choice mean: name and title of each. */
export const LEGENDS = {
  origin: [["own", "own code"], ["dependency", "dependencies"], ["standard", "standard library"], ["runtime", "runtime"], ["other", "without a package"]],
  diff: [["more-4", "+ head costs more"], ["less-4", "− head costs less"], ["same", "the same"], ["rising", "only in head"], ["falling", "only in base"]],
};

/** Say what colours mean, where a name does not say it. */
export function fillLegend(legend, color) {
  if (legend.dataset.of === color) return;
  legend.dataset.of = color;
  const entries = LEGENDS[color] ?? [];
  legend.hidden = entries.length === 0;
  legend.replaceChildren(...entries.map(([name, text]) => make("li", {}, make("i", { className: `pb-flame-key pb-flame-key--${name}` }), text)));
}

/**
 * Fill the zoom path: the total, what lies between (shortened when long), the zoomed frame.
 * @param {HTMLElement} path
 * @param {{text: string, go: () => void}[]} steps
 */
export function fillPath(path, steps) {
  if (steps.length === 1) {
    path.replaceChildren(make("span", {}, `${steps[0].text}. Select a frame to zoom in.`));
    return;
  }
  const shown = steps.length > 7 ? [steps[0], null, ...steps.slice(-4)] : steps;
  const items = shown.map((step, at) => {
    if (!step) return make("li", { className: "pb-flame-step" }, make("span", { title: `${steps.length - 5} frames` }, "…"));
    if (at === shown.length - 1) return make("li", { className: "pb-flame-step", "aria-current": "true" }, make("span", {}, step.text));
    const button = make("button", { type: "button", title: step.text }, step.text);
    button.addEventListener("click", step.go);
    return make("li", { className: "pb-flame-step" }, button);
  });
  path.replaceChildren(make("ol", { className: "pb-flame-steps" }, ...items));
}
