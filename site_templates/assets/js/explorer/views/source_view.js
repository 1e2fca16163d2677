// Where the source of functions is shown: the annotated source of the run's page, where the run stored it.
import { visible } from "../flame/frame.js";
import { element } from "../shell/element.js";
import { findNames, nothing, viewOf } from "./context.js";
import { topRows } from "./reports.js";
import { buildTable } from "./table.js";
import { shareText, valueWriter } from "./words.js";

/**
 * @typedef {object} SourceLine
 * @property {number} number @property {string} text
 * @property {number} flat @property {number} cum in the unit of the sample type
 * @property {string} [href] permalink at the commit
 *
 * @typedef {object} SourceFunction
 * @property {string} name @property {string} path @property {boolean} [dirty] had changes that were not committed
 * @property {SourceLine[]} lines in order; numbers may leap
 *
 * @typedef {{type: string, functions: SourceFunction[]}} SourceLinks what a run stored of a profile, for one sample type
 */

export const renderSource = viewOf(async (context) => {
  const { tree, weights, state, source } = context;
  if (!source?.functions.length) return nothing("The run stored no source of this profile's functions.");
  const matches = await findNames(context, source.functions.map(({ name }) => name));
  const order = new Map(topRows(tree, weights, { sort: "cum" }).map(({ name }, place) => [name, place]));
  const rank = ({ name }) => order.get(name) ?? Infinity;
  const chosen = source.functions.filter(({ name }) => matches(name)).sort((a, b) => rank(a) - rank(b));
  const notes = [];
  if (source.type !== weights.name) notes.push(`Lines are weighed by ${source.type}: the run stored no others.`);
  if (chosen.length < source.functions.length) notes.push(`${chosen.length} of ${source.functions.length} functions match.`);
  return [
    ...notes.map((note) => element("p", { class: "pb-note" }, note)),
    ...chosen.map((one, i) => sourceOf(one, context, i === 0)),
  ];
});

function sourceOf({ name, path, dirty, lines }, context, open) {
  const write = valueWriter(context);
  const most = lines.reduce((top, line) => Math.max(top, Math.abs(line.cum)), 0) || 1;
  const nonzero = (value) => (value ? write(value) : "");
  const table = buildTable({
    caption: `${path}${dirty ? ", with changes that were not committed" : ""}`,
    label: `Source of ${name}`,
    rows: lines,
    columns: [
      { title: "line", text: (row) => String(row.number), href: (row) => row.href },
      { title: "flat", text: (row) => nonzero(row.flat) },
      { title: "cum", text: (row) => nonzero(row.cum), share: (row) => Math.abs(row.cum) / most },
      { title: "share", text: (row) => (row.cum ? shareText(row.cum, context.weights.total) : "") },
      { title: "source", isName: true, text: (row) => row.text },
    ],
  });
  table.classList.add("pbx-source");
  return element("details", { open }, element("summary", {}, element("code", {}, visible(name))), table);
}
