"""Event logs: TensorBoard's event files, written and read without TensorFlow."""

from __future__ import annotations

from kerasviz.events.captions import TOLERATED_CLIPPING, caption, scale_text
from kerasviz.events.damage import Damage
from kerasviz.events.event_log import EventLog
from kerasviz.events.folder import LogFiles, files_below
from kerasviz.events.frame import EncodedFrame, Frame, TagInfo
from kerasviz.events.image_summary import encode_png
from kerasviz.events.layer_note import LayerNote
from kerasviz.events.meta import FrameMeta
from kerasviz.events.reader import LogReader, open_log

__all__ = [
    "TOLERATED_CLIPPING",
    "Damage",
    "EncodedFrame",
    "EventLog",
    "Frame",
    "FrameMeta",
    "LayerNote",
    "LogFiles",
    "LogReader",
    "TagInfo",
    "caption",
    "encode_png",
    "files_below",
    "open_log",
    "scale_text",
]
