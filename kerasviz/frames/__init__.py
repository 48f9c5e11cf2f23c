"""Frames over time: the writer and the reader of event logs, and the export of animations."""

from kerasviz.frames.animation import Animation, animate, file_name
from kerasviz.frames.event_log import EventLog
from kerasviz.frames.frame import Damage, Frame, TagInfo
from kerasviz.frames.reader import LogReader, open_log

__all__ = [
    "Animation",
    "Damage",
    "EventLog",
    "Frame",
    "LogReader",
    "TagInfo",
    "animate",
    "file_name",
    "open_log",
]
