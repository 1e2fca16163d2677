/**
 * What a page over time shows, and the fragment of its address that says so: `#label=…&metric=…&x=commit`. Reading is
 * forgiving: an unknown key is ignored, and what cannot be meant is its default.
 */

const LONGEST = 2000;
const CHOICES = { x: ["run", "commit"], scale: ["op", "share"], value: ["flat", "cum"] };

/**
 * @typedef {object} State
 * @property {string} label @property {string} component
 * @property {string} metric name of a metric @property {string} type sample type @property {string} f function
 * @property {"op" | "share"} scale @property {"flat" | "cum"} value
 * @property {string} branch empty: all @property {"run" | "commit"} x
 * @property {boolean} zero the axis begins at 0 @property {boolean} clip outliers do not stretch the axis
 * @property {string} from first run shown; empty: the oldest @property {string} to last run shown; empty: the newest
 */

/** @type {Readonly<State>} */
export const DEFAULTS = Object.freeze({
  label: "",
  component: "",
  metric: "",
  type: "",
  f: "",
  scale: "op",
  value: "flat",
  branch: "",
  x: "run",
  zero: false,
  clip: false,
  from: "",
  to: "",
});

/** Read a state from a fragment. @param {string} hash @returns {State} */
export function readState(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const state = { ...DEFAULTS };
  for (const key of Object.keys(DEFAULTS)) {
    const value = fields.get(key);
    if (value === null || value.length > LONGEST) continue;
    if (typeof DEFAULTS[key] === "boolean") state[key] = value === "1";
    else if (!(key in CHOICES) || CHOICES[key].includes(value)) state[key] = value;
  }
  return state;
}

/** Write the fragment of a state; what is as it is by default is left out. @param {State} state */
export function writeHash(state) {
  const fields = new URLSearchParams();
  for (const [key, usual] of Object.entries(DEFAULTS)) {
    if (state[key] !== usual) fields.set(key, state[key] === true ? "1" : String(state[key]));
  }
  const text = fields.toString();
  return text && `#${text}`;
}

/**
 * Hold the state of a page and its address together.
 * @param {(state: State, how: {linked: boolean}) => void} changed called after every change; `linked` when a link made it
 */
export function openState(changed) {
  // What the search leads to has its fields in the query: the theme's index knows one entry for each address.
  let state = readState(location.hash || location.search.replace(/^\?/, "#"));
  const follow = () => {
    state = readState(location.hash);
    changed(state, { linked: true });
  };
  addEventListener("hashchange", follow);
  return {
    /** @returns {State} */
    get: () => state,
    /** Change some fields. @param {Partial<State>} change @param {{replace?: boolean}} [how] no step of the history */
    set(change, { replace = false } = {}) {
      const next = { ...state, ...change };
      if (Object.keys(next).every((key) => next[key] === state[key])) return;
      state = next;
      history[replace ? "replaceState" : "pushState"](null, "", writeHash(state) || location.pathname);
      changed(state, { linked: false });
    },
  };
}
