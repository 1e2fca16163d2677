// Runs before the theme's script: lets its search fetch the index only when somebody is about to search, and lets it work
// from the disk, where browsers refuse workers.
(() => {
  "use strict";

  /** The index is the largest file of most pages, and most readers never search: the theme gets it when they begin to. */
  function fetchIndexLate() {
    const { head } = document;
    const append = head.appendChild;
    const wanted = new Promise((resolve) => {
      const params = new URLSearchParams(location.search);
      if (params.has("q") || params.has("h")) resolve();
      const look = ({ target }) => target.closest?.(".md-search, [for=__search]") && resolve();
      for (const kind of ["focusin", "pointerover"]) addEventListener(kind, look);
      look({ target: document.activeElement ?? document });
    });
    head.appendChild = (node) => {
      const add = () => append.call(head, node);
      if (!/\/search_index\.js$/.test(node.src)) return add();
      wanted.then(add);
      return node;
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

  fetchIndexLate();
  if (location.protocol === "file:") workInFrames();
})();
