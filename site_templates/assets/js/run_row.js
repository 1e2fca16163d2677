// One row of the table of runs, as the page's own rows are (site_templates/partials/run_table.html.j2). Text is only text.

/** @returns {HTMLElement} */
function made(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Writes an RFC 3339 time as the pages do; other texts as they are. */
export function when(text) {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(text);
  return found ? `${found[1]} ${found[2]} UTC` : text;
}

/** @param {{sign: string, word: string, tone: string}} state */
function badge({ sign, word, tone }) {
  const signed = made("span", "pb-badge__sign", sign);
  signed.setAttribute("aria-hidden", "true");
  return made("span", `pb-badge pb-tone-${tone}`, signed, word);
}

function counted(number, noun, tone) {
  return number ? [made("span", `pb-count pb-tone-${tone}`, `${number} ${noun}${number === 1 ? "" : "s"}`)] : [];
}

/**
 * @param {import("./run_list.js").Run} run
 * @param {string} root way to the site's root
 */
export function rowOf(run, root) {
  const link = made("a", "", run.run);
  link.setAttribute("href", `${root}runs/${encodeURIComponent(run.slug)}/index.html`);
  const head = made("th", "", link);
  head.setAttribute("scope", "row");
  if (run.started) {
    const time = made("time", "", when(run.started));
    time.setAttribute("datetime", run.started);
    head.append(made("span", "pb-sub", time));
  }
  const label = made("td", "", run.label ? made("span", "pb-label", run.label) : made("span", "pb-none", "–"));
  if (run.about) label.append(made("span", "pb-sub", run.about));
  const doubts = [...counted(run.errors, "error", "bad"), ...counted(run.warnings, "warning", "doubt")];
  return made(
    "tr",
    `pb-row pb-tone-${run.state.tone}`,
    head,
    label,
    made("td", "", badge(run.state)),
    ...run.texts.map((text) => made("td", "pb-num", text)),
    made("td", "pb-num", ...(doubts.length ? doubts : [made("span", "pb-none", "none")])),
  );
}
