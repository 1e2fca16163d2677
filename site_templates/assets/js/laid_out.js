// Lays out what the first frame left out (css/page.css), a section at a time, while the page has nothing else to do, and all of
// it before a jump within the page: then nothing below has a guessed height, and a jump or a search ends where it should.
const whenIdle = globalThis.requestIdleCallback ?? setTimeout;

/** @param {ParentNode} root */
export function bootLayout(root) {
  const left = [...root.querySelectorAll(".pb-run section:not(.pb-laid)")];
  const next = () => left.shift()?.classList.add("pb-laid");
  const all = () => {
    while (left.length) next();
  };
  const step = () => {
    next();
    if (left.length) whenIdle(step);
  };
  root.addEventListener("click", (event) => /** @type {Element} */ (event.target).closest("a[href^='#']") && all());
  const meant = root.querySelector(".pb-run :target");
  if (meant) {
    all();
    meant.scrollIntoView();
  } else whenIdle(step);
}
