/**
 * Gets the bytes of a data file, which is a classic script `profbook.data("<key>", "<base64>");`: the one form a page
 * on the disk can load too. Over http the worker fetches it itself, so that nothing of it passes the page.
 */
import { fromBase64, takeData } from "./scripts.js";

const WRAPPED = /^profbook\.data\("([^"]*)","([^"]*)"\);\s*$/;

/** @typedef {{key: string, src: string}} Place a data file: its key and its address, relative to the page */

/**
 * Say how the worker gets a data file: by its address, or as the text the page loaded for it.
 * @param {Place} place @returns {Promise<{url: string} | {text: string}>}
 */
export async function offerPlace({ key, src }) {
  const url = new URL(src, document.baseURI).href;
  return url.startsWith("http") ? { url } : { text: await takeData(src, key) };
}

/** Get the bytes, in the worker. @param {{url?: string, text?: string}} offer @returns {Promise<Uint8Array>} */
export async function readOffer({ url, text }) {
  if (text !== undefined) return fromBase64(text);
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the data file could not be loaded (${answer.status})`);
  const wrapped = WRAPPED.exec(await answer.text());
  if (!wrapped) throw new Error("the data file does not hold this profile; rebuild the site");
  return fromBase64(wrapped[2]);
}
