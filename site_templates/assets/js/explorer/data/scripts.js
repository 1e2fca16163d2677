/**
 * Loads data files: classic scripts that call `profbook.data(key, value)`, because fetch fails on file://.
 */

const arrived = new Map();
const waiting = new Map();

/** Offer `profbook.data` to data scripts. Safe to call again. */
function offerData() {
  const profbook = (globalThis.profbook ??= {});
  profbook.data = (key, value) => {
    arrived.set(key, value);
  };
}

/**
 * Load one data file, once however often it is asked for.
 * @param {string} src @param {string} key
 * @returns {Promise<any>} rejected with a sentence for the reader
 */
export function loadData(src, key) {
  if (arrived.has(key)) return Promise.resolve(arrived.get(key));
  if (!waiting.has(key)) waiting.set(key, inject(src, key).finally(() => waiting.delete(key)));
  return waiting.get(key);
}

/** Load one data file that holds a value, base64 of gzip of JSON. @param {string} src @param {string} key */
export async function loadValue(src, key) {
  const found = await loadData(src, key);
  if (typeof found === "string") arrived.set(key, await inflate(fromBase64(found)).json());
  return arrived.get(key);
}

/** @throws {Error} with a sentence for the reader when it is no text */
export function fromBase64(text) {
  if (typeof text !== "string") throw new Error("the data file does not hold this profile; rebuild the site");
  const plain = atob(text);
  const bytes = new Uint8Array(plain.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = plain.charCodeAt(i);
  return bytes;
}

/** Unpack gzip. @param {Uint8Array} bytes */
export function inflate(bytes) {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
}

/** Load one data file for the only one who needs it: the page does not keep it. @returns {Promise<any>} */
export async function takeData(src, key) {
  const found = await loadData(src, key);
  arrived.delete(key);
  return found;
}

function inject(src, key) {
  offerData();
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = src;
    script.onload = () => {
      script.remove();
      if (arrived.has(key)) resolve(arrived.get(key));
      else reject(new Error("the data file does not hold this profile; rebuild the site"));
    };
    script.onerror = () => {
      script.remove();
      reject(new Error("the data file could not be loaded"));
    };
    document.head.append(script);
  });
}
