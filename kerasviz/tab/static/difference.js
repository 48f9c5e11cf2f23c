/**
 * The difference of two frames in values, not in grey levels: each frame's scale says what its levels stand for,
 * and two frames of one tag may well have different ones.
 */

import { COLORS, LEVELS, MAGENTA, roundEnd } from "./diverging.js";
import { gapsOf } from "./tiles.js";

/** Colour maps whose levels are values: of a grey sheet, or of each channel of a kernel of three. */
const LINEAR = ["gray", "rgb"];
/** The share of pixels that may lie beyond the scale of a difference. */
const TOLERATED = 0.01;
const BINS = 1000;

/** Whether the levels of a frame can be read as values. */
export function hasValues(frame) {
  return frame.scale !== null && LINEAR.includes(frame.scale.colormap);
}

/** Why two frames have no difference, as a sentence; null where they have one. */
export function whyNot(frame, other) {
  const fits = frame.width === other.width && frame.height === other.height;
  return fits ? null : "No difference: the two frames have different sizes.";
}

/**
 * Return `{values, largest, grain, inValues}`: Float32Array of `frame - other` for every pixel, the largest
 * absolute value, how far two levels of the log are apart, and whether these are values (else levels of 0 to 255,
 * where no scale was recorded).
 *
 * Of a pixel with three channels it is the channel that differs most. NaN is where either is not a number;
 * Infinity marks the gaps between tiles.
 */
export function difference(frame, pixels, other, otherPixels) {
  const inValues = hasValues(frame) && hasValues(other);
  const [unit, low] = inValues ? line(frame.scale) : [1, 0];
  const [otherUnit, otherLow] = inValues ? line(other.scale) : [1, 0];
  const base = low - otherLow;
  const magenta = inValues && MAGENTA;
  const a = new Uint32Array(pixels.buffer);
  const b = new Uint32Array(otherPixels.buffer);
  const gaps = gapsOf(frame);
  const values = new Float32Array(a.length);
  let largest = 0;
  for (let i = 0; i < a.length; i += 1) {
    const [p, q] = [a[i], b[i]];
    if (gaps?.[i]) {
      values[i] = Infinity;
    } else if (p === magenta || q === magenta) {
      values[i] = Number.NaN;
    } else {
      let d = base + (p & 255) * unit - (q & 255) * otherUnit;
      const green = base + ((p >> 8) & 255) * unit - ((q >> 8) & 255) * otherUnit;
      const blue = base + ((p >> 16) & 255) * unit - ((q >> 16) & 255) * otherUnit;
      if (Math.abs(green) > Math.abs(d)) d = green;
      if (Math.abs(blue) > Math.abs(d)) d = blue;
      values[i] = d;
      if (d > largest) largest = d;
      else if (-d > largest) largest = -d;
    }
  }
  return { values, largest, grain: Math.max(unit, otherUnit), inValues };
}

/**
 * Return `{end, beyond}`: the scale's end for values of `difference` after one of `end`, and the share of pixels
 * that lie beyond it. As the scales of the log it grows only where that is more than 1 %: a few extreme pixels
 * would make all others pale.
 */
export function scaleEnd({ values, largest }, end) {
  const before = { end, beyond: shareBeyond(values, end) };
  if (largest === 0 || (end > 0 && before.beyond <= TOLERATED)) return before;
  const grown = Math.max(end, roundEnd(percentile(values, largest) || largest));
  return { end: grown, beyond: shareBeyond(values, grown) };
}

function shareBeyond(values, end) {
  let [beyond, known] = [0, 0];
  for (const value of values) {
    if (value !== value || value === Infinity) continue;
    known += 1;
    if (value > end || -value > end) beyond += 1;
  }
  return known > 0 ? beyond / known : 0;
}

/** The absolute value that half a per cent of the pixels lie above, as fine as 1,000 bins. */
function percentile(values, largest) {
  const bins = new Uint32Array(BINS + 1);
  let known = 0;
  for (const value of values) {
    if (value !== value || value === Infinity) continue;
    known += 1;
    bins[Math.ceil((Math.abs(value) / largest) * BINS)] += 1;
  }
  let above = 0;
  let bin = BINS;
  while (bin > 0 && above + bins[bin] <= known * (TOLERATED / 2)) {
    above += bins[bin];
    bin -= 1;
  }
  return (bin / BINS) * largest;
}

/** Paint values on the scale from `-end` to `end`; gaps stay bare. */
export function paint(values, end, width, height) {
  const image = new ImageData(width, height);
  const colors = new Uint32Array(image.data.buffer);
  const middle = (LEVELS - 1) / 2;
  const unit = end > 0 ? middle / end : 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (value === Infinity) continue;
    // A number is never equal to itself where it is none.
    if (value !== value) colors[i] = MAGENTA;
    else colors[i] = COLORS[Math.max(0, Math.min(LEVELS - 1, Math.round(middle + value * unit)))];
  }
  return image;
}

function line({ low, high }) {
  return [(high - low) / 255, low];
}
