"""What is recorded with a frame: the only place that writes and reads the JSON inside an image record.

The JSON stands in a field of `ImagePluginData` that TensorBoard does not know and hands on unchanged. It is
one flat object: `"version"`, the fields of `FrameMeta` that are not empty, and what else a writer recorded. A
reader takes the fields it knows, whatever the version, and leaves a field of another type empty.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from kerasviz.errors import InputError

logger = logging.getLogger(__name__)

# Raised when a field changes its meaning; logs before the first have none, and the same fields.
VERSION = 1
# Its number is "kv" in ASCII; the key on the wire is the number and the wire type 2 (a string of bytes).
META_FIELD = 0x6B76
_BYTES = 2
# Bytes of seven bits each for 64 bits.
_LONGEST_VARINT = 10

Range: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class FrameMeta:
    """What is recorded with a frame, as far as it is known. False where nothing is.

    Attributes:
        kind: "kernels", "responses", "cams", "maximized", or another writer's word.
        layer: the path of the layer shown.
        method: the explanation's method.
        scale: the values drawn darkest and brightest.
        grown_from: the scale of the frame before, where this frame's is wider.
        scales: the same for each tile, where each has a scale of its own.
        clipped: the share of values beyond the scale, 0.0 to 1.0.
        not_finite: how many values are NaN or infinite.
        no_evidence: the numbers of the tiles that are bare because nothing was found.
        tiles: the fields of the `SheetLayout` that finds each tile again.
        more: what else was recorded.

    >>> FrameMeta.of({"scale": [0, 2], "tiles": "none", "run": 7})
    FrameMeta(scale=(0.0, 2.0), more={'run': 7})
    """

    kind: str = ""
    layer: str = ""
    method: str = ""
    scale: Range | None = None
    grown_from: Range | None = None
    scales: tuple[Range, ...] = ()
    clipped: float = 0.0
    not_finite: int = 0
    no_evidence: tuple[int, ...] = ()
    tiles: dict[str, int] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, recorded: Mapping[str, Any]) -> FrameMeta:
        """Return what a flat dictionary holds; a known field of another type is left empty."""
        known = {name: value for name in _FIELDS if (value := _known(recorded, name)) is not None}
        more = {name: value for name, value in recorded.items() if name not in _FIELDS and name != "version"}
        return cls(**known, more=more)

    def to_dict(self) -> dict[str, Any]:
        """Return the flat dictionary that is recorded, without what is empty."""
        fields = {name: getattr(self, name) for name in _FIELDS}
        return {**self.more, **{name: value for name, value in fields.items() if value not in _EMPTY}}

    def __bool__(self) -> bool:
        return bool(self.to_dict())

    def __repr__(self) -> str:
        parts = [f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self)]
        shown = [
            part
            for part, one in zip(parts, dataclasses.fields(self), strict=True)
            if getattr(self, one.name) not in _EMPTY
        ]
        return f"FrameMeta({', '.join(shown)})"


def pack(meta: FrameMeta | Mapping[str, Any] | None) -> bytes:
    """Return the bytes to append to an image's plugin data; none where there is nothing to record.

    Raises:
        InputError: `meta` is not a dictionary that JSON can hold.
    """
    recorded = meta.to_dict() if isinstance(meta, FrameMeta) else meta
    if not recorded:
        return b""
    try:
        text = json.dumps({"version": VERSION, **recorded}, separators=(",", ":"), default=_plain).encode()
    except (TypeError, ValueError) as error:
        raise InputError(f"the meta of a frame must be a dictionary that JSON can hold: {error}.") from error
    return _varint(META_FIELD << 3 | _BYTES) + _varint(len(text)) + text


def unpack(content: bytes) -> FrameMeta:
    """Return what `pack` put into the plugin data of an image; nothing where there is nothing of ours."""
    text = _field_of(content)
    try:
        recorded = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return FrameMeta()
    if not isinstance(recorded, dict):
        return FrameMeta()
    version = recorded.get("version")
    if isinstance(version, int) and version > VERSION:
        _say_newer(version)
    return FrameMeta.of(recorded)


@functools.cache
def _say_newer(version: int) -> None:
    """Say once for each version that some of what it records may not be understood."""
    logger.warning(
        "These frames were recorded by a newer kerasviz (version %d of what stands with a frame; this one "
        "knows %d): what is known of it is read. Update kerasviz to read the rest.",
        version,
        VERSION,
    )


def _known(recorded: Mapping[str, Any], name: str) -> Any:
    """Return a field as the type it has, None where it is not there or of another."""
    try:
        return _FIELDS[name](recorded[name])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _range(value: Any) -> Range:
    low, high = (float(end) for end in value)
    if not math.isfinite(high - low):
        raise ValueError(f"{value!r} is no range")
    return low, high


def _layout(value: Any) -> dict[str, int]:
    return {name: int(number) for name, number in value.items()} if isinstance(value, Mapping) else {}


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "kind": _text,
    "layer": _text,
    "method": _text,
    "scale": _range,
    "grown_from": _range,
    "scales": lambda value: tuple(_range(one) for one in value),
    "clipped": float,
    "not_finite": int,
    "no_evidence": lambda value: tuple(int(one) for one in value),
    "tiles": _layout,
}
_EMPTY: tuple[Any, ...] = ("", None, (), 0, {})


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not serializable")


def _field_of(content: bytes) -> bytes:
    """Return the bytes of our field in a serialized `ImagePluginData`, empty where it has none."""
    position = 0
    try:
        while position < len(content):
            key, position = _read_varint(content, position)
            number, position = _read_varint(content, position)
            if key & 7 == 0:
                continue
            if key == META_FIELD << 3 | _BYTES:
                return content[position : position + number]
            position += number
    except IndexError:
        pass
    return b""


def _varint(number: int) -> bytes:
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Return the number at `position` and where it ends; IndexError where it has no end."""
    number = 0
    for shift in range(0, 7 * _LONGEST_VARINT, 7):
        byte = data[position]
        number |= (byte & 127) << shift
        position += 1
        if byte < 128:
            return number, position
    raise IndexError("a number of 64 bits has no more bytes")
