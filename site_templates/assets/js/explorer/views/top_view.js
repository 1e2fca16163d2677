// The top table: every function with weight, sorted and narrowed.
import { nextTask } from "../data/next_task.js";
import { choice, element } from "../shell/element.js";
import { findNames, lookAt, nothing, viewOf } from "./context.js";
import { ORIGINS } from "./origin.js";
import { largest, topRows } from "./reports.js";
import { buildTable } from "./table.js";
import { shareText, valueWriter } from "./words.js";

let origin = "";
const choices = new WeakMap();

/** The choice of whose code is listed: one for each place, as browsers lay a page out at once for a new one. */
function choiceIn(host) {
  let known = choices.get(host);
  if (!known) {
    const made = choice("Whose code", ORIGINS, (value) => {
      origin = value;
      known.changed();
    });
    known = { row: element("div", { class: "pbx-row" }, made.label), select: made.select, changed: () => {} };
    choices.set(host, known);
  }
  return known;
}

export const renderTop = viewOf(async (context, host) => {
  const { tree, weights, state, dispatch } = context;
  const matches = await findNames(context, tree.names);
  if (!weights.ranked) await nextTask(); // ranking functions and writing the table are two pieces of work
  const place = element("div");
  const fill = () => {
    const rows = topRows(tree, weights, { sort: state.sort, origin, matches: state.query && matches, dropNegative: state.dropNegative });
    place.replaceChildren(rows.length ? table(rows) : nothing(`No function has ${weights.name} here.`)[0]);
  };
  const table = (rows) =>
    buildTable({
      caption: captionOf(rows, context),
      label: "Functions by weight",
      columns: weightColumns(rows, context),
      rows,
      sort: state.sort,
      onSort: (sort) => dispatch({ sort }, { replace: true }),
      open: (row) => lookAt(context, row.name),
      about: "shows callers and callees",
      stacks: 2,
    });
  const whose = choiceIn(host);
  whose.select.value = origin;
  whose.changed = () => {
    fill();
    context.say?.(place.querySelector("caption, p").textContent);
  };
  fill();
  return [whose.row, place];
});

function captionOf(rows, context) {
  const { weights } = context;
  const write = valueWriter(context);
  const { sum } = rows.all ?? rows.at(-1);
  const count = `${rows.length.toLocaleString("en")} function${rows.length === 1 ? "" : "s"}`;
  return `${count} with ${write(sum)} of ${write(weights.total)} ${weights.name} (${shareText(sum, weights.total)}) as their own`;
}

/** Columns of flat, sum and cum; bars are as long as the largest row's. */
export function weightColumns(rows, context) {
  const { weights } = context;
  const write = valueWriter(context);
  const [flat, cum] = [largest(rows, "flat"), largest(rows, "cum")];
  const share = (key) => (row) => shareText(row[key], weights.total);
  return [
    { title: "flat", sort: "flat", text: (row) => write(row.flat) },
    { title: "flat %", text: share("flat"), share: (row) => Math.abs(row.flat) / flat },
    { title: "sum %", text: share("sum") },
    { title: "cum", sort: "cum", text: (row) => write(row.cum) },
    { title: "cum %", text: share("cum"), share: (row) => Math.abs(row.cum) / cum },
    { title: "function", sort: "name", isName: true, text: (row) => row.name, hint: (row) => row.file },
  ];
}
