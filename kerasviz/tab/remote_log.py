"""A log that only TensorBoard itself can read (`gs://`): a sample of its steps, through its data provider."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tensorboard import plugin_util
from tensorboard.data.provider import RunTagFilter
from tensorboard.plugins.image import metadata as image_plugin
from tensorboard.plugins.scalar import metadata as scalar_plugin

from kerasviz.atomic import scratch_folder
from kerasviz.errors import InputError
from kerasviz.events import (
    PLUGIN_NAME,
    EncodedFrame,
    EventLog,
    FrameMeta,
    LayerNote,
    LogReader,
    TagInfo,
    decode_picture,
    note_tag,
    open_log,
    picture_tag,
    read_note,
    unpack,
)
from kerasviz.tab.index_json import index_json, tag_json

# More than TensorBoard keeps of a tag, whatever `--samples_per_plugin` says.
_ALL = 1_000_000
_THREADS = 4
# An image value begins with its width and its height.
_FIRST_PICTURE = 2


@dataclass(frozen=True)
class RemoteLog:
    """Reads what TensorBoard has kept of a log.

    It says what was recorded with each tag, not with each frame: scales are not known.

    Attributes:
        provider: TensorBoard's `DataProvider`.
        context: of one request.
        experiment: the same.
    """

    provider: Any
    context: Any = None
    experiment: str = ""

    tells_scales = False

    def seen_by(self, environ: Mapping[str, Any]) -> RemoteLog:
        """Return the log for one request."""
        context, experiment = plugin_util.context(environ), plugin_util.experiment_id(environ)
        return RemoteLog(self.provider, context, experiment)

    def index(self) -> tuple[str, bytes]:
        """Return the version and the JSON of what there is now."""
        listed = self._asked("list_blob_sequences", image_plugin.PLUGIN_NAME)
        runs, tags = list(listed), sorted({tag for of_run in listed.values() for tag in of_run})
        series = self._read("blob_sequences", image_plugin.PLUGIN_NAME, runs, tags) if tags else {}
        parts = {}
        most = 0
        for run, of_run in sorted(listed.items()):
            for tag, known in sorted(of_run.items()):
                data = series.get(run, {}).get(tag, [])
                meta = _of_the_tag(known.plugin_content)
                for sample in range(max(0, known.max_length - _FIRST_PICTURE)):
                    versions = {one.step: _version(one) for one in data if _has(one, sample)}
                    versions = dict(sorted(versions.items()))
                    if versions:
                        name = f"{tag}#{sample}" if sample else tag
                        steps = list(versions)
                        info = TagInfo(run, name, "image", len(steps), steps[0], steps[-1], None, meta)
                        parts[run, name] = tag_json(info, versions)
                        most = max(most, len(versions))
        listed = self._asked("list_scalars", scalar_plugin.PLUGIN_NAME)
        scalars = [(run, tag) for run, of_run in listed.items() for tag in sorted(of_run)]
        every = sorted({*runs, *listed})
        return index_json(every, parts, scalars, _note(most))

    def frames(self, run: str, tag: str, steps: Sequence[int]) -> list[EncodedFrame]:
        """Return the pictures of these steps."""
        sample, meta, data = self._series(run, tag)
        by_step = {one.step: one for one in data}
        missing = [step for step in steps if step not in by_step]
        if missing:
            raise InputError(f"TensorBoard has kept no picture of {tag!r} of {run!r} at step {missing[0]}.")

        def frame(step: int) -> EncodedFrame:
            one = by_step[step]
            key = one.values[_FIRST_PICTURE + sample].blob_key
            picture = self.provider.read_blob(self.context, blob_key=key)
            return EncodedFrame(step, one.wall_time, picture, meta, _version(one))

        with ThreadPoolExecutor(_THREADS) as pool:
            return list(pool.map(frame, steps))

    def scalars(self, run: str, tag: str) -> list[tuple[int, float]]:
        """Return steps and values."""
        found = self._read("scalars", scalar_plugin.PLUGIN_NAME, [run], [tag])
        if not found.get(run, {}).get(tag):
            raise InputError(f"There is no scalar tag {tag!r} in the run {run!r}.")
        return [(one.step, one.value) for one in found[run][tag]]

    def layer_note(self, run: str, tag: str) -> LayerNote | None:
        """Return what the log notes of the layer that a tag shows."""
        self._series(run, tag)
        listed = self._asked("list_blob_sequences", PLUGIN_NAME, [run], [note_tag(tag)])
        kept = listed.get(run, {}).get(note_tag(tag))
        found = kept and read_note(kept.plugin_content)
        if not found:
            return None
        note, name = found
        data = self._read("blob_sequences", PLUGIN_NAME, [run], [picture_tag(name)])
        pictures = data.get(run, {}).get(picture_tag(name)) or []
        if not pictures:
            return note
        key = pictures[-1].values[0].blob_key
        return replace(note, picture=self.provider.read_blob(self.context, blob_key=key))

    @contextmanager
    def film_source(self, run: str, tag: str) -> Iterator[tuple[LogReader, TagInfo]]:
        """Lend a log of the kept frames, on this machine's disk as long as it is needed."""
        *_, data = self._series(run, tag)
        with scratch_folder() as folder:
            with EventLog(folder) as log:
                for frame in self.frames(run, tag, [one.step for one in data]):
                    picture = decode_picture(frame.picture)
                    if picture is not None:
                        log.image(tag, frame.step, picture, frame.meta)
            reader = open_log(folder)
            yield reader, reader.find(tag)

    def _series(self, run: str, tag: str) -> tuple[int, FrameMeta, list[Any]]:
        """Return which of a record's pictures a tag means, what is known of the tag, and its steps."""
        source, _, number = tag.rpartition("#")
        sample = int(number) if source and number.isdecimal() else 0
        for name, at in ((tag, 0), (source, sample)):
            listed = self._asked("list_blob_sequences", image_plugin.PLUGIN_NAME, [run], [name])
            if name in listed.get(run, {}):
                found = self._read("blob_sequences", image_plugin.PLUGIN_NAME, [run], [name])
                data = [one for one in found.get(run, {}).get(name, []) if _has(one, at)]
                data.sort(key=lambda one: one.step)
                return at, _of_the_tag(listed[run][name].plugin_content), data
        raise InputError(f"There is no image tag {tag!r} in the run {run!r}.")

    def _asked(
        self, what: str, plugin: str, runs: Sequence[str] | None = None, tags: Sequence[str] | None = None
    ) -> Mapping[str, Mapping[str, Any]]:
        chosen = RunTagFilter(runs=runs, tags=tags)
        ask = getattr(self.provider, what)
        return ask(self.context, experiment_id=self.experiment, plugin_name=plugin, run_tag_filter=chosen)

    def _read(
        self, what: str, plugin: str, runs: Sequence[str], tags: Sequence[str]
    ) -> Mapping[str, Mapping[str, list[Any]]]:
        return getattr(self.provider, f"read_{what}")(
            self.context,
            experiment_id=self.experiment,
            plugin_name=plugin,
            downsample=_ALL,
            run_tag_filter=RunTagFilter(runs=runs, tags=tags),
        )


def _has(one: Any, sample: int) -> bool:
    return len(one.values) > _FIRST_PICTURE + sample


def _version(one: Any) -> str:
    return f"{zlib.crc32(repr((one.step, one.wall_time)).encode()):08x}"


def _of_the_tag(content: bytes) -> FrameMeta:
    """Return what is true of all frames of a tag, from what was recorded with its first."""
    first = unpack(content)
    return FrameMeta(kind=first.kind, layer=first.layer, method=first.method, tiles=first.tiles)


def _note(most: int) -> str:
    return (
        f"The log is not on the disk of this machine: of each tag there are the {most} steps or fewer that "
        "TensorBoard has kept (samples_per_plugin, such as images=1000, says how many), and their scales are "
        "not known."
    )
