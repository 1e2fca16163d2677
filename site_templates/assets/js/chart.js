// Interactive charts on demand: the picture is in the page; a click loads the drawing library and the specification.
import { made } from "./made.js";
import { once } from "./once.js";

/** @type {Map<string, Promise<void>>} */
const loading = new Map();

/**
 * Loads a classic script once; works from the disk, where fetch does not. Scripts run in the order they are asked for.
 * @param {string} src
 * @returns {Promise<void>}
 */
export function loadScript(src) {
  const url = new URL(src, location.href).href;
  if (!loading.has(url)) {
    loading.set(
      url,
      new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = url;
        script.async = false;
        script.onload = () => resolve();
        script.onerror = () => {
          loading.delete(url);
          script.remove();
          reject(new Error(`cannot load ${url}`));
        };
        document.head.append(script);
      }),
    );
  }
  return loading.get(url);
}

/**
 * Makes a chart's specification fit a box: as wide as it is, a little higher, zoom where the axes are continuous.
 * @param {object} spec
 * @param {number} width
 */
function fitted(spec, width) {
  const made = structuredClone(spec);
  made.width = width;
  // Rows of a fixed height only take a width that leaves room for their labels; other charts are fitted whole.
  if (typeof made.height === "number") {
    made.height = Math.max(made.height, 260);
    made.autosize = { type: "fit", contains: "padding" };
  } else {
    made.width = Math.max(width - 160, 160);
  }
  return made;
}

/**
 * @param {HTMLElement} figure
 * @param {HTMLElement} button
 */
async function explore(figure, button) {
  const picture = figure.querySelector(".pb-chart__picture");
  const spec = JSON.parse(figure.querySelector(".pb-chart__spec").textContent);
  button.setAttribute("aria-busy", "true");
  try {
    await loadScript(figure.dataset.pbVega);
    figure.classList.add("pb-chart--live");
    const box = made("div", { className: "pb-chart__live" });
    picture.after(box);
    const width = Math.max(box.clientWidth - 8, 240);
    // Drawn as SVG, so that the colours, which are CSS variables, follow the page's.
    await globalThis.vegaEmbed(box, fitted(spec, width), { renderer: "svg", actions: { export: true, source: false, compiled: false, editor: false } });
    picture.hidden = true;
    button.remove();
  } catch (error) {
    figure.classList.remove("pb-chart--live");
    button.textContent = "The interactive view could not be loaded";
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** @param {ParentNode} root */
export function bootCharts(root) {
  once(root, "[data-pb-explore]", "Explore", (button) => {
    const figure = button.closest("figure");
    if (figure instanceof HTMLElement) button.addEventListener("click", () => void explore(figure, button));
  });
}
