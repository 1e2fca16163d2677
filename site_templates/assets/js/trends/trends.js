/** The page of trends: any metric of a label, over its runs. */
import { choice, element, fillChoice } from "../explorer/shell/element.js";
import { openState } from "./address.js";
import { openFiles, runOf } from "./files.js";
import { buildView } from "./view.js";

const DIRECTIONS = { higher: "Higher is better", lower: "Lower is better", none: "For information" };

/**
 * @param {HTMLElement} host @param {object} told what the page says there is: labels, stretches, metrics, steps, orders
 */
export function startTrends(host, told) {
  const root = host.dataset.root;
  const files = openFiles(root, told);
  const state = openState((_, { linked }) => follow(linked));
  const view = buildView({ root, told, state });
  const metrics = new Map(told.metrics.map(([name, title, unit, better, source, headline]) => [name, { title, unit, better, source, headline }]));
  const pick = (change) => state.set({ ...change, from: "", to: "" });
  const label = choice("Label", told.labels.map((name) => [name, name || "no label"]), (value) => pick({ label: value, branch: "" }));
  const component = choice("Component", [], (value) => pick({ component: value }));
  component.label.hidden = true; // until there are several
  const metric = choice("Metric", [], (value) => pick({ metric: value }));
  const status = element("p", { class: "pb-over__status", role: "alert" });
  host.append(element("div", { class: "pb-over__row" }, label.label, component.label, metric.label), view.title, view.about, status, view.body);
  let latest = 0;

  async function follow(linked = false) {
    const ticket = ++latest;
    const wanted = state.get();
    const name = told.labels.includes(wanted.label) ? wanted.label : told.labels[0];
    label.select.value = name;
    host.setAttribute("aria-busy", "true");
    try {
      const stretches = await files.trends(name);
      if (ticket !== latest) return;
      status.textContent = "";
      view.draw(seriesOf(name, stretches, wanted));
      host.dataset.shown = `${name} ${metric.select.value}`;
      if (linked) host.scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (ticket === latest) status.textContent = error.message;
    } finally {
      if (ticket === latest) host.removeAttribute("aria-busy");
    }
  }

  function seriesOf(name, stretches, wanted) {
    const present = new Map();
    for (const { series, mine } of stretches) {
      for (const [part, measure, values] of series) {
        if (metrics.has(measure) && mine.some((at) => values[at] !== null)) present.set(part, (present.get(part) ?? new Set()).add(measure));
      }
    }
    const parts = [...present.keys()].toSorted();
    const part = parts.includes(wanted.component) ? wanted.component : (parts.find((one) => [...present.get(one)].some((measure) => metrics.get(measure).headline)) ?? parts[0] ?? "");
    fillChoice(component.select, parts.map((one) => [one, one || "whole run"]), part);
    component.label.hidden = parts.length < 2;
    const names = [...metrics.keys()].filter((measure) => present.get(part)?.has(measure));
    names.sort((a, b) => Number(metrics.get(b).headline) - Number(metrics.get(a).headline));
    const chosen = names.includes(wanted.metric) ? wanted.metric : names[0];
    fillChoice(metric.select, names.map((measure) => [measure, metrics.get(measure).title]), chosen ?? "");
    return series(name, stretches, part, chosen);
  }

  function series(name, stretches, part, measure) {
    const runs = [];
    const values = [];
    for (const stretch of stretches) {
      const row = stretch.series.find((one) => one[0] === part && one[1] === measure)?.[2];
      for (const at of stretch.mine) {
        runs.push(runOf(stretch.runs[at]));
        values.push(row?.[at] ?? null);
      }
    }
    const { title, unit, better, source } = metrics.get(measure) ?? { title: "No metric", unit: "", better: "none", source: "these runs were not measured" };
    const steps = told.steps.filter((step) => step.label === name && step.component === part && step.measure === measure);
    return { title: `${title}${part ? `, ${part}` : ""}`, unit, about: `${DIRECTIONS[better]}. ${source[0].toUpperCase()}${source.slice(1)}.`, runs, values, steps, searched: better === "none" ? null : (told.searched[name] ?? null), explore: null };
  }

  return follow();
}
