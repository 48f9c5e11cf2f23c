"""Of any picture and range: what a form makes of pixels is taken back to those pixels."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kerasviz.errors import InputError
from kerasviz.images import PictureForm, checked_range

ENDS = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, -1.0, 255.0])
PIXELS = arrays.arrays(
    np.uint8, st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.just(3))
)


def form_of(
    low: float, high: float, *, first: bool = False, order: str = "rgb", channels: int = 3
) -> PictureForm:
    return PictureForm(
        height=None,
        width=None,
        channels=channels,
        channels_first=first,
        channel_order=order,
        input_range=(low, high),
        known_from="caller",
    )


@given(pixels=PIXELS, low=ENDS, high=ENDS, first=st.booleans(), order=st.sampled_from(["rgb", "bgr"]))
def test_pixels_are_taken_back_from_the_models_values(
    pixels: np.ndarray, low: float, high: float, first: bool, order: str
) -> None:
    # In float32 a level is told from the next where the range is not much smaller than its ends.
    assume(high - low > 1e-3 * max(abs(low), abs(high)) and high - low > 1e-30)
    form = form_of(low, high, first=first, order=order)
    values = form.values(pixels)
    shape = pixels.shape
    assert values.shape == ((shape[0], 3, *shape[1:3]) if first else shape)
    assert values.dtype == np.float32
    slack = 1e-5 * max(abs(low), abs(high))
    assert low - slack <= values.min()
    assert values.max() <= high + slack
    assert np.array_equal(form.shown(values), pixels)


@given(
    image=arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40)))
    | arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))),
    size=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    channels=st.sampled_from([1, 3]),
)
def test_any_picture_fits_any_size(image: np.ndarray, size: tuple[int, int], channels: int) -> None:
    picture = (
        form_of(0.0, 1.0, channels=channels, order="rgb" if channels == 3 else "grey").sized(size).fit(image)
    )
    assert picture.pixels.shape == (*size, channels)
    # Grey of three colours is rounded.
    assert int(picture.pixels.min()) >= int(image.min()) - 1
    assert int(picture.pixels.max()) <= int(image.max()) + 1
    assert picture.shown.dtype == np.uint8
    assert picture.shown.shape[2] == 3


@given(given=st.lists(st.floats() | st.integers() | st.text(max_size=5) | st.none(), max_size=4))
def test_a_range_is_two_rising_finite_numbers_or_refused(given: list[Any]) -> None:
    with contextlib.suppress(InputError):
        low, high = checked_range(given)
        assert len(given) == 2
        assert np.isfinite([low, high]).all()
        assert low < high
