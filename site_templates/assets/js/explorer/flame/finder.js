/**
 * The search of one flame graph: which functions match, what they cover, and the way from match to match.
 * Without a way to match under a time cap it matches here and now; an exact name needs no expression.
 */
import { reach } from "./actions.js";
import { sentenceOf } from "./card.js";
import { whenIdle } from "../data/next_task.js";
import { isQuick } from "../filter/options.js";
import { exactName, shareText } from "../views/words.js";
import { fit, isMatched, paintFlame } from "./paint.js";
import { hashNames } from "./path_hash.js";
import { keysTo } from "./measure.js";
import { pathOf } from "./layout.js";
import { coverage, matchHere, widestMatches } from "./search.js";

const REHEARSED = 100_000; // nodes

export class Finder {
  /** @param {import("./view.js").FlameView} view */
  constructor(view) {
    this.view = view;
    this.matches = null;
    this.found = null;
    this.sorted = null;
    this.next = -1;
    this.token = 0;
    this.rehearse();
  }

  /**
   * Search for what nobody asked, and lay out a zoom nobody sees, when there is nothing else to do: browsers make a loop
   * fast while it runs, and the reader's first search or zoom in a large tree would wait for that.
   */
  rehearse() {
    const acts = [() => this.rehearseSearch(), ...Array(4).fill(() => this.rehearseZoom())];
    whenIdle(acts.map((act) => () => {
      if (this.view.measured?.sides[0].tree.count > REHEARSED && this.view.host.isConnected) act();
    }));
  }

  rehearseSearch() {
    const { measured, measured: { tree } } = this.view;
    const some = matchHere(tree.names, "^(?:a|b)c+$").map((_, key) => (key % 50 ? 0 : 1));
    for (let time = 0; time < 3; time++) coverage(measured, some);
  }

  rehearseZoom() {
    const { view, view: { layout, direction } } = this;
    const wide = layout?.rows[1]?.[0];
    if (!wide || wide.more || direction !== "down" || !view.window.width) return;
    const path = pathOf(wide);
    hashNames(path.map((key) => view.measured.tree.names[key]));
    const scene = { ...view.scene(), layout: view.lay({ path, side: 1 }) };
    this.stage ??= document.createElement("canvas");
    fit(this.stage, scene.width, scene.height, scene.scale);
    paintFlame(this.stage, scene);
    sentenceOf(scene, scene.layout.zoom);
  }

  /** Match what a search says, and tell what it covers. @param {string} text */
  look(text) {
    const token = ++this.token;
    const { tree, matchNames } = this.view.context;
    if (text === "") return this.take(null);
    const exact = exactName(text);
    if (exact) return this.take(Uint8Array.from(tree.names, (name) => (name === exact ? 1 : 0)));
    if (!matchNames || isQuick(text)) return this.tried(() => this.take(matchHere(tree.names, text)));
    const ifLatest = (act) => (value) => {
      if (token === this.token) act(value);
    };
    matchNames(tree.names, text).then(ifLatest((marks) => this.take(marks)), ifLatest((error) => this.refuse(error)));
    return undefined;
  }

  tried(act) {
    try {
      act();
    } catch (error) {
      this.refuse(error);
    }
  }

  refuse(error) {
    this.take(null);
    this.view.tell(`Not a regular expression: ${error.message}`, true);
    this.view.parts.search.setAttribute("aria-invalid", "true");
  }

  take(matches) {
    const { view } = this;
    const { measured } = view;
    this.matches = matches;
    this.found = matches && coverage(measured, matches);
    this.sorted = null;
    this.next = -1;
    view.parts.search.setAttribute("aria-invalid", "false");
    view.parts.previous.disabled = view.parts.next.disabled = !this.found?.count;
    if (!matches) view.tell(view.lost, view.lost !== "");
    else if (this.found.count === 0) view.tell("No frame matches.");
    else {
      const frames = this.found.count === 1 ? "1 frame" : `${this.found.count.toLocaleString("en-US")} frames`;
      const part = shareText(this.found.width, measured.whole);
      const told = measured.pair ? `${part} of what both weigh together` : `${part} of total, ${view.write(this.found.width)}`;
      view.tell(`Matched ${told}, in ${frames}.`);
    }
    view.schedule();
  }

  /** Go to the next match, widest first: in a plain top-down picture every one, else those drawn. */
  walk(by) {
    const { view } = this;
    const isPlain = view.direction === "down" && !view.look.collapse;
    const places = !this.found ? [] : isPlain ? (this.sorted ??= widestMatches(view.measured, this.matches)) : this.drawn();
    if (!places.length) return;
    this.next = (this.next + by + places.length + (this.next < 0 && by < 0 ? 1 : 0)) % places.length;
    const place = places[this.next];
    const path = isPlain ? keysTo(view.measured, place) : place.path;
    reach(view, path, isPlain ? 1 : place.side);
  }

  drawn() {
    const { layout } = this.view;
    const scene = { matches: this.matches };
    const boxes = layout.rows.flat().filter((box) => isMatched(scene, box) && !(box.parent && isMatched(scene, box.parent)));
    return boxes.sort((one, other) => other.width - one.width || one.row - other.row || one.x - other.x)
      .map((box) => ({ path: pathOf(box), side: box.side }));
  }
}
