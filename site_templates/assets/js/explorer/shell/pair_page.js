/**
 * The flame graph of the difference on the page of a comparison: the explorer's own, of one pair, with the link that
 * opens the same view there. The entry of the part that is loaded when it comes near.
 */
import { renderFlame } from "../flame/view.js";
import { openCatalogue } from "./catalogue.js";
import { element } from "./element.js";
import { openShown } from "./shown.js";
import { DEFAULTS, writeHash, writeSearch } from "./state.js";
import { sentences } from "./words.js";

/** Show a pair in its place: `data-profile`, `data-base`, `data-type`, `data-scale` as in a state. @param {HTMLElement} host */
export function showPair(host) {
  const { root, profile, base, type, scale } = host.dataset;
  const source = openShown(openCatalogue(root), root);
  const picture = element("div", { "data-title": "Difference" });
  const told = element("div", { class: "pb-pair__told" });
  const link = document.getElementById(host.dataset.link ?? "");
  let state = { ...DEFAULTS, profile, base, type, scale };
  let latest = 0;

  async function show() {
    const ticket = ++latest;
    try {
      const shown = await source.show(state);
      const services = await source.services(shown, state);
      if (ticket !== latest || !host.isConnected) return;
      renderFlame(picture, { ...shown, ...services, state, dispatch }, { hasTypes: true });
      told.replaceChildren(...sentences(shown, { ...state, scale: shown.scale }).map((text) => element("p", {}, text)));
      host.dataset.shown = state.type;
    } catch (error) {
      if (ticket === latest) told.replaceChildren(element("p", { role: "alert" }, error.message));
    } finally {
      host.removeAttribute("aria-busy");
    }
  }

  function dispatch(change) {
    state = { ...state, ...change };
    const search = writeSearch(state);
    if (link) link.href = `${root}explore/index.html${search}${writeHash(state, search)}`;
    return show();
  }

  host.setAttribute("aria-busy", "true");
  host.append(picture, told);
  return show();
}
