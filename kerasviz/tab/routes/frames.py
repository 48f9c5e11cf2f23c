"""`frames`: some pictures of one tag, as they lie in the log, each with what is known of it."""

from __future__ import annotations

import json
import struct
from typing import Any

from werkzeug.wrappers import Request, Response

from kerasviz.events import EncodedFrame, caption
from kerasviz.tab.answer import as_bytes
from kerasviz.tab.index_json import tiles_json
from kerasviz.tab.parameters import text, whole_numbers
from kerasviz.tab.tab_log import TabLog

MOST_FRAMES = 32
_LENGTHS = struct.Struct("<II")
# Where a PNG file says its kind of colours, and the kind that has three channels.
_COLOUR_BYTE, _RGB = 25, 2


def respond(request: Request, log: TabLog) -> Response:
    """Return the frames in the order asked for; for ever where every `v` is its frame's version."""
    steps = whole_numbers(request, "step", MOST_FRAMES)
    frames = log.frames(text(request, "run"), text(request, "tag"), steps)
    parts = []
    for frame in frames:
        known = json.dumps(frame_json(frame, log.tells_scales)).encode()
        parts += [_LENGTHS.pack(len(known), len(frame.picture)), known, frame.picture]
    cached = request.args.getlist("v") == [frame.version for frame in frames]
    return as_bytes(request, b"".join(parts), cached=cached)


def frame_json(frame: EncodedFrame, tells_scales: bool) -> dict[str, Any]:
    """Return what is known of a frame; where `tells_scales` is false, that its scale is not."""
    said = caption(frame.step, frame.meta)
    return {
        "step": frame.step,
        "wall_time": frame.wall_time,
        "version": frame.version,
        "scale": _scale(frame),
        "clipped": None if frame.meta.scale is None else frame.meta.clipped,
        "tiles": tiles_json(frame.meta),
        "caption": said if tells_scales else f"{said}, scale not known",
    }


def _scale(frame: EncodedFrame) -> dict[str, Any] | None:
    if frame.meta.scale is None:
        return None
    low, high = frame.meta.scale
    colours = "rgb" if frame.picture[_COLOUR_BYTE : _COLOUR_BYTE + 1] == bytes([_RGB]) else "gray"
    return {"low": low, "high": high, "symmetric": low == -high, "colormap": colours}
