"""Of any scalars, pictures and notes: what is logged is read again, and of any bytes what can be."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kerasviz.events import EventLog, FrameMeta, open_log
from kerasviz.events.records import frame_record

STEPS = st.integers(-(2**63), 2**63 - 1)
TAGS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PICTURES = arrays.arrays(
    np.uint8,
    st.tuples(st.integers(1, 7), st.integers(1, 7))
    | st.tuples(st.integers(1, 7), st.integers(1, 7), st.just(3)),
)


def log_folder(tmp_path: Path) -> Path:
    shutil.rmtree(tmp_path / "log", ignore_errors=True)
    return tmp_path / "log"


@given(tag=TAGS, logged=st.lists(st.tuples(STEPS, st.floats(width=32)), min_size=1, max_size=8))
def test_scalars_are_read_as_they_were_logged(
    tag: str, logged: list[tuple[int, float]], tmp_path: Path
) -> None:
    folder = log_folder(tmp_path)
    with EventLog(folder) as log:
        for step, value in logged:
            log.scalar(tag, step, value)
    found = open_log(folder).scalars(tag)
    wanted = sorted(dict(logged).items())
    assert [step for step, _ in found] == [step for step, _ in wanted]
    for (_, one), (_, other) in zip(found, wanted, strict=True):
        assert one == other or (math.isnan(one) and math.isnan(other))


@given(tag=TAGS, step=STEPS, image=PICTURES, meta=st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_pictures_are_read_as_they_were_logged(
    tag: str, step: int, image: np.ndarray, meta: dict[str, Any], tmp_path: Path
) -> None:
    folder = log_folder(tmp_path)
    with EventLog(folder) as log:
        log.image(tag, step, image, meta)
    (frame,) = open_log(folder).frames(tag)
    assert frame.step == step
    assert np.array_equal(frame.image, image)
    assert frame.meta == FrameMeta.of(meta)


@given(parts=st.lists(st.binary(max_size=80), max_size=5), framed=st.booleans())
def test_any_bytes_are_read_without_an_error(parts: list[bytes], framed: bool, tmp_path: Path) -> None:
    folder = log_folder(tmp_path)
    folder.mkdir()
    content = b"".join(map(frame_record, parts)) if framed else b"".join(parts)
    (folder / "events.out.tfevents.1").write_bytes(content)
    log = open_log(folder)
    for info in log.tags():
        if info.kind == "image":
            list(log.frames(info.tag))
        elif info.kind == "scalar":
            log.scalars(info.tag)
    assert isinstance(str(log.damage), str)


@given(recorded=st.dictionaries(st.sampled_from(list(FrameMeta.__dataclass_fields__)), JSON))
def test_any_note_is_understood_as_far_as_it_can_be(recorded: dict[str, Any]) -> None:
    meta = FrameMeta.of(recorded)
    assert FrameMeta.of(meta.to_dict()) == meta
    repr(meta)
