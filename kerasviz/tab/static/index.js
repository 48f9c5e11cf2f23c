/** The Evolution tab of TensorBoard: this is the module that TensorBoard opens. */

import { el } from "./element.js";
import { live } from "./live.js";
import { Page } from "./page.js";
import { followTheme } from "./theme.js";

const STYLES = [
  "theme",
  "page",
  "toolbar",
  "grid",
  "panel",
  "tile_view",
  "curves",
  "transport",
  "dialogs",
  "empty",
];

/** Called by TensorBoard, in a frame of its own. */
export async function render() {
  document.documentElement.lang = "en";
  document.title = "Evolution";
  await Promise.all(STYLES.map(loaded));
  const page = new Page();
  followTheme(() => page.drawSoon());
  document.body.replaceChildren(page.element);
  // The keys are for this page as soon as its tab is opened.
  window.focus();
  live(page);
}

function loaded(name) {
  const link = el("link", { rel: "stylesheet", href: new URL(`${name}.css`, import.meta.url).href });
  const done = new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => reject(new Error(`${name}.css could not be loaded`)));
  });
  document.head.append(link);
  return done;
}
