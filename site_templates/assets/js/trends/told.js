/** The words and tables beside a picture: what a point is, what changed for good, and every number that is drawn. */
import { element } from "../explorer/shell/element.js";
import { show } from "../format.js";

const STATES = {
  "worse true": ["worse", "▼", "bad"],
  "worse false": ["worse, candidate", "▽", "doubt"],
  "better true": ["better", "▲", "good"],
  "better false": ["better, candidate", "△", "doubt"],
};

/** Tone of a lasting change. */
export function toneOf({ effect, certain }) {
  return STATES[`${effect} ${certain}`][2];
}

/** A lasting change as a badge: worse or better, proved or a candidate. */
export function badgeOf({ effect, certain }) {
  const [word, sign, tone] = STATES[`${effect} ${certain}`];
  return element("span", { class: `pb-badge pb-tone-${tone}` }, element("span", { class: "pb-badge__sign", "aria-hidden": "true" }, sign), word);
}

/** A run as a link to its page, or as text where it has none. */
function runLink(run, address, text = run) {
  return address(run) ? element("a", { href: address(run) }, text) : text;
}

/** A time to the minute. @param {string} started */
export function timeOf(started) {
  return started ? `${started.slice(0, 16).replace("T", " ")} UTC` : "";
}

/** A change with its sign. */
export function changeOf(before, after) {
  if (!before) return "from 0";
  const percent = ((after - before) / Math.abs(before)) * 100;
  return `${percent > 0 ? "+" : percent < 0 ? "−" : ""}${Math.abs(percent).toFixed(1)} %`;
}

/** Say what a point is, and lead to its run. @param {import("./points.js").Point} point */
export function pointWords(point, unit, address) {
  const last = point.runs.at(-1);
  const count = point.runs.length;
  const facts = [
    timeOf(last.started),
    last.commit && `commit ${last.commit.slice(0, 10)}${last.dirty ? " with changes" : ""}`,
    last.branch && `branch ${last.branch}`,
    count > 1 && `median of ${count} runs`,
    point.low !== null && `95 % interval ${show(point.low, unit)} to ${show(point.high, unit)}`,
  ];
  return [
    element("strong", {}, show(point.value, unit)),
    ` ${facts.filter(Boolean).join(" · ")} · `,
    runLink(last.run, address, address(last.run) ? `Open run ${last.run}` : `run ${last.run}, which has left the site`),
  ];
}

/** Say which runs were searched for lasting changes. @param {[number, number] | null} searched runs, and older ones */
export function searchWords(searched, found) {
  if (!searched) return "Not searched for lasting changes.";
  const [runs, older] = searched;
  const where = older ? `the newest ${runs} runs; the ${older} before them are not searched` : `${runs} runs`;
  return found ? `Searched: ${where}.` : `No lasting change was found in ${where}.`;
}

/** List lasting changes, with the numbers they have in the picture. */
export function stepList(steps, unit, address, { explore = null, searched = null } = {}) {
  const note = element("p", { class: "pb-note" }, searchWords(searched, steps.length > 0));
  if (!steps.length) return [note];
  const items = steps.map((step) => {
    const told = ` ${show(step.before, unit)} → ${show(step.after, unit)} (${changeOf(step.before, step.after)}) since `;
    const why = `; ${step.runs[0]} runs before, ${step.runs[1]} since; q ${step.q.toFixed(3)}`;
    const commit = step.commit && `, commit ${step.commit.slice(0, 10)}`;
    const links = explore && address(step.run) ? [" · ", element("a", { href: explore(step.run) }, "its profile")] : [];
    return element("li", {}, badgeOf(step), told, runLink(step.run, address), commit, why, ...links);
  });
  return [element("ol", { class: "pb-steps pb-steps--numbered" }, ...items), ...(searched?.[1] ? [note] : [])];
}

/** Every point as a row, newest first. @param {import("./points.js").Point[]} points */
export function pointTable(points, unit, address, title) {
  const hasInterval = points.some((point) => point.low !== null);
  const heads = ["run", "started", "commit", "branch", "value", ...(hasInterval ? ["95 % interval"] : [])];
  const rows = points.toReversed().map((point) => {
    const last = point.runs.at(-1);
    const more = point.runs.length > 1 ? element("span", { class: "pb-sub" }, `and ${point.runs.length - 1} more of the commit`) : "";
    const cells = [
      element("th", { scope: "row" }, runLink(last.run, address), more),
      element("td", {}, timeOf(last.started)),
      element("td", {}, last.commit ? element("code", {}, last.commit.slice(0, 10)) : "–"),
      element("td", {}, last.branch || "–"),
      element("td", { class: "pb-num" }, show(point.value, unit)),
    ];
    if (hasInterval) cells.push(element("td", { class: "pb-num" }, point.low === null ? "too few runs" : `${show(point.low, unit)} to ${show(point.high, unit)}`));
    return element("tr", {}, ...cells);
  });
  const head = element("tr", {}, ...heads.map((name, at) => element("th", { scope: "col", class: at > 3 ? "pb-num" : false }, name)));
  const table = element("table", { class: "pb-table pb-table--small pb-tall" }, element("caption", {}, `${title}, newest first`), element("thead", {}, head), element("tbody", {}, ...rows));
  return element("div", { class: "pb-scroll pb-over__numbers", tabindex: "0", role: "region", "aria-label": `Numbers of ${title}` }, table);
}
