/** One panel of the grid: a picture, and what it is. */

import { Caption } from "./caption.js";
import { el, mark } from "./element.js";
import { fittedTiles } from "./fit.js";
import { iconButton } from "./icons.js";
import { Picture } from "./picture.js";
import { originOf, tileAt } from "./tiles.js";

export class Panel {
  isVisible = false;
  #outline = el("div", { class: "outline", hidden: true });
  #size = "";

  constructor(page, series) {
    const { run, tag } = series;
    Object.assign(this, { page, run, tag });
    this.picture = new Picture(page, run, tag);
    const save = iconButton("save", `Export ${tag} of ${run}`, () =>
      page.openExport({ run, tag, tile: null }),
    );
    this.caption = new Caption(page, run, tag, save);
    this.stage = el(
      "button",
      {
        type: "button",
        class: "stage",
        "aria-label": `${tag} of ${run}`,
        on: {
          click: (event) => this.#open(event),
          pointermove: (event) => this.#point(event),
          pointerleave: () => this.#hideOutline(),
        },
      },
      this.picture.canvas,
      this.#outline,
    );
    this.element = el(
      "figure",
      { class: "panel", "data-run": run, "data-tag": tag },
      this.stage,
      this.caption.element,
    );
  }

  /** Give the picture its place on the page before it is there. */
  layout(column) {
    this.picture.column = column;
    const { width, height, css, zoom } = this.picture.fit;
    this.#size = `${width} ${height} ${css}`;
    this.stage.style.width = `${width * css}px`;
    this.stage.style.height = `${height * css}px`;
    this.stage.classList.toggle("crisp", css >= 1 || zoom > 1);
    this.element.style.width = `${column}px`;
  }

  draw(step) {
    const shown = this.picture.draw(step);
    mark(this.element, "aria-busy", !this.picture.isCurrent);
    if (!this.picture.isCurrent) return;
    const { width, height, css } = this.picture.fit;
    if (this.#size !== `${width} ${height} ${css}`) this.layout(this.picture.column);
    this.caption.update(shown, step);
    this.stage.classList.toggle("bare", shown === null || Boolean(shown.frame.broken));
    // Forty labels a second would only be a burden to those who listen.
    if (!this.page.playhead.playing)
      mark(this.stage, "aria-label", `${this.tag} of ${this.run}, ${this.caption.text}`);
  }

  /** The tiles on the canvas; null where the frame has none. */
  get #tiles() {
    const frame = this.picture.shown?.frame;
    return frame?.tiles ? fittedTiles(frame.tiles, this.picture.fit) : null;
  }

  #tileUnder(event) {
    if (this.#tiles === null) return null;
    const { left, top } = this.picture.canvas.getBoundingClientRect();
    const { css } = this.picture.fit;
    return tileAt(this.#tiles, (event.clientX - left) / css, (event.clientY - top) / css);
  }

  #open(event) {
    // Pressing Enter clicks without a place: then it is the first filter.
    const tile = event.detail === 0 ? 0 : this.#tileUnder(event);
    if (this.#tiles === null) this.page.openTile(this.tag, null);
    else if (tile !== null) this.page.openTile(this.tag, tile);
  }

  #point(event) {
    const tile = this.#tileUnder(event);
    this.#hideOutline();
    if (tile === null) return;
    const { x, y } = originOf(this.#tiles, tile);
    const place = { left: x, top: y, width: this.#tiles.width, height: this.#tiles.height };
    const { css } = this.picture.fit;
    for (const [side, pixels] of Object.entries(place)) this.#outline.style[side] = `${pixels * css}px`;
    this.#outline.hidden = false;
    mark(this.stage, "title", `filter ${tile}`);
  }

  #hideOutline() {
    this.#outline.hidden = true;
    this.stage.removeAttribute("title");
  }
}
