/**
 * What concerns all flame graphs of a page: the theme and forced colours. Views that left the page are forgotten.
 */

const views = new Set();
let watching = false;

/** Have a view told when colours change. @param {{host: HTMLElement, recolor(): void, dispose(): void}} view */
export function watch(view) {
  views.add(view);
  if (watching) return;
  watching = true;
  const observer = new MutationObserver(recolor);
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true, attributeFilter: ["data-md-color-scheme", "class"] });
  }
  for (const query of ["(forced-colors: active)", "(prefers-color-scheme: dark)"]) {
    matchMedia(query).addEventListener("change", recolor);
  }
}

export function unwatch(view) {
  views.delete(view);
}

function recolor() {
  for (const view of [...views]) {
    if (view.host.isConnected) view.recolor();
    else view.dispose();
  }
}
