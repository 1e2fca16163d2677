/**
 * The picture as an ARIA treegrid: the same frames and figures, row by row, for keyboard and screen reader. Only rows in
 * view are in the document. ↑ ↓ walk, → opens, ← closes or goes to the caller, letters find by name, Enter zooms the
 * picture, Escape goes back to it.
 */
import { shareText } from "../views/words.js";
import { changeText } from "./card.js";
import { made as make } from "../../made.js";

const SPARE = 12;
let made = 0;

/** @typedef {{item: any, partition: any, level: number, place: number, siblings: number, path: number[], side: number, name: string, open: boolean, below: Row[] | null}} Row */

export class TreeGrid {
  /**
   * @param {HTMLElement} host
   * @param {{zoom(path: number[], side: number): void, leave(): void}} doing
   */
  constructor(host, doing) {
    made += 1;
    this.prefix = `pb-flame-row-${made}-`;
    this.host = host;
    this.doing = doing;
    this.active = 0;
    this.typed = "";
    this.typedAt = 0;
    host.tabIndex = 0;
    host.setAttribute("role", "treegrid");
    host.setAttribute("aria-label", "Flame graph as a table");
    host.addEventListener("keydown", (event) => this.onKey(event));
    host.addEventListener("scroll", () => this.render(), { passive: true });
    host.addEventListener("click", (event) => this.onClick(event));
  }

  /**
   * Show roots, opened along a path.
   * @param {{partition: any, side: number, text: string}[]} roots
   * @param {import("./paint.js").Scene} scene @param {{path: number[], side: number}} focus
   */
  fill(roots, scene, focus) {
    this.scene = scene;
    this.rows = roots.map(({ partition, side, text }, at) => (
      { item: partition.root(), partition, level: 1, place: at + 1, siblings: roots.length, path: [], side, name: text, open: false, below: null }
    ));
    this.host.setAttribute("aria-rowcount", "-1");
    this.height = scene.rowHeight + 4;
    this.host.toggleAttribute("data-pair", Boolean(scene.measured.pair));
    this.header = this.head();
    this.body = make("div", { role: "rowgroup", className: "pb-flame-grid-body" });
    this.host.replaceChildren(this.header, this.body);
    this.active = Math.max(0, this.rows.findIndex((row) => row.side === focus.side));
    this.toggle(this.active, true);
    for (const key of focus.path) {
      const place = this.rows[this.active].below?.findIndex((row) => row.item.key === key) ?? -1;
      if (place < 0) break;
      this.active += 1 + place;
      this.toggle(this.active, true);
    }
    this.goTo(this.active);
  }

  columns() {
    const { name } = this.scene.measured;
    return this.scene.measured.pair ? ["frame", "base", "head", "change"] : ["frame", `cum ${name}`, "of total", "flat", "of total"];
  }

  head() {
    const cells = this.columns().map((text) => make("span", { role: "columnheader" }, text));
    return make("div", { role: "rowgroup", className: "pb-flame-grid-head" }, make("div", { role: "row", className: "pb-flame-grid-row" }, ...cells));
  }

  /** Open or close a row. */
  toggle(at, open) {
    const row = this.rows[at];
    if (row.open === open || this.isLeaf(row)) return;
    row.open = open;
    if (!open) {
      let end = at + 1;
      while (end < this.rows.length && this.rows[end].level > row.level) this.rows[end++].open = false;
      this.rows.splice(at + 1, end - at - 1);
      return;
    }
    row.below ??= this.split(row);
    this.rows = [...this.rows.slice(0, at + 1), ...row.below, ...this.rows.slice(at + 1)];
  }

  split(row) {
    const { items } = row.partition.expand(row.item, 0);
    return items.map((item, at) => ({
      item, partition: row.partition, level: row.level + 1, place: at + 1, siblings: items.length,
      path: [...row.path, item.key], side: row.side, name: this.scene.dressed.name(item.key), open: false, below: null,
    }));
  }

  isLeaf(row) {
    return row.below ? row.below.length === 0 : row.partition.isLeaf(row.item);
  }

