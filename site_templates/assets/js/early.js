// Runs in the head, before the theme's script: marks the page as scripted, so that nothing moves when the rest arrives,
// and lets the theme's search work from the disk, where browsers refuse workers.
(() => {
  "use strict";
  document.documentElement.classList.add("pb-js");
  if (location.protocol !== "file:") return;

  /** A worker in a hidden frame: same messages, same script, no separate thread. */
  class FrameWorker extends EventTarget {
    /** @param {string | URL} url */
    constructor(url) {
      super();
      const source = new URL(url, location.href).href.replace(/[&"<>]/g, (char) => `&#${char.charCodeAt(0)};`);
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.title = "search";
      this.frame.srcdoc = `<script>postMessage = (data) => parent.postMessage({ pbWorker: data }, "*")<\/script><script src="${source}"><\/script>`;
      this.ready = new Promise((resolve) => this.frame.addEventListener("load", resolve, { once: true }));
      addEventListener("message", (event) => {
        if (event.source !== this.frame.contentWindow || !event.data || !("pbWorker" in event.data)) return;
        const message = new MessageEvent("message", { data: event.data.pbWorker });
        this.dispatchEvent(message);
        if (this.onmessage) this.onmessage(message);
      });
      document.body.append(this.frame);
    }

    /** @param {unknown} data */
    postMessage(data) {
      // Not contentWindow.postMessage: in the frame that name already is the worker's way out.
      this.ready.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {
      this.frame.remove();
    }
  }
  // A worker made of a text in memory works from the disk too, and the explorer has one.
  const NativeWorker = window.Worker;
  window.Worker = function (url, options) {
    return String(url).startsWith("blob:") ? new NativeWorker(url, options) : new FrameWorker(url);
  };
})();
