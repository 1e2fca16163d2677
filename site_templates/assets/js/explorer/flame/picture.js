/**
 * Saving what is shown, all rows of it, as SVG or PNG. Profile text enters the SVG as text nodes.
 */
import { isMatched, labelOf, lookOf, moreText, paintFlame } from "./paint.js";

const SPACE = "http://www.w3.org/2000/svg";
const TALLEST = 16000;

function draw(tag, attributes, ...children) {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Write the whole layout as a standalone SVG document. @param {import("./paint.js").Scene} scene @returns {string} */
export function pictureSvg(scene) {
  const { layout, palette, rowHeight } = scene;
  const height = layout.rows.length * rowHeight;
  const font = { "font-family": palette.font, "font-size": 12 };
  const root = draw("svg", { xmlns: SPACE, width: layout.width, height, viewBox: `0 0 ${layout.width} ${height}`, ...font });
  root.append(draw("rect", { width: "100%", height: "100%", fill: palette.gap }), stripes(palette));
  for (const box of layout.rows.flat()) root.append(drawBox(scene, box));
  return new XMLSerializer().serializeToString(root);
}

function stripes(palette) {
  const pattern = (id, line) => draw("pattern", { id, width: 7, height: 7, patternUnits: "userSpaceOnUse" },
    draw("path", { d: line, stroke: palette.hatch, "stroke-width": 1 }));
  return draw("defs", {}, pattern("rising", "M0 7L7 0"), pattern("falling", "M0 0L7 7"));
}

function drawBox(scene, box) {
  const { palette, rowHeight } = scene;
  const [x, width] = [box.x, box.width].map((value) => Math.round(value * 100) / 100);
  const group = draw("svg", { x, y: box.row * rowHeight, width, height: rowHeight });
  const text = box.more ? moreText(scene, box) : labelOf(scene, box);
  const name = !box.more && box.item.key >= 0 ? scene.dressed.name(box.item.key) : text;
  group.append(draw("title", {}, plain(name)));
  const area = { width: "100%", height: rowHeight - 1 };
  const look = box.more ? { hatch: "rising", mark: "" } : lookOf(scene, box.item);
  if (!box.more) {
    const fill = isMatched(scene, box) ? palette.match : palette[look.fill];
    group.append(draw("rect", { ...area, fill, stroke: palette.gap }));
  }
  if (look.hatch) group.append(draw("rect", { ...area, fill: `url(#${look.hatch})` }));
  if (width < 18) return group;
  const ink = isMatched(scene, box) ? palette["match-text"] : palette.text;
  const style = !box.more && box.item.inlined ? { "font-style": "italic" } : {};
  const words = look.mark ? `${look.mark} ${text}` : text;
  group.append(draw("text", { x: 4, y: Math.round(rowHeight / 2) + 4, fill: ink, ...style }, plain(words)));
  return group;
}

/** Drop what XML cannot hold. */
function plain(text) {
  return text.replace(/[^\t\n\u{20}-\u{FFFD}\u{10000}-\u{10FFFF}]|[\uD800-\uDFFF]/gu, "\uFFFD");
}

/** Draw the whole layout as a PNG. @param {import("./paint.js").Scene} scene @returns {Promise<Blob>} */
export function picturePng(scene) {
  const canvas = document.createElement("canvas");
  const height = scene.layout.rows.length * scene.rowHeight;
  const scale = Math.min(2, TALLEST / height);
  canvas.width = Math.round(scene.layout.width * scale);
  canvas.height = Math.round(height * scale);
  paintFlame(canvas, { ...scene, hover: null, focusVisible: false, scrollTop: 0, width: scene.layout.width, height, scale, paper: true });
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** Hand a file to the reader. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // some browsers read it after the click
}
