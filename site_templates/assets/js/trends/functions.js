/** The page of functions: what any function of a label weighed, over its runs. */
import { choice, element, fillChoice } from "../explorer/shell/element.js";
import { show } from "../format.js";
import { openState, writeHash } from "./address.js";
import { openFiles, runOf } from "./files.js";
import { badgeOf } from "./told.js";
import { buildView } from "./view.js";

const SHARE = 100_000;
const ROWS = 30;
const TITLES = { cpu: "CPU time", alloc_space: "allocated bytes", alloc_objects: "allocated objects", inuse_space: "memory in use" };

/** @param {HTMLElement} host @param {object} told what the page says there is: labels, stretches, steps */
export function startFunctions(host, told) {
  const root = host.dataset.root;
  const files = openFiles(root, told);
  const state = openState((_, { linked }) => follow(linked));
  const view = buildView({ root, told, state });
  const pick = (change) => state.set({ ...change, from: "", to: "" });
  const label = choice("Label", told.labels.map((name) => [name, name || "no label"]), (value) => pick({ label: value, branch: "" }));
  const profile = choice("Profile", [], (value) => pick(JSON.parse(value)));
  const scale = choice("Scale", [["op", "per operation"], ["share", "share of the profile"]], (value) => state.set({ scale: value }));
  const value = choice("Weight", [["flat", "flat: its own"], ["cum", "cum: with what it calls"]], (chosen) => state.set({ value: chosen }));
  const search = element("input", { type: "search", class: "pbx-input", autocomplete: "off", spellcheck: "false", input: () => now && list() });
  const found = element("div", { class: "pb-over__list" });
  const status = element("p", { class: "pb-over__status", role: "alert" });
  host.append(
    element("div", { class: "pb-over__row" }, label.label, profile.label, value.label, scale.label),
    element("label", { class: "pbx-field pb-over__search" }, element("span", {}, "Find a function"), search),
    found,
    view.title,
    view.about,
    status,
    view.body,
  );
  let latest = 0;
  /** What is shown now: label, which profile, functions of the newest run, names of all. */
  let now = null;

  async function follow(linked = false) {
    const ticket = ++latest;
    const wanted = state.get();
    const name = told.labels.includes(wanted.label) ? wanted.label : told.labels[0];
    label.select.value = name;
    value.select.value = wanted.value;
    host.setAttribute("aria-busy", "true");
    try {
      const stretches = await files.trends(name);
      const which = offerProfiles(stretches, wanted);
      if (!which) throw new Error("The runs of this label have no profile whose functions are followed.");
      const heavy = await newestRows(stretches, which);
      if (ticket !== latest) return;
      now = { name, which, heavy, names: null };
      list();
      const series = await seriesOf(name, stretches, which, wanted.f || firstOf(heavy, name, which), wanted);
      if (ticket !== latest) return;
      status.textContent = series.values.some((one) => one !== null) ? "" : "No run of this label has this function above 0.5 % flat or 5 % cum of the profile.";
      view.draw(series);
      host.dataset.shown = `${name} ${which.type} ${series.title}`;
      if (linked) view.title.scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (ticket === latest) status.textContent = error.message;
    } finally {
      if (ticket === latest) host.removeAttribute("aria-busy");
    }
  }

  function offerProfiles(stretches, wanted) {
    const known = new Map();
    for (const { profiles, mine } of stretches) {
      for (const [component, kind, type, unit, perOp, totals] of profiles) {
        if (mine.some((at) => totals[at])) known.set(JSON.stringify({ component, type }), { component, kind, type, unit, perOp });
      }
    }
    const keys = [...known.keys()];
    const same = keys.find((key) => known.get(key).type === wanted.type && known.get(key).component === wanted.component);
    const chosen = same ?? keys.find((key) => known.get(key).type === (wanted.type || "cpu")) ?? keys[0];
    const parts = new Set([...known.values()].map((one) => one.component));
    fillChoice(profile.select, keys.map((key) => [key, titleOf(known.get(key), parts.size > 1)]), chosen ?? "");
    const which = known.get(chosen);
    scale.label.hidden = !which;
    fillChoice(scale.select, [["op", which?.perOp ? "per operation" : "as measured"], ["share", "share of the profile"]], wanted.scale);
    return which;
  }

  const titleOf = ({ component, type }, many) => `${TITLES[type] ?? type}${many && component ? `, ${component}` : ""}`;

  /** Functions of the newest run that has this profile: [name, flat, cum] in shares, heaviest first. */
  async function newestRows(stretches, which) {
    for (const stretch of stretches.toReversed()) {
      const totals = stretch.profiles.find((one) => one[0] === which.component && one[2] === which.type)?.[5];
      const at = stretch.mine.findLast((place) => totals?.[place]);
      if (at === undefined) continue;
      const rows = await files.table(stretch, which);
      const shares = rows.map(([name, flat, cum]) => [name, (flat[at] ?? 0) / SHARE, ((cum ?? flat)[at] ?? 0) / SHARE]);
      return shares.filter(([, flat, cum]) => flat || cum).toSorted((a, b) => b[1] - a[1] || b[2] - a[2] || (a[0] < b[0] ? -1 : 1));
    }
    return [];
  }

  const stepsOf = (name, which, f) => told.steps.filter((step) => step.label === name && step.component === which.component && step.measure === which.type && (f === null || step.function === f));

  function firstOf(heavy, name, which) {
    return stepsOf(name, which, null)[0]?.function ?? heavy[0]?.[0] ?? "";
  }

  /** List the functions that answer the search: those that changed for good first, then by what they weigh now. */
  async function list() {
    const { name, which, heavy } = now;
    const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length && !now.names) {
      const names = await files.names(name, which).catch(() => null);
      if (now.which !== which) return;
      now.names = names;
    }
    const changed = new Map(stepsOf(name, which, null).toReversed().map((step) => [step.function, step]));
    const shares = new Map(heavy.map(([one, ...rest]) => [one, rest]));
    const all = [...new Set([...stepsOf(name, which, null).map((step) => step.function), ...shares.keys(), ...(now.names ?? [])])];
    const fit = all.filter((one) => words.every((word) => one.toLowerCase().includes(word)));
    found.replaceChildren(functionTable(fit, shares, changed));
  }

  function functionTable(names, shares, changed) {
    const rows = names.slice(0, ROWS).map((one) => {
      const [flat, cum] = shares.get(one) ?? [null, null];
      const step = changed.get(one);
      const href = writeHash({ ...state.get(), label: now.name, component: now.which.component, type: now.which.type, f: one });
      const share = (part) => element("td", { class: "pb-num" }, part === null ? "–" : show(part, "ratio"));
      const link = element("a", { href, "aria-current": one === shownName() ? "true" : false }, element("code", {}, one));
      return element("tr", {}, element("th", { scope: "row", class: "pb-function" }, link), element("td", {}, step ? badgeOf(step) : ""), share(flat), share(cum));
    });
    const told_ = names.length > ROWS ? `${ROWS} of ${names.length} functions; write a part of a name to find others` : `${names.length} function${names.length === 1 ? "" : "s"}`;
    const heads = ["function", "lasting change", "flat now", "cum now"].map((text, at) => element("th", { scope: "col", class: at > 1 ? "pb-num" : false }, text));
    const table = element("table", { class: "pb-table pb-table--small pb-tall" }, element("caption", {}, told_), element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
    return element("div", { class: "pb-scroll", tabindex: "0", role: "region", "aria-label": "Functions" }, table);
  }

  const shownName = () => state.get().f || firstOf(now.heavy, now.name, now.which);

  async function seriesOf(name, stretches, which, f, wanted) {
    const isShare = wanted.scale === "share";
    const runs = [];
    const values = [];
    const paths = new Map();
    const rows = await Promise.all(stretches.map((stretch) => files.weights(stretch, { ...which, name: f })));
    stretches.forEach((stretch, place) => {
      const facts = stretch.profiles.find((one) => one[0] === which.component && one[2] === which.type);
      const row = rows[place] && (wanted.value === "cum" ? (rows[place][2] ?? rows[place][1]) : rows[place][1]);
      for (const at of stretch.mine) {
        const run = runOf(stretch.runs[at]);
        runs.push(run);
        values.push(facts && row ? weightOf(row[at], facts, at, isShare) : null);
        if (facts) paths.set(run.run, typeof facts[7] === "string" ? facts[7] : facts[7][at]);
      }
    });
    const unit = isShare ? "ratio" : which.perOp ? `${which.unit}/op` : which.unit;
    const isSearched = !isShare && wanted.value === "flat";
    const steps = isSearched ? stepsOf(name, which, f) : [];
    const focus = `#t=${encodeURIComponent(which.type)}&f=${encodeURIComponent(`^${f.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`)}`;
    const explore = (run) => `${root}explore/index.html?p=${encodeURIComponent(run)}/${(paths.get(run) ?? "").split("/").map(encodeURIComponent).join("/")}${focus}`;
    const newest = runs.findLast((run, at) => values[at] !== null);
    showLink(newest && explore(newest.run), newest);
    return { title: f, unit, about: aboutOf(which, wanted), runs, values, steps, searched: isSearched ? (told.searched[name] ?? null) : null, explore };
  }

  function aboutOf(which, wanted) {
    const what = `${titleOf(which, Boolean(which.component))}, ${wanted.value === "cum" ? "with what it calls" : "its own"}`;
    const searched = wanted.scale === "share" || wanted.value === "cum" ? " Lasting changes are searched in the flat weight as measured." : "";
    return `${what[0].toUpperCase()}${what.slice(1)}; lower is better.${searched}`;
  }

  const link = element("p", { class: "pb-over__explore" });
  view.about.after(link);
  function showLink(href, run) {
    link.replaceChildren(...(href ? [element("a", { href }, `Open it in the profile of ${run.run}`)] : []));
  }

  return follow();
}

/** What a function weighs in a run, from thousandths of a percent; null where the run does not tell. */
function weightOf(part, [, , , , perOp, totals, operations], at, isShare) {
  if (part === null || part === undefined || totals[at] === null) return null;
  if (isShare) return part / SHARE;
  if (perOp && !operations[at]) return null;
  return ((part / SHARE) * totals[at]) / (perOp ? operations[at] : 1);
}
