// Doing things once for each element.

/**
 * Calls `act` for every element under `root` that matches and has not been seen under this name.
 * @param {ParentNode} root
 * @param {string} selector
 * @param {string} name
 * @param {(element: HTMLElement) => void} act
 */
export function once(root, selector, name, act) {
  for (const element of root.querySelectorAll(selector)) {
    if (!(element instanceof HTMLElement)) continue;
    const key = `pbBooted${name}`;
    if (element.dataset[key]) continue;
    element.dataset[key] = "1";
    act(element);
  }
}
