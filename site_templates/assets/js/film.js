// The slider over the snapshots of a series: it tells each one's value and leads to it in the explorer; play walks it once.
import { made } from "./made.js";
import { once } from "./once.js";

const PAUSE_MS = 700;

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
    const play = made("button", { type: "button", className: "pb-button" }, "Play");
    let timer = 0;
    const stop = () => {
      timer = clearInterval(timer);
      play.textContent = "Play";
    };
    const move = (place) => {
      slider.value = place;
      show();
      if (place >= rows.length - 1 || !box.isConnected) stop();
    };
    play.addEventListener("click", () => {
      if (timer) return stop();
      play.textContent = "Stop";
      timer = setInterval(() => move(Number(slider.value) + 1), PAUSE_MS);
      return move(slider.value === slider.max ? 0 : Number(slider.value));
    });
    slider.before(play);
    slider.addEventListener("input", () => {
      stop();
      show();
    });
    show();
  });
}
