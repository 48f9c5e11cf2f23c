"""Sheets as frames of a log: written with the layout that finds each tile again, and cut by it."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasviz.errors import InputError
from kerasviz.events import TOLERATED_CLIPPING, EventLog, Frame, FrameMeta
from kerasviz.pictures import Scale, SheetLayout, grey_sheet, sheet

CLIPPED_GAP = (255, 190, 90)


def log_sheet(
    log: EventLog,
    tag: str,
    step: int,
    tiles: np.ndarray,
    scale: Scale | None,
    *,
    columns: int | None = None,
    **recorded: Any,
) -> FrameMeta:
    """Log `tiles` as one sheet at native size, with all that is needed to read it; return what was recorded.

    The gaps of a sheet are orange where more than 1 % of the numbers lie beyond the scale.

    Args:
        log: where to.
        tag: the tag of the frame.
        step: the optimizer step.
        tiles: `(n, h, w)` or `(n, h, w, 3)`: numbers, or uint8 pictures with no scale.
        scale: the scale of the numbers.
        columns: tiles in a row; without it, nearly square.
        recorded: what else to record with the frame: fields of `FrameMeta`, or JSON values of other names.

    >>> import tempfile
    >>> with EventLog(tempfile.mkdtemp()) as log:
    ...     meta = log_sheet(log, "kernels/conv", 0, np.eye(3)[None], Scale(-1.0, 1.0), layer="conv")
    >>> meta.scale, meta.tiles["count"]
    ((-1.0, 1.0), 1)
    """
    layout = SheetLayout.for_tiles(tiles, columns)
    recorded["tiles"] = layout.to_dict()
    if scale is not None:
        recorded["scale"] = (scale.low, scale.high)
        recorded["clipped"] = round(scale.clipped_share(tiles), 6)
        recorded["not_finite"] = int(tiles.size - np.isfinite(tiles).sum())
    meta = FrameMeta.of(recorded)
    gap_color = CLIPPED_GAP if meta.clipped > TOLERATED_CLIPPING else None
    if scale is not None and tiles.ndim == 3:
        picture, palette = grey_sheet(tiles, scale, layout.columns, layout.gap, gap_color)
    else:
        picture = sheet(tiles, scale, columns=layout.columns, gap=layout.gap, gap_color=gap_color)
        palette = None
    log.image(tag, step, picture, meta, palette)
    return meta


def cut(frame: Frame, tile: int | None) -> np.ndarray:
    """Return a frame's picture, or one tile of it by the layout that was recorded with it.

    Raises:
        InputError: the frame carries no layout that fits it, or it has no such tile.
    """
    if tile is None:
        return frame.image
    try:
        layout = SheetLayout(**frame.meta.tiles)
    except (TypeError, InputError):
        raise InputError(
            f"tile={tile} cannot be cut from {frame.tag!r}: step {frame.step} carries no tile layout, "
            "only sheets that kerasviz logged do."
        ) from None
    if not 0 <= tile < layout.count:
        raise InputError(f"{frame.tag!r} has no tile {tile}: its tiles are 0 to {layout.count - 1}.")
    return layout.crop(frame.image, tile)
