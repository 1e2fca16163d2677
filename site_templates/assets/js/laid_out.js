// Lays out what the first frame left out (css/page.css), a section at a time, while the page has nothing else to do: then
// nothing below has a guessed height any more, and a jump or a search ends where it should.
const whenIdle = globalThis.requestIdleCallback ?? setTimeout;

/** @param {ParentNode} root */
export function bootLayout(root) {
  const left = [...root.querySelectorAll(".pb-run section:not(.pb-laid)")];
  const next = () => left.shift()?.classList.add("pb-laid");
  const meant = root.querySelector(".pb-run :target");
  const step = () => {
    next();
    if (left.length) whenIdle(step);
  };
  if (meant) {
    for (; left.length; next());
    meant.scrollIntoView();
  } else whenIdle(step);
}
