/**
 * The whole picture in small, below it, when some of it is out of view: where the window is, and a way to go elsewhere.
 */
import { boxAt, hitTest } from "./layout.js";
import { fit, lookOf } from "./paint.js";

const HEIGHT = 44;

/**
 * Draw the small picture and the window's frame.
 * @param {HTMLCanvasElement} canvas @param {import("./paint.js").Scene} scene
 * @param {import("./layout.js").Layout} whole layout without a zoom
 * @param {{path: number[], side: number}} zoom
 */
export function paintMinimap(canvas, scene, whole, zoom) {
  const { width, scale, palette } = scene;
  fit(canvas, width, HEIGHT, scale);
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(pictureOf(scene, whole), 0, 0);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const row = rowHeight(whole);
  const { box } = boxAt(whole, zoom.path, zoom.side);
  const top = (scene.scrollTop / scene.rowHeight) * row;
  const height = Math.min(HEIGHT - top, (scene.height / scene.rowHeight) * row);
  context.strokeStyle = palette.outline;
  context.lineWidth = 2;
  context.strokeRect(box.x + 1, top + 1, Math.max(3, box.width - 2), Math.max(3, height - 2));
}

const pictures = new WeakMap();

/** All boxes in small, drawn once for each layout and set of colours. */
function pictureOf(scene, whole) {
  const { width, scale, palette, color } = scene;
  const known = pictures.get(whole);
  if (known && known.palette === palette && known.color === color && known.scale === scale) return known.canvas;
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.round(HEIGHT * scale);
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const row = rowHeight(whole);
  const each = Math.max(1, Math.ceil(1 / row)); // rows thinner than a pixel: one stands for several
  for (let at = 0; at < whole.rows.length; at += each) {
    for (const box of whole.rows[at]) {
      context.fillStyle = box.more ? palette.hatch : palette[lookOf(scene, box.item).fill];
      context.fillRect(box.x, at * row, Math.max(0.5, box.width - 0.3), Math.max(1, row * each - 0.2));
    }
  }
  pictures.set(whole, { canvas, palette, color, scale });
  return canvas;
}

function rowHeight(whole) {
  return Math.min(6, HEIGHT / Math.max(1, whole.rows.length));
}

/** What a point of the small picture means: its row, and the box there if any. */
export function pointAt(whole, x, y) {
  const row = Math.min(whole.rows.length - 1, Math.max(0, Math.floor(y / rowHeight(whole))));
  return { row, box: hitTest(whole, x, row) };
}
