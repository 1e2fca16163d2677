// Flame graphs and the explorer: large scripts, loaded when a reader comes near one.
import { made } from "./made.js";
import { once } from "./once.js";
import { loadPart } from "./parts.js";

const NEAR = { rootMargin: "600px" };
const FLAMES = ".pb-flame[data-src][data-key]";
const HAS_KEY = /[#&]k=/;
let isFollowing = false;

/** Say that what should be here could not be loaded. @param {HTMLElement} host */
export function refuse(host) {
  if (host.querySelector(':scope > [role="alert"]')) return;
  host.append(made("p", { role: "alert" }, "The interactive view could not be loaded."));
}

/** Act when an element comes near the screen, or at once when the returned function is called. */
function whenNear(host, act) {
  const show = () => {
    near.disconnect();
    act();
  };
  const near = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && show(), NEAR);
  near.observe(host);
  return show;
}

/**
 * Loads the flame graph for the first still picture that comes near the screen, is touched or is meant by the link.
 * @param {ParentNode} root
 */
export function bootFlameGraphs(root) {
  once(root, FLAMES, "Flame", (host) => {
    const show = whenNear(host, () => loadPart("viewer").then(({ showFlames }) => showFlames(document), () => refuse(host)));
    host.addEventListener("pointerenter", show, { once: true });
  });
  once(root, "[data-pb-pair]", "Pair", (host) => {
    whenNear(host, () => loadPart("pair").then(({ showPair }) => showPair(host), () => refuse(host)));
  });
  followLinks();
  if (isFollowing) return;
  isFollowing = true;
  addEventListener("hashchange", followLinks);
}

function followLinks() {
  if (!HAS_KEY.test(location.hash) || !document.querySelector(FLAMES)) return;
  loadPart("viewer").then(({ showFlames }) => showFlames(document), () => {});
}

/** @param {ParentNode} root */
export function bootExplorers(root) {
  once(root, "[data-pb-explorer]", "Explorer", (host) => {
    loadPart("explorer").then(({ startExplorer }) => startExplorer(host), () => refuse(host));
  });
}
