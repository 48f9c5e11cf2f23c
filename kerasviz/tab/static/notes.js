/** What is known of the layer in a panel: its kind, shape and parameters, and the picture watched. */

import { el } from "./element.js";
import { countText } from "./format.js";
import { ask } from "./server.js";

/** An element that fills itself as soon as the log has said what it knows; nothing where it knows nothing. */
export function layerNote({ run, tag, layer }) {
  const note = el("div", { class: "note" });
  if (layer === null) return note;
  ask("layer", { run, tag })
    .then((response) => response.json())
    .then((known) => known && fill(note, tag, known))
    .catch(() => {
      // A picture is worth showing without what is known of its layer.
    });
  return note;
}

function fill(note, tag, { path, kind, shape, parameters, picture }) {
  const facts = [
    kind,
    shapeText(shape),
    typeof parameters === "number" ? countText(parameters, "parameter") : null,
  ];
  const lines = facts.filter(Boolean).map((fact) => el("p", {}, fact));
  if (picture)
    note.append(el("img", { src: picture, alt: "the picture watched", title: "the picture watched" }));
  // Most tags end with the layer's path: then it has been read already.
  if (path && !tag.endsWith(path)) lines.unshift(el("p", { class: "path" }, path));
  note.append(el("div", {}, ...lines));
}

/** Sizes without the number of pictures, which is open. */
function shapeText(shape) {
  if (shape === null) return null;
  const sizes = shape[0] === null ? shape.slice(1) : shape;
  return `output ${sizes.map((size) => size ?? "any").join(" \u00d7 ")}`;
}
