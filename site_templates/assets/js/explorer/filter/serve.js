/**
 * The worker's side of the engine: answers questions, one at a time. The entry of the worker's script, which serves as
 * soon as it runs in a worker.
 */
import { needFilters, openPlainDesk } from "./plain_desk.js";

let open = openPlainDesk;
/** What of an answer the worker does not keep: handed over instead of copied. @type {WeakMap<object, ArrayBuffer[]>} */
export const handed = new WeakMap();

/** Answer at another desk: what is loaded later knows more. @param {typeof openPlainDesk} openDesk */
export function serveWith(openDesk) {
  open = openDesk;
}

/** Answer questions from the page. */
function serveWorker() {
  let current = 0;
  let desk = null;
  globalThis.onmessage = async ({ data: { id, call, asked } }) => {
    current = id;
    desk ??= open((phase) => globalThis.postMessage({ id: current, phase }));
    try {
      const found = await (desk[call] ?? needFilters).call(desk, asked);
      globalThis.postMessage({ id, found }, handed.get(found) ?? []);
    } catch (error) {
      const { message, field, needsSamples, needsPart } = error;
      globalThis.postMessage({ id, error: { message, field, needsSamples, needsPart } });
    }
  };
}

if (typeof document === "undefined") serveWorker();
