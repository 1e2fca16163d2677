/**
 * What fingers, mouse, wheel and keys mean on the picture. Says it to a view; draws nothing.
 * Without a modifier the wheel scrolls; with Ctrl (and as a pinch of a touchpad) it zooms at the pointer.
 */
import { tools } from "./later.js";

const WHEEL_STEP = 40;
const PINCH_STEP = 1.25;
const WALKS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

/** @param {import("./view.js").FlameView} view */
export function listenToPointer(view) {
  const { canvas, box } = view.parts;
  let turned = 0;
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    view.hoverAt(view.boxAt(event), event.clientX, event.clientY);
  });
  canvas.addEventListener("pointerleave", (event) => {
    // A finger always leaves before its click arrives; what it read stays.
    if (event.pointerType !== "touch") view.hoverAt(null);
  });
  canvas.addEventListener("click", (event) => onClick(view, event));
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    turned = Math.sign(turned) === Math.sign(event.deltaY) ? turned + event.deltaY : event.deltaY;
    if (Math.abs(turned) < WHEEL_STEP) return;
    view.zoomAt(view.boxAt(event), turned < 0);
    turned = 0;
  }, { passive: false });
  box.addEventListener("scroll", () => {
    view.scrolled();
    view.hoverAt(null);
  }, { passive: true });
  listenToPinch(view);
}

/** A mouse zooms at once; a finger first sees the card, then zooms with a second tap. */
function onClick(view, event) {
  const box = view.boxAt(event);
  if (!box) return;
  const isTouch = event.pointerType === "touch";
  const isFirstTap = isTouch && (view.parts.card.hidden || view.focusBox() !== box);
  view.touched = isTouch;
  view.setFocus(box);
  if (isFirstTap) view.hoverAt(box, event.clientX, event.clientY);
  else view.zoomTo(box);
}

/** Two fingers apart zoom in on the frame between them, together they zoom out. */
function listenToPinch(view) {
  const { canvas } = view.parts;
  let from = 0;
  const spread = ({ touches: [one, other] }) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  canvas.addEventListener("touchstart", (event) => {
    from = event.touches.length === 2 ? spread(event) : 0;
  }, { passive: true });
  canvas.addEventListener("touchmove", (event) => {
    if (event.touches.length !== 2 || !from) return;
    event.preventDefault();
    const ratio = spread(event) / from;
    if (ratio < PINCH_STEP && ratio > 1 / PINCH_STEP) return;
    from = spread(event);
    const area = canvas.getBoundingClientRect();
    const [one, other] = event.touches;
    const x = (one.clientX + other.clientX) / 2 - area.left;
    const y = (one.clientY + other.clientY) / 2 - area.top;
    view.zoomAt(view.boxAt({ offsetX: x, offsetY: y }), ratio > 1);
  }, { passive: false });
}

/** @param {import("./view.js").FlameView} view */
export function listenToKeys(view) {
  const { canvas, search } = view.parts;
  const actions = {
    Enter: () => view.zoomTo(view.focusBox()),
    " ": () => view.zoomTo(view.focusBox()),
    Escape: () => view.zoomOut(),
    Home: () => view.focusOn(view.layout.zoom),
    "/": () => search.focus(),
    n: () => view.finder?.walk(1),
    N: () => view.finder?.walk(-1),
    c: () => tools.copyName?.(view),
    s: () => tools.sandwich?.(view),
    t: () => tools.showGrid?.(view, true),
    "+": () => view.zoomAt(view.focusBox(), true),
    "-": () => view.zoomAt(view.focusBox(), false),
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const walk = WALKS[event.key];
    const action = walk ? () => view.walk(walk) : Object.hasOwn(actions, event.key) && actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation(); // the theme has page-wide keys of its own
    action();
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") view.finder?.walk(event.shiftKey ? -1 : 1);
    else view.change({ query: "" });
  });
}
