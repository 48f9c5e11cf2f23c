"""Event logs: TensorBoard's event files, written and read without TensorFlow."""

from __future__ import annotations

from kerasviz.events.event_log import EventLog
from kerasviz.events.frame import Damage, Frame, TagInfo
from kerasviz.events.meta import FrameMeta
from kerasviz.events.reader import LogReader, open_log

__all__ = [
    "Damage",
    "EventLog",
    "Frame",
    "FrameMeta",
    "LogReader",
    "TagInfo",
    "open_log",
]
