/**
 * The views beside the flame graph. Each takes a host element and a context (see `context.js`), fills the host, and may
 * be called again after any change; the newest call wins. Rows come from pure modules: `reports.js`, `samples.js`,
 * `trim.js`, `goroutines.js`.
 */
import { renderCallers, renderPeek, renderTree } from "./calls_view.js";
import { renderGoroutines } from "./goroutines_view.js";
import { renderGraph } from "./graph_view.js";
import { renderTags, renderTraces } from "./samples_view.js";
import { renderSource } from "./source_view.js";
import { renderTop } from "./top_view.js";

/** @type {{id: string, title: string, about: string, render: (host: HTMLElement, context: import("./context.js").Context) => Promise<void>}[]} */
export const TABLE_VIEWS = [
  { id: "top", title: "Top", about: "Every function with its own and its inclusive weight.", render: renderTop },
  { id: "callers", title: "Callers", about: "What calls one function, and what it calls.", render: renderCallers },
  { id: "tree", title: "Tree", about: "The heaviest functions, each between its callers and callees.", render: renderTree },
  { id: "peek", title: "Peek", about: "Functions the search finds between all their callers and callees.", render: renderPeek },
  { id: "graph", title: "Graph", about: "The call graph: who calls whom, and how heavily.", render: renderGraph },
  { id: "traces", title: "Traces", about: "Every stack with what it weighs.", render: renderTraces },
  { id: "tags", title: "Tags", about: "What samples weigh by label.", render: renderTags },
  { id: "source", title: "Source", about: "Lines of functions with what they weigh, where the run stored them.", render: renderSource },
  { id: "goroutines", title: "Goroutines", about: "Goroutines by where they began and what they wait for.", render: renderGoroutines },
];
