"""Event logs: TensorBoard's event files, written and read without TensorFlow."""

from __future__ import annotations

from kerasviz.events.captions import TOLERATED_CLIPPING, caption, scale_text
from kerasviz.events.damage import Damage
from kerasviz.events.event_log import EventLog
from kerasviz.events.folder import LogFiles, files_below
from kerasviz.events.frame import EncodedFrame, Frame, TagInfo
from kerasviz.events.image_summary import decode_picture, encode_png
from kerasviz.events.layer_note import PLUGIN_NAME, LayerNote, note_tag, picture_tag, read_note
from kerasviz.events.meta import FrameMeta, unpack
from kerasviz.events.reader import LogReader, open_log

__all__ = [
    "PLUGIN_NAME",
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
    "decode_picture",
    "encode_png",
    "files_below",
    "note_tag",
    "open_log",
    "picture_tag",
    "read_note",
    "scale_text",
    "unpack",
]
