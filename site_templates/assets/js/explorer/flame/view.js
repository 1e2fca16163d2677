/**
 * The flame graph: takes the place of a still picture, follows the state it is given and asks for changes of it.
 * `renderFlame` is the view's door; sums are in measure.js, boxes in layout.js, drawing in paint.js, words in card.js.
 */
import { valueWriter } from "../views/words.js";
import { Callees } from "./callees.js";
import { listenToControls, showControls } from "./controls.js";
import { buildViewer, fillPath, windowOf } from "./dom.js";
import { dress } from "./frame.js";
import { listenToKeys, listenToPointer } from "./input.js";
import { hasTools, tools } from "./later.js";
import { boxAt, hitTest, layOut, layOutSandwich, nextInward, nextOutward, pathOf, step } from "./layout.js";
import { measure } from "./measure.js";
import { notesOf } from "./notes.js";
import { fit, isSame, labelOf, paintFlame, readPalette } from "./paint.js";
import { hashNames } from "./path_hash.js";
import { unwatch, watch } from "./watch.js";

const COARSE = "(pointer: coarse)";
const ROW = 20;
const COARSE_ROW = 28;
const FIELDS = ["direction", "center", "collapse", "color", "zoom", "query"];
const NOWHERE = { path: [], side: 1 };
const shown = new WeakMap();
const lookOf = (state) => Object.fromEntries(FIELDS.map((field) => [field, state[field] ?? ""]));

/** Write a text that is not there yet: what has not changed costs no layout. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Show a tree as a flame graph in a place; the same place keeps its view.
 * @param {HTMLElement} host @param {import("../views/context.js").Context} context
 * @returns {FlameView}
 */
export function renderFlame(host, context, options = {}) {
  let view = shown.get(host);
  if (!view || !host.contains(view.parts.canvas)) view = prepareFlame(host, options);
  view.update(context);
  return view;
}

/** Put the controls around a still picture, before there is a tree. @param {HTMLElement} host */
export function prepareFlame(host, options = {}) {
  const view = new FlameView(host, options);
  shown.set(host, view);
  return view;
}

export class FlameView {
  /** @param {HTMLElement} host @param {{hasTypes?: boolean}} options */
  constructor(host, { hasTypes = false } = {}) {
    this.host = host;
    host.classList.add("pb-flame");
    // The still picture is scrolled by keys; not removed, so that a host that has the focus keeps it.
    if (host.tabIndex === 0) host.tabIndex = -1;
    this.parts = buildViewer(host, { hasTypes });
    this.isCoarse = matchMedia(COARSE).matches;
    this.rowHeight = this.isCoarse ? COARSE_ROW : ROW;
    this.look = {};
    this.zoom = this.focus = NOWHERE;
    this.history = [];
    this.finder = null;
    this.lost = "";
    this.drawing = this.grown = 0;
    this.seen = null;
  }

  /**
   * Lay out what `update` will show, while the still picture is there: two tasks of the browser are shorter than one.
   * @param {import("../views/context.js").Context} context
   */
  prepare({ tree, weights, state }) {
    this.measured = measure(tree, weights);
    dress(tree);
    this.turnTo(lookOf(state));
    this.laidWhole();
  }

  /** Follow a state and a tree. @param {import("../views/context.js").Context} context */
  update(context) {
    const before = this.context;
    this.context = context;
    this.write = valueWriter(context);
    this.measured = measure(context.tree, context.weights);
    this.dressed = dress(context.tree);
    if (!before) this.takeOver();
    if (!this.finder && hasTools()) this.equip();
    const isOther = before?.tree !== context.tree || before.weights !== context.weights;
    if (isOther || !this.seen?.width) this.seen = null;
    this.apply(context.state, isOther);
  }

