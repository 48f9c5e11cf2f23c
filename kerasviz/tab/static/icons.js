/** The signs on the buttons: paths in a square of 24. */

import { el, svg } from "./element.js";

const PATHS = {
  play: "M8 5v14l11-7z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  first: "M6 5h2v14H6zM20 5v14L9 12z",
  last: "M16 5h2v14h-2zM4 5v14l11-7z",
  back: "M15.5 6 14 4.5 6.5 12l7.5 7.5 1.5-1.5L9.5 12z",
  on: "M8.5 18l1.5 1.5L17.5 12 10 4.5 8.5 6l6 6z",
  loop: "M7 7h10v3l4-4-4-4v3H5v6h2zM17 17H7v-3l-4 4 4 4v-3h12v-6h-2z",
  follow: "M4 11h10.2l-3.6-3.6L12 6l6 6-6 6-1.4-1.4 3.6-3.6H4zM19 5h2v14h-2z",
  link: "M3.9 12A3.1 3.1 0 0 1 7 8.9h4V7H7a5 5 0 0 0 0 10h4v-1.9H7A3.1 3.1 0 0 1 3.9 12zM8 13h8v-2H8zM17 7h-4v1.9h4a3.1 3.1 0 0 1 0 6.2h-4V17h4a5 5 0 0 0 0-10z",
  save: "M5 19h14v2H5zM19 10h-4V3H9v7H5l7 7z",
  close: "M19 6.4 17.6 5 12 10.6 6.4 5 5 6.4 10.6 12 5 17.6 6.4 19 12 13.4 17.6 19 19 17.6 13.4 12z",
  copy: "M16 1H4v16h2V3h10zM20 5H8v18h12zM18 21h-8V7h8z",
  keys: "M3 6v12h18V6zm2 2h14v8H5zm1.5 1.5h2v2h-2zm3 0h2v2h-2zm3 0h2v2h-2zm3 0h2v2h-2zM8 13h8v2H8z",
};

/** A sign; what it means stands in its button's label. */
export function icon(name) {
  const path = svg("path", { d: PATHS[name] });
  return svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, path);
}

/** Show another sign in a button of `iconButton`. */
export function changeIcon(button, name) {
  button.querySelector("path").setAttribute("d", PATHS[name]);
}

/** A button with a sign, its label read aloud and shown on pointing. */
export function iconButton(name, label, click, attributes = {}) {
  const known = { type: "button", class: "icon-button", "aria-label": label, title: label, on: { click } };
  return el("button", { ...known, ...attributes }, icon(name));
}
