// The table of a comparison: every function of either side, with what it costs there and the change.
import { nextTask } from "../data/next_task.js";
import { findNames, lookAt, nothing, viewOf } from "../views/context.js";
import { largest } from "../views/reports.js";
import { buildTable } from "../views/table.js";
import { pairRows } from "./pair.js";

/** The rows, sorted and narrowed. */
export const renderPair = viewOf(async (context) => {
  const { tree, weights, state, dispatch } = context;
  const matches = await findNames(context, tree.names);
  await nextTask();
  const rows = pairRows(tree, weights)
    .filter((row) => matches(row.name))
    .filter((row) => !state.dropNegative || row.flat > 0 || row.cum > 0)
    .sort(pairOrder(state.sort));
  if (!rows.length) return nothing(`No function has ${weights.name} on either side.`);
  return [
    buildTable({
      caption: captionOf(rows),
      label: "Functions by change",
      columns: columnsOf(rows, context),
      rows,
      sort: state.sort,
      onSort: (sort) => dispatch({ sort }, { replace: true }),
      open: (row) => lookAt(context, row.name),
      about: "shows callers and callees",
      stacks: 3,
    }),
  ];
});

/** Compare rows by size of change, or by name; a minus turns the order round. */
export function pairOrder(sort) {
  const key = sort.replace("-", "");
  const byName = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const order = key === "name" ? byName : (a, b) => Math.abs(b[key]) - Math.abs(a[key]) || byName(a, b);
  return sort.startsWith("-") ? (a, b) => order(b, a) : order;
}

function captionOf(rows) {
  const count = (fate) => rows.filter((row) => row.fate === fate).length.toLocaleString("en");
  return `${rows.length.toLocaleString("en")} functions, ${count("new")} new (only in head), ${count("gone")} gone (only in base); change = head − base`;
}

/** Write a change with its sign, and in words where one side has nothing. */
function columnsOf(rows, { format }) {
  const change = (value) => (value > 0 ? `+${format(value)}` : format(value));
  const part = (key) => {
    const top = largest(rows, key);
    return (row) => Math.abs(row[key]) / top;
  };
  const growth = (row, key) => (row.base[key] ? `${change1((row[key] / Math.abs(row.base[key])) * 100)} %` : "–");
  return [
    { title: "flat, base", text: (row) => format(row.base.flat) },
    { title: "flat, head", text: (row) => format(row.head.flat) },
    { title: "change", sort: "flat", text: (row) => change(row.flat), share: part("flat") },
    { title: "%", text: (row) => growth(row, "flat") },
    { title: "cum, base", text: (row) => format(row.base.cum) },
    { title: "cum, head", text: (row) => format(row.head.cum) },
    { title: "change", sort: "cum", text: (row) => change(row.cum), share: part("cum") },
    { title: "note", text: (row) => row.fate },
    { title: "function", sort: "name", isName: true, text: (row) => row.name, hint: (row) => row.file },
  ];
}

function change1(percent) {
  const size = Math.abs(percent).toFixed(Math.abs(percent) < 99.95 ? 1 : 0);
  return `${percent > 0 ? "+" : percent < 0 ? "−" : ""}${size}`;
}