  takeOver() {
    const { box, space, empty } = this.parts;
    const hadPicture = box.querySelector("svg") !== null;
    if (hadPicture) box.style.height = `${box.offsetHeight}px`; // before its picture goes
    if (hadPicture && box.scrollHeight > box.clientHeight) {
      box.style.overflowY = "scroll";
      this.grown = Infinity; // it is as tall as CSS allows
      this.parts.minimap.hidden = false; // its place was kept (css/flame_still.css)
    }
    for (const child of [...box.children]) if (child !== space && child !== empty) child.remove();
    this.parts.type.disabled = this.parts.reset.disabled = false;
    box.removeAttribute("tabindex");
    this.host.dataset.state = "ready";
    this.palette = readPalette(this.host);
    this.listen();
  }

  /** Take the tools over when they are loaded: from here on every control works. */
  equip() {
    for (const part of Object.values(this.parts)) if ("disabled" in part) part.disabled = false;
    this.finder ??= new tools.Finder(this);
    if (this.layout) showControls(this);
    this.schedule();
  }

  listen() {
    const { parts } = this;
    listenToControls(this);
    parts.canvas.addEventListener("focus", () => this.schedule());
    parts.canvas.addEventListener("blur", () => this.hoverAt(null));
    listenToPointer(this);
    listenToKeys(this);
    this.sized = new ResizeObserver(() => requestAnimationFrame(() => this.resize()));
    this.sized.observe(parts.box);
    watch(this);
  }

  dispose() {
    this.sized?.disconnect();
    unwatch(this);
    shown.delete(this.host);
  }

  /** Ask for a change of the state, and show it at once. */
  change(fields) {
    const query = "query" in fields;
    this.holds = true; // it is drawn here, not in a frame after the next
    this.apply({ ...this.context.state, ...this.look, ...fields }, false);
    this.grow();
    this.holds = false;
    this.draw();
    this.context.dispatch(fields, { replace: query });
  }

  /** Bring the picture to a state. */
  apply(state, isOther) {
    const look = lookOf(state);
    const changed = (...fields) => fields.some((field) => look[field] !== this.look[field]);
    const isTurned = isOther || changed("direction", "center", "collapse");
    const isSearched = isOther || changed("query");
    const isZoomed = isTurned || changed("zoom");
    if (!isOther && !changed(...FIELDS)) return void this.schedule();
    this.look = look;
    if (isTurned) this.turnTo(look);
    if (isZoomed) this.zoom = this.placeOf(look.zoom);
    if (isSearched) this.finder?.look(look.query);
    if (isZoomed) {
      this.focus = this.zoom;
      this.relayout();
      if (look.zoom) this.scrollTo(this.layout.zoom);
    }
    showControls(this);
    if (isTurned && !this.parts.tree.hidden) tools.fillGrid(this);
    this.schedule();
  }

  /** Make the partitions for a direction, unless they are there. */
  turnTo({ direction, center, collapse }) {
    const { measured } = this;
    const turned = [measured, direction, center, collapse];
    if (turned.every((one, at) => one === this.turned?.[at])) return;
    this.turned = turned;
    const key = direction === "sandwich" ? measured.tree.names.indexOf(center) : -1;
    this.direction = direction === "sandwich" && key < 0 ? "down" : direction;
    this.isUp = this.direction === "up";
    this.key = key;
    const options = { collapse: Boolean(collapse), key };
    this.parted = (side) => (side < 0 ? new tools.Callers(measured, options) : new Callees(measured, options));
    this.down = this.direction === "up" ? null : this.parted(1);
    this.up = this.direction === "down" ? null : this.parted(-1);
    this.lost = direction === "sandwich" && center && key < 0 ? `${center} is not in this profile.` : "";
    this.small = null;
  }

  /** What the link to a zoomed frame means here. Upper case marks the callers' half of a sandwich. */
  placeOf(hash) {
    if (!hash) return NOWHERE;
    if (this.known?.hash === hash) return this.known.place;
    const side = this.direction === "sandwich" && hash.startsWith("U") ? -1 : 1;
    const isUp = this.direction === "up" || side < 0;
    const path = tools.findPath(this.measured, hash.replace(/^U/, ""), { isUp, key: this.key, collapse: Boolean(this.look.collapse) });
    if (path) return { path, side };
    this.lost = "The linked call path is not in this profile; all of it is shown.";
    return NOWHERE;
  }

