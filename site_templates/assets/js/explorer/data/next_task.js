/** Giving the browser a turn between two pieces of work, so that no input waits for both. */

/** Do things one by one when there is nothing else to do. @param {(() => void)[]} acts */
export function whenIdle(acts) {
  const later = globalThis.requestIdleCallback ?? setTimeout;
  const next = () => {
    acts.shift()();
    if (acts.length) later(next);
  };
  later(next);
}

/** Go on in a task of its own. Not a timer: in a page out of view these wait for a second. @returns {Promise<void>} */
export function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
