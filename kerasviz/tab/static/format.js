/** Numbers as text. */

const WHOLE = new Intl.NumberFormat("en");

/** 12345 as "12,345". */
export function wholeText(number) {
  return WHOLE.format(number);
}

/** A value with three significant digits, and a minus sign as wide as a plus. */
export function valueText(value) {
  if (value === null || !Number.isFinite(value)) return "NaN";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? size.toExponential(1) : String(Number(size.toPrecision(3)));
  return (value < 0 ? "\u2212" : "") + text.replace("e-", "e\u2212").replace("e+", "e");
}

/** A share of 0 to 1 in per cent. */
export function shareText(share) {
  const percent = share * 100;
  if (percent === 0) return "0 %";
  return percent < 0.05 ? "< 0.1 %" : `${percent.toFixed(1)} %`;
}

/** A number of bytes. */
export function bytesText(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** "1 frame", "2 frames". */
export function countText(count, noun) {
  return `${wholeText(count)} ${noun}${count === 1 ? "" : "s"}`;
}
