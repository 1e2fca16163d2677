// The entry of the script of the pages over time.
import { startFunctions } from "./functions.js";
import { startTrends } from "./trends.js";

/** Start the page whose host this is; what there is, the page says beside it. @param {HTMLElement} host */
export function startPage(host) {
  const told = JSON.parse(host.parentElement.querySelector(".pb-over__data").textContent);
  return host.dataset.pbOver === "functions" ? startFunctions(host, told) : startTrends(host, told);
}
