// Choosing what is looked at: a run and one of its profiles, and the other side of a comparison.
import { counterpart, partsOf } from "./catalogue.js";
import { disclosure, element, fillChoice } from "./element.js";

/**
 * @param {ReturnType<import("./catalogue.js").openCatalogue>} catalogue
 * @param {(change: object) => void} dispatch @param {(sentence: string) => void} tell
 */
export function buildPicker(catalogue, dispatch, tell) {
  const head = side("Profile", "profile", false);
  const base = side("Compared with", "base", true);
  const swap = element("button", { type: "button", class: "pb-button", hidden: true, click: () => dispatch({ profile: state.base, base: state.profile }) }, "Swap sides");
  const sides = element("div", { class: "pbx-sidebyside", id: "pbx-sides" }, head.group, base.group, swap);
  const fold = disclosure("pbx-toggle pbx-choose", "Profile", sides);
  const row = element("div", { class: "pbx-picker" }, fold.button, sides);
  let runs = [];
  let state = { profile: "", base: "" };

  function side(title, field, isOptional) {
    const run = element("select", { class: "pbx-input", "aria-label": `${title}: run`, change: () => chooseRun(run.value) });
    const file = element("select", { class: "pbx-input", "aria-label": `${title}: profile`, hidden: isOptional, change: () => dispatch({ [field]: file.value }) });
    const group = element("div", { class: "pbx-side", role: "group", "aria-label": title }, element("span", { class: "pbx-side__title" }, title), run, file);

    // Another run is first looked at in the place where one was: the same file, or what comes nearest.
    async function chooseRun(name) {
      if (!name) return void dispatch({ [field]: "" });
      try {
        const seek = (id) => catalogue.find(id).catch(() => null);
        const [own, head] = [await seek(state[field]), await seek(state.profile)];
        const list = await catalogue.profiles(name);
        const wanted = (own?.kind === head?.kind ? own : head) ?? list[0];
        dispatch({ [field]: (counterpart(wanted, list) ?? list[0]).id });
      } catch (error) {
        tell(error.message);
      }
    }

    async function show(id) {
      const name = partsOf(id).run;
      const known = runs.some((one) => one.run === name) || !name ? runs : [...runs, { run: name, label: "" }];
      const options = known.map((one) => [one.run, one.label && one.label !== one.run ? `${one.run} (${one.label})` : one.run]);
      fillChoice(run, isOptional || !id ? [["", isOptional ? "nothing" : "choose a run"], ...options] : options, name);
      const list = name ? await catalogue.profiles(name).catch(() => []) : [];
      if (partsOf(state[field]).run !== name) return; // another choice was made meanwhile
      const many = new Set(list.map((one) => one.component)).size > 1;
      const files = list.map((one) => [one.id, `${many ? `${one.component}: ` : ""}${one.title} (${one.path})`]);
      const isThere = list.some((one) => one.id === id);
      fillChoice(file, isThere ? files : [["", "choose a profile"], ...files], isThere ? id : "");
      file.hidden = !list.length;
    }
    const labelOf = (name) => runs.find((one) => one.run === name)?.label || name;
    const told = () => (run.value ? `${labelOf(run.value)}, ${file.selectedOptions[0]?.text ?? ""}` : "");
    return { group, show, told };
  }

  /** Write what is chosen on the button that leads to the choice. */
  function say([profile, other]) {
    const lines = [`Profile: ${profile || "none"}`, ...(other ? [`Compared with: ${other}`] : [])];
    fold.button.replaceChildren(...lines.map((text) => element("span", {}, text)));
  }

  return {
    row,
    /** List the runs there are. */
    offer(list) {
      runs = list;
      this.update(state);
    },
    /** Show what is chosen. */
    update(next) {
      state = next;
      swap.hidden = !state.base;
      say([state.profile, state.base]);
      Promise.all([head.show(state.profile), base.show(state.base)]).then(() => say([head.told(), base.told()]));
    },
  };
}
