/** The sentences below the picture. */
import { shareText } from "../views/words.js";

const WALK = "Arrows walk, Enter or a click zooms, Esc goes back.";
const KEYS = `${WALK} / searches, n next match, s sandwich, t table, c copies the name, Ctrl + wheel zooms.`;
const TAPS = "Tap a frame for its figures, tap again to zoom in; two fingers zoom too.";

/** What stands below the picture: what its widths do not show, and how to go on. @param {import("./paint.js").Scene} scene */
export function notesOf({ measured, write }, direction, isCoarse) {
  const { signed, pair, stackless, whole } = measured;
  if (whole === 0) return "";
  const notes = [];
  if (pair) notes.push("Values are head − base; widths are what both weigh together.");
  else if (signed) notes.push("Widths are sums of absolute changes; hatched frames went down.");
  else if (stackless > 0) notes.push(`${write(stackless)} (${shareText(stackless, whole)}) has no call stack.`);
  if (direction === "up") notes.push("Below a frame stand its callers.");
  if (direction === "sandwich") notes.push("Above stand the callers, below the callees of the framed function.");
  return [...notes, isCoarse ? TAPS : KEYS, "Italic: inlined. Grey hatch: too narrow to draw."].join(" ");
}
