"""The parts: Parquet files with a row a picture, whole or not there, and the plan's digest in each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from kerasviz._version import __version__
from kerasviz.atomic import atomic_path
from kerasviz.data import arrow
from kerasviz.dataset_jobs.known_model import Classes
from kerasviz.dataset_jobs.plan import Plan
from kerasviz.dataset_jobs.rows import Rows, Unread

_DIGEST, _SHAPE = b"kerasviz.plan", b"kerasviz.map_shape"
# Rows are handed to the writer in groups of about this many bytes.
_GROUP_BYTES = 16 << 20
# A map's largest value is between these; others are multiplied, so that float16 keeps their digits.
_SMALLEST, _LARGEST = 2.0**-6, 2.0**15


def schema_of(plan: Plan) -> Any:
    """Return the columns of a plan's parts."""
    pa = arrow()
    columns = [
        ("key", pa.string()),
        ("path", pa.string()),
        ("label", pa.int32()),
        ("label_name", pa.string()),
        ("prediction", pa.int32()),
        ("prediction_name", pa.string()),
        ("confidence", pa.float32()),
        ("top_classes", pa.list_(pa.int32())),
        ("top_confidences", pa.list_(pa.float32())),
        ("score", pa.float32()),
        ("map", pa.list_(pa.float16())),
        ("map_scale", pa.float32()),
        *([("embedding", pa.list_(pa.float32()))] if plan.embed else []),
        ("error", pa.string()),
    ]
    about = {
        _DIGEST: plan.digest.encode(),
        _SHAPE: "x".join(map(str, plan.map_shape)).encode(),
        b"kerasviz.version": __version__.encode(),
    }
    return pa.schema(columns, about)


def is_done(plan: Plan, index: int) -> bool:
    """Return whether part `index` stands there whole, and is of this plan."""
    parquet = arrow().parquet
    path = plan.part(index)
    if not path.is_file():
        return False
    try:
        with parquet.ParquetFile(path) as file:
            found = (file.schema_arrow.metadata or {}).get(_DIGEST)
            rows = file.metadata.num_rows
    except Exception:  # damaged bytes may raise nearly anything; the part is made again
        return False
    return bool(found == plan.digest.encode() and rows == len(plan.shard_rows(index)))


@contextlib.contextmanager
def part_writer(plan: Plan, index: int) -> Iterator[PartWriter]:
    """Yield what writes part `index`, which takes its place when the block ends without an error."""
    parquet, schema = arrow().parquet, schema_of(plan)
    with atomic_path(plan.part(index), durable=True) as temporary:
        # What is random or nearly so, the floats, gains nothing from a dictionary.
        words = [name for name in schema.names if name.endswith("_name")]
        with parquet.ParquetWriter(
            temporary, schema, compression="zstd", use_dictionary=words, write_statistics=_plain(schema)
        ) as writer:
            part = PartWriter(plan, schema, writer)
            yield part
            part.flush()


def _plain(schema: Any) -> list[str]:
    """Return the columns whose smallest and largest values help to find rows."""
    return [field.name for field in schema if not arrow().types.is_list(field.type)]


class PartWriter:
    """Turns rows into a Parquet file, a group of them at a time."""

    def __init__(self, plan: Plan, schema: Any, writer: Any) -> None:
        self._schema = schema
        self._writer = writer
        self._classes = Classes(plan.class_names)
        self._held: list[Any] = []
        floats = 2 * int(np.prod(plan.map_shape))
        self._group = max(plan.batch_size, min(plan.shard_size, _GROUP_BYTES // floats))

    def add(self, rows: Rows | None, unread: Sequence[Unread]) -> None:
        """Add a batch: pictures that were read and those that were not, in the order of their numbers."""
        batches = [self._of_rows(rows)] if rows is not None else []
        if unread:
            batches.append(self._of_unread(unread))
        table = arrow().Table.from_batches(batches, self._schema)
        if unread and rows is not None:
            numbers = np.concatenate([rows.numbers, [one.number for one in unread]])
            table = table.take(np.argsort(numbers))
        self._held.append(table)
        if sum(map(len, self._held)) >= self._group:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if self._held:
            self._writer.write_table(arrow().concat_tables(self._held).combine_chunks())
            self._held = []

    def _of_rows(self, rows: Rows) -> Any:
        pa = arrow()
        scaled, scales = scaled_to_float16(rows.maps)
        known = rows.labels >= 0
        columns = {
            "key": pa.array([one.key for one in rows.listed], pa.string()),
            "path": pa.array([_path(one.path) for one in rows.listed], pa.string()),
            "label": pa.array(rows.labels, pa.int32(), mask=~known),
            "label_name": pa.array(rows.label_names, pa.string()),
            "prediction": pa.array(rows.predictions, pa.int32()),
            "prediction_name": pa.array(map(self._classes.name, rows.predictions.tolist()), pa.string()),
            "confidence": pa.array(rows.confidences, pa.float32()),
            "top_classes": _lists(rows.top_classes),
            "top_confidences": _lists(rows.top_confidences),
            "score": pa.array(rows.scores, pa.float32()),
            "map": _lists(scaled.reshape(len(rows), -1)),
            "map_scale": pa.array(scales, pa.float32()),
            "error": pa.nulls(len(rows), pa.string()),
        }
        if rows.vectors is not None:
            columns["embedding"] = _lists(rows.vectors)
        return pa.record_batch([columns[name] for name in self._schema.names], self._schema)

    def _of_unread(self, unread: Sequence[Unread]) -> Any:
        pa = arrow()
        columns = {
            "key": [one.listed.key for one in unread],
            "path": [_path(one.listed.path) for one in unread],
            "label": [one.label if one.label >= 0 else None for one in unread],
            "label_name": [one.label_name for one in unread],
            "error": [one.error for one in unread],
        }
        nothing = [None] * len(unread)
        arrays = [pa.array(columns.get(field.name, nothing), field.type) for field in self._schema]
        return pa.record_batch(arrays, self._schema)


def scaled_to_float16(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return maps as float16 `(N, ...)`, and what each is multiplied with to be itself again, float32 `(N,)`.

    That is 1 where float16 holds the map well, and a power of two where its values are so large or so small
    that they would be lost.

    >>> small, scales = scaled_to_float16(np.array([[1.0, 0.5], [3e-8, 0.0]], np.float32))
    >>> scales.tolist(), small.tolist()[0]
    ([1.0, 2.9802322387695312e-08], [1.0, 0.5])
    """
    peaks = np.abs(maps).reshape(len(maps), -1).max(axis=1, initial=0.0)
    lost = ((peaks < _SMALLEST) & (peaks > 0)) | (peaks > _LARGEST)
    scales = np.ones(len(maps), np.float32)
    scales[lost] = np.exp2(np.floor(np.log2(peaks[lost])))
    shaped = scales.reshape(-1, *[1] * (maps.ndim - 1))
    return (maps / shaped).astype(np.float16), scales


def _lists(values: np.ndarray) -> Any:
    pa = arrow()
    count, length = values.shape
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * length)
    return pa.ListArray.from_arrays(offsets, pa.array(np.ascontiguousarray(values).ravel()))


def _path(path: str | None) -> str | None:
    if path is None:
        return None
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
