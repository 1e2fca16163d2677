// The entry: boots every feature on a page, once, however the page arrived.
import { bootCharts } from "./chart.js";
import { bootCommands } from "./commands.js";
import { bootFilters } from "./table_filter.js";
import { bootSorting } from "./table_sort.js";
import { bootTabs } from "./tabs.js";
import { bootTheme } from "./theme.js";
import { bootFlames } from "./flame_view.js";

/** Boots what the element holds; every feature marks what it has booted, so calling again does nothing. */
function boot() {
  const root = document.body;
  bootTheme(root);
  bootTabs(root);
  bootSorting(root);
  bootFilters(root);
  bootCommands(root);
  bootCharts(root);
  bootFlames(root);
}

// The theme replaces the page's content without a load when its instant navigation is on, and tells so here.
if (typeof globalThis.document$ !== "undefined") globalThis.document$.subscribe(() => boot());
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", boot, { once: true });
else boot();
