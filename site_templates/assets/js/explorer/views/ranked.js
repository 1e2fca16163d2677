/** Rows of a top table that are made when they are looked at: those that nobody scrolls to never are. Pure. */
import { rowsOf } from "../filter/top.js";

export class RankedRows {
  /** @param {object} tree its functions @param {object} weights with `sums` by row, and all about them in `ranked` */
  constructor(tree, { sums, ranked }) {
    this.tree = tree;
    this.sums = sums;
    this.all = ranked;
    this.length = ranked.rows.length;
    this.made = [];
  }

  /** @returns {import("./reports.js").TopRow} */
  at(place) {
    return this.slice(place, place + 1)[0];
  }

  /** @returns {import("./reports.js").TopRow[]} */
  slice(first, last = this.length) {
    const { made, tree, sums, all } = this;
    let sum = made.at(-1)?.sum ?? 0;
    for (const row of all.rows.subarray(made.length, last)) {
      const id = rowsOf(tree).firstOf[row];
      const flat = sums.flat[row];
      made.push({ id, name: tree.names[id], file: tree.files[tree.fileOf[id]], flat, cum: sums.cum[row], sum: (sum += flat) });
    }
    return made.slice(first, last);
  }
}
