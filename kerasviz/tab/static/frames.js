/** Decoded frames: fetched in batches before they are needed, kept within a budget of memory. */

import { ask } from "./server.js";
import { fitsSheet } from "./tiles.js";
import { readBatch } from "./wire.js";

const BATCH = 8;
const REQUESTS = 2;
/** Pixels as they are: no premultiplied alpha, no colour profile. */
const AS_THEY_ARE = { premultiplyAlpha: "none", colorSpaceConversion: "none" };

export class Frames {
  #kept = new Map();
  #bytes = 0;
  #coming = new Map();
  #ahead = [];
  #running = 0;
  #urgent = 0;

  /** `budget` is in bytes of decoded pixels; `arrived` is called when frames are here that nobody waited for. */
  constructor(arrived, budget = 320e6) {
    this.arrived = arrived;
    this.budget = budget;
  }

  /** The frame number `at` of a series, or undefined where it is not here yet. */
  get(series, at) {
    const key = keyOf(series, at);
    const frame = this.#kept.get(key);
    if (frame) {
      // The first of the map is the one that was not used for longest.
      this.#kept.delete(key);
      this.#kept.set(key, frame);
    }
    return frame;
  }

  /** Whether a frame is here; does not count as use. */
  has(series, at) {
    return this.#kept.has(keyOf(series, at));
  }

  /** Fetch one frame before everything else. */
  async now(series, at) {
    const key = keyOf(series, at);
    if (this.#kept.has(key)) return;
    this.#urgent += 1;
    try {
      await (this.#coming.get(key) ?? this.#load(series, [at]));
    } finally {
      this.#urgent -= 1;
      this.#pump();
    }
  }

  /** Fetch `[series, at]`, the nearest first, when nothing is more urgent; replaces what was wanted before. */
  ahead(wanted) {
    this.#ahead = wanted;
    this.#pump();
  }

  #pump() {
    // What a person waits for has the line, and the processor, for itself.
    while (this.#running < REQUESTS && this.#urgent === 0) {
      const batch = this.#nextBatch();
      if (batch === null) return;
      this.#running += 1;
      this.#load(...batch)
        .then(this.arrived)
        .catch(() => {
          // The panel that needs the frame asks for it again, and says what is wrong.
          this.#ahead = [];
        })
        .finally(() => {
          this.#running -= 1;
          this.#pump();
        });
    }
  }

  #nextBatch() {
    const missing = this.#ahead.filter(([series, at]) => {
      const key = keyOf(series, at);
      return !this.#kept.has(key) && !this.#coming.has(key);
    });
    this.#ahead = missing;
    if (missing.length === 0) return null;
    const [series] = missing[0];
    const places = missing.filter(([other]) => other === series).map(([, at]) => at);
    return [series, places.slice(0, BATCH)];
  }

  #load(series, places) {
    const keys = places.map((at) => keyOf(series, at));
    const loaded = this.#fetch(series, places).finally(() => {
      for (const key of keys) this.#coming.delete(key);
    });
    for (const key of keys) this.#coming.set(key, loaded);
    return loaded;
  }

  async #fetch(series, places) {
    const step = places.map((at) => series.steps[at]);
    const v = places.map((at) => series.versions[at]);
    let batch;
    try {
      const response = await ask("frames", { run: series.run, tag: series.tag, step, v });
      batch = readBatch(await response.arrayBuffer());
    } catch (error) {
      if (error.status === undefined) throw error;
      // One of the frames is gone or broken: the others must not suffer.
      if (places.length > 1) await Promise.all(places.map((at) => this.#fetch(series, [at])));
      else this.#keep(keyOf(series, places[0]), { step: step[0], broken: error.message, bytes: 0 });
      return;
    }
    await Promise.all(batch.map(async (one, i) => this.#keep(keyOf(series, places[i]), await decoded(one))));
  }

  #keep(key, frame) {
    this.#bytes += frame.bytes;
    this.#kept.set(key, frame);
    for (const [oldest, old] of this.#kept) {
      if (this.#bytes <= this.budget || oldest === key) break;
      this.#kept.delete(oldest);
      this.#bytes -= old.bytes;
      old.bitmap?.close();
    }
  }
}

async function decoded({ meta, picture }) {
  try {
    const bitmap = await createImageBitmap(picture, AS_THEY_ARE);
    const { width, height } = bitmap;
    // A layout that is not this picture's would have its tiles cut anywhere.
    const tiles = fitsSheet(meta.tiles, width, height) ? meta.tiles : null;
    return { ...meta, tiles, bitmap, width, height, bytes: width * height * 4 };
  } catch {
    return { ...meta, broken: "This picture cannot be decoded.", bytes: 0 };
  }
}

/** A frame that was replaced, by a resumed run, has another version and is fetched anew. */
function keyOf(series, at) {
  return `${series.id}\n${series.steps[at]}\n${series.versions[at]}`;
}
