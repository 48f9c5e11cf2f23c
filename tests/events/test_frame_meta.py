"""What stands with a frame: written whole, read by every version, never a reason to lose a picture."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from kerasviz.errors import InputError
from kerasviz.events import EventLog, FrameMeta, open_log
from kerasviz.events.meta import META_FIELD, VERSION, pack, unpack

PICTURE = np.zeros((2, 2), np.uint8)
WHOLE = FrameMeta(
    kind="responses",
    layer="densenet/conv",
    method="layer_cam",
    scale=(-1.0, 1.5),
    grown_from=(-0.5, 0.5),
    scales=((0.0, 1.0), (0.0, 2.0)),
    clipped=0.25,
    not_finite=3,
    no_evidence=(0, 2),
    tiles={"count": 4, "columns": 2, "height": 3, "width": 3, "gap": 1},
    more={"mine": [1, "a", None]},
)


def text_of(content: bytes) -> dict:
    return json.loads(content[content.index(b"{") :])


def test_everything_comes_back(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        log.image("a", 0, PICTURE, WHOLE)
        log.image("a", 1, PICTURE, WHOLE.to_dict())
        log.image("a", 2, PICTURE)
    first, second, third = (frame.meta for frame in open_log(tmp_path).frames("a"))
    assert first == second == WHOLE
    assert third == FrameMeta()
    assert not third


def test_the_version_is_written_and_nothing_that_is_empty() -> None:
    assert text_of(pack(FrameMeta(kind="kernels"))) == {"version": VERSION, "kind": "kernels"}
    assert pack(FrameMeta()) == pack({}) == pack(None) == b""


def test_a_log_without_a_version_is_read() -> None:
    text = b'{"kind":"kernels","scale":[-1,1],"tiles":{"count":1,"columns":1,"height":1,"width":1,"gap":1}}'
    meta = unpack(packed(text))
    assert (meta.kind, meta.scale, meta.tiles["count"]) == ("kernels", (-1.0, 1.0), 1)


def packed(text: bytes) -> bytes:
    """The bytes of our field, after those of another field of a later TensorBoard."""
    key = META_FIELD << 3 | 2
    assert len(text) < 128 * 128
    head = bytes([key & 127 | 128, key >> 7 & 127 | 128, key >> 14, len(text) & 127 | 128, len(text) >> 7])
    return b"\x18\x01" + head + text


def test_of_a_newer_version_what_is_known_is_read_and_it_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    newer = VERSION + 41
    text = json.dumps({"version": newer, "layer": "conv", "scale": "logarithmic", "depth": 2}).encode()
    with caplog.at_level(logging.WARNING):
        found = [unpack(packed(text)) for _ in range(3)]
    assert found == [FrameMeta(layer="conv", more={"depth": 2})] * 3
    (record,) = caplog.records
    assert f"version {newer}" in record.getMessage()
    assert "Update kerasviz" in record.getMessage()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[1]",
        b"7",
        b"null",
        b'{"scale":[1]}',
        b'{"scale":[NaN,1],"tiles":[3],"kind":5,"scales":9}',
        b'{"not_finite":Infinity,"no_evidence":[1e999]}',
        b"[" * 16_000,
    ],
)
def test_what_cannot_be_read_is_left_empty(text: bytes) -> None:
    assert unpack(packed(text)) == FrameMeta()


@pytest.mark.parametrize("cut", range(1, 12))
def test_torn_fields_are_no_error(cut: int) -> None:
    assert unpack(pack(WHOLE)[:cut]) == FrameMeta()


def test_what_json_cannot_hold_is_refused() -> None:
    for meta in ({"a": object()}, FrameMeta(more={"a": {1, 2}})):
        with pytest.raises(InputError, match="JSON"):
            pack(meta)
