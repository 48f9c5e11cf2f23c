/** A canvas that shows a series at a step: its frame, or the frame's difference to another one. */

import { difference, paint, scaleEnd, whyNot } from "./difference.js";
import { el } from "./element.js";
import { fit, fittedTiles } from "./fit.js";
import { placeAt } from "./log.js";
import { originOf, partOf } from "./tiles.js";

/** Read pixels from here: one canvas in main memory for all. */
const reader = el("canvas").getContext("2d", { willReadFrequently: true });
/** Differences are painted here, before they are put in their places. */
const painter = el("canvas").getContext("2d");

export class Picture {
  canvas = el("canvas", { width: 1, height: 1 });
  /** What was painted last: `{frame, other, at, end, inValues}`, or null. */
  shown = null;
  /** How wide the picture may become, in CSS pixels. */
  column = 300;
  #wanted = null;
  #loading = false;

  /** `page` is the page's state; `tile` a number, or null for the whole frame. */
  constructor(page, run, tag, tile = null) {
    Object.assign(this, { page, run, tag, tile });
    this.context = this.canvas.getContext("2d");
  }

  /** How the picture lies in its column, see `fit`; before its first frame as the index says. */
  get fit() {
    const frame = this.shown?.frame.bitmap ? this.shown.frame : this.#stated;
    const { width, height } = partOf(frame, this.tile);
    return fit({ width, height, tiles: this.tile === null ? frame.tiles : null }, this.column);
  }

  /** Some writers do not say how large their pictures are: then their place is a square until one is here. */
  get #stated() {
    const { width, height, tiles = null } = this.series;
    return width && height
      ? { width, height, tiles }
      : { width: this.column, height: this.column, tiles: null };
  }

  get series() {
    return this.page.log.series(this.run, this.tag);
  }

  /** What is to be seen at a step, `[[series, at]]` with the frame compared to second; empty before the first. */
  needs(step) {
    const { series } = this;
    const at = series ? placeAt(series.steps, step) : -1;
    if (at < 0) return [];
    const { mode, run } = this.page.compare;
    if (mode === "first")
      return [
        [series, at],
        [series, 0],
      ];
    if (mode === "previous")
      return [
        [series, at],
        [series, Math.max(0, at - 1)],
      ];
    const other = mode === "run" && run !== this.run ? this.page.log.series(run, this.tag) : undefined;
    const otherAt = other ? placeAt(other.steps, step) : -1;
    return otherAt < 0
      ? [[series, at]]
      : [
          [series, at],
          [other, otherAt],
        ];
  }

  isReady(step) {
    return this.needs(step).every(([series, at]) => this.page.frames.has(series, at));
  }

  /** Draw the step if its frames are here, else fetch them and have the page draw again. */
  draw(step) {
    const needs = this.needs(step);
    const frames = needs.map(([series, at]) => this.page.frames.get(series, at));
    if (frames.every(Boolean)) this.#paint(needs, frames);
    else this.#fetch(needs);
    return this.shown;
  }

  /** Whether the picture on the screen is that of the step; false while its frame is on the way. */
  get isCurrent() {
    return this.#wanted === null;
  }

  async #fetch(needs) {
    this.#wanted = needs;
    // While a person scrubs, one request at a time, and then the step where the playhead is by now.
    if (this.#loading) return;
    this.#loading = true;
    try {
      await Promise.all(needs.map(([series, at]) => this.page.frames.now(series, at)));
    } catch {
      // Nothing answers; the poll of the index says so, and has everything drawn when it answers again.
      return;
    } finally {
      this.#loading = false;
    }
    this.page.drawSoon();
  }

  #paint(needs, [frame, other = null]) {
    this.#wanted = null;
    if (!frame) {
      this.#clear();
      this.shown = null;
      return;
    }
    const { column, tile, page } = this;
    const { mode } = page.compare;
    const shown = { frame, other, tile, mode, column, end: page.compare.endOf(this.tag) };
    if (this.shown && Object.entries(shown).every(([name, value]) => this.shown[name] === value)) return;
    const reason = frame.broken ?? other?.broken ?? (other ? whyNot(frame, other) : null);
    this.shown = { ...shown, reason, inValues: true, step: needs[0][0].steps[needs[0][1]] };
    if (frame.broken) this.#clear();
    else this.#place(frame, other && reason === null ? this.#difference(frame, other) : frame.bitmap);
  }

  /** Return a canvas with the difference of two frames. */
  #difference(frame, other) {
    const { page, tag } = this;
    const found = difference(frame, page.compare.pixels(frame), other, page.compare.pixels(other));
    // The end grows with what was seen, for all runs of the tag alike, so that a film does not flicker.
    const scale = scaleEnd(found, page.compare.endOf(tag));
    page.compare.growEnd(tag, scale.end);
    Object.assign(this.shown, { ...scale, grain: found.grain, inValues: found.inValues });
    resize(painter.canvas, frame.width, frame.height);
    painter.putImageData(paint(found.values, this.shown.end, frame.width, frame.height), 0, 0);
    return painter.canvas;
  }

  /** Copy a frame's picture to the canvas: a tile, the whole, or each tile enlarged in its place. */
  #place(frame, source) {
    const { context, tile } = this;
    const place = this.fit;
    resize(this.canvas, place.width, place.height);
    context.clearRect(0, 0, place.width, place.height);
    if (place.zoom === 1) {
      const { x, y, width, height } = partOf(frame, tile);
      context.drawImage(source, x, y, width, height, 0, 0, width, height);
      return;
    }
    context.imageSmoothingEnabled = false;
    this.#fillGaps(frame, source, place);
    const tiles = fittedTiles(frame.tiles, place);
    for (let at = 0; at < tiles.count; at += 1) {
      const from = partOf(frame, at);
      const to = originOf(tiles, at);
      context.drawImage(
        source,
        from.x,
        from.y,
        from.width,
        from.height,
        to.x,
        to.y,
        tiles.width,
        tiles.height,
      );
    }
  }

  /** The colour of the gaps means something (orange where much is clipped): it is the frame's own. */
  #fillGaps({ tiles }, source, place) {
    const [x, y] = tiles.columns > 1 ? [tiles.width, 0] : [0, tiles.height];
    if (tiles.count > 1) this.context.drawImage(source, x, y, 1, 1, 0, 0, place.width, place.height);
  }

  #clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }
}

function resize(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

/** The pixels of a decoded frame, RGBA. */
export function readPixels({ bitmap, width, height }) {
  resize(reader.canvas, width, height);
  reader.clearRect(0, 0, width, height);
  reader.drawImage(bitmap, 0, 0);
  return reader.getImageData(0, 0, width, height).data;
}
