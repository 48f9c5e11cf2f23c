"""Models that carry a preprocessor, as keras_hub's do: pictures go through it, and maps find back."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kerasviz.errors import ImageError
from kerasviz.images import WHOLE, Box, PictureForm

SIDE = 24
WAYS = {
    "crop": {"crop_to_aspect_ratio": True},
    "pad": {"pad_to_aspect_ratio": True},
    "stretch": {},
}


class Converter:
    """As a preprocessor of keras_hub: resizes in one of three ways, scales, and is applied by `predict`."""

    def __init__(self, way: str, data_format: str = "channels_last") -> None:
        self.image_size = (SIDE, SIDE)
        self.resize = keras.layers.Resizing(SIDE, SIDE, data_format=data_format, **WAYS[way])

    def __call__(self, x, y=None, sample_weight=None):
        return self.resize(x) / 127.5 - 1.0


def carrying(preprocessor, channels: int = 3, shape=None) -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input(shape or (SIDE, SIDE, channels)),
            keras.layers.Conv2D(2, 3),
            keras.layers.GlobalAveragePooling2D(),
        ]
    )
    model.preprocessor = preprocessor
    return model


@pytest.mark.parametrize("size", [(48, 96), (90, 40), (24, 24), (7, 13), (301, 200)], ids=str)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("channels", [3, 1])
def test_a_map_lies_where_the_model_saw_what_it_is_about(way, size, channels) -> None:
    """A picture with a bright square: the map that is the model's own input is bright there, nowhere else."""
    form = PictureForm.of(carrying(Converter(way), channels))
    image = np.zeros((*size, 3), np.uint8)
    rows = slice(size[0] // 2, size[0] // 2 + max(size[0] // 6, 1))
    columns = slice(size[1] // 2, size[1] // 2 + max(size[1] // 6, 1))
    image[rows, columns] = 255
    picture = form.fit(image)
    assert picture.values.shape == (SIDE, SIDE, channels)
    seen = (picture.values[..., 0] + 1) / 2  # 0..1; the padding is black too
    placed = picture.placed(seen)
    if picture.box == WHOLE:
        assert placed is seen
    else:
        assert placed.shape == picture.shown.shape[:2]
    truth = _centre(image[..., 0] / 255.0)
    found = _centre(placed)
    # Within a pixel of the model's input, or of the picture where that is coarser.
    for one, other, length in zip(truth, found, size, strict=True):
        assert abs(one - other) <= max(1.0 / SIDE, 0.5 / length) * max(size) / length


def _centre(values: np.ndarray) -> tuple[float, float]:
    """Return where the weight of a map lies, as shares of its sides."""
    total = values.sum()
    down, right = ((np.arange(side) + 0.5) / side for side in values.shape)
    return float(down @ values.sum(axis=1) / total), float(values.sum(axis=0) @ right / total)


@pytest.mark.parametrize(
    ("way", "size", "box"),
    [
        ("crop", (48, 96), Box(0.0, 0.25, 1.0, 0.75)),
        ("crop", (96, 48), Box(0.25, 0.0, 0.75, 1.0)),
        ("pad", (48, 96), Box(-0.5, 0.0, 1.5, 1.0)),
        ("pad", (96, 48), Box(0.0, -0.5, 1.0, 1.5)),
        ("stretch", (96, 48), WHOLE),
        ("crop", (48, 48), WHOLE),
    ],
)
def test_boxes(way, size, box) -> None:
    found = PictureForm.of(carrying(Converter(way))).fit(np.zeros((*size, 3), np.uint8)).box
    for side in ("top", "left", "bottom", "right"):
        assert getattr(found, side) == pytest.approx(getattr(box, side), abs=0.01)


def test_what_the_model_does_not_see_is_dark_and_has_no_evidence() -> None:
    form = PictureForm.of(carrying(Converter("crop")))
    picture = form.fit(np.full((160, 320, 3), 200, np.uint8))
    assert picture.shown[80, [10, 160, 310], 0].tolist() == [66, 200, 66]
    assert picture.placed(np.ones((6, 6)))[80, [10, 160, 310]].tolist() == [0.0, 1.0, 0.0]
    where_zero_is_nothing_special = picture.placed(np.array([[3.0, 4.0]]), from_zero=False)
    assert where_zero_is_nothing_special[80, [10, 90, 230]].tolist() == [3.0, 3.0, 4.0]
    assert np.array_equal(picture.pixels, np.full((SIDE, SIDE, 3), 200))


def test_channels_first() -> None:
    model = keras.Sequential([keras.Input((3, SIDE, SIDE)), keras.layers.Flatten()])
    model.preprocessor = Converter("crop", "channels_first")
    picture = PictureForm.of(model).fit(np.full((48, 96, 3), 255, np.uint8))
    assert picture.values.shape == (3, SIDE, SIDE)
    assert picture.box.left == pytest.approx(0.25, abs=0.01)
    assert picture.pixels.shape == (SIDE, SIDE, 3)


@pytest.mark.parametrize(
    "unseen",
    [
        lambda x: keras.ops.flip(keras.ops.image.resize(x, (SIDE, SIDE)), axis=2) / 255.0,
        lambda x: keras.ops.log(1.0 + keras.ops.image.resize(x, (SIDE, SIDE))),
        lambda x: x / 255.0,
    ],
    ids=["turned", "not straight", "resizes nothing"],
)
def test_a_picture_is_stretched_before_a_preprocessor_that_cannot_be_followed(unseen) -> None:
    form = PictureForm.of(carrying(unseen))
    image = np.random.default_rng(0).integers(0, 256, (48, 96, 3), dtype=np.uint8)
    picture = form.fit(image)
    assert (picture.box, picture.pixels.shape) == (WHOLE, (SIDE, SIDE, 3))
    expected = keras.ops.convert_to_numpy(unseen(picture.pixels[None].astype(np.float32)))
    np.testing.assert_allclose(form.batch([picture]), expected, atol=1e-5)


def test_whole_numbers_are_no_input_of_a_network_with_a_preprocessor() -> None:
    from kerasviz.probe import batches

    with pytest.raises(ImageError, match=r"carries a preprocessor.*model\.preprocessor\(images\)"):
        next(batches(carrying(Converter("crop")), np.zeros((1, SIDE, SIDE, 3), np.uint8), 1))
