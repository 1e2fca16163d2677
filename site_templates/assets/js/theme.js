// What the theme leaves unsaid to readers who listen.
import { once } from "./once.js";

/** @param {ParentNode} root */
export function bootTheme(root) {
  once(root, '.md-search[role="dialog"]', "Theme", (dialog) => dialog.setAttribute("aria-label", "Search"));
}
