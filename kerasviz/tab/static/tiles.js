/** Where each tile of a sheet lies: rows from the left and from the top, gaps between neighbours. */

const gapsByLayout = new Map();

/** Which pixels are gaps, or cells without a tile: Uint8Array, null where there are none. */
export function gapsOf({ tiles, width, height }) {
  if (tiles === null) return null;
  const key = JSON.stringify([tiles, width, height]);
  if (!gapsByLayout.has(key)) {
    if (gapsByLayout.size > 64) gapsByLayout.clear();
    const gaps = new Uint8Array(width * height).fill(1);
    for (let tile = 0; tile < tiles.count; tile += 1) {
      const { x, y } = originOf(tiles, tile);
      for (let row = y; row < y + tiles.height; row += 1)
        gaps.fill(0, row * width + x, row * width + x + tiles.width);
    }
    gapsByLayout.set(key, gaps);
  }
  return gapsByLayout.get(key);
}

/** The upper left pixel of a tile. */
export function originOf(tiles, tile) {
  const row = Math.floor(tile / tiles.columns);
  const column = tile % tiles.columns;
  return { x: column * (tiles.width + tiles.gap), y: row * (tiles.height + tiles.gap) };
}

/** The tile at a pixel of a sheet, its gaps with it; null where a cell has no tile. */
export function tileAt(tiles, x, y) {
  const column = Math.floor(x / (tiles.width + tiles.gap));
  const row = Math.floor(y / (tiles.height + tiles.gap));
  const tile = row * tiles.columns + column;
  return column >= 0 && row >= 0 && column < tiles.columns && tile < tiles.count ? tile : null;
}

/** The part of a frame that a tile is, the whole of it where the tile is null: `{x, y, width, height}`. */
export function partOf(frame, tile) {
  const { tiles, width, height } = frame;
  if (tile === null || tiles === null || tile >= tiles.count) return { x: 0, y: 0, width, height };
  return { ...originOf(tiles, tile), width: tiles.width, height: tiles.height };
}

/** Whether a layout is one of a picture of that size. */
export function fitsSheet(tiles, width, height) {
  if (tiles === null) return false;
  const wide = tiles.columns * (tiles.width + tiles.gap) - tiles.gap;
  const high = Math.ceil(tiles.count / tiles.columns) * (tiles.height + tiles.gap) - tiles.gap;
  return wide === width && high === height;
}
