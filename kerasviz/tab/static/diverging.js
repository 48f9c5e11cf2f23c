/** The colours of a difference: blue below 0, red above, nearly white at 0. Common colour blindness keeps them apart. */

/** ColorBrewer's RdBu, reversed: what the rest of kerasviz draws signed values with. */
const STOPS = [
  "#053061",
  "#2166ac",
  "#4393c3",
  "#92c5de",
  "#d1e5f0",
  "#f7f7f7",
  "#fddbc7",
  "#f4a582",
  "#d6604d",
  "#b2182b",
  "#67001f",
];
/** An odd number, so that 0 has a colour of its own. */
export const LEVELS = 255;
const OPAQUE = 0xff000000;
/** Not a number, in the order of bytes of a canvas. */
export const MAGENTA = 0xffff00ff;

/** The colours as a canvas holds them (uint32, red in the lowest byte). */
export const COLORS = Uint32Array.from({ length: LEVELS }, (_, level) => {
  const place = (level / (LEVELS - 1)) * (STOPS.length - 1);
  const stop = Math.min(STOPS.length - 2, Math.floor(place));
  const [from, to] = [channels(STOPS[stop]), channels(STOPS[stop + 1])];
  const [r, g, b] = from.map((value, i) => Math.round(value + (to[i] - value) * (place - stop)));
  return (OPAQUE | (b << 16) | (g << 8) | r) >>> 0;
});

/** The same as a gradient of CSS, for colour bars. */
export const GRADIENT = `linear-gradient(to right, ${STOPS.join(", ")})`;

/** The first of 1, 1.5, 2, 3, 5, 7 times a power of ten that is not below `size`: an end for a scale. */
export function roundEnd(size) {
  if (!(size > 0)) return 0;
  const power = 10 ** Math.floor(Math.log10(size));
  const step = [1, 1.5, 2, 3, 5, 7, 10].find((one) => one * power >= size * (1 - 1e-9));
  return Number(((step ?? 10) * power).toPrecision(6));
}

function channels(color) {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}
