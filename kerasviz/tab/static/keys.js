/** The keyboard: everything that the mouse can do, and a list of it. */

import { el } from "./element.js";
import { iconButton } from "./icons.js";

const LIST = [
  ["Space", "play, pause"],
  ["\u2190 \u2192", "frame before, next frame"],
  ["Shift \u2190 \u2192", "ten frames"],
  ["Home End", "first, last frame"],
  ["[ ]", "slower, faster"],
  ["L", "loop"],
  ["F", "follow the newest frame"],
  ["D", "next kind of difference"],
  ["/", "filter"],
  ["Enter", "on a panel: its filters, large"],
  ["\u2191 \u2193", "filter before, next filter"],
  ["Esc", "back to all panels"],
];

/** Listen to the keys for the whole page. */
export function listen(page) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (writesText(event.target)) return;
    const action = actionOf(event, page);
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

/** The list of keys as a dialog, and the button that opens it. */
export function keysHelp() {
  const rows = LIST.map(([keys, what]) => el("div", {}, el("dt", {}, keys), el("dd", {}, what)));
  const close = iconButton("close", "Close", () => dialog.close());
  const title = el("header", {}, el("h2", { id: "keys-title" }, "Keyboard"), close);
  const dialog = el(
    "dialog",
    { class: "keys", "aria-labelledby": "keys-title" },
    title,
    el("dl", {}, ...rows),
  );
  return { dialog, button: iconButton("keys", "Keyboard (?)", () => dialog.showModal()) };
}

function actionOf(event, page) {
  const { playhead } = page;
  const { key, target } = event;
  // A button and a slider of its own kind keep the keys that they need.
  if (key === " " && target.closest?.("button, summary, a")) return undefined;
  if (key.startsWith("Arrow") && target.matches?.("input[type=range], select")) return undefined;
  const frames = event.shiftKey ? 10 : 1;
  const actions = {
    " ": () => playhead.toggle(),
    ArrowLeft: () => playhead.by(-frames),
    ArrowRight: () => playhead.by(frames),
    Home: () => playhead.go(playhead.first),
    End: () => playhead.go(playhead.last),
    "[": () => playhead.setSpeed(playhead.speed - 1),
    "]": () => playhead.setSpeed(playhead.speed + 1),
    l: () => playhead.setLoop(!playhead.loop),
    f: () => playhead.setFollow(!playhead.follow),
    d: () => page.nextCompare(),
    "/": () => page.focusFilter(),
    "?": () => page.showKeys(),
  };
  if (page.isTileOpen) {
    actions.ArrowUp = () => page.stepTile(-1);
    actions.ArrowDown = () => page.stepTile(1);
    actions.Escape = () => page.closeTile();
  }
  return actions[key.length === 1 ? key.toLowerCase() : key];
}

function writesText(target) {
  return target.matches?.("input:not([type=range]):not([type=checkbox]), textarea, select") ?? false;
}
