/** What frames are compared to, and the scales of the differences. */

import { readPixels } from "./picture.js";

/** Pixels of so many frames are kept beside the decoded pictures. */
const PIXELS_KEPT = 24;

/** `mode` is "none", "first", "previous", or "run" with the `run` that the others are compared to. */
export class Comparison {
  #ends = new Map();
  #pixels = new Map();

  /** `grown` is called when a scale has grown: the other runs of the tag are on the same one. */
  constructor(grown) {
    this.grown = grown;
    this.set({ mode: "none", run: null });
  }

  set({ mode, run }) {
    Object.assign(this, { mode, run });
    this.#ends.clear();
  }

  /** The end of the scale of a tag's differences, 0 as long as there are none. */
  endOf(tag) {
    return this.#ends.get(tag) ?? 0;
  }

  growEnd(tag, end) {
    if (end <= this.endOf(tag)) return;
    this.#ends.set(tag, end);
    this.grown();
  }

  /** The pixels of a frame, RGBA. */
  pixels(frame) {
    if (!this.#pixels.has(frame)) {
      if (this.#pixels.size >= PIXELS_KEPT) this.#pixels.delete(this.#pixels.keys().next().value);
      this.#pixels.set(frame, readPixels(frame));
    }
    return this.#pixels.get(frame);
  }
}
