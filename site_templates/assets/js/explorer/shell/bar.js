/**
 * The filter bar: one set of fields that every view follows. A field is taken over when one stops typing, and at once
 * with Enter; what the engine does not understand is told at the field.
 */
import { choice, disclosure, element, fillChoice } from "./element.js";
import { filtersOf, GRANULARITIES, isFiltered, SCALES } from "./state.js";

const WAIT_MS = 350;
const PATTERNS = [
  ["focus", "Focus", "keep stacks through"],
  ["ignore", "Ignore", "leave out stacks through"],
  ["show", "Show", "keep only frames"],
  ["hide", "Hide", "leave out frames"],
  ["showFrom", "Show from", "start stacks at"],
  ["tagFocus", "Tag focus", "keep samples with label"],
  ["tagIgnore", "Tag ignore", "leave out samples with label"],
];
const SCALE_NAMES = { absolute: "as recorded", share: "share of the total", perop: "per operation" };
const NAMES = {
  ...Object.fromEntries(PATTERNS.map(([field, name]) => [field, name.toLowerCase()])),
  granularity: "granularity",
  noinlines: "no inlined frames",
};

/** Frames of the runtime, garbage collector included, as pprof's `hide` takes them. */
const RUNTIME = "^(?:internal/)?runtime[./]";

/**
 * @param {(change: object, how?: {replace?: boolean}) => void} dispatch
 * @param {{ownCode: () => string}} presets `ownCode` gives the pattern of the program's own functions, or nothing
 */
export function buildBar(dispatch, { ownCode }) {
  const fields = new Map(PATTERNS.map(([field, name, about]) => [field, patternField(field, name, about, dispatch)]));
  const search = patternField("query", "Search", "find functions", dispatch);
  const type = choice("Sample type", [], (value) => dispatch({ type: value }));
  const scale = choice("Values", SCALES.map((one) => [one, SCALE_NAMES[one]]), (value) => dispatch({ scale: value }));
  const grain = choice("Granularity", GRANULARITIES.map((one) => [one, one]), (value) => dispatch({ granularity: value }));
  const inlines = tick("No inlined frames", (on) => dispatch({ noinlines: on }));
  const shrunk = tick("Leave out what shrank", (on) => dispatch({ dropNegative: on }));
  const level = tick("Normalise to the base", (on) => dispatch({ normalize: on }));
  const preset = (text, act) => element("button", { type: "button", class: "pb-button pbx-preset", click: act }, text);
  const own = preset("Own code only", () => dispatch({ ...filtersOf(), show: ownCode() }));
  const filters = element(
    "div",
    { class: "pbx-filters", id: "pbx-filters" },
    element("div", { class: "pbx-grid" }, ...[...fields.values()].map((one) => one.label)),
    element("div", { class: "pbx-row" }, grain.label, inlines.label, shrunk.label, level.label),
    element("p", { class: "pbx-hint" }, "Regular expressions as in go tool pprof (RE2); they match function, file and mapping names. Labels: key=value."),
  );
  const clear = preset("Clear filters", () => dispatch(filtersOf()));
  clear.classList.add("pbx-clear");
  const toggle = disclosure("pbx-toggle", "Filters", filters);
  let typeNames = "";
  const bar = element(
    "div",
    { class: "pbx-bar", role: "group", "aria-label": "Filters of all views" },
    element(
      "div",
      { class: "pbx-row" },
      type.label,
      scale.label,
      search.label,
      toggle.button,
      own,
      preset("Hide runtime and GC", () => dispatch({ hide: RUNTIME })),
      clear,
      element("button", { type: "button", class: "pb-button pbx-preset", "data-pb-copy": "" }, "Copy link"),
    ),
    filters,
  );

  return {
    bar,
    /**
     * Say what the profile allows.
     * @param {{types: {type: string, unit: string}[], type: string, scale: string, hasOperations: boolean, isPair: boolean,
     *   hasOwn: boolean}} facts
     */
    learn(facts) {
      const names = facts.types.map((one) => one.type);
      if (names.join("\n") !== typeNames) fillChoice(type.select, names.map((one) => [one, one]), facts.type);
      typeNames = names.join("\n");
      type.select.value = facts.type;
      scale.select.value = facts.scale;
      scale.select.options[SCALES.indexOf("perop")].disabled = !facts.hasOperations;
      shrunk.label.hidden = level.label.hidden = !facts.isPair;
      own.disabled = !facts.hasOwn;
    },
    /** Show a state. @param {import("./state.js").State} state */
    update(state) {
      scale.select.value ||= state.scale;
      grain.select.value = state.granularity;
      inlines.input.checked = state.noinlines;
      shrunk.input.checked = state.dropNegative;
      level.input.checked = state.normalize;
      clear.disabled = !isFiltered(state);
      for (const [field, one] of fields) one.set(state[field]);
      search.set(state.query);
      search.label.hidden = state.view === "flame"; // it has its own, with steps from match to match
      const said = Object.entries(NAMES).filter(([field]) => state[field] !== filtersOf()[field]);
      const texts = said.map(([field, name]) => (state[field] === true ? name : `${name} ${state[field]}`));
      const title = texts.length ? `Filters: ${texts.join(", ")}` : "Filters";
      if (toggle.button.title !== title) toggle.button.textContent = toggle.button.title = title;
    },
    /** Tell what is wrong with a field; an empty sentence takes it back. */
    refuse(wrong = {}) {
      for (const [field, one] of fields) one.refuse(wrong[field] ?? "");
      if (Object.keys(wrong).some((field) => fields.has(field))) toggle.open(true);
    },
  };
}

function tick(text, changed) {
  const input = element("input", { type: "checkbox", change: () => changed(input.checked) });
  return { input, label: element("label", { class: "pbx-tick" }, input, element("span", {}, text)) };
}

function patternField(field, name, about, dispatch) {
  let timer = 0;
  const take = (replace) => {
    clearTimeout(timer);
    dispatch({ [field]: input.value }, { replace });
  };
  const told = element("span", { class: "pbx-wrong", id: `pbx-wrong-${field}` });
  const input = element("input", {
    class: "pbx-input",
    type: "text",
    name: field,
    spellcheck: "false",
    autocomplete: "off",
    maxlength: 2000,
    placeholder: about,
    "aria-describedby": told.id,
    change: () => take(false),
    input: () => {
      clearTimeout(timer);
      timer = setTimeout(() => take(true), WAIT_MS);
    },
  });
  return {
    label: element("label", { class: "pbx-field" }, element("span", {}, name), input, told),
    set(text) {
      if (document.activeElement !== input || input.value === text) input.value = text;
    },
    refuse(sentence) {
      if (told.textContent === sentence && input.hasAttribute("aria-invalid")) return;
      told.textContent = sentence;
      input.setAttribute("aria-invalid", String(Boolean(sentence)));
    },
  };
}
