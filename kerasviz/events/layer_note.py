"""What is noted of a watched layer, once for a session and not with each frame."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensorboard.compat.proto import summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2

from kerasviz.events.meta import VERSION

# Of the tab, whose data this is: TensorBoard's own tabs pass over it.
PLUGIN_NAME = "kerasviz"
_LAYER, _PICTURE = "kerasviz/layer/", "kerasviz/picture/"


@dataclass(frozen=True)
class LayerNote:
    """A watched layer.

    Attributes:
        path: Where it is in the model.
        kind: The name of its class.
        shape: Of its output, None for the batch and for what is not known; None where nothing is.
        parameters: How many numbers its weights have.
        picture: A PNG file's bytes, the picture that is watched; nothing where there is none.
    """

    path: str
    kind: str
    shape: tuple[int | None, ...] | None
    parameters: int
    picture: bytes = b""


def note_tag(tag: str) -> str:
    """Return the tag under which the note of an image tag is kept."""
    return f"{_LAYER}{tag}"


def picture_tag(name: str) -> str:
    """Return the tag under which a watched picture is kept."""
    return f"{_PICTURE}{name}"


def note_values(tag: str, note: LayerNote) -> list[summary_pb2.Summary.Value]:
    """Return the summary values that keep the note of an image tag.

    The last is the note; before it stands its picture, if it has one, under a tag of its own: layers that
    watch the same picture share it.
    """
    known: dict[str, Any] = {"version": VERSION, "path": note.path, "kind": note.kind, "shape": note.shape}
    known["parameters"] = note.parameters
    values = []
    if note.picture:
        known["picture"] = hashlib.blake2s(note.picture, digest_size=8).hexdigest()
        values.append(_value(picture_tag(known["picture"]), b"", [note.picture]))
    return [*values, _value(note_tag(tag), json.dumps(known, separators=(",", ":")).encode(), [])]


def read_note(content: bytes) -> tuple[LayerNote, str] | None:
    """Return a note without its picture, and the picture's name; None where it is no note."""
    try:
        known = json.loads(content)
        shape = known.get("shape")
        sizes = None if shape is None else tuple(None if size is None else int(size) for size in shape)
        note = LayerNote(str(known["path"]), str(known["kind"]), sizes, int(known["parameters"]))
        return note, str(known.get("picture", ""))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def _value(tag: str, content: bytes, strings: Sequence[bytes]) -> summary_pb2.Summary.Value:
    plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name=PLUGIN_NAME, content=content)
    metadata = summary_pb2.SummaryMetadata(
        plugin_data=plugin, data_class=summary_pb2.DATA_CLASS_BLOB_SEQUENCE
    )
    shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=len(strings))])
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, tensor_shape=shape, string_val=strings)
    return summary_pb2.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)
