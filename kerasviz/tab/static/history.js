/** The history of a tile in one run: a strip of small pictures over the whole training, to look at and to click. */

import { el, mark } from "./element.js";
import { wholeText } from "./format.js";
import { placeAt } from "./log.js";
import { partOf } from "./tiles.js";

const PLACES = 24;

export class History {
  element = el("ol", { class: "history", "aria-label": "History" });
  #moments = [];
  #arranged = "";

  constructor(page, run, tag, tile) {
    Object.assign(this, { page, run, tag, tile });
  }

  /** Take the frames that there are now: at most 24, evenly over all. */
  update() {
    const series = this.page.log.series(this.run, this.tag);
    const places = series ? spread(series.steps.length, PLACES) : [];
    const arranged = JSON.stringify(places.map((at) => [series.steps[at], series.versions[at]]));
    if (arranged === this.#arranged) return;
    this.#arranged = arranged;
    this.#moments = places.map((at) => this.#moment(series, at));
    this.element.replaceChildren(...this.#moments.map(({ element }) => element));
  }

  setTile(tile) {
    if (tile === this.tile) return;
    this.tile = tile;
    for (const moment of this.#moments) moment.isDrawn = false;
  }

  /** The frames still to be fetched. */
  get wanted() {
    return this.#moments.filter(({ isDrawn }) => !isDrawn).map(({ series, at }) => [series, at]);
  }

  /** Draw what is here by now, and mark the moment at the playhead. */
  draw(step) {
    const now = placeAt(
      this.#moments.map((moment) => moment.step),
      step,
    );
    for (const [i, moment] of this.#moments.entries()) {
      mark(moment.button, "aria-current", i === now ? "step" : "false");
      if (!moment.isDrawn) this.#drawMoment(moment);
    }
  }

  #moment(series, at) {
    const step = series.steps[at];
    const canvas = el("canvas", { width: 1, height: 1 });
    const label = `step ${wholeText(step)}`;
    const attributes = { type: "button", "aria-label": label, title: label };
    const button = el("button", { ...attributes, on: { click: () => this.page.playhead.go(step) } }, canvas);
    return { series, at, step, canvas, button, isDrawn: false, element: el("li", {}, button) };
  }

  #drawMoment(moment) {
    const frame =
      this.page.frames.has(moment.series, moment.at) && this.page.frames.get(moment.series, moment.at);
    if (!frame) return;
    moment.isDrawn = true;
    if (frame.broken) return;
    const { x, y, width, height } = partOf(frame, this.tile);
    Object.assign(moment.canvas, { width, height });
    moment.canvas.getContext("2d").drawImage(frame.bitmap, x, y, width, height, 0, 0, width, height);
  }
}

/** At most `most` of `count` places, the first and the last among them. */
function spread(count, most) {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}
