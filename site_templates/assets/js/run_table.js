// The table of runs: words, chips, sorting, more rows, and an address that keeps them. The page holds the newest rows;
// the list of all is read when a reader asks for anything.
import { loadScript } from "./chart.js";
import { FACETS, answer, askedOf, hashOf, isNothing, nothing, runsOf } from "./run_list.js";
import { rowOf } from "./run_row.js";
import { sortButton } from "./table_sort.js";

const PAGE = 50;

/** A number as the page writes it. @param {number} count */
const written = (count) => count.toLocaleString("en");

/** @param {HTMLElement} box */
export function openRunTable(box) {
  return new RunTable(box);
}

class RunTable {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.table = box.querySelector("table");
    this.body = this.table.tBodies[0];
    this.words = box.querySelector("input");
    this.count = box.querySelector("[data-pb-count]");
    this.more = box.querySelector("[data-pb-more]");
    this.clear = box.querySelector("[data-pb-clear]");
    this.chips = [...box.querySelectorAll("[data-pb-chip]")];
    this.headings = [...this.table.tHead.rows[0].cells];
    this.still = [...this.body.rows];
    this.shown = PAGE;
    this.asked = nothing();
    this.runs = null;
    this.listen();
    this.follow();
  }

  listen() {
    this.words.addEventListener("input", () => this.ask({ q: this.words.value }));
    this.clear.addEventListener("click", () => {
      this.words.value = "";
      this.ask(nothing());
      this.words.focus();
    });
    this.more.addEventListener("click", () => this.showMore());
    for (const chip of this.chips) chip.addEventListener("click", () => this.toggle(chip));
    this.headings.forEach((heading, column) => this.makeSortable(heading, column));
    globalThis.addEventListener("hashchange", () => this.box.isConnected && this.follow());
  }

  makeSortable(heading, column) {
    sortButton(heading).addEventListener("click", () => {
      const state = heading.getAttribute("aria-sort");
      const isFirst = state === "none";
      this.ask({ column, descending: isFirst ? column !== 1 && column !== 2 : state === "ascending" });
    });
  }

  toggle(chip) {
    const { pbChip: facet, value } = chip.dataset;
    const chosen = this.asked.chosen[facet];
    const next = chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];
    this.ask({ chosen: { ...this.asked.chosen, [facet]: next } });
  }

  /** Takes what the address asks for; a link inside the page leads here as well. */
  follow() {
    const asked = askedOf(location.hash);
    if (!asked || hashOf(asked) === hashOf(this.asked)) return;
    this.words.value = asked.q;
    this.ask(asked);
    document.getElementById("runs")?.scrollIntoView();
  }

  ask(change) {
    this.asked = { ...this.asked, ...change };
    this.shown = PAGE;
    const hash = hashOf(this.asked);
    history.replaceState(history.state, "", hash || location.pathname + location.search);
    void this.show();
  }

  async showMore() {
    const first = this.body.rows.length;
    this.shown += PAGE * 4;
    await this.show();
    // The button may be gone: what was asked for gets the focus.
    this.body.rows[first]?.querySelector("a")?.focus();
  }

  async read() {
    if (this.runs) return;
    this.box.setAttribute("aria-busy", "true");
    try {
      await loadScript(this.box.dataset.pbRuns);
      this.runs = runsOf(globalThis.profbook.runs);
      this.rows = new Map();
    } finally {
      this.box.removeAttribute("aria-busy");
    }
  }

  async show() {
    this.mark();
    try {
      await this.read();
    } catch {
      this.count.textContent = "The list of all runs could not be loaded; these are the newest.";
      return;
    }
    const found = answer(this.runs, this.asked);
    this.body.replaceChildren(...found.slice(0, this.shown).map((run) => this.row(run)));
    const total = this.runs.length;
    this.count.textContent = isNothing(this.asked) ? "" : `${written(found.length)} of ${written(total)} ${total === 1 ? "run" : "runs"}`;
    const left = found.length - this.shown;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${Math.min(left, PAGE * 4)} more of ${written(left)}`;
  }

  /** Gives a run's row: the page's own where it has one. */
  row(run) {
    let row = this.rows.get(run);
    if (!row) {
      row = this.still[this.runs.indexOf(run)] ?? rowOf(run, this.box.dataset.root);
      this.rows.set(run, row);
    }
    return row;
  }

  /** Shows at the headings, chips and box what is asked for. */
  mark() {
    const { chosen, column, descending } = this.asked;
    this.headings.forEach((heading, place) => {
      const at = column < 0 ? 0 : column;
      heading.setAttribute("aria-sort", place !== at ? "none" : descending || column < 0 ? "descending" : "ascending");
    });
    for (const chip of this.chips) {
      chip.setAttribute("aria-pressed", String(chosen[chip.dataset.pbChip].includes(chip.dataset.value)));
    }
    this.clear.hidden = isNothing(this.asked);
    // A chosen chip is never out of sight.
    for (const facet of FACETS) {
      const folded = this.box.querySelector(`details[data-pb-facet="${facet}"]`);
      if (folded?.querySelector('[aria-pressed="true"]')) folded.open = true;
    }
  }
}
