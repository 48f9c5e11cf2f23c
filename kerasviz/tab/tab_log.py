"""What the routes ask of a log, wherever it lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from kerasviz.errors import LogError
from kerasviz.events import EncodedFrame, LayerNote, LogReader, TagInfo
from kerasviz.tab.local_log import LocalLog
from kerasviz.tab.log_places import log_places


class TabLog(Protocol):
    """A log as the routes see it. What is not in it is an `InputError` or a `LogError`.

    Attributes:
        tells_scales: whether it is known what was recorded with each frame.
    """

    tells_scales: bool

    def seen_by(self, environ: Mapping[str, Any]) -> TabLog:
        """Return the log for one request."""
        ...

    def index(self) -> tuple[str, bytes]:
        """Return the version and the JSON of what there is now."""
        ...

    def frames(self, run: str, tag: str, steps: Sequence[int]) -> list[EncodedFrame]:
        """Return the frames of these steps, in this order."""
        ...

    def scalars(self, run: str, tag: str) -> list[tuple[int, float]]:
        """Return steps and values."""
        ...

    def film_source(self, run: str, tag: str) -> AbstractContextManager[tuple[LogReader, TagInfo]]:
        """Lend a log that films can be made of, and the tag in it."""
        ...

    def layer_note(self, run: str, tag: str) -> LayerNote | None:
        """Return what the log notes of the layer that a tag shows."""
        ...


def open_tab_log(context: Any) -> TabLog:
    """Return the log that TensorBoard was started on, from its `TBContext`.

    Raises:
        LogError: it is not on this machine's disk, and TensorBoard does not hand it out.
    """
    places = log_places(context.flags)
    if places is not None:
        return LocalLog(places)
    if context.data_provider is None:
        raise LogError("TensorBoard was started without a log: give it the folder that holds one.")
    from kerasviz.tab.remote_log import RemoteLog

    return RemoteLog(context.data_provider)
