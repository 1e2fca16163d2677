// The slider over the snapshots of a series: it tells each one's value and leads to it in the explorer.
import { once } from "./once.js";

/** @param {ParentNode} root */
export function bootFilms(root) {
  once(root, "[data-pb-film]", "Film", (box) => {
    const rows = [...document.getElementById(box.dataset.pbFilm).tBodies[0].rows];
    const slider = box.querySelector("input");
    const told = box.querySelector("output");
    const cursor = box.querySelector(".pb-film__cursor");
    const links = [
      [box.querySelector("[data-pb-film-open]"), "[data-pb-open]"],
      [box.querySelector("[data-pb-film-grown]"), "[data-pb-grown]"],
    ];
    const show = () => {
      const row = rows[Number(slider.value)];
      told.textContent = row.dataset.told;
      slider.setAttribute("aria-valuetext", row.dataset.told);
      cursor.setAttribute("transform", `translate(${row.dataset.x} 0)`);
      for (const [link, wanted] of links) {
        const target = row.querySelector(wanted);
        link.hidden = !target;
        if (target) link.setAttribute("href", target.getAttribute("href"));
      }
    };
    slider.addEventListener("input", show);
    show();
  });
}
