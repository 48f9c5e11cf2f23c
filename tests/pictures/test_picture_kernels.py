from __future__ import annotations

import numpy as np
import pytest

from kerasviz.errors import InputError
from kerasviz.pictures import filter_tiles, map_tiles


@pytest.fixture
def kernel() -> np.ndarray:
    """(kh, kw, in, out) = (2, 3, 4, 5), every weight different."""
    return np.arange(120, dtype=np.float32).reshape(2, 3, 4, 5)


def test_mean_averages_the_input_channels(kernel: np.ndarray) -> None:
    tiles = filter_tiles(kernel)
    assert tiles.shape == (5, 2, 3)
    # Filter 1, pixel (0, 0): weights 1, 6, 11, 16.
    assert tiles[1, 0, 0] == 8.5


def test_an_index_shows_that_channel(kernel: np.ndarray) -> None:
    tiles = filter_tiles(kernel, channel=2)
    for index in range(5):
        assert (tiles[index] == kernel[:, :, 2, index]).all()


def test_all_is_ordered_by_filter_then_channel(kernel: np.ndarray) -> None:
    tiles = filter_tiles(kernel, channel="all")
    assert tiles.shape == (20, 2, 3)
    assert (tiles[3 * 4 + 1] == kernel[:, :, 1, 3]).all()


def test_three_channels_are_rgb_unless_asked_otherwise() -> None:
    kernel = np.random.default_rng(0).normal(size=(3, 3, 3, 8))
    tiles = filter_tiles(kernel)
    assert tiles.shape == (8, 3, 3, 3)
    assert (tiles[5] == kernel[:, :, :, 5]).all()
    assert (filter_tiles(kernel, "rgb") == tiles).all()
    np.testing.assert_allclose(filter_tiles(kernel, "mean"), tiles.mean(axis=-1))


def test_a_large_kernel_is_there_whole() -> None:
    kernel = np.random.default_rng(0).normal(size=(3, 3, 64, 128)).astype(np.float32)
    tiles = filter_tiles(kernel, "all")
    assert tiles.shape == (8192, 3, 3)
    assert (np.sort(tiles.ravel()) == np.sort(kernel.ravel())).all()


def test_one_and_three_dimensions() -> None:
    line = np.arange(30.0).reshape(5, 3, 2)
    assert filter_tiles(line).shape == (2, 1, 5)
    assert filter_tiles(line, 1)[1, 0].tolist() == line[:, 1, 1].tolist()
    block = np.arange(2.0 * 3 * 4 * 1 * 2).reshape(2, 3, 4, 1, 2)
    tiles = filter_tiles(block)
    assert tiles.shape == (2, 3, 8)
    assert (tiles[1, :, 4:] == block[1, :, :, 0, 1]).all()
    assert filter_tiles(np.zeros((2, 3, 4, 3, 2))).shape == (2, 3, 8, 3)


def test_a_depthwise_kernel_reshaped_gives_the_layers_channels() -> None:
    depthwise = np.random.default_rng(0).normal(size=(3, 3, 4, 2))
    tiles = filter_tiles(depthwise.reshape(3, 3, 1, -1))
    # Keras numbers the output channels input channel first: 5 is input channel 2, multiplier 1.
    assert (tiles[5] == depthwise[:, :, 2, 1]).all()


def test_the_tiles_are_no_view_of_the_weights() -> None:
    kernel = np.zeros((3, 3, 1, 2))
    for channel in ("mean", "all", 0):
        filter_tiles(kernel, channel)[:] = 1.0
    assert not kernel.any()


@pytest.mark.parametrize(
    ("shape", "channel", "word"),
    [
        ((10, 5), "auto", "dense"),
        ((3,), "auto", "shape"),
        ((3, 3, 0, 4), "auto", "empty"),
        ((3, 3, 4, 5), "rgb", "has 4"),
        ((3, 3, 4, 5), 4, "0 to 3"),
        ((3, 3, 4, 5), -1, "out of range"),
        ((3, 3, 4, 5), "red", "expected"),
        ((3, 3, 4, 5), True, "expected"),
        ((3, 3, 4, 5), 1.5, "expected"),
    ],
)
def test_what_cannot_be_drawn_is_refused(shape: tuple[int, ...], channel: str | int, word: str) -> None:
    with pytest.raises(InputError, match=word):
        filter_tiles(np.zeros(shape), channel)


def test_map_tiles_by_rank() -> None:
    maps = np.arange(24.0).reshape(2, 3, 4)
    assert (map_tiles(maps)[1] == maps[:, :, 1]).all()
    assert map_tiles(maps[0]).shape == (4, 1, 3)
    assert map_tiles(maps[0, 0]).shape == (4, 1, 1)
    volume = np.arange(48.0).reshape(2, 2, 3, 4)
    assert map_tiles(volume).shape == (4, 2, 6)
    assert (map_tiles(volume)[3, :, 3:] == volume[1, :, :, 3]).all()


def test_a_batch_of_volumes_is_refused() -> None:
    with pytest.raises(InputError, match="one sample"):
        map_tiles(np.zeros((1, 2, 2, 2, 2)))
