// One row of the table of runs, as the page's own rows are (site_templates/partials/run_table.html.j2). Text is only text.
import { made } from "./made.js";

/** Writes an RFC 3339 time as the pages do; other texts as they are. */
export function when(text) {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(text);
  return found ? `${found[1]} ${found[2]} UTC` : text;
}

/** @param {{sign: string, word: string, tone: string}} state */
function badge({ sign, word, tone }) {
  const signed = made("span", { className: "pb-badge__sign", ariaHidden: "true" }, sign);
  return made("span", { className: `pb-badge pb-tone-${tone}` }, signed, word);
}

function counted(number, noun, tone) {
  return number ? [made("span", { className: `pb-count pb-tone-${tone}` }, `${number} ${noun}${number === 1 ? "" : "s"}`)] : [];
}

/**
 * @param {import("./run_list.js").Run} run
 * @param {string} root way to the site's root
 */
export function rowOf(run, root) {
  const link = made("a", { href: `${root}runs/${encodeURIComponent(run.slug)}/index.html` }, run.run);
  const head = made("th", { scope: "row" }, link);
  if (run.started) {
    head.append(made("span", { className: "pb-sub" }, made("time", { dateTime: run.started }, when(run.started))));
  }
  const label = made("td", {}, run.label ? made("span", { className: "pb-label" }, run.label) : made("span", { className: "pb-none" }, "–"));
  if (run.about) label.append(made("span", { className: "pb-sub" }, run.about));
  const doubts = [...counted(run.errors, "error", "bad"), ...counted(run.warnings, "warning", "doubt")];
  return made(
    "tr",
    { className: `pb-row pb-tone-${run.state.tone}` },
    head,
    label,
    made("td", {}, badge(run.state)),
    ...run.texts.map((text) => made("td", { className: "pb-num" }, text)),
    made("td", { className: "pb-num" }, ...(doubts.length ? doubts : [made("span", { className: "pb-none" }, "none")])),
  );
}
