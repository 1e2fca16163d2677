// Goroutines by where they began, what they do and how long they have waited.
import { visible } from "../flame/frame.js";
import { element } from "../shell/element.js";
import { findNames, lookAt, nothing, viewOf } from "./context.js";
import { goroutineGroups } from "./goroutines.js";
import { buildTable } from "./table.js";
import { shareText, valueWriter } from "./words.js";

/** Columns of both tables. */
const BEGAN = { title: "began in", isName: true, text: (row) => row.entry || "(no stack)", hint: (row) => row.entry };
const WAITED = { title: "longest wait", text: (row) => (row.minutes === null ? "–" : `${row.minutes} min`) };
const STARTED = { title: "started by", text: (row) => visible([row.createdBy, row.createdAt].filter(Boolean).join(" at ")) };

export const renderGoroutines = viewOf(async (context) => {
  const { tree, weights, state } = context;
  if (!/^goroutine/.test(weights.name)) return nothing("Choose a goroutine profile: this one counts something else.");
  const samples = (await context.samples?.().catch(() => null)) ?? null;
  const all = goroutineGroups(tree, weights, samples);
  const recorded = context.followed?.groups ?? [];
  const matches = await findNames(context, [...new Set([...all, ...recorded].flatMap(named))]);
  const isWanted = (group) => !state.query || named(group).some((name) => name && matches(name));
  const groups = all.filter(isWanted);
  const followed = recordedTable(context, recorded.filter(isWanted));
  if (!groups.length) return [...nothing("No goroutine matches."), ...followed];
  const write = valueWriter(context);
  const most = Math.abs(groups[0].count) || 1;
  const sum = groups.reduce((total, { count }) => total + count, 0);
  const isTold = groups.some(({ minutes, createdBy }) => minutes !== null || createdBy);
  const told = [
    BEGAN,
    { title: "what it does", text: (row) => row.state || "running" },
    { title: "stands in", text: (row) => visible(row.waitsIn) },
  ];
  if (isTold) {
    told.push(WAITED, STARTED);
  }
  const parts = element("p", { class: "pb-note" }, isTold ? "" : "States are told by the stacks; waits and what started them are told by a dump (goroutine?debug=2).");
  return [
    buildTable({
      caption: `${groups.length.toLocaleString("en")} groups, ${write(sum)} goroutines`,
      label: "Goroutines by where they began",
      rows: groups,
      columns: [
        { title: "goroutines", text: (row) => write(row.count), share: (row) => Math.abs(row.count) / most },
        { title: "share", text: (row) => shareText(row.count, weights.total) },
        ...told,
      ],
      open: (row) => lookAt(context, row.entry),
      about: "shows callers and callees",
    }),
    parts,
    ...followed,
  ];
});

const named = (group) => [group.entry, group.state, group.createdBy, group.waitsIn, group.runs ?? ""];

/** What the run says of its goroutines over all snapshots: no filter of this page changes it. */
function recordedTable(context, rows) {
  if (!rows.length) return [];
  const { paths, count } = context.followed;
  const number = (value) => value.toLocaleString("en");
  const grown = ({ counts }) => counts.at(-1) - counts[0];
  const over = paths.length > 1 ? `over ${paths.length} snapshots, ${paths[0]} to ${paths.at(-1)}` : `in ${paths[0]}`;
  const columns = [
    BEGAN,
    { title: "verdict", text: (row) => `${row.sign} ${row.word}` },
    { title: "first", text: (row) => number(row.counts[0]) },
    { title: "last", text: (row) => number(row.counts.at(-1)) },
    { title: "change", text: (row) => `${grown(row) > 0 ? "+" : grown(row) < 0 ? "−" : ""}${number(Math.abs(grown(row)))}` },
    { title: "proved leaked", text: (row) => (row.leaked ? number(row.leaked) : "–") },
    WAITED,
    { title: "what it runs", text: (row) => visible(row.runs) },
    { title: "stands in", text: (row) => visible([row.state, row.waitsIn].filter(Boolean).join(" in ")) },
    STARTED,
  ];
  const table = buildTable({
    caption: visible(`Followed by the run ${over}: ${rows.length} of ${number(count)} groups. Filters do not change these counts.`),
    label: "Groups of goroutines over the snapshots of the run",
    rows,
    columns: paths.length > 1 ? columns : columns.filter(({ title }) => !["verdict", "first", "change"].includes(title)),
    open: (row) => lookAt(context, row.entry),
    about: "shows callers and callees",
  });
  return [table];
}
