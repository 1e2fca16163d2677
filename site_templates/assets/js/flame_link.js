/**
 * Deep links: `#f=<key prefix>&t=<sample type>&z=<path hash>&q=<search>` names one flame graph's state by content,
 * so that a link survives a rebuild and can be carried over to another run.
 */

const PREFIX = 12;

/** Read a link from a location hash; null when it names no flame graph. */
export function readLink(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const key = fields.get("f");
  if (!key) return null;
  return { key, type: fields.get("t") ?? "", path: fields.get("z") ?? "", search: fields.get("q") ?? "" };
}

/** Tell whether a link means the flame graph with this key. */
export function isFor(link, key) {
  return Boolean(link && link.key.length >= 6 && key.startsWith(link.key));
}

/** Write the hash of a state. @param {{key: string, type: string, path: string, search: string}} state */
export function writeLink(state) {
  const fields = new URLSearchParams({ f: state.key.slice(0, PREFIX), t: state.type });
  if (state.path) fields.set("z", state.path);
  if (state.search) fields.set("q", state.search);
  return `#${fields}`;
}
