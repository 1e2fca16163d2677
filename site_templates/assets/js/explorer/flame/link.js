/** The link to a flame graph on a run page: the explorer's fragment, and `k=`, the beginning of the profile's key. */
import { DEFAULTS, readState, writeHash } from "../shell/state.js";

const PREFIX = 12;

/** Read the link if it means the flame graph with this key. @returns {import("../shell/state.js").State | null} */
export function readLink(key, hash) {
  const named = new URLSearchParams(hash.replace(/^#/, "")).get("k") ?? "";
  return named.length >= 6 && key.startsWith(named) ? readState("", hash) : null;
}

/** Write the link to a state; empty when it is as at the beginning. */
export function writeLink(key, state) {
  const hash = writeHash({ ...DEFAULTS, ...state });
  return hash && `${hash}&k=${key.slice(0, PREFIX)}`;
}
