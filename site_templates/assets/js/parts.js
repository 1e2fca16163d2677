// The parts of the site's script that only some pages need: classic scripts, so that they load from the disk too.
import { loadScript } from "./chart.js";

const home = globalThis.document?.currentScript?.src;

/**
 * Loads a part and the parts it needs, each once; they run in this order. What there is, `pipeline/site/assets.py` says.
 * @param {string} name
 * @returns {Promise<Record<string, Function>>} what the part's entry module exports
 */
export async function loadPart(name) {
  const { parts, entries } = globalThis.profbook;
  const wanted = [...parts[name].needs, name];
  await Promise.all(wanted.map((one) => loadScript(new URL(parts[one].src, home).href)));
  return entries[name];
}
