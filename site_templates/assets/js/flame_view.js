/**
 * Flame graphs on a page: finds the containers, loads their data when they come near, lets a canvas take the static
 * picture's place, and answers pointer, keyboard, search and links. Drawing is in flame_paint.js, sums in
 * flame_tree.js.
 */
import { show } from "./format.js";
import { compileSearch, decodeTree, findPath, pathHash, pathTo, searchTree, weigh } from "./flame_tree.js";
import { boxOf, hitTest, layoutFlame, step } from "./flame_layout.js";
import { labelOf, paintFlame, readPalette } from "./flame_paint.js";
import { fillCard, placeCard, sentenceOf, make } from "./flame_card.js";
import { buildViewer, copyText, fillPath } from "./flame_dom.js";
import { isFor, readLink, writeLink } from "./flame_link.js";
import { loadData, offerData } from "./flame_data.js";

const COARSE = "(pointer: coarse)";
const MARKS = "Italic: inlined. Hatched: too narrow to draw.";
const WALK = "Arrows walk: ↑ caller, ↓ heaviest callee, ← → siblings.";
const KEYS = `Click or Enter zooms, Esc goes back. ${WALK} / searches, n next match, c copies the name.`;
const TAPS = "Tap a frame for its figures, tap again to zoom in.";
const views = new Set();
let watching = false;

/**
 * Start every flame graph below a root that has not been started. Safe to call again after each page change.
 * @param {ParentNode} root
 */
export function bootFlames(root = document) {
  offerData();
  for (const view of views) if (!view.container.isConnected) view.dispose();
  for (const container of root.querySelectorAll(".pb-flame[data-src][data-key]")) {
    if (!container.dataset.state) views.add(new FlameView(container));
  }
  watchPage();
}

/** Watch what concerns all views: the palette and the link in the address. */
function watchPage() {
  if (watching) return;
  watching = true;
  const recolor = () => views.forEach((view) => view.recolor());
  const observer = new MutationObserver(recolor);
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true, attributeFilter: ["data-md-color-scheme", "class"] });
  }
  for (const query of ["(forced-colors: active)", "(prefers-color-scheme: dark)"]) {
    matchMedia(query).addEventListener("change", recolor);
  }
  addEventListener("hashchange", () => views.forEach((view) => view.follow(readLink(location.hash))));
}

