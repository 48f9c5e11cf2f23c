"""Of any array and any bytes: IDX files are read as they were written, or refused."""

from __future__ import annotations

import contextlib
import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kerasviz.data.sets.idx import read_idx
from kerasviz.errors import DatasetError

ARRAYS = arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))


def header(*sizes: int) -> bytes:
    return struct.pack(f">HBB{len(sizes)}I", 0, 8, len(sizes), *sizes)


@given(array=ARRAYS, packed=st.booleans())
def test_arrays_are_read_as_they_were_written(array: np.ndarray, packed: bool, tmp_path: Path) -> None:
    content = header(*array.shape) + array.tobytes()
    path = tmp_path / "idx"
    path.write_bytes(gzip.compress(content) if packed else content)
    found = read_idx(path, array.ndim)
    assert found.dtype == np.uint8
    assert np.array_equal(found, array)


@given(
    content=st.binary(max_size=60),
    axes=st.integers(1, 4),
    front=st.sampled_from([b"", b"\x1f\x8b", b"\0\0\x08"]),
)
def test_any_bytes_are_read_or_refused(content: bytes, axes: int, front: bytes, tmp_path: Path) -> None:
    path = tmp_path / "idx"
    path.write_bytes(front + content)
    with contextlib.suppress(DatasetError):
        found = read_idx(path, axes)
        assert found.ndim == axes
        assert found.size == len(front + content) - 4 - 4 * axes


@given(sizes=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4), content=st.binary(max_size=40))
def test_sizes_that_lie_are_refused(sizes: list[int], content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "idx"
    path.write_bytes(header(*sizes) + content)
    count = 1
    for size in sizes:
        count *= size
    if count == len(content):
        assert read_idx(path, len(sizes)).shape == tuple(sizes)
        return
    with pytest.raises(DatasetError) as refused:
        read_idx(path, len(sizes))
    assert "\n" not in str(refused.value)
