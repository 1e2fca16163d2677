// Runs in the head, before the theme's script: marks the page as scripted, so that nothing moves when the rest arrives,
// lets the theme's search fetch its index only when somebody is about to search, and lets it work from the disk, where
// browsers refuse workers.
(() => {
  "use strict";
  document.documentElement.classList.add("pb-js");

  /** The index is the largest file of most pages, and most readers never search. */
  function fetchIndexLate() {
    const { open, send } = XMLHttpRequest.prototype;
    const wanted = new Promise((resolve) => {
      const params = new URLSearchParams(location.search);
      if (params.has("q") || params.has("h")) resolve();
      const look = ({ target }) => target.closest?.(".md-search, [for=__search]") && resolve();
      for (const kind of ["focusin", "pointerover"]) addEventListener(kind, look);
    });
    const late = new WeakSet();
    XMLHttpRequest.prototype.open = function (method, url, ...others) {
      if (/\/search_index\.json$/.test(url)) late.add(this);
      return open.call(this, method, url, ...others);
    };
    XMLHttpRequest.prototype.send = function (...body) {
      if (!late.has(this)) return send.apply(this, body);
      wanted.then(() => send.apply(this, body));
    };
  }

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

  /** A worker made of a text in memory works from the disk too, and the explorer has one. */
  function workInFrames() {
    const NativeWorker = window.Worker;
    window.Worker = function (url, options) {
      return String(url).startsWith("blob:") ? new NativeWorker(url, options) : new FrameWorker(url);
    };
  }

  if (location.protocol === "file:") workInFrames();
  else fetchIndexLate();
})();
