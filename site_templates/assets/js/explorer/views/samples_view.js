// Single samples: traces (every stack with what it weighs) and tags (what samples weigh by label).
import { numberUnits } from "../filter/tags.js";
import { visible } from "../flame/frame.js";
import { element } from "../shell/element.js";
import { findNames, nothing, viewOf } from "./context.js";
import { framesOf, labelText, tags, traces } from "./samples.js";
import { buildTable } from "./table.js";
import { shareText, valueWriter } from "./words.js";

const PAGE = 50;

/** Traces, heaviest first; a search keeps those with a function it finds. */
export const renderTraces = viewOf(async (context) => {
  const { tree, weights, state } = context;
  const [matches, samples] = await Promise.all([findNames(context, tree.names), context.samples?.() ?? null]);
  let found = traces(tree, weights, samples);
  if (state.query) {
    found = found.filter((trace) => framesOf(trace).some(({ name }) => matches(name)));
  }
  const sum = found.reduce((total, { value }) => total + value, 0);
  const write = valueWriter(context);
  const what = samples ? "samples" : "distinct stacks";
  const caption = `${found.length.toLocaleString("en")} ${what}, ${write(sum)} of ${write(weights.total)} ${weights.name}.`;
  const list = element("ol", { class: "pbx-traces" });
  let next = 0;
  const more = element("button", { type: "button", class: "pb-button", click: () => grow(true) });
  const grow = (focus) => {
    const added = found.slice(next, next + PAGE).map((trace) => traceItem(trace, context));
    list.append(...added);
    next += added.length;
    more.hidden = next >= found.length;
    more.textContent = `Show more (${(found.length - next).toLocaleString("en")} left)`;
    if (focus) added[0]?.querySelector("summary")?.focus();
  };
  grow(false);
  return [element("p", {}, caption), list, more];
});

/** The leaf and its weight are always seen; the stack opens. */
function traceItem(trace, context) {
  const { value, labels } = trace;
  const frames = framesOf(trace);
  const write = valueWriter(context);
  const details = element(
    "details",
    { class: "pbx-trace" },
    element("summary", {},
      element("b", { class: "pbx-weight" }, `${write(value)} `),
      element("code", {}, visible(frames[0]?.name ?? "")),
      element("span", { class: "pbx-quiet" }, ` ${shareText(value, context.weights.total)}, ${frames.length} frames`)),
  );
  if (labels.length) {
    const units = numberUnits([labels]);
    const text = labels.map((label) => `${label.key}: ${labelText(label, units)}`).join(", ");
    details.querySelector("summary").append(element("span", { class: "pbx-mark" }, ` ${visible(text)}`));
  }
  // A stack may be thousands deep: it is written out when it is opened.
  details.addEventListener("toggle", () => details.append(stackList(frames)), { once: true });
  return element("li", {}, details);
}

function stackList(frames) {
  const items = frames.map(({ name, inline }) => element("li", {}, element("code", {}, visible(name)), inline ? " (inline)" : ""));
  return element("ol", { class: "pbx-stack" }, ...items);
}

/** Tags: one table for each key. */
export const renderTags = viewOf(async (context) => {
  const samples = await context.samples?.();
  const keys = samples ? tags(samples) : [];
  if (!keys.length) return nothing("The samples of this profile have no labels.");
  const { weights } = context;
  const write = valueWriter(context);
  return keys.map(({ key, total, values }) => {
    const most = Math.abs(values[0].value) || 1;
    return buildTable({
        caption: `${key}: ${write(total)} of ${write(weights.total)} ${weights.name} (${shareText(total, weights.total)})`,
        label: `Label ${key}`,
        rows: values,
        columns: [
          { title: weights.name, text: (row) => write(row.value) },
          { title: "share", text: (row) => shareText(row.value, weights.total), share: (row) => Math.abs(row.value) / most },
          { title: key, isName: true, text: (row) => row.text },
        ],
    });
  });
});
