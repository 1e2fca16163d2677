// Functions between their callers and callees: the tree, peek, and one function at a time.
import { element } from "../shell/element.js";
import { visible } from "../flame/frame.js";
import { findNames, lookAt, nothing, viewOf } from "./context.js";
import { nameGroups } from "./graph.js";
import { callsOf, peekBlocks, topRows, treeBlocks } from "./reports.js";
import { buildTable } from "./table.js";
import { weightColumns } from "./top_view.js";
import { exactName, shareText, valueWriter } from "./words.js";

const PAGE = 40;

/** The tree: functions pprof shows by default, each between its callers and callees. */
export const renderTree = viewOf(async (context) => {
  const { tree, weights, state } = context;
  const { blocks, trimmed } = treeBlocks(tree, weights, { sort: tableSort(state), dropNegative: state.dropNegative });
  const matches = await findNames(context, tree.names);
  const shown = state.query ? blocks.filter(({ node }) => matches(node.name)) : blocks;
  const write = valueWriter(context);
  const left = [
    trimmed.droppedNodes && `${trimmed.droppedNodes} functions with a cum below ${write(trimmed.nodeCutoff)} are left out`,
    trimmed.nodeTotal > trimmed.nodes.length && `the first ${trimmed.nodes.length} of ${trimmed.nodeTotal} are shown`,
    trimmed.droppedEdges && `${trimmed.droppedEdges} calls below ${write(trimmed.edgeCutoff)} are left out`,
  ].filter(Boolean);
  return blockTable(context, shown, `Call tree by ${weights.name}${left.length ? `: ${left.join("; ")}` : ""}.`);
});

/** Peek: every function the search finds, nothing left out. */
export const renderPeek = viewOf(async (context) => {
  const { tree, weights, state } = context;
  const matches = await findNames(context, nameGroups(tree).names);
  const blocks = peekBlocks(tree, weights, matches, { sort: tableSort(state), dropNegative: state.dropNegative });
  const what = state.query ? `matching ${state.query}` : "in all; a search shows fewer";
  return blockTable(context, blocks, `${blocks.length.toLocaleString("en")} functions ${what}.`);
});

/** Tables of calls know two orders. @returns {"flat" | "cum"} */
const tableSort = ({ sort }) => (sort.endsWith("cum") ? "cum" : "flat");

function blockTable(context, blocks, caption) {
  if (!blocks.length) return nothing("No function to show.");
  const table = element(
    "table",
    { class: "pb-table pbx-table pbx-blocks" },
    element("caption", {}, `${caption} Above a function stand its callers, below it its callees.`),
    element("thead", {}, element("tr", {}, ...["flat", "flat %", "sum %", "cum", "cum %", "calls", "calls %", "function"].map(
      (title, i) => element("th", { scope: "col", class: i < 7 ? "pb-num" : null }, title)))),
  );
  const box = element("div", { class: "pb-scroll", role: "region", tabindex: 0, "aria-label": "Functions with callers and callees" }, table);
  let next = 0;
  const more = element("button", { type: "button", class: "pb-button", click: () => grow(true) });
  const grow = (focus) => {
    const added = blocks.slice(next, next + PAGE).map((block) => blockBody(block, context));
    table.append(...added);
    next += added.length;
    more.hidden = next >= blocks.length;
    more.textContent = `Show more (${(blocks.length - next).toLocaleString("en")} left)`;
    if (focus) added[0]?.querySelector(".pbx-self button")?.focus();
  };
  grow(false);
  return [box, more];
}

function blockBody({ node, sum, callers, callees }, context) {
  const { weights } = context;
  const write = valueWriter(context);
  const own = [write(node.flat), shareText(node.flat, weights.total), shareText(sum, weights.total)];
  const all = [write(node.cum), shareText(node.cum, weights.total)];
  const self = element(
    "tr",
    { class: "pbx-self" },
    ...[...own, ...all, "", ""].map((text) => element("td", { class: "pb-num" }, text)),
    element("th", { scope: "rowgroup", class: "pb-function" }, nameButton(node.name, context)),
  );
  const call = (edge, other, side) =>
    element(
      "tr",
      { class: `pbx-${side}` },
      element("td", { colspan: 5 }, element("span", { class: "pbx-quiet" }, side)),
      element("td", { class: "pb-num" }, write(edge.weight)),
      element("td", { class: "pb-num" }, shareText(edge.weight, node.cum)),
      element("td", { class: "pb-function" }, nameButton(other.name, context), ...marks(edge)),
    );
  return element(
    "tbody",
    {},
    ...callers.map((edge) => call(edge, edge.source, "caller")),
    self,
    ...callees.map((edge) => call(edge, edge.target, "callee")),
  );
}

function marks(edge) {
  const words = [edge.inline && "inline", edge.residual && "over functions not shown"].filter(Boolean);
  return words.map((word) => element("span", { class: "pbx-mark" }, ` (${word})`));
}

function nameButton(name, context) {
  return element("button", { type: "button", class: "pbx-name", click: () => lookAt(context, name) }, visible(name));
}

/** Callers and callees of one function; while the search may mean several, the list to choose from. */
export const renderCallers = viewOf(async (context) => {
  const { tree, weights, state } = context;
  const matches = await findNames(context, nameGroups(tree).names);
  const rows = topRows(tree, weights, { sort: state.sort, matches });
  const name = exactName(state.query) || (rows.length === 1 ? rows[0].name : "");
  const block = name && callsOf(tree, weights, name);
  if (block) return oneFunction(block, context);
  if (!rows.length) return nothing("No function matches the search under these filters.");
  const caption = `${rows.length.toLocaleString("en")} functions ${state.query ? "match" : "have weight"}: choose one.`;
  const columns = weightColumns(rows, context);
  return [
    buildTable({
      caption, columns, rows, label: "Functions to choose from", sort: state.sort,
      onSort: (sort) => context.dispatch({ sort }, { replace: true }),
      open: (row) => lookAt(context, row.name), about: "shows callers and callees", stacks: 2,
    }),
  ];
});

function oneFunction({ node, callers, callees }, context) {
  const { weights } = context;
  const write = valueWriter(context);
  const facts = [
    `flat ${write(node.flat)} (${shareText(node.flat, weights.total)})`,
    `cum ${write(node.cum)} (${shareText(node.cum, weights.total)} of ${write(weights.total)} ${weights.name})`,
  ];
  const side = (title, edges, other, none) => {
    if (!edges.length) return element("section", {}, element("h4", {}, title), element("p", { class: "pb-empty" }, none));
    const rows = edges.map((edge) => ({ name: edge[other].name, weight: edge.weight, edge }));
    const most = Math.abs(rows[0].weight) || 1;
    const table = buildTable({
      caption: `${title} of ${visible(node.name)}: ${rows.length}`,
      label: title,
      rows,
      columns: [
        { title: "calls", text: (row) => write(row.weight) },
        { title: "of cum", text: (row) => shareText(row.weight, node.cum), share: (row) => Math.abs(row.weight) / most },
        { title: "function", isName: true, text: (row) => row.name + (row.edge.inline ? " (inline)" : "") },
      ],
      open: (row) => lookAt(context, row.name),
      about: "looks at this function",
    });
    return element("section", {}, element("h4", {}, title), table);
  };
  return [
    element("h3", { tabindex: -1, class: "pbx-subject" }, visible(node.name)),
    element("p", {}, facts.join(", ")),
    element("div", { class: "pbx-sides" },
      side("Callers", callers, "source", "Nothing calls it: stacks begin here."),
      side("Callees", callees, "target", "It calls nothing: all its weight is its own.")),
  ];
}
