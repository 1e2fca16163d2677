/**
 * Flame graphs on run pages: finds the containers, loads their data when they come near, lets the flame graph take the
 * still picture's place, and keeps the link. The link is the explorer's, and names the graph by `k=<key prefix>`, so it
 * survives a rebuild and says the same in the explorer.
 */
import { nextTask } from "../data/next_task.js";
import { weights } from "../data/tree.js";
import { hasTools, needTools, tools } from "./later.js";
import { prepareFlame, renderFlame } from "./view.js";

const PLAIN = { type: "", direction: "down", center: "", collapse: false, color: "", zoom: "", query: "", scale: "absolute" };
const HAS_KEY = /[#&]k=/;
const flames = new Set();
let watching = false;
let engine = null;

/**
 * Start every flame graph below a root that has not been started. Safe to call again after each page change.
 * @param {ParentNode} root
 * @param {() => {tree(place: {src: string, key: string}): Promise<import("../data/tree.js").Tree>,
 *   matchNames?(names: string[], pattern: string): Promise<ArrayLike<number>>}} openEngine loads and searches; opened once
 */
export function bootFlames(root, openEngine) {
  for (const flame of flames) if (!flame.container.isConnected) flame.dispose();
  for (const container of root.querySelectorAll(".pb-flame[data-src][data-key]")) {
    if (!container.dataset.state) flames.add(new Flame(container, () => (engine ??= openEngine())));
  }
  if (watching) return;
  watching = true;
  addEventListener("hashchange", () => flames.forEach((flame) => flame.follow()));
}

class Flame {
  constructor(container, engineOf) {
    this.container = container;
    this.engineOf = engineOf;
    this.key = container.dataset.key;
    this.state = { ...PLAIN };
    this.view = prepareFlame(container, { hasTypes: true });
    container.dataset.state = "waiting";
    this.near = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.start();
    }, { rootMargin: "300px" });
    this.near.observe(container);
    container.addEventListener("pointerenter", () => this.start(), { once: true });
    this.typed = new MutationObserver(() => this.setType(Number(container.dataset.type)));
    this.typed.observe(container, { attributes: true, attributeFilter: ["data-type"] });
    this.follow();
  }

  dispose() {
    this.near.disconnect();
    this.typed.disconnect();
    this.view.dispose();
    flames.delete(this);
  }

  /** Load the data once, then take over from the still picture; what else it can do is loaded after that. */
  async start() {
    this.near.disconnect();
    const { dataset } = this.container;
    if (dataset.state !== "waiting") return;
    dataset.state = "loading";
    try {
      this.tree = await this.engineOf().tree({ src: dataset.src, key: this.key });
      if (HAS_KEY.test(location.hash)) await this.linked;
      if (!this.state.type) this.setType(Number(dataset.type ?? this.tree.defaultType));
      await nextTask();
      const weights = this.weigh();
      await nextTask();
      this.view.prepare({ tree: this.tree, weights, state: this.state });
      await nextTask();
      this.show();
      await needTools();
      this.view.equip();
    } catch (error) {
      dataset.state = "error";
      this.view.tell(`The interactive flame graph did not start: ${error.message}.`, true);
    }
  }

  /** The weights of the chosen sample type. */
  weigh() {
    const { tree, state } = this;
    const found = tree.types.findIndex((kind) => kind.type === state.type);
    return weights(tree, found >= 0 ? found : tree.defaultType);
  }

  show() {
    const { tree, state } = this;
    const { matchNames } = this.engineOf();
    const context = {
      tree, state, matchNames,
      weights: this.weigh(),
      dispatch: (change) => this.take(change),
    };
    renderFlame(this.container, context);
    this.isShown = true;
  }

  setType(at) {
    const kind = this.tree?.types[at];
    if (!kind || kind.type === this.state.type) return;
    this.state = { ...this.state, type: kind.type };
    if (this.isShown) this.show();
  }

  /** Take a change the reader asked for, and put it into the address. */
  take(change) {
    this.state = { ...this.state, ...change };
    this.show();
    // After the next frame: browsers take many milliseconds to change an address.
    this.writing ||= requestAnimationFrame(() => requestAnimationFrame(() => {
      this.writing = 0;
      if (hasTools()) this.write();
      else needTools().then(() => this.write(), () => {});
    }));
  }

  write() {
    if (!this.container.isConnected) return; // another page has come
    const isDefault = this.state.type === this.tree.types[this.tree.defaultType].type;
    const hash = tools.writeLink(this.key, { ...this.state, type: isDefault ? "" : this.state.type });
    if (!hash && !tools.readLink(this.key, location.hash)) return;
    history.replaceState(history.state, "", hash || location.pathname + location.search);
  }

  /** Show what a link asks for, if it means this flame graph. */
  follow() {
    if (!HAS_KEY.test(location.hash)) return;
    if (hasTools()) this.go(tools.readLink(this.key, location.hash));
    else this.linked = needTools().then(() => this.go(tools.readLink(this.key, location.hash))).catch(() => {});
  }

  go(state) {
    if (!state) return;
    this.state = state;
    if (this.isShown) {
      this.setType(this.tree.types.findIndex((kind) => kind.type === state.type));
      this.show();
    } else if (this.container.dataset.state === "waiting") {
      this.container.scrollIntoView({ block: "nearest" });
      this.start();
    }
  }
}