  /** Make a row the active one, in view. */
  goTo(at) {
    this.active = Math.min(this.rows.length - 1, Math.max(0, at));
    const top = this.active * this.height;
    const room = this.host.clientHeight - this.header.offsetHeight - this.height;
    if (top < this.host.scrollTop) this.host.scrollTop = top;
    else if (top > this.host.scrollTop + room) this.host.scrollTop = top - Math.max(0, room);
    this.render();
  }

  render() {
    if (!this.rows) return;
    const first = Math.max(0, Math.floor(this.host.scrollTop / this.height) - SPARE);
    const last = Math.min(this.rows.length, Math.ceil((this.host.scrollTop + this.host.clientHeight) / this.height) + SPARE);
    const shown = new Set([this.active]);
    for (let at = first; at < last; at++) shown.add(at);
    this.body.style.height = `${this.rows.length * this.height}px`;
    this.body.replaceChildren(...[...shown].sort((one, other) => one - other).map((at) => this.rowElement(at)));
    this.host.setAttribute("aria-activedescendant", `${this.prefix}${this.active}`);
  }

  rowElement(at) {
    const row = this.rows[at];
    const leaf = this.isLeaf(row);
    const name = make("span", { role: "rowheader", className: "pb-flame-grid-name", title: row.name }, row.name);
    name.style.paddingLeft = `${Math.min(row.level - 1, 40) * 0.9 + 1.2}em`;
    const element = make("div", {
      role: "row", id: `${this.prefix}${at}`, className: "pb-flame-grid-row", "aria-level": row.level,
      "aria-setsize": row.siblings, "aria-posinset": row.place, "aria-selected": String(at === this.active),
    }, name, ...this.cells(row.item).map((text) => make("span", { role: "gridcell" }, text)));
    if (!leaf) element.setAttribute("aria-expanded", String(row.open));
    element.style.top = `${at * this.height}px`;
    element.style.height = `${this.height}px`;
    return element;
  }

  cells(item) {
    const { write, measured: { total, pair } } = this.scene;
    if (pair) return [write(item.base), write(item.head), changeText(item, write)];
    return [write(item.cum), shareText(item.cum, total), write(item.flat), shareText(item.flat, total)];
  }

  onClick(event) {
    const row = event.target instanceof Element && event.target.closest("[aria-level]");
    if (!row) return;
    const at = Number(row.id.slice(this.prefix.length));
    this.toggle(at, !this.rows[at].open);
    this.goTo(at);
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = this.rows[this.active];
    const page = Math.max(1, Math.floor(this.host.clientHeight / this.height) - 2);
    const actions = {
      ArrowDown: () => this.goTo(this.active + 1),
      ArrowUp: () => this.goTo(this.active - 1),
      PageDown: () => this.goTo(this.active + page),
      PageUp: () => this.goTo(this.active - page),
      Home: () => this.goTo(0),
      End: () => this.goTo(this.rows.length - 1),
      ArrowRight: () => this.right(row),
      ArrowLeft: () => this.left(row),
      Enter: () => this.doing.zoom(row.path, row.side),
      Escape: () => this.doing.leave(),
    };
    const action = Object.hasOwn(actions, event.key) ? actions[event.key]
      : event.key.length === 1 && event.key !== " " ? () => this.find(event) : null;
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  right(row) {
    if (row.open) this.goTo(this.active + 1);
    else this.toggle(this.active, true);
    this.render();
  }

  left(row) {
    if (row.open) this.toggle(this.active, false);
    else for (let at = this.active - 1; at >= 0; at--) {
      if (this.rows[at].level >= row.level) continue;
      this.goTo(at);
      break;
    }
    this.render();
  }

  /** Go to the next row whose function starts with the letters typed. */
  find(event) {
    this.typed = (event.timeStamp - this.typedAt < 800 ? this.typed : "") + event.key.toLowerCase();
    this.typedAt = event.timeStamp;
    const from = this.active + (this.typed.length === 1 ? 1 : 0);
    const count = this.rows.length;
    for (let step = 0; step < count; step++) {
      const at = (from + step) % count;
      const { key } = this.rows[at].item;
      const names = key < 0 ? ["total"] : [this.scene.dressed.short(key), this.rows[at].name];
      if (names.some((name) => name.toLowerCase().startsWith(this.typed))) return this.goTo(at);
    }
    return undefined;
  }
}
