"""Frames over time: the writer and the reader of event logs, and the export of animations."""

from kerasviz.frames.event_log import EventLog
from kerasviz.frames.frame import Damage, Frame, TagInfo
from kerasviz.frames.reader import LogReader, open_log

__all__ = ["Damage", "EventLog", "Frame", "LogReader", "TagInfo", "open_log"]
