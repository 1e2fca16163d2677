// What is around a run, which later runs change and its page therefore does not hold: its comparisons, the newer run.
// Taken from the catalogue of the site (pipeline/render/explore_page.py); without it the links to the lists stay.
import { loadScript } from "./chart.js";
import { made } from "./made.js";

function line([address, title, [word, sign, tone]], root) {
  const signed = made("span", { className: "pb-badge__sign", ariaHidden: "true" }, sign);
  const badge = made("span", { className: `pb-badge pb-tone-${tone}` }, signed, word);
  return made("p", { className: "pb-verdict__link" }, "Compared: ", made("a", { href: root + address }, title), " ", badge);
}

function show(box, { runs, bare, compared, outcomes }) {
  const { root, pbAround } = box.dataset;
  const all = runs.map(([name]) => name);
  for (const [place, name] of bare) all.splice(place, 0, name);
  const at = all.indexOf(pbAround);
  if (at < 0) return;
  const lines = compared
    .filter((one) => one[3].includes(at))
    .map(([address, title, outcome]) => line([address, title, outcomes[outcome]], root));
  box.replaceChildren(lines.shift() ?? made("p", { className: "pb-verdict__link" }, "Not part of a comparison."));
  if (lines.length) {
    const told = made("summary", {}, `${lines.length} more comparison${lines.length > 1 ? "s" : ""}`);
    box.append(made("details", { className: "pb-more" }, told, ...lines));
  }
  const way = document.querySelector("[data-pb-newer]");
  const newer = all[at - 1];
  if (!newer) way?.remove();
  else way?.replaceWith(made("a", { rel: "next", href: `${root}runs/${newer}/index.html` }, made("span", { className: "pb-key" }, "newer"), ` ${newer}`));
}

/** Show what is around the run a box is for. @param {HTMLElement} box */
export function showAround(box) {
  loadScript(`${box.dataset.root}data/catalogue.js`).then(() => show(box, globalThis.profbook.catalogue), () => {});
}