class FlameView {
  /** @param {HTMLElement} container */
  constructor(container) {
    this.container = container;
    this.key = container.dataset.key;
    this.parts = buildViewer(container);
    this.isCoarse = matchMedia(COARSE).matches;
    this.state = { zoom: 0, focus: 0, hover: null, matches: null, found: null, next: 0 };
    this.history = [];
    this.drawing = 0;
    container.dataset.state = "waiting";
    this.near = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.load();
    }, { rootMargin: "300px" });
    this.near.observe(container);
    container.addEventListener("pointerenter", () => this.load(), { once: true });
    this.follow(readLink(location.hash));
  }

  dispose() {
    this.near.disconnect();
    this.sized?.disconnect();
    this.typed?.disconnect();
    views.delete(this);
  }

  /** Load the data once, then take over from the static picture. */
  async load() {
    this.near.disconnect();
    if (this.container.dataset.state !== "waiting") return;
    this.container.dataset.state = "loading";
    try {
      this.tree = decodeTree(await loadData(this.container.dataset.src, this.key));
      this.takeOver();
      this.container.dataset.state = "ready";
      this.parts.box.removeAttribute("tabindex");
      this.follow(readLink(location.hash));
    } catch (error) {
      this.container.dataset.state = "error";
      this.tell(`The interactive flame graph did not start: ${error.message}.`, true);
    }
  }

  takeOver() {
    const { box, space, empty, select, search, reset, copy } = this.parts;
    this.rowHeight = this.isCoarse ? 28 : 20;
    const hadPicture = box.querySelector("svg") !== null;
    const height = box.offsetHeight;
    for (const child of [...box.children]) if (child !== space && child !== empty) child.remove();
    select.replaceChildren(...this.tree.types.map(([name, unit], type) => make("option", { value: String(type) },
      `${name} · ${show(Math.abs(this.tree.totals[type]), unit)}`)));
    for (const control of [select, search, reset, copy]) control.disabled = false;
    this.palette = readPalette(this.container);
    this.listen();
    this.setType(Number(this.container.dataset.type ?? this.tree.defaultType));
    if (hadPicture) box.style.height = `${height}px`;
  }

  listen() {
    const { box, canvas, select, search, reset, copy } = this.parts;
    select.addEventListener("change", () => this.byUser(() => this.setType(Number(select.value))));
    search.addEventListener("input", () => this.byUser(() => this.search(search.value)));
    search.addEventListener("keydown", (event) => this.onSearchKey(event));
    reset.addEventListener("click", () => this.byUser(() => this.zoomTo(0)));
    copy.addEventListener("click", () => this.copyName());
    canvas.addEventListener("pointermove", (event) => this.onMove(event));
    canvas.addEventListener("pointerleave", (event) => {
      // A finger always leaves before its click arrives; what it read stays.
      if (event.pointerType !== "touch") this.hoverAt(null);
    });
    canvas.addEventListener("click", (event) => this.onClick(event));
    canvas.addEventListener("keydown", (event) => this.onKey(event));
    canvas.addEventListener("focus", () => this.schedule());
    canvas.addEventListener("blur", () => this.hoverAt(null));
    box.addEventListener("scroll", () => this.hoverAt(null), { passive: true });
    this.sized = new ResizeObserver(() => requestAnimationFrame(() => this.resize()));
    this.sized.observe(box);
    this.typed = new MutationObserver(() => this.setType(Number(this.container.dataset.type)));
    this.typed.observe(this.container, { attributes: true, attributeFilter: ["data-type"] });
  }

  /** Do something the reader asked for, then put it into the address. */
  byUser(action) {
    action();
    this.grow();
    const { zoom } = this.state;
    const isStart = zoom === 0 && this.weights.type === this.tree.defaultType && this.parts.search.value === "";
    const path = zoom ? pathHash(this.tree, zoom) : "";
    const hash = writeLink({ key: this.key, type: this.weights.name, path, search: this.parts.search.value });
    if (isStart && !readLink(location.hash)) return;
    history.replaceState(history.state, "", isStart ? location.pathname + location.search : hash);
  }

  /** Make the window onto the picture as tall as its rows need; never smaller, and up to the height CSS allows. */
  grow() {
    const { box } = this.parts;
    const wanted = this.layout.rows.length * this.rowHeight + box.offsetHeight - box.clientHeight;
    if (wanted > box.offsetHeight) box.style.height = `${wanted}px`;
  }

  /** Show the state a link asks for, if it means this flame graph. */
  follow(link) {
    if (!isFor(link, this.key)) return;
    if (this.container.dataset.state === "waiting") {
      this.container.scrollIntoView({ block: "nearest" });
      this.load();
    }
    if (this.container.dataset.state !== "ready") return;
    const type = this.tree.types.findIndex(([name]) => name === link.type);
    if (type >= 0) this.setType(type);
    this.parts.search.value = link.search;
    this.search(link.search);
    const node = link.path ? findPath(this.tree, link.path) : 0;
    if (node >= 0) this.zoomTo(node);
    else this.tell("The linked call path is not in this profile; all of it is shown.", true);
  }

  setType(type) {
    const known = type >= 0 && type < this.tree.types.length ? type : this.tree.defaultType;
    if (this.weights?.type === known) return;
    this.weights = weigh(this.tree, known);
    this.parts.select.value = String(known);
    if (this.weights.gross[this.state.zoom] === 0) this.state.zoom = this.state.focus = 0;
    this.note();
    this.search(this.parts.search.value);
    this.relayout();
  }

  /** Say below the picture what its widths do not show. */
  note() {
    const { name, unit, total, signed, stackless } = this.weights;
    const { empty, space, help } = this.parts;
    empty.textContent = `No flame graph: this profile recorded no ${name}.`;
    empty.hidden = total > 0;
    space.hidden = total === 0;
    const notes = [];
    if (signed) notes.push("Widths are sums of absolute changes; hatched frames went down.");
    else if (stackless > 0) {
      notes.push(`${show(stackless, unit)} (${show(stackless / total, "ratio")}) has no call stack.`);
    }
    help.textContent = [...notes, this.isCoarse ? TAPS : KEYS, MARKS].join(" ");
  }

  zoomTo(node, remember = true) {
    if (node === this.state.zoom) return;
    if (remember) this.history.push(this.state.zoom);
    this.state.zoom = this.state.focus = node;
    this.relayout();
    this.scrollTo(node);
    this.speak(`Zoomed to ${sentenceOf(this.tree, this.weights, node)}`);
  }

  relayout() {
    const { box, space, reset, path, canvas } = this.parts;
    this.layout = layoutFlame(this.tree, this.weights, this.state.zoom, box.clientWidth);
    this.state.hover = null;
    space.style.height = `${this.layout.rows.length * this.rowHeight}px`;
    reset.disabled = this.state.zoom === 0;
    const nodes = [0, ...pathTo(this.tree, this.state.zoom)];
    const steps = nodes.map((node) => ({ node, text: node ? labelOf(this, node) : "total" }));
    fillPath(path, steps, (node) => this.byUser(() => this.zoomTo(node)));
    canvas.setAttribute("aria-label", `${labelOf(this, 0)}, ${(this.tree.count - 1).toLocaleString("en-US")} frames`);
    this.hoverAt(null);
  }

  resize() {
    if (this.layout && this.parts.box.clientWidth !== this.layout.width) this.relayout();
    this.schedule();
  }

  recolor() {
    if (!this.layout) return;
    this.palette = readPalette(this.container);
    this.schedule();
  }

  schedule() {
    this.drawing ||= requestAnimationFrame(() => {
      this.drawing = 0;
      this.draw();
    });
  }

  draw() {
    const { box, canvas } = this.parts;
    const scale = devicePixelRatio || 1;
    const width = box.clientWidth;
    const height = Math.min(box.clientHeight, this.layout.rows.length * this.rowHeight);
    const size = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) {
      [canvas.width, canvas.height] = size;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    paintFlame(canvas, {
      tree: this.tree, weights: this.weights, layout: this.layout, palette: this.palette, matches: this.state.matches,
      hover: this.state.hover, focus: this.state.focus, focusVisible: canvas.matches(":focus-visible"),
      rowHeight: this.rowHeight, scrollTop: box.scrollTop, width, height, scale,
    });
  }

  boxAt(event) {
    return hitTest(this.layout, event.offsetX, Math.floor((event.offsetY + this.parts.box.scrollTop) / this.rowHeight));
  }

  onMove(event) {
    if (event.pointerType === "touch") return;
    this.touched = false;
    this.hoverAt(this.boxAt(event), event.clientX, event.clientY);
  }

  hoverAt(box, x = 0, y = 0) {
    if (box && box !== this.state.hover) fillCard(this.parts.card, this.tree, this.weights, box, this.touched);
    this.state.hover = box;
    if (box) placeCard(this.parts.card, x, y);
    else this.parts.card.hidden = true;
    this.schedule();
  }

  /** A mouse zooms at once; a finger first sees the card, then zooms with a second tap. */
  onClick(event) {
    const box = this.boxAt(event);
    if (!box) return;
    const isFirstTap = event.pointerType === "touch" && (this.parts.card.hidden || this.state.focus !== box.node);
    this.state.focus = box.node;
    this.touched = event.pointerType === "touch";
    if (isFirstTap) this.hoverAt(box, event.clientX, event.clientY);
    else this.byUser(() => this.zoomTo(box.node));
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrows = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };
    const actions = {
      Enter: () => this.byUser(() => this.zoomTo(this.state.focus)),
      " ": () => this.byUser(() => this.zoomTo(this.state.focus)),
      Escape: () => this.byUser(() => this.zoomTo(this.history.pop() ?? 0, false)),
      Home: () => this.focusOn(this.state.zoom),
      "/": () => this.parts.search.focus(),
      n: () => this.nextMatch(1),
      N: () => this.nextMatch(-1),
      c: () => this.copyName(),
    };
    const walk = arrows[event.key];
    const action = walk ? () => this.walk(walk) : actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation(); // the theme has page-wide keys of its own
    action();
  }

  walk(direction) {
    const node = step(this.tree, this.weights, this.state.focus, direction);
    if (node === this.state.focus) this.speak("No frame there.");
    else if (boxOf(this.tree, this.layout, node)) this.focusOn(node);
    else this.speak("Too narrow to draw. Press Enter to zoom in first.");
  }

  focusOn(node) {
    this.state.focus = node;
    this.scrollTo(node);
    const box = boxOf(this.tree, this.layout, node);
    const area = this.parts.canvas.getBoundingClientRect();
    const y = area.top + (this.tree.depth[node] + 1) * this.rowHeight - this.parts.box.scrollTop;
    this.hoverAt(box, area.left + (box?.x ?? 0), y);
    this.speak(sentenceOf(this.tree, this.weights, node));
  }

  /** Scroll the window onto the picture, never the page. */
  scrollTo(node) {
    const { box } = this.parts;
    const top = this.tree.depth[node] * this.rowHeight;
    const isAbove = top < box.scrollTop;
    const isBelow = top + 2 * this.rowHeight > box.scrollTop + box.clientHeight;
    if (isAbove || isBelow) box.scrollTop = Math.max(0, top - Math.floor(box.clientHeight / 3));
  }

  search(text) {
    const { regexp, error } = compileSearch(text);
    this.parts.search.setAttribute("aria-invalid", String(error !== ""));
    this.state.found = regexp ? searchTree(this.tree, this.weights, regexp) : null;
    this.state.matches = this.state.found?.frames ?? null;
    this.state.next = -1;
    const { found } = this.state;
    if (error) this.tell(`Not a regular expression: ${error}`, true);
    else if (!found) this.tell("");
    else if (found.count === 0) this.tell("No frame matches.");
    else {
      const share = show(found.gross / this.weights.total, "ratio");
      const frames = found.count === 1 ? "1 frame" : `${found.count.toLocaleString("en-US")} frames`;
      this.tell(`Matched ${share} of total, ${show(found.gross, this.weights.unit)}, in ${frames}.`);
    }
    this.schedule();
  }

  onSearchKey(event) {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") this.nextMatch(event.shiftKey ? -1 : 1);
    else this.byUser(() => this.search((this.parts.search.value = "")));
  }

  nextMatch(by) {
    const nodes = this.state.found?.outermost ?? [];
    if (!nodes.length) return;
    this.state.next = (this.state.next + by + nodes.length + (this.state.next < 0 && by < 0 ? 1 : 0)) % nodes.length;
    const node = nodes[this.state.next];
    if (!boxOf(this.tree, this.layout, node)) this.byUser(() => this.zoomTo(node));
    this.focusOn(node);
  }

  async copyName() {
    const { focus } = this.state;
    const name = focus > 0 ? this.tree.names[this.tree.frame[focus]] : labelOf(this, 0);
    this.tell((await copyText(name)) ? `Copied ${name}` : "The browser did not allow copying.");
  }

  tell(text, isError = false) {
    this.parts.found.textContent = text;
    this.parts.found.toggleAttribute("data-error", isError);
  }

  speak(text) {
    this.parts.spoken.textContent = text;
  }
}
