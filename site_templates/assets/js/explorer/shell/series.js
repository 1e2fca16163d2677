// A series of snapshots: a slider over heap0, heap1, … of one component, and play, which walks it once.
import { element } from "./element.js";

const PAUSE_MS = 700;

/**
 * Make the row for a series; hidden while the profile is none of a series.
 * @param {(id: string, how: {replace: boolean}) => void} go opens a profile
 */
export function buildSeries(go) {
  let entries = [];
  let at = 0;
  let timer = 0;

  const slider = element("input", { type: "range", min: 0, step: 1, "aria-label": "Snapshot" });
  const play = element("button", { type: "button", class: "pb-button", click: () => (timer ? stop() : start()) }, "Play");
  const told = element("output", { class: "pbx-series__told" });
  const row = element("div", { class: "pbx-series", role: "group", "aria-label": "Series" }, play, slider, told);
  slider.addEventListener("input", () => {
    stop();
    move(Number(slider.value));
  });

  function move(place) {
    at = place;
    tell();
    go(entries[at].id, { replace: true });
  }

  function start() {
    play.textContent = "Stop";
    move(at === entries.length - 1 ? 0 : at);
    timer = setInterval(() => (at < entries.length - 1 ? move(at + 1) : stop()), PAUSE_MS);
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  }

  function tell() {
    const text = `${entries[at].path}, ${at + 1} of ${entries.length}`;
    slider.value = String(at);
    if (told.textContent === text) return;
    told.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  }

  return {
    row,
    /** Show the series of a profile. */
    update(series, entry) {
      const sameSeries = series.length === entries.length && series[0].id === entries[0].id;
      if (!sameSeries) stop();
      const isAlone = series.length < 2 && entries.length < 2;
      entries = series;
      at = Math.max(0, series.findIndex((one) => one.id === entry.id));
      row.hidden = series.length < 2;
      if (isAlone) return;
      slider.max = String(series.length - 1);
      tell();
    },
  };
}
