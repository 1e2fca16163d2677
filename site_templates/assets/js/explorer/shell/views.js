// The views as tabs over one panel. Each view is a function that fills the panel; only the chosen one is drawn.
import { show } from "../../format.js";
import { tabAfter } from "../../tabs.js";
import { renderFlame } from "../flame/view.js";
import { TABLE_VIEWS } from "../views/views.js";
import { element } from "./element.js";
import { renderPair } from "./pair_view.js";

/** Name, title and purpose of every view, in the order of the tabs. */
const VIEWS = [
  { id: "flame", title: "Flame graph", about: "Every call path as a box, as wide as what it weighs.", render: renderFlame },
  ...TABLE_VIEWS,
];

/**
 * @param {(change: object, how?: object) => void} dispatch
 * @param {(sentence: string) => void} say to the live region
 */
export function buildViews(dispatch, say) {
  const hosts = new Map();
  let chosen = "";
  const panel = element("div", { class: "pbx-panel", role: "tabpanel", id: "pbx-panel", tabindex: -1 });
  const tabs = VIEWS.map(({ id: name, title, about }, place) =>
    element("button", {
      type: "button",
      role: "tab",
      id: `pbx-tab-${name}`,
      title: about,
      "aria-controls": panel.id,
      click: () => dispatch({ view: name }),
      keydown: (event) => step(event, place),
    }, title),
  );
  const list = element("div", { class: "pb-tablist pbx-tabs", role: "tablist", "aria-label": "View" }, ...tabs);

  function step(event, place) {
    const next = tabAfter(event.key, place, tabs.length);
    if (next < 0) return;
    event.preventDefault();
    tabs[next].focus();
    dispatch({ view: VIEWS[next].id }, { replace: true });
  }

  /** Narrow screens scroll the tabs sideways; the page itself stays where it is. */
  function bringIntoView({ offsetLeft, offsetWidth }) {
    const start = offsetLeft - list.offsetLeft;
    if (start < list.scrollLeft) list.scrollLeft = start;
    else if (start + offsetWidth > list.scrollLeft + list.clientWidth) list.scrollLeft = start + offsetWidth - list.clientWidth;
  }

  return {
    tabs: list,
    panel,
    /** Mark the chosen tab and show its place. */
    choose(view) {
      if (view === chosen) return; // asking for a place costs a layout
      chosen = view;
      VIEWS.forEach(({ id: name }, place) => {
        tabs[place].setAttribute("aria-selected", String(name === view));
        tabs[place].tabIndex = name === view ? 0 : -1;
      });
      panel.setAttribute("aria-labelledby", `pbx-tab-${view}`);
      bringIntoView(tabs[VIEWS.findIndex(({ id: name }) => name === view)]);
      for (const [name, host] of hosts) host.hidden = name !== view;
    },
    /**
     * Draw the chosen view. @param {import("./state.js").State} state @param {import("./shown.js").Shown} shown
     * @param {object} services what views may ask for: `matchNames`, `samples`
     */
    async show(state, shown, services) {
      const name = state.view;
      if (!hosts.has(name)) {
        hosts.set(name, element("div", { class: `pbx-view pbx-view--${name}` }));
        panel.append(hosts.get(name));
      }
      const { render } = VIEWS.find((one) => one.id === name);
      await (name === "top" && shown.other ? renderPair : render)(hosts.get(name), contextOf(state, shown, services));
    },
  };

  function contextOf(state, { tree, weights, entry }, services) {
    const format = (value) => show(tidy(value, weights.total), weights.unit).replace(/^-/, "−");
    return { tree, weights, state, dispatch, say, format, operations: entry.operations, ...services };
  }
}

/** Take off what adding up fractions left behind: a value that is none, digits nobody measured. */
function tidy(value, total) {
  if (Number.isInteger(value)) return value;
  return Math.abs(value) < Math.abs(total) * 1e-12 ? 0 : Number(value.toPrecision(12));
}
