// What the plain frame needs of a script: the search of the whole site, and the choice between light and dark.
(() => {
  "use strict";
  const home = new URL("..", document.currentScript.src);
  const most = 20;
  const around = 70;

  /** @param {string} name @param {Record<string, unknown>} facts @param {(Node | string)[]} [inside] */
  function element(name, facts, inside = []) {
    const made = Object.assign(document.createElement(name), facts);
    made.append(...inside);
    return made;
  }

  // --- the index: fetched as a script, because that works from the disk too, and when somebody begins to search

  let wanted = null;

  function index() {
    wanted ??= new Promise((resolve, reject) => {
      const src = new URL("search/search_index.js", home).href;
      document.head.append(element("script", { src, onload: () => resolve(prepared(globalThis.__index)), onerror: reject }));
    });
    return wanted;
  }

  /** Splits every entry into terms once. */
  function prepared({ config, docs }) {
    const separator = new RegExp(config.separator, "u");
    const terms = (text) => [...new Set(text.split(separator).map((term) => term.toLowerCase()).filter(Boolean))];
    const entries = docs.map((one) => ({
      ...one,
      titleTerms: terms(one.title),
      textTerms: terms(one.text),
      lowTitle: one.title.toLowerCase(),
      lowText: one.text.toLowerCase(),
    }));
    return { entries, terms };
  }

  /** How well a word fits an entry: a term of the title, its beginning, a part of the title; then the same of the text. */
  function weight(entry, word) {
    if (entry.titleTerms.includes(word)) return 32;
    if (entry.titleTerms.some((term) => term.startsWith(word))) return 16;
    if (entry.lowTitle.includes(word)) return 8;
    if (entry.textTerms.includes(word)) return 4;
    if (entry.textTerms.some((term) => term.startsWith(word))) return 2;
    return entry.lowText.includes(word) ? 1 : 0;
  }

  function search({ entries, terms }, query) {
    const words = terms(query);
    const whole = query.trim().toLowerCase();
    const found = [];
    for (const [place, entry] of entries.entries()) {
      const weights = words.map((word) => weight(entry, word));
      if (!words.length || !weights.every(Boolean)) continue;
      // What stands together as it was typed, a code or a function, comes before words that are only all there.
      const together = words.length > 1 && (entry.lowTitle.includes(whole) || entry.lowText.includes(whole)) ? 64 : 0;
      found.push({ entry, place, sum: weights.reduce((a, b) => a + b) + together });
    }
    found.sort((a, b) => b.sum - a.sum || a.place - b.place);
    return { words, found: found.map((one) => one.entry) };
  }

  // --- what is shown of it

  /** The text around the first word that is in it. */
  function excerpt(entry, words) {
    const places = words.map((word) => entry.lowText.indexOf(word)).filter((place) => place >= 0);
    const from = Math.max(0, Math.min(...places, entry.text.length) - around);
    const start = places.length ? from : 0;
    const text = entry.text.slice(start, start + 2 * around + 20).trim();
    return `${start ? "… " : ""}${text}${start + 2 * around + 20 < entry.text.length ? " …" : ""}`;
  }

  function show(form, { words, found }) {
    const rows = found.slice(0, most).map((entry) => {
      const link = element("a", { href: new URL(entry.location, home).href }, [entry.title]);
      return element("li", {}, [link, element("p", {}, [excerpt(entry, words)])]);
    });
    const counted = found.length === 1 ? "1 result" : `${found.length} results`;
    const told = found.length > most ? `${counted}, the first ${most} shown` : found.length ? counted : "Nothing found";
    form.querySelector("ol").replaceChildren(...rows);
    form.querySelector("[role=status]").textContent = words.length ? told : "";
    form.querySelector(".frame-found").hidden = !words.length;
  }

  function bootSearch(form) {
    const input = form.querySelector("input");
    const box = form.querySelector(".frame-found");
    let asked = 0;
    const ask = async () => {
      const mine = ++asked;
      try {
        const answer = search(await index(), input.value);
        if (mine === asked) show(form, answer);
      } catch {
        box.hidden = false;
        form.querySelector("[role=status]").textContent = "The index of the search cannot be loaded.";
      }
    };
    const links = () => [...form.querySelectorAll("li a")];
    const walk = (step) => {
      const stops = [input, ...links()];
      stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
    };
    input.addEventListener("focus", () => void index().catch(() => {}));
    input.addEventListener("input", () => void ask());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      links()[0]?.click();
    });
    form.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !form.contains(relatedTarget)) box.hidden = true;
    });
    form.addEventListener("focusin", () => (box.hidden = !form.querySelector("[role=status]").textContent));
    form.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape" && !box.hidden) {
        input.focus();
        box.hidden = true;
      } else if (step && !box.hidden) walk(step);
      else return;
      event.preventDefault();
    });
    addEventListener("pointerdown", ({ target }) => form.contains(target) || (box.hidden = true));
    addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
      if (event.key !== "/" || typing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.focus();
    });
    const query = new URLSearchParams(location.search).get("q");
    if (query) {
      input.value = query;
      input.focus();
      void ask();
    }
  }

  // --- light and dark

  function bootScheme(button) {
    const name = () => {
      const dark = document.body.dataset.mdColorScheme === "slate";
      button.textContent = dark ? "Light" : "Dark";
      button.setAttribute("aria-label", `Switch to ${dark ? "light" : "dark"} mode`);
    };
    button.addEventListener("click", () => {
      const scheme = document.body.dataset.mdColorScheme === "slate" ? "default" : "slate";
      document.body.dataset.mdColorScheme = scheme;
      __md_set("__palette", { color: { scheme } });
      name();
    });
    name();
  }

  bootSearch(document.querySelector(".frame-search"));
  bootScheme(document.querySelector(".frame-scheme"));
})();
