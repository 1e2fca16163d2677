/**
 * The explorer's page: one state, one filter bar, and the view that is chosen, all over the same tree. It fetches what
 * the state asks for, gives it to the view, and says in words what is shown; it computes nothing itself.
 */
import { buildBar } from "./bar.js";
import { firstOf, openCatalogue, seriesOf } from "./catalogue.js";
import { element } from "./element.js";
import { buildPicker } from "./picker.js";
import { buildSeries } from "./series.js";
import { openShown, ownPattern } from "./shown.js";
import { openState } from "./state.js";
import { sentences } from "./words.js";
import { buildViews } from "./views.js";

const PATIENCE_MS = 150;

/** Start the explorer in its place on the page. @param {HTMLElement} host */
export function startExplorer(host) {
  return new Explorer(host).start();
}

class Explorer {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.host = host;
    this.latest = 0;
    this.shown = null;
    this.catalogue = openCatalogue(host.dataset.root);
    this.source = openShown(this.catalogue, host.dataset.root);
    this.state = openState((state, before) => this.follow(state, before));
    const dispatch = this.state.dispatch;
    this.picker = buildPicker(this.catalogue, dispatch, (sentence) => this.tell(sentence, true));
    this.series = buildSeries((id, how) => dispatch({ profile: id }, how));
    this.bar = buildBar(dispatch, { ownCode: () => (this.shown ? ownPattern(this.shown.tree) : "") });
    this.views = buildViews(dispatch, (sentence) => (this.spoken.textContent = sentence));
    this.status = element("div", { class: "pbx-status" });
    this.spoken = element("p", { class: "pb-hidden", role: "status", "aria-live": "polite" });
    host.append(this.picker.row, this.bar.bar, this.status, this.views.tabs, this.series.row, this.views.panel, this.spoken);
    this.series.row.hidden = true;
  }

  async start() {
    const state = this.state.get();
    this.bar.update(state);
    if (state.profile) this.follow(state, {});
    try {
      const runs = await this.catalogue.runs();
      this.picker.offer(runs);
      if (!runs.length) this.empty(); // nothing can be chosen
      else if (!state.profile) this.state.dispatch({ profile: firstOf(await this.catalogue.profiles(runs[0].run)).id }, { replace: true });
    } catch (error) {
      this.tell(error.message, true);
    }
  }

  empty() {
    const start = element("a", { href: `${this.host.dataset.root}guide/quick-start/index.html` }, "quick start");
    const how = [element("code", {}, "profbook collect"), " takes the first ones; see the ", start, "."];
    this.host.replaceChildren(this.host.querySelector("h1"), element("p", { class: "pb-empty" }, "No profiles yet. ", ...how));
  }

  /** Bring the page to a state; an older call that is still waiting gives up. */
  async follow(state, before) {
    const ticket = ++this.latest;
    if (state.profile !== before.profile || state.base !== before.base) this.picker.update(state);
    this.host.toggleAttribute("data-pair", Boolean(state.base));
    this.views.choose(state.view);
    this.bar.update(state);
    if (!state.profile) return;
    this.wait();
    try {
      const meant = await this.catalogue.complete(state);
      if (ticket !== this.latest) return;
      if (meant) return void this.state.dispatch(meant, { replace: true });
      if (!this.shown) this.learn(await this.catalogue.find(state.profile), state);
      const shown = await this.source.show(state);
      if (ticket !== this.latest) return;
      this.shown = shown;
      this.bar.refuse();
      await this.paint(state, ticket);
    } catch (error) {
      if (ticket !== this.latest) return;
      this.bar.refuse(error.field ? { [error.field]: error.message } : {});
      this.tell(error.message, true);
    } finally {
      if (ticket === this.latest) {
        clearTimeout(this.fading);
        this.host.removeAttribute("aria-busy");
      }
    }
  }

  /** Style sheets fade what is being replaced: only when it takes a while, as drawing a faded view takes a while too. */
  wait() {
    const { style } = this.views.panel;
    clearTimeout(this.fading);
    style.opacity = 1;
    this.fading = setTimeout(() => (style.opacity = ""), PATIENCE_MS);
    this.host.setAttribute("aria-busy", "true");
  }

  async paint(state, ticket) {
    const { shown } = this;
    this.learn(shown.entry, { scale: shown.scale, type: shown.weights.name, base: shown.other }, shown);
    const list = await this.catalogue.profiles(shown.entry.run);
    if (ticket !== this.latest) return;
    this.series.update(seriesOf(shown.entry, list), shown.entry);
    const told = [...sentences(shown, { ...state, scale: shown.scale }), ...(shown.tree.warnings ?? []).map((text) => `${text}.`)];
    this.status.replaceChildren(...told.map((text) => element("p", {}, text)));
    this.views.panel.hidden = false;
    const services = await this.source.services(shown, state);
    if (ticket !== this.latest) return;
    await this.views.show(state, shown, services);
    if (ticket === this.latest) this.host.dataset.shown = state.view;
  }

  /** Offer in the bar what a profile allows. */
  learn(entry, { scale, type, base }, shown = null) {
    this.bar.learn({
      scale,
      types: entry.types,
      type: type || entry.types[entry.defaultType]?.type,
      hasOperations: shown?.hasOperations ?? entry.operations > 0,
      isPair: Boolean(base),
      hasOwn: Boolean(shown && ownPattern(shown.tree)),
    });
  }

  tell(sentence, isError = false) {
    this.status.replaceChildren(element("p", { class: isError ? "pbx-error" : "", role: isError && "alert" }, sentence));
    if (!isError) return;
    delete this.host.dataset.shown;
    this.views.panel.hidden = true;
  }
}