  /** Lay out for a place, whole or zoomed. */
  lay({ path, side }) {
    const { width } = this.window;
    if (this.direction === "sandwich") return layOutSandwich(this.up, this.down, path, side, width);
    return layOut(this.down ?? this.up, path, width);
  }

  /** The layout without a zoom, made once for each width and direction. */
  laidWhole = () => (this.small?.width === this.window.width ? this.small : (this.small = this.lay(NOWHERE)));

  relayout() {
    const { box, space, reset, empty, help, canvas, grid, tree } = this.parts;
    const { measured, host } = this;
    this.layout = this.zoom.path.length ? this.lay(this.zoom) : this.laidWhole();
    this.hover = null;
    setText(empty, this.context.emptyText ?? `No flame graph: this profile recorded no ${measured.name}.`);
    empty.hidden = measured.whole > 0;
    space.hidden = measured.whole === 0 || !tree.hidden;
    space.style.height = `${this.layout.rows.length * this.rowHeight}px`;
    if (!box.style.height) this.seen = null; // it is as high as what is in it
    reset.disabled = !this.layout.zoom.parent;
    grid.disabled = measured.whole === 0;
    setText(help, notesOf(this, this.direction, this.isCoarse));
    const steps = [];
    for (let at = this.layout.zoom; at; at = at.parent) steps.unshift(at);
    const isWhole = steps.length === 1 && steps[0].item.key < 0;
    this.parts.path.hidden = measured.whole === 0;
    fillPath(this.parts.path, steps.map((at) => ({ text: isWhole ? "The whole profile" : this.stepText(at), go: () => this.zoomTo(at) })));
    const frames = measured.tree.count.toLocaleString("en-US");
    canvas.setAttribute("aria-label", [host.dataset.title, labelOf(this, this.layout.whole), `${frames} frames`].filter(Boolean).join(", "));
    this.hoverAt(null);
    this.schedule();
  }

  stepText(box) {
    return box.item.key < 0 ? "total" : this.dressed.short(box.item.key);
  }

  colorOf() {
    const wanted = this.look.color || (this.measured.pair ? "diff" : "package");
    return wanted === "diff" && !this.measured.pair ? "package" : wanted;
  }

  /** @returns {import("./paint.js").Scene} */
  scene() {
    const { canvas } = this.parts;
    const { width, height, top } = this.window;
    const whole = this.layout.rows.length * this.rowHeight;
    return {
      measured: this.measured, dressed: this.dressed, layout: this.layout, palette: this.palette, write: this.write,
      color: this.colorOf(), factor: 1, matches: this.finder?.matches, hover: this.hover, focus: this.focusBox(),
      focusVisible: canvas.matches(":focus-visible"), rowHeight: this.rowHeight,
      scrollTop: Math.min(top, Math.max(0, whole - height)), width, height: Math.min(height, whole),
      scale: devicePixelRatio || 1, isUp: this.isUp,
    };
  }

  /** The size of the window onto the picture: asked only when it may be another, as the page is laid out for that. */
  get window() {
    return (this.seen ??= windowOf(this.parts.box));
  }

  /** Make the window as tall as its rows need; never smaller, and up to the height CSS allows. */
  grow() {
    const rows = this.layout.rows.length;
    const wanted = rows * this.rowHeight;
    if (rows <= this.grown || wanted <= this.window.height) return;
    this.parts.box.style.height = `${wanted + this.window.frame}px`;
    this.seen = null;
    this.grown = this.window.height < wanted ? Infinity : rows;
  }

  resize() {
    const { box } = this.parts;
    if (box.offsetWidth - box.clientWidth > 2) box.style.overflowY = "scroll"; // once there it stays: widths must not swing
    this.seen = null;
    if (this.layout && this.window.width && this.window.width !== this.layout.width) {
      this.grown = 0;
      this.relayout();
    }
    this.schedule();
  }

  /** Read the palette again: the theme or the forced colours have changed. */
  recolor() {
    if (!this.layout) return;
    this.palette = readPalette(this.host);
    this.schedule();
  }

