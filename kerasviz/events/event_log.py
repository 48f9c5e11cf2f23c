"""The writer of an event log: what TensorBoard, `open_log` and `animate` read."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.graph import metadata as graph_plugin
from tensorboard.plugins.histogram import summary_v2 as histogram_plugin
from tensorboard.plugins.scalar import summary_v2 as scalar_plugin
from tensorboard.plugins.text import summary_v2 as text_plugin
from tensorboard.util import tensor_util

from kerasviz.atomic import why_not
from kerasviz.errors import InputError, LogError
from kerasviz.events.image_summary import Meta, image_value
from kerasviz.events.layer_note import LayerNote, note_values
from kerasviz.events.records import frame_record
from kerasviz.events.scalar_layout import layout_value


class EventLog:
    """Writes one event file of one run; every session makes a new file, nothing is appended to an old one.

    The first records say that a session starts at `start_step`: readers drop what an earlier session of the
    same run wrote from that step on. Give each run directory one writer at a time. Methods may be called from
    several threads. What was written survives the death of the process once `flush` was called.

    Args:
        directory: The run's folder; it is made if it is missing.
        start_step: The step at which this session starts: 0, or where a resumed training goes on.

    Raises:
        LogError: the folder cannot be written to; from the methods: the log is closed or the disk full.

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with EventLog(folder) as log:
    ...     log.scalar("loss", 1, 0.5)
    ...     log.image("kernels/conv1", 1, np.zeros((4, 6), np.uint8), meta={"scale": [-1.0, 1.0]})
    >>> from kerasviz.events.reader import open_log
    >>> [(info.tag, info.kind, info.last_step) for info in open_log(folder).tags()]
    [('kernels/conv1', 'image', 1), ('loss', 'scalar', 1)]
    """

    def __init__(self, directory: str | os.PathLike[str], start_step: int = 0) -> None:
        self.directory = Path(directory)
        self._lock = threading.Lock()
        self._noted_pictures: set[str] = set()
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self.path, self._file = _new_file(self.directory)
        except OSError as error:
            raise LogError(f"no event file can be made in {self.directory}: {why_not(error)}.") from error
        except ValueError as error:  # there is a NUL character in it
            raise LogError(f"no event file can be made in {os.fspath(directory)!r}: {error}.") from error
        start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        try:
            self._write(event_pb2.Event(file_version="brain.Event:2"))
            self._write(event_pb2.Event(step=start_step, session_log=start))
            self.flush()
        except LogError:
            with contextlib.suppress(OSError):
                self._file.close()
            with contextlib.suppress(OSError):
                self.path.unlink()  # a file without a beginning is no log
            raise

    def __repr__(self) -> str:
        return f"EventLog({self.path}{', closed' if self._file.closed else ''})"

    def image(
        self,
        tag: str,
        step: int,
        image: np.ndarray,
        meta: Meta | None = None,
        palette: np.ndarray | None = None,
    ) -> None:
        """Write a picture at its native size, uint8 `(h, w)` or `(h, w, 3)` RGB, and what is known of it.

        `meta` is a `FrameMeta`, or a dictionary with its fields and others. With a `palette`, uint8
        `(256, 3)`, a picture `(h, w)` holds the numbers of its colours, and readers get it as RGB.

        Viewers scale it up without blurring: never enlarge before logging.

        Raises:
            ImageError: `image` or `palette` is of another type or shape.
            InputError: `meta` is not a dictionary that JSON can hold.
        """
        self._write_summary(step, summary_pb2.Summary(value=[image_value(tag, image, meta, palette)]))

    def layer_note(self, tag: str, step: int, note: LayerNote) -> None:
        """Write what is known of the layer that the image tag `tag` shows; once for a session is enough."""
        *pictures, value = note_values(tag, note)
        for picture in pictures:
            if picture.tag not in self._noted_pictures:
                self._noted_pictures.add(picture.tag)
                self._write_summary(step, summary_pb2.Summary(value=[picture]))
        self._write_summary(step, summary_pb2.Summary(value=[value]))

    def scalar(self, tag: str, step: int, value: float) -> None:
        """Write one number, kept as float32."""
        self._write_summary(step, scalar_plugin.scalar_pb(tag, float(value)))

    def histogram(self, tag: str, step: int, values: np.ndarray) -> int:
        """Write the distribution of `values`, of any shape, in 30 bins between their minimum and maximum.

        NaN and infinities have no bin: they are left out, and their number is returned.
        """
        values = np.asarray(values, np.float64)
        finite = np.isfinite(values)
        self._write_summary(step, histogram_plugin.histogram_pb(tag, values[finite]))
        return int(values.size - finite.sum())

    def scalar_layout(self, step: int, category: str, charts: Mapping[str, str]) -> None:
        """Write which curves share a chart in TensorBoard's tab Custom Scalars.

        Args:
            step: The step.
            category: The heading above the charts.
            charts: By a chart's title, the regular expression of the tags whose curves it shows.
        """
        self._write_summary(step, summary_pb2.Summary(value=[layout_value(category, charts)]))

    def text(self, tag: str, step: int, markdown: str) -> None:
        """Write a text; TensorBoard shows it as Markdown."""
        self._write_summary(step, text_plugin.text_pb(tag, markdown))

    def graph(self, graph_def_bytes: bytes) -> None:
        """Write the run's graph, a serialized TensorFlow `GraphDef`."""
        self._write(event_pb2.Event(graph_def=graph_def_bytes))

    def keras_graph(self, model_json: str) -> None:
        """Write the conceptual graph of a Keras model, as `model.to_json()` describes it."""
        plugin = summary_pb2.SummaryMetadata.PluginData(
            plugin_name=graph_plugin.PLUGIN_NAME_KERAS_MODEL, content=b"1"
        )
        value = summary_pb2.Summary.Value(
            tag="keras",
            metadata=summary_pb2.SummaryMetadata(plugin_data=plugin),
            tensor=tensor_util.make_tensor_proto([model_json], dtype=np.object_),
        )
        self._write_summary(0, summary_pb2.Summary(value=[value]))

    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
        with self._guarded():
            self._open_file().flush()

    def close(self) -> None:
        """Flush and close the file; closing twice is harmless."""
        with self._guarded():
            self._file.close()

    def __enter__(self) -> EventLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write_summary(self, step: int, summary: summary_pb2.Summary) -> None:
        # Every value keeps its metadata: readers need it on a tag's first record of each file, and damage to
        # that one record must not make the others unreadable.
        if not summary.value[0].tag:
            raise InputError("a tag must be a name of at least one character.")
        self._write(event_pb2.Event(step=int(step), summary=summary))

    def _write(self, event: event_pb2.Event) -> None:
        event.wall_time = time.time()
        record = frame_record(event.SerializeToString())
        with self._guarded():
            self._open_file().write(record)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Let one thread at the file at a time, and say which file the system refuses to write."""
        with self._lock:
            try:
                yield
            except OSError as error:
                raise LogError(f"{self.path} cannot be written: {why_not(error)}.") from error

    def _open_file(self) -> BinaryIO:
        if self._file.closed:
            raise LogError(f"{self.path} is closed: make a new EventLog to write more.")
        return self._file


def _new_file(directory: Path) -> tuple[Path, BinaryIO]:
    """Create a file whose name sorts behind those of earlier sessions, and never take an existing one."""
    moment = time.time_ns()
    while True:
        seconds, nanoseconds = divmod(moment, 10**9)
        start = f"{seconds:010d}.{nanoseconds:09d}"
        path = directory / f"events.out.tfevents.{start}.{socket.gethostname()}.{os.getpid()}"
        try:
            return path, path.open("xb")
        except FileExistsError:
            moment += 1
