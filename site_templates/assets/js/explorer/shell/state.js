/**
 * The one state of the explorer, and its address: `?p=<run>/<file>&base=<run>/<file>#v=…&t=…`. This module is the only
 * writer of both. Reading is forgiving: unknown keys are ignored, values that cannot be meant fall back to the default,
 * so a link of a stranger can show nothing but another view of the same site.
 */

export const VIEWS = ["top", "flame", "callers", "tree", "peek", "traces", "tags", "graph", "source", "goroutines"];
export const GRANULARITIES = ["functions", "files", "lines", "filefunctions", "addresses"];
export const SCALES = ["absolute", "share", "perop"];
const DIRECTIONS = ["down", "up", "sandwich"];
const COLORS = ["package", "origin", "diff"];
const SORTS = ["flat", "cum", "name", "-flat", "-cum", "-name"];
const LONGEST = 2000;

/**
 * @typedef {object} State
 * @property {string} profile `<run>/<file>`
 * @property {string} base the other side of a comparison, `<run>/<file>`; empty: none
 * @property {string} view one of VIEWS
 * @property {string} type name of the sample type; empty: the profile's default
 * @property {string} focus @property {string} ignore @property {string} hide @property {string} show
 * @property {string} showFrom @property {string} tagFocus @property {string} tagIgnore as pprof's options
 * @property {string} granularity one of GRANULARITIES
 * @property {boolean} noinlines
 * @property {boolean} dropNegative with a base: leave out what shrank
 * @property {boolean} normalize with a base: scale the head so that its total is the base's
 * @property {string} scale one of SCALES
 * @property {string} zoom hash of a name path
 * @property {string} query search text
 * @property {string} sort one of SORTS
 * @property {string} direction of the flame graph, one of DIRECTIONS @property {string} center function in a sandwich
 * @property {string} color of the flame graph, one of COLORS; empty: what fits the profile
 * @property {boolean} collapse draw a function that calls itself as one frame
 */

/** @type {Readonly<State>} */
export const DEFAULTS = Object.freeze({
  profile: "",
  base: "",
  view: "flame",
  type: "",
  focus: "",
  ignore: "",
  hide: "",
  show: "",
  showFrom: "",
  tagFocus: "",
  tagIgnore: "",
  granularity: "functions",
  noinlines: false,
  dropNegative: false,
  normalize: false,
  scale: "absolute",
  zoom: "",
  query: "",
  sort: "flat",
  direction: "down",
  center: "",
  color: "",
  collapse: false,
});

/** Keys of the fragment, in the order they are written. @type {[string, keyof State][]} */
const KEYS = Object.entries({
  p: "profile",
  b: "base",
  v: "view",
  t: "type",
  z: "zoom",
  q: "query",
  f: "focus",
  i: "ignore",
  h: "hide",
  s: "show",
  sf: "showFrom",
  tf: "tagFocus",
  ti: "tagIgnore",
  g: "granularity",
  ni: "noinlines",
  dn: "dropNegative",
  n: "normalize",
  sc: "scale",
  o: "sort",
  d: "direction",
  c: "center",
  co: "color",
  cr: "collapse",
});
const CHOICES = { view: VIEWS, granularity: GRANULARITIES, scale: SCALES, sort: SORTS, direction: DIRECTIONS, color: COLORS };
const FILTERS = ["focus", "ignore", "hide", "show", "showFrom", "tagFocus", "tagIgnore", "granularity", "noinlines"];

/** Bring one value into its field's range; the default where it cannot be meant. */
function accepted(field, value) {
  if (typeof DEFAULTS[field] === "boolean") return value === true || value === "1";
  const text = String(value);
  if (text.length > LONGEST) return DEFAULTS[field];
  if (field in CHOICES) return CHOICES[field].includes(text) ? text : DEFAULTS[field];
  if (field === "zoom") return /^[0-9a-z]{1,20}$/i.test(text) ? text : "";
  return text;
}

/** Read a state from the two parts of an address. @returns {State} */
export function readState(search, hash) {
  const state = { ...DEFAULTS };
  const query = new URLSearchParams(search);
  state.profile = accepted("profile", query.get("p") ?? "");
  state.base = accepted("base", query.get("base") ?? "");
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  for (const [key, field] of KEYS) {
    const value = fields.get(key);
    if (value !== null) state[field] = accepted(field, value);
  }
  return state;
}

/** Write the fragment of a state; `search` is what the address says already. Defaults are left out. */
export function writeHash(state, search = "") {
  const said = readState(search, "");
  const fields = new URLSearchParams();
  for (const [key, field] of KEYS) {
    const value = state[field];
    if (value !== (field === "profile" || field === "base" ? said[field] : DEFAULTS[field])) {
      fields.set(key, value === true ? "1" : value === false ? "0" : String(value));
    }
  }
  const text = fields.toString().replaceAll("%2F", "/").replaceAll("%3A", ":");
  return text && `#${text}`;
}

/** Write the query of a state. */
export function writeSearch(state) {
  const fields = new URLSearchParams();
  if (state.profile) fields.set("p", state.profile);
  if (state.base) fields.set("base", state.base);
  const text = fields.toString().replaceAll("%2F", "/");
  return text && `?${text}`;
}

/** Tell whether some filter is set. */
export function isFiltered(state) {
  return FILTERS.some((field) => state[field] !== DEFAULTS[field]);
}

/** The filters of a state; of none, those that nothing is filtered by. @returns {Partial<State>} */
export function filtersOf(state = DEFAULTS) {
  return Object.fromEntries(FILTERS.map((field) => [field, state[field]]));
}

/**
 * Hold the state of a page and its address together.
 * @param {(state: State, before: State) => void} changed called after every change, whoever made it
 */
export function openState(changed) {
  let state = readState(location.search, location.hash);

  const take = (next) => {
    const before = state;
    state = next;
    changed(state, before);
  };
  // Browsers may refuse a new query for a file on disk; the fragment then says it all.
  const write = (how) => {
    const search = writeSearch(state);
    try {
      history[how](null, "", location.pathname + search + writeHash(state, search) || location.pathname);
    } catch {
      history[how](null, "", location.pathname + location.search + writeHash(state, location.search));
    }
  };
  // Browsers tell a change of the fragment twice.
  const follow = () => {
    const next = readState(location.search, location.hash);
    if (Object.keys(next).some((field) => next[field] !== state[field])) take(next);
  };
  // After the first they lay the page out for the fragment: what is drawn before that would be laid out at once.
  addEventListener("popstate", () => setTimeout(follow));
  addEventListener("hashchange", follow);

  return {
    /** @returns {State} */
    get: () => state,
    /**
     * Change some fields. A change of what is looked at is a step of the browser's history; `replace` makes it none.
     * @param {Partial<State>} change @param {{replace?: boolean}} [how]
     */
    dispatch(change, { replace = false } = {}) {
      const next = { ...state };
      for (const [field, value] of Object.entries(change)) {
        if (field in DEFAULTS) next[field] = accepted(field, value);
      }
      if (Object.keys(next).every((field) => next[field] === state[field])) return;
      const before = state;
      state = next;
      write(replace ? "replaceState" : "pushState");
      changed(state, before);
    },
  };
}
