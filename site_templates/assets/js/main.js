// The entry: boots every feature on a page, once, however the page arrived.
import { bootCharts } from "./chart.js";
import { bootCopying } from "./copy.js";
import { bootExplorers, bootFlameGraphs } from "./explorers.js";
import { bootFilms } from "./film.js";
import { bootLayout } from "./laid_out.js";
import { bootLate } from "./late_parts.js";
import { bootOverTime } from "./over_time.js";
import { bootAround, bootRunTables } from "./run_tables.js";
import { bootSorting } from "./table_sort.js";
import { bootTheme } from "./theme.js";

/** Boots what the element holds; every feature marks what it has booted, so calling again does nothing. */
function boot() {
  const root = document.body;
  bootTheme(root);
  bootSorting(root);
  bootRunTables(root);
  bootCopying(root);
  bootLate(root);
  bootLayout(root);
  bootFilms(root);
  bootCharts(root);
  bootFlameGraphs(root);
  bootExplorers(root);
  bootOverTime(root);
  bootAround(root);
}

// Now or when the page is there, and again when the theme replaces its content without a load.
if (typeof globalThis.document$ !== "undefined") globalThis.document$.subscribe(() => boot());
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", boot, { once: true });
else boot();
