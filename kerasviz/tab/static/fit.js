/** How a frame is fitted into its column: enlarged by whole screen pixels, with thin gaps between its tiles. */

/** Gaps are as thin as this in an enlarged sheet, in CSS pixels: the tiles are what is looked at. */
const THIN = 2;

/**
 * Return `{zoom, gap, width, height, css}` for `{width, height, tiles}` in a column of CSS pixels: how many pixels
 * of the canvas a pixel of a tile takes, the gap and the size of the canvas in its pixels, and how many CSS
 * pixels each of these is.
 */
export function fit({ width, height, tiles }, column, tallest = column * 1.5) {
  const ratio = window.devicePixelRatio;
  const zoom = tiles?.gap > 0 ? sheetZoom(tiles, column * ratio, tallest * ratio) : 1;
  if (zoom > 1) {
    const gap = tiles.gap * thin();
    const wide = tiles.columns * tiles.width * zoom + (tiles.columns - 1) * gap;
    const high = rowsOf(tiles) * tiles.height * zoom + (rowsOf(tiles) - 1) * gap;
    return { zoom, gap, width: wide, height: high, css: 1 / ratio };
  }
  const free = Math.min(column / width, tallest / height);
  const css = free >= 1 ? Math.floor(free * ratio) / ratio : free;
  return { zoom: 1, gap: tiles?.gap ?? 0, width, height, css };
}

/** The layout of the tiles on the canvas of a fitted sheet. */
export function fittedTiles(tiles, { zoom, gap }) {
  return { ...tiles, width: tiles.width * zoom, height: tiles.height * zoom, gap };
}

function sheetZoom(tiles, wide, high) {
  const gap = tiles.gap * thin();
  const across = (wide - (tiles.columns - 1) * gap) / (tiles.columns * tiles.width);
  const down = (high - (rowsOf(tiles) - 1) * gap) / (rowsOf(tiles) * tiles.height);
  return Math.floor(Math.min(across, down));
}

function rowsOf(tiles) {
  return Math.ceil(tiles.count / tiles.columns);
}

function thin() {
  return Math.max(1, Math.round(THIN * window.devicePixelRatio));
}