  schedule() {
    if (this.holds) return;
    this.drawing ||= requestAnimationFrame(() => {
      this.drawing = 0;
      this.draw();
    });
  }

  draw() {
    const { canvas, minimap, tree } = this.parts;
    if (!this.layout || !this.window.width) return;
    if (this.pointed) tools.showCard?.(this);
    const scene = this.scene();
    const facts = { ...scene, write: null, focus: scene.focusVisible && scene.focus, hasTools: hasTools(), table: !tree.hidden };
    if (this.drawn && isSame(facts, this.drawn)) return;
    this.drawn = facts;
    fit(canvas, scene.width, scene.height, scene.scale);
    paintFlame(canvas, scene);
    const fits = this.grown < Infinity && this.layout.rows.length * this.rowHeight <= this.window.height + 1;
    minimap.hidden = (fits && !this.layout.zoom.parent) || !tree.hidden || this.measured.whole === 0;
    if (!minimap.hidden && hasTools()) tools.paintMinimap(minimap, scene, this.laidWhole(), this.zoom);
  }

  boxAt(event) {
    return hitTest(this.layout, event.offsetX, Math.floor((event.offsetY + this.parts.box.scrollTop) / this.rowHeight));
  }

  hoverAt(box, x = 0, y = 0) {
    this.hover = box;
    this.pointed = box && { x, y };
    if (!box) this.parts.card.hidden = true;
    this.schedule();
  }

  focusBox() {
    return boxAt(this.layout, this.focus.path, this.focus.side).box;
  }

  setFocus(box) {
    this.focus = { path: pathOf(box), side: box.side };
  }

  focusOn(box) {
    this.setFocus(box);
    this.scrollTo(box);
    const area = this.parts.canvas.getBoundingClientRect();
    const y = area.top + (box.row + 1) * this.rowHeight - this.parts.box.scrollTop;
    this.hoverAt(box, area.left + box.x, y);
    this.speak(this.sentence(box));
  }

  walk(direction) {
    const from = this.focusBox();
    const box = step(this.layout, from, direction);
    if (box === from) this.speak("No frame there.");
    else if (box.more) this.speak("Too narrow to draw. Press Enter to zoom in first.");
    else this.focusOn(box);
  }

  /** Zoom to a box; to a box of narrow frames means to their parent. */
  zoomTo(box, remember = true) {
    this.zoomBy(box.more ? pathOf(box).slice(0, -1) : pathOf(box), box.side, remember);
  }

  zoomBy(path, side, remember = true) {
    const hash = path.length ? `${side < 0 ? "U" : ""}${hashNames(path.map((key) => this.measured.tree.names[key]))}` : "";
    if (hash === this.look.zoom) return;
    if (remember) this.history.push(this.zoom);
    this.known = { hash, place: { path, side } };
    this.change({ zoom: hash });
    this.speak(`Zoomed to ${this.sentence(this.layout.zoom)}`);
  }

  zoomOut() {
    const before = this.history.pop() ?? NOWHERE;
    this.zoomBy(before.path, before.side, false);
  }

  /** One step in towards a box, or out from the zoomed one. */
  zoomAt(box, isIn) {
    const next = isIn ? nextInward(this.layout, box) : nextOutward(this.layout);
    if (next) this.zoomTo(next);
  }

  /** Scroll the window onto the picture, never the page. */
  scrollTo({ row }) {
    const { top, height } = this.window;
    const y = row * this.rowHeight;
    if (y >= top && y + 2 * this.rowHeight <= top + height) return;
    this.parts.box.scrollTop = Math.max(0, y - Math.floor(height / 3));
    this.scrolled();
  }

  scrolled() {
    this.window.top = this.parts.box.scrollTop;
  }

  sentence(box) {
    return tools.sentenceOf?.(this, box) ?? labelOf(this, box);
  }

  speak(text) {
    this.parts.spoken.textContent = text;
  }

  tell(text, isError = false) {
    this.parts.found.textContent = text;
    this.parts.found.toggleAttribute("data-error", isError);
  }
}
