"""Pictures as summary values: the form TensorBoard's image plugin reads."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from tensorboard.compat.proto import summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.plugins.image import metadata as image_plugin

from kerasviz.errors import ImageError
from kerasviz.events.meta import FrameMeta, pack, unpack

# The kind of colours of a PNG with a palette.
_INDEXED = 3
# Digits; and the longest side that a picture file can have.
_LONGEST_NUMBER, _LONGEST_SIDE = 10, 2**31 - 1
_PIXELS_AT_A_TIME = 1 << 20

Meta: TypeAlias = FrameMeta | Mapping[str, Any]


def image_value(
    tag: str, image: np.ndarray, meta: Meta | None = None, palette: np.ndarray | None = None
) -> summary_pb2.Summary.Value:
    """Return the summary value of one picture at its native size: the tensor `[b"width", b"height", png]`.

    Raises:
        ImageError: `image` is not uint8 of shape `(h, w)` or `(h, w, 3)` with at least one pixel, or there is
            a `palette` that is not uint8 `(256, 3)`, or none that an RGB picture could have.
        InputError: `meta` is not a dictionary that JSON can hold.
    """
    png = encode_png(image) if palette is None else _with_palette(encode_png(image), image, palette)
    height, width = image.shape[:2]
    metadata = image_plugin.create_summary_metadata(display_name="", description="")
    metadata.data_class = summary_pb2.DATA_CLASS_BLOB_SEQUENCE
    metadata.plugin_data.content += pack(meta)
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING,
        tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=3)]),
        string_val=[b"%d" % width, b"%d" % height, png],
    )
    return summary_pb2.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)


def stated_sizes(value: summary_pb2.Summary.Value) -> tuple[int, int, int]:
    """Return `(width, height, number of pictures)` as an image value states them, without decoding it.

    What is no size is 0.
    """
    if value.HasField("image"):
        return max(0, value.image.width), max(0, value.image.height), 1
    strings = value.tensor.string_val
    return _side(strings[:1]), _side(strings[1:2]), max(1, len(strings) - 2)


def _side(stated: Sequence[bytes]) -> int:
    try:
        return min(max(0, int(stated[0][:_LONGEST_NUMBER])), _LONGEST_SIDE)
    except (IndexError, ValueError):
        return 0


def encoded_image(value: summary_pb2.Summary.Value, sample: int = 0) -> bytes:
    """Return one picture of an image value as the file that it holds; nothing where it has none."""
    if value.HasField("image"):
        return value.image.encoded_image_string
    strings = value.tensor.string_val
    return strings[sample + 2] if len(strings) > sample + 2 else b""


def decode_image(value: summary_pb2.Summary.Value, sample: int = 0) -> np.ndarray | None:
    """Return one picture of an image value, see `decode_picture`.

    Reads our own values, those of `tf.summary.image` and the image summaries of TensorFlow 1.
    """
    return decode_picture(encoded_image(value, sample))


def decode_picture(encoded: bytes) -> np.ndarray | None:
    """Return a picture file as uint8 `(h, w)` or `(h, w, 3)` RGB; None if it does not decode.

    Pictures with transparency are laid on white, 16-bit pictures are reduced to 8 bits. Those of too many
    pixels are not decoded (see `fits_the_memory`).
    """
    # Here, as the tab hands pictures on as they are: cv2 takes time and memory.
    import cv2

    from kerasviz.images import fits_the_memory

    if not fits_the_memory(encoded):
        return None
    try:
        image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if image is None or image.dtype not in (np.uint8, np.uint16):
        return None
    if image.dtype == np.uint16:
        image = cv2.convertScaleAbs(image, alpha=1 / 257)
    if image.ndim == 2:
        return image
    if image.shape[2] == 4:
        image = _on_white(image)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _on_white(image: np.ndarray) -> np.ndarray:
    """Return a picture without its transparency, made some rows at a time: the whole as floats is large."""
    laid = np.empty((*image.shape[:2], 3), np.uint8)
    rows = max(1, _PIXELS_AT_A_TIME // image.shape[1])
    for start in range(0, len(image), rows):
        part = image[start : start + rows]
        alpha = part[..., 3:] / np.float32(255)
        laid[start : start + rows] = part[..., :3] * alpha + 255 * (1 - alpha) + 0.5
    return laid


def decode_meta(value: summary_pb2.Summary.Value) -> FrameMeta:
    """Return what `image_value` recorded with a picture, or an empty one."""
    return unpack(value.metadata.plugin_data.content)


def encode_png(image: np.ndarray) -> bytes:
    """Return a picture uint8 `(h, w)` or `(h, w, 3)` RGB as a PNG file.

    Raises:
        ImageError: it is of another type or shape.
    """
    import cv2

    image = np.asarray(image)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[..., 0]
    if image.dtype != np.uint8 or not image.size or image.shape[2:] not in ((), (3,)) or image.ndim < 2:
        raise ImageError(
            f"a picture of dtype {image.dtype} and shape {image.shape} cannot be logged: "
            "it must be uint8 of shape (h, w) or (h, w, 3)."
        )
    picture = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else np.ascontiguousarray(image)
    return cv2.imencode(".png", picture)[1].tobytes()


def _with_palette(png: bytes, image: np.ndarray, palette: np.ndarray) -> bytes:
    """Return a grey PNG as one whose levels are the numbers of a palette's colours.

    Both have one byte a pixel, filtered and compressed alike, so that the header changes alone.
    """
    palette = np.asarray(palette)
    if palette.dtype != np.uint8 or palette.shape != (256, 3) or image.ndim != 2:
        raise ImageError(
            f"a palette of dtype {palette.dtype} and shape {palette.shape} cannot colour a picture "
            f"{image.shape}: it must be uint8 (256, 3), and the picture (h, w)."
        )
    header = bytearray(png[12:29])  # "IHDR" and its 13 bytes, of which the tenth says the kind of colours
    header[13] = _INDEXED
    crc = zlib.crc32(header)
    colors = b"PLTE" + palette.tobytes()
    chunk = struct.pack(">I", 768) + colors + struct.pack(">I", zlib.crc32(colors))
    return png[:12] + bytes(header) + struct.pack(">I", crc) + chunk + png[33:]
